package dev.isobar.benchmarks.gcp;

import dev.isobar.benchmarks.layer.Comparison;
import java.util.Map;

/** What the neutral layer costs on Google Cloud. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        Comparison.main(
                Main.class,
                args,
                Map.of(Comparison.RESPOND, Responder::start),
                Map.of(
                        "gcp_publish", Comparison.canned(PubSub::publish),
                        "gcp_pull", Comparison.canned(PubSub::pull),
                        "gcp_files", Comparison.canned(Lake::files),
                        "gcp_objects", Comparison.canned(Lake::objects)));
    }
}
