package dev.isobar.gcp.client;

/** The services that the adapter calls. */
public enum GcpService {
    AIPLATFORM("aiplatform"),
    IAM_CREDENTIALS("iamcredentials"),
    LOGGING("logging"),
    PUBSUB("pubsub"),
    STORAGE("storage");

    private final String key;

    GcpService(String key) {
        this.key = key;
    }

    /** The configuration key of its endpoint, below {@code endpoint.}. */
    public String key() {
        return key;
    }
}
