package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.PassClock;

/** One way to make a training set: the labels and the features as of before each. A process runs one. */
interface TrainingSet {
    /** Name in tables and JSON. */
    String name();

    /** Makes it once; {@code clock} is to run while it works on what lies in memory or in Parquet, and no longer. */
    void make(PassClock clock) throws Exception;

    /** What the last {@link #make} made. */
    Digest digest() throws Exception;

    /** Versions and the like. */
    String note();
}
