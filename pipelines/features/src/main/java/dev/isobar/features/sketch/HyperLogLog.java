package dev.isobar.features.sketch;

import java.util.Arrays;

/**
 * HyperLogLog with 2^12 dense registers over 64-bit hashes, and the improved raw estimator of Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6: no bias tables, no switch between regimes. Its standard error is 1.6 %. Registers are maxima, so order
 * and repetition cannot matter. Not thread safe.
 *
 * @since 0.1
 */
public final class HyperLogLog {
    private static final int P = 12;
    private static final int M = 1 << P;
    private static final int Q = 64 - P;
    // 1 / (2 ln 2), as a literal: Math.log may differ in its last bit between machines.
    private static final double ALPHA = 0.7213475204444817;

    private final byte[] registers = new byte[M];
    private final int[] multiplicity = new int[Q + 2];

    /** An empty sketch. */
    public HyperLogLog() {
        multiplicity[0] = M;
    }

    /** Makes it empty. */
    public void clear() {
        if (multiplicity[0] != M) {
            Arrays.fill(registers, (byte) 0);
            Arrays.fill(multiplicity, 0);
            multiplicity[0] = M;
        }
    }

    /** Adds a hash: its first 12 bits choose the register, the zeros that follow (at most 52), plus one, are the rank. */
    public void add(long hash) {
        int register = (int) (hash >>> Q);
        int rank = Math.min(Long.numberOfLeadingZeros(hash << P), Q) + 1;
        int old = registers[register];
        if (rank > old) {
            registers[register] = (byte) rank;
            multiplicity[old]--;
            multiplicity[rank]++;
        }
    }

    /** The estimate, rounded to an integer. */
    public double estimate() {
        if (multiplicity[0] == M) {
            return 0.0;
        }
        double z = M * tau(1.0 - (double) multiplicity[Q + 1] / M);
        for (int rank = Q; rank >= 1; rank--) {
            z = 0.5 * (z + multiplicity[rank]);
        }
        z = z + M * sigma((double) multiplicity[0] / M);
        return Math.rint(ALPHA * M * M / z);
    }

    private static double sigma(double start) {
        if (start == 1.0) {
            return Double.POSITIVE_INFINITY;
        }
        double x = start;
        double y = 1.0;
        double z = x;
        double before;
        do {
            x = x * x;
            before = z;
            z = z + x * y;
            y = y + y;
        } while (z != before);
        return z;
    }

    private static double tau(double start) {
        if (start == 0.0 || start == 1.0) {
            return 0.0;
        }
        double x = start;
        double y = 1.0;
        double z = 1.0 - x;
        double before;
        do {
            x = Math.sqrt(x);
            before = z;
            y = 0.5 * y;
            z = z - (1.0 - x) * (1.0 - x) * y;
        } while (z != before);
        return z / 3.0;
    }
}
