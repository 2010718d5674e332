package dev.isobar.gcp.client;

/** The services that the adapter calls. */
public enum GcpService {
    BIGQUERY("bigquery"),
    BIGQUERY_STORAGE("bigquery-storage"),
    IAM_CREDENTIALS("iamcredentials"),
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
