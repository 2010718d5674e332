package dev.isobar.benchmarks.driver;

/** Progress, which is no result: on standard error. */
final class Say {
    private Say() {}

    static void progress(String text) {
        System.err.println(text);
    }
}
