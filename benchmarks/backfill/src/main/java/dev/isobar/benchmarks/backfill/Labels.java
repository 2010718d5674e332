package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Workload;
import java.util.SplittableRandom;

/**
 * What is known of some cards at some times, in no order: each label is of the card of a transaction, up to an hour around it; every fourth exactly at its event
 * time, which tells "before" from "until". Flat arrays, to be read only. Everything follows from the seed.
 *
 * @param id from 0
 * @param time microseconds since the epoch
 * @param label 0 or 1
 */
@SuppressWarnings("ArrayRecordComponent")
record Labels(long[] id, long[] card, long[] time, int[] label) {
    static final int COUNT = 1_000_000;

    static Labels of(Workload w, int count) {
        SplittableRandom r = new SplittableRandom(Workload.SEED);
        Labels made = new Labels(new long[count], new long[count], new long[count], new int[count]);
        for (int i = 0; i < count; i++) {
            int near = r.nextInt(w.size());
            long by = r.nextInt(4) == 0 ? 0 : r.nextLong(-3_600 * Features.SECOND, 3_600 * Features.SECOND);
            made.id[i] = i;
            made.card[i] = w.card()[near];
            made.time[i] = w.eventTime()[near] + by;
            made.label[i] = r.nextInt(2);
        }
        return made;
    }

    int size() {
        return id.length;
    }
}
