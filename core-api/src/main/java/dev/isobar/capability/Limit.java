package dev.isobar.capability;

/** A bound that a plan checks before anything runs. Bytes, counts or microseconds as the name says. */
public enum Limit {
    MAX_EVENT_BYTES,
    MAX_BATCH_EVENTS,
    MAX_OBJECT_BYTES,
    MAX_STATE_BYTES,
    MAX_REQUEST_BYTES,
    MAX_REPLICAS,
    /** How long a change of an endpoint may take before something must be wrong. */
    ENDPOINT_SETTLE_MICROS,
    MAX_DEPLOYMENTS,
    /** Points of one metric that are less than this apart are not told apart. */
    METRIC_STEP_MICROS
}
