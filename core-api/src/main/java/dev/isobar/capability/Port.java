package dev.isobar.capability;

/** The ports a platform can implement. */
public enum Port {
    EVENT_STREAM,
    OBJECT_STORE,
    OFFLINE_STORE,
    ONLINE_STORE,
    TRAINING_JOBS,
    MODEL_REGISTRY,
    ENDPOINTS,
    METRICS
}
