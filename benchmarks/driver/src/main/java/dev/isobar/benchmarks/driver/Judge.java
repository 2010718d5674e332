package dev.isobar.benchmarks.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares a competitor's sample with the kernel's: files of rows of big-endian longs, an id and the bits of fifteen values, ordered by id. */
final class Judge {
    /** Peers sum doubles or round twice; what is further off than this is no rounding. */
    static final double ROUNDING = 1e-9;

    private static final int ROW = 16;

    /**
     * What came out.
     *
     * @param values how many were compared
     * @param different how many have other bits
     * @param apart how many are further apart than rounding
     * @param maxRelativeError of all of them; infinite where one side is null and the other is not
     */
    record Verdict(long values, long different, long apart, double maxRelativeError) {
        boolean exact() {
            return different == 0;
        }

        boolean close() {
            return apart == 0;
        }
    }

    private Judge() {}

    /** Compares two files; rows must be of the same ids. */
    static Verdict compare(Path expected, Path actual) {
        LongBuffer a = read(expected);
        LongBuffer b = read(actual);
        if (a.remaining() != b.remaining()) {
            return new Verdict(a.remaining(), a.remaining(), a.remaining(), Double.POSITIVE_INFINITY);
        }
        long values = 0;
        long different = 0;
        long apart = 0;
        double worst = 0;
        for (int i = 0; i < a.limit(); i++) {
            long x = a.get(i);
            long y = b.get(i);
            if (i % ROW == 0) {
                if (x != y) {
                    return new Verdict(a.remaining(), a.remaining(), a.remaining(), Double.POSITIVE_INFINITY);
                }
                continue;
            }
            values++;
            if (x == y) {
                continue;
            }
            different++;
            double error = relative(Double.longBitsToDouble(x), Double.longBitsToDouble(y));
            worst = Math.max(worst, error);
            if (error > ROUNDING) {
                apart++;
            }
        }
        return new Verdict(values, different, apart, worst);
    }

    private static double relative(double x, double y) {
        if (Double.isNaN(x) || Double.isNaN(y)) {
            return Double.isNaN(x) && Double.isNaN(y) ? 0 : Double.POSITIVE_INFINITY;
        }
        return x == y ? 0 : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y));
    }

    private static LongBuffer read(Path file) {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(file)).asLongBuffer();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the sample " + file, e);
        }
    }
}
