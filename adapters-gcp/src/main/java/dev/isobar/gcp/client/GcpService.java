package dev.isobar.gcp.client;

/** The services that the adapter calls. */
public enum GcpService {
    AIPLATFORM("aiplatform"),
    BIGQUERY("bigquery"),
    BIGQUERY_STORAGE("bigquery-storage"),
    BIGTABLE("bigtable"),
    BIGTABLE_ADMIN("bigtable-admin"),
    IAM_CREDENTIALS("iamcredentials"),
    LOGGING("logging"),
    MONITORING("monitoring"),
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
