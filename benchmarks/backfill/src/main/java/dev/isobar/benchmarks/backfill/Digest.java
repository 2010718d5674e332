package dev.isobar.benchmarks.backfill;

/** Tells whether two training sets have equal rows, in whatever order. Not thread safe. */
final class Digest {
    private long rows;
    private long sum;
    private long row;

    /** Begins the next row. */
    Digest row(long id, long card, long time, long label) {
        rows++;
        row = mix(mix(mix(mix(0x5bd1e995, id), card), time), label);
        return this;
    }

    /** A value of the row; NaN for null. */
    Digest value(double value) {
        row = mix(row, Double.doubleToLongBits(value));
        return this;
    }

    void end() {
        sum += row;
    }

    long rows() {
        return rows;
    }

    long sum() {
        return sum;
    }

    private static long mix(long h, long word) {
        long z = (h ^ word) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 30) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
