package dev.isobar.server.http;

/** What a path means. The label is what metrics call it: a fixed set, whatever paths are configured. */
enum Route {
    PING("ping"),
    INVOCATIONS("invocations"),
    VERTEX_HEALTH("vertex_health"),
    VERTEX_PREDICT("vertex_predict"),
    AZURE_LIVENESS("azure_liveness"),
    AZURE_READINESS("azure_readiness"),
    AZURE_SCORE("azure_score"),
    V2_SERVER("v2_server"),
    V2_LIVE("v2_live"),
    V2_READY("v2_ready"),
    V2_MODEL("v2_model"),
    V2_MODEL_READY("v2_model_ready"),
    V2_INFER("v2_infer"),
    STATUS("status"),
    METRICS("metrics"),
    NONE("none");

    final String label;

    Route(String label) {
        this.label = label;
    }

    boolean scores() {
        return this == INVOCATIONS || this == VERTEX_PREDICT || this == AZURE_SCORE || this == V2_INFER;
    }
}
