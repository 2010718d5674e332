package dev.isobar.features.window;

import dev.isobar.features.exact.ExactAccumulator;
import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.exact.IntegerMoments;
import dev.isobar.features.exact.Rounding;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.sketch.HyperLogLog;
import dev.isobar.features.sketch.Murmur3;
import dev.isobar.features.state.EventLog;
import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What has been seen so far of one argument, walking from the newest event to the oldest: one accumulator serves every window, because a longer window
 * is a shorter one and more. Everything in it is exact, so how the walk is cut cannot matter. Not thread safe.
 */
final class Accumulator {
    private static final long CANONICAL_NAN = Double.doubleToLongBits(Double.NaN);

    private final int slot;
    private final Argument argument;
    private final int needs;
    private final boolean squares;

    private long count;
    private final long[] moments = new long[Math.max(IntegerMoments.WORDS, FloatMoments.WORDS)];
    // What does not fit into those; made when it is met.
    private boolean wide;
    private @Nullable ExactAccumulator wideSum;
    private @Nullable ExactAccumulator wideSquares;
    private BigInteger integerSquares = BigInteger.ZERO;
    private boolean nan;
    private boolean positiveInfinity;
    private boolean negativeInfinity;
    private long min;
    private long max;
    private double floatMin;
    private double floatMax;
    private boolean hasLast;
    private long last;
    private final @Nullable HyperLogLog distinct;

    Accumulator(int slot, Argument argument, int needs) {
        this.slot = slot;
        this.argument = argument;
        this.needs = needs;
        this.squares = (needs & Need.SQUARES) != 0;
        this.distinct = (needs & Need.DISTINCT) != 0 ? new HyperLogLog() : null;
    }

    void clear() {
        count = 0;
        Arrays.fill(moments, 0);
        min = Long.MAX_VALUE;
        max = Long.MIN_VALUE;
        floatMin = Double.POSITIVE_INFINITY;
        floatMax = Double.NEGATIVE_INFINITY;
        hasLast = false;
        if (wide) {
            wide = false;
            nan = false;
            positiveInfinity = false;
            negativeInfinity = false;
            integerSquares = BigInteger.ZERO;
            if (wideSum != null) {
                wideSum.clear();
            }
            if (wideSquares != null) {
                wideSquares.clear();
            }
        }
        if (distinct != null) {
            distinct.clear();
        }
    }

    /** Takes in the events of {@code [from, to)}, all of them known; the newer ones were taken in before. */
    void addKnown(EventLog log, int from, int to) {
        if (from >= to) {
            return;
        }
        if (argument == Argument.EVENT || (needs == 0 && !log.hasNulls())) {
            count += to - from;
            return;
        }
        for (int upTo = to; upTo > from; ) {
            int run = Math.max(from, log.runStart(upTo - 1));
            addRun(log, run, upTo);
            upTo = run;
        }
    }

    private void addRun(EventLog log, int from, int to) {
        long[] data = log.data(from);
        int stride = log.stride();
        int word = log.word(slot);
        if (argument == Argument.INTEGER && !log.hasNulls()) {
            addIntegers(data, log.at(from) + word, to - from, stride);
            return;
        }
        for (int i = to - 1, at = log.at(i) + word; i >= from; i--, at -= stride) {
            if (!log.isNull(i, slot)) {
                add(data[at]);
            }
        }
    }

    /** Takes in those events of {@code [from, to)} that were available by k. */
    void addIfKnown(EventLog log, int from, int to, long k) {
        for (int i = to - 1; i >= from; i--) {
            if (log.availableTime(i) > k) {
                continue;
            }
            if (argument == Argument.EVENT) {
                count++;
            } else if (!log.isNull(i, slot)) {
                add(log.argument(i, slot));
            }
        }
    }

    /** Takes in n words from a place on. */
    private void addIntegers(long[] data, int from, int n, int stride) {
        int to = from + n * stride;
        count += n;
        if ((needs & Need.LAST) != 0 && !hasLast) {
            hasLast = true;
            last = data[to - stride];
        }
        if ((needs & (Need.SUM | Need.MIN | Need.MAX)) != 0) {
            long sum = 0;
            long square = 0;
            long large = 0;
            long lowest = min;
            long highest = max;
            for (int i = from; i < to; i += stride) {
                long v = data[i];
                sum += v;
                square += v * v;
                large |= v ^ v >> 63;
                lowest = Math.min(lowest, v);
                highest = Math.max(highest, v);
            }
            min = lowest;
            max = highest;
            // 2^20 values below 2^21 in magnitude: neither sum can have wrapped.
            if (large >>> 21 == 0 && n <= 1 << 20) {
                IntegerMoments.add(moments, 0, sum);
                if (squares) {
                    IntegerMoments.addSquareSum(moments, 0, square);
                }
            } else {
                for (int i = from; i < to; i += stride) {
                    addInteger(data[i]);
                }
            }
        }
        if (distinct != null) {
            for (int i = from; i < to; i += stride) {
                distinct.add(Murmur3.hash(data[i]));
            }
        }
    }

    /** Takes in one word; the newest first. */
    void add(long word) {
        count++;
        if ((needs & Need.LAST) != 0 && !hasLast) {
            hasLast = true;
            last = word;
        }
        if (distinct != null) {
            distinct.add(
                    switch (argument) {
                        case TEXT -> word;
                        case FLOAT -> Murmur3.hash(canonical(word));
                        default -> Murmur3.hash(word);
                    });
        }
        if (argument == Argument.FLOAT) {
            addFloat(word);
        } else {
            addInteger(word);
            min = Math.min(min, word);
            max = Math.max(max, word);
        }
    }

    private void addInteger(long v) {
        IntegerMoments.add(moments, 0, v);
        if (squares) {
            if (IntegerMoments.squareFits(v)) {
                IntegerMoments.addSquare(moments, 0, v);
            } else {
                wide = true;
                integerSquares = integerSquares.add(BigInteger.valueOf(v).pow(2));
            }
        }
    }

    private void addFloat(long bits) {
        double v = Double.longBitsToDouble(bits);
        // Math.min and max are what is promised: NaN wins, −0 is below +0.
        floatMin = Math.min(floatMin, v);
        floatMax = Math.max(floatMax, v);
        if ((needs & Need.SUM) == 0) {
            return;
        }
        if (FloatMoments.fit(bits)) {
            FloatMoments.add(moments, 0, bits, 1, squares);
            return;
        }
        wide = true;
        if (!Double.isFinite(v)) {
            nan |= Double.isNaN(v);
            positiveInfinity |= v == Double.POSITIVE_INFINITY;
            negativeInfinity |= v == Double.NEGATIVE_INFINITY;
            return;
        }
        if (wideSum == null) {
            wideSum = ExactAccumulator.ofValues();
        }
        wideSum.add(v);
        if (squares) {
            if (wideSquares == null) {
                wideSquares = ExactAccumulator.ofSquares();
            }
            wideSquares.addSquare(v);
        }
    }

    private static long canonical(long bits) {
        double v = Double.longBitsToDouble(bits);
        return v == 0.0 ? 0L : Double.isNaN(v) ? CANONICAL_NAN : bits;
    }

    /** Writes the values over what was seen so far. */
    void finish(Targets to, Frame frame) {
        if (!to.any()) {
            return;
        }
        boolean isFloat = argument == Argument.FLOAT;
        if (to.count() >= 0) {
            frame.set(to.count(), (double) count);
        }
        if (to.distinct() >= 0) {
            frame.set(to.distinct(), distinct == null ? 0.0 : distinct.estimate());
        }
        if (to.deviation() >= 0) {
            if (count < 2) {
                frame.setNull(to.deviation());
            } else {
                frame.set(to.deviation(), deviation());
            }
        }
        if (count == 0) {
            none(to.sum(), frame);
            none(to.mean(), frame);
            none(to.min(), frame);
            none(to.max(), frame);
            none(to.last(), frame);
            return;
        }
        if (to.sum() >= 0) {
            frame.set(to.sum(), isFloat ? floatMean(1) : IntegerMoments.sum(moments, 0));
        }
        if (to.mean() >= 0) {
            frame.set(to.mean(), isFloat ? floatMean(count) : IntegerMoments.mean(moments, 0, count));
        }
        if (to.min() >= 0) {
            frame.set(to.min(), isFloat ? oneNan(floatMin) : (double) min);
        }
        if (to.max() >= 0) {
            frame.set(to.max(), isFloat ? oneNan(floatMax) : (double) max);
        }
        if (to.last() >= 0) {
            frame.set(to.last(), isFloat ? oneNan(Double.longBitsToDouble(last)) : (double) last);
        }
    }

    static void none(int target, Frame frame) {
        if (target >= 0) {
            frame.setNull(target);
        }
    }

    // Hardware makes several, and digests are over bits.
    static double oneNan(double v) {
        return Double.isNaN(v) ? Double.NaN : v;
    }

    private double floatMean(long n) {
        if (!wide) {
            return FloatMoments.mean(moments, 0, n);
        }
        if (nan || (positiveInfinity && negativeInfinity)) {
            return Double.NaN;
        }
        if (positiveInfinity || negativeInfinity) {
            return positiveInfinity ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return Rounding.ratio(floatSum(), BigInteger.valueOf(n), ExactAccumulator.VALUES);
    }

    // Everything in the finest unit.
    private BigInteger floatSum() {
        BigInteger fitting = FloatMoments.bigSum(moments, 0).shiftLeft(FloatMoments.EXPONENT - ExactAccumulator.VALUES);
        return wideSum == null ? fitting : fitting.add(wideSum.units());
    }

    private double deviation() {
        if (argument != Argument.FLOAT) {
            return wide
                    ? IntegerMoments.deviation(
                            count,
                            IntegerMoments.bigSum(moments, 0),
                            IntegerMoments.bigSquares(moments, 0).add(integerSquares),
                            0)
                    : IntegerMoments.deviation(moments, 0, count);
        }
        if (!wide) {
            return FloatMoments.deviation(moments, 0, count);
        }
        if (nan || positiveInfinity || negativeInfinity) {
            return Double.NaN;
        }
        BigInteger fitting =
                FloatMoments.bigSquares(moments, 0).shiftLeft(2 * (FloatMoments.EXPONENT - ExactAccumulator.VALUES));
        return IntegerMoments.deviation(
                count,
                floatSum(),
                wideSquares == null ? fitting : fitting.add(wideSquares.units()),
                ExactAccumulator.VALUES);
    }
}
