package dev.isobar.capability;

/**
 * One thing that not every implementation of a port can do. What every implementation must do is not a capability but the port's contract.
 *
 * @since 0.1
 */
public enum Capability {
    /** An append with a known (producer, sequence) is not stored again. */
    IDEMPOTENT_APPEND(Port.EVENT_STREAM),
    /** A reader can start at a known time. */
    SEEK_TO_TIME(Port.EVENT_STREAM),
    /** Every event of a key can be removed. */
    ERASE_EVENTS(Port.EVENT_STREAM),
    /** Every row of a key can be removed. */
    ERASE_ROWS(Port.OFFLINE_STORE),
    /** Scans are charged by the byte, and how many bytes one reads is known before. */
    SCAN_ESTIMATE(Port.OFFLINE_STORE),
    /** Every byte of a key's state can be removed. */
    ERASE_STATE(Port.ONLINE_STORE),
    /** Workloads are container images; without it they are commands of this machine. */
    CONTAINER_IMAGES(Port.TRAINING_JOBS),
    /** Jobs can be stopped. */
    CANCEL_JOBS(Port.TRAINING_JOBS),
    /** More than one deployment can share an endpoint's traffic. */
    TRAFFIC_SPLIT(Port.ENDPOINTS),
    /** Requests are dealt out in exactly the shares asked for, not by chance. */
    EXACT_SPLIT(Port.ENDPOINTS),
    /** A server's answer comes with the very status that the server gave it; without this, with one of its kind: 400 may stand for another 4xx, 500 for another 5xx. */
    EXACT_STATUS(Port.ENDPOINTS),
    /** A replica that dies is replaced without being asked. */
    SELF_HEALING(Port.ENDPOINTS),
    /** The number of a deployment's replicas follows how long requests take. */
    ELASTIC_REPLICAS(Port.ENDPOINTS),
    /** The endpoint can be put on a given port of this machine. */
    FIXED_PORT(Port.ENDPOINTS);

    private final Port port;

    Capability(Port port) {
        this.port = port;
    }

    /** The port it belongs to. */
    public Port port() {
        return port;
    }
}
