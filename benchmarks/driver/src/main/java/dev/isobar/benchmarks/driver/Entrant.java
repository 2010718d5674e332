package dev.isobar.benchmarks.driver;

import java.util.List;

/**
 * A competitor as the driver knows it.
 *
 * @param name the first argument of its main class
 * @param title for tables
 * @param module folder under {@code benchmarks}
 * @param main its main class
 * @param question a name of the workload's {@code Question}
 * @param events at most how many transactions it gets, so that a run stays below about 40 seconds
 * @param judged false if it computes nothing
 * @param latency whether it has a pass with every transaction timed
 * @param jvm options beside those that all have
 */
record Entrant(
        String name,
        String title,
        String module,
        String main,
        String question,
        int events,
        boolean judged,
        boolean latency,
        List<String> jvm) {
    static Entrant of(String name, String title, String module, String main, String question, int events) {
        return new Entrant(name, title, module, main, question, events, true, false, List.of());
    }

    Entrant unjudged() {
        return new Entrant(name, title, module, main, question, events, false, latency, jvm);
    }

    Entrant withLatency() {
        return new Entrant(name, title, module, main, question, events, judged, true, jvm);
    }

    Entrant jvm(String... options) {
        return new Entrant(name, title, module, main, question, events, judged, latency, List.of(options));
    }
}
