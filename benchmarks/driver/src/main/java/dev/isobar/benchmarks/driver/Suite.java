package dev.isobar.benchmarks.driver;

/** A comparison that {@code benchmarks/run NAME} runs. */
interface Suite {
    /** What it is called on the command line. */
    String name();

    /** Runs its competitors and adds figures, ratios and a table. A competitor that fails is reported, not thrown. */
    void run(Settings settings, Report report);
}
