package dev.isobar.features.window;

import dev.isobar.features.exact.ExactAccumulator;
import dev.isobar.features.exact.Moments;
import dev.isobar.features.exact.Rounding;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.sketch.HyperLogLog;
import dev.isobar.features.sketch.Murmur3;
import dev.isobar.features.state.EventLog;
import dev.isobar.spec.AggregateFn;
import java.math.BigInteger;
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

    private long count;
    // Σ of integers: 128 bits
    private long sum;
    private long sumHigh;
    // Σ of squares of integers: 192 bits, unsigned
    private long squares;
    private long squaresMiddle;
    private long squaresHigh;
    private final @Nullable ExactAccumulator exactSum;
    private final @Nullable ExactAccumulator exactSquares;
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
        boolean exact = argument == Argument.FLOAT;
        this.exactSum = exact && (needs & Need.SUM) != 0 ? ExactAccumulator.ofValues() : null;
        this.exactSquares = exact && (needs & Need.SQUARES) != 0 ? ExactAccumulator.ofSquares() : null;
        this.distinct = (needs & Need.DISTINCT) != 0 ? new HyperLogLog() : null;
    }

    void clear() {
        count = 0;
        sum = 0;
        sumHigh = 0;
        squares = 0;
        squaresMiddle = 0;
        squaresHigh = 0;
        nan = false;
        positiveInfinity = false;
        negativeInfinity = false;
        min = Long.MAX_VALUE;
        max = Long.MIN_VALUE;
        floatMin = Double.POSITIVE_INFINITY;
        floatMax = Double.NEGATIVE_INFINITY;
        hasLast = false;
        last = 0;
        if (exactSum != null) {
            exactSum.clear();
        }
        if (exactSquares != null) {
            exactSquares.clear();
        }
        if (distinct != null) {
            distinct.clear();
        }
    }

    /** Takes in the events of {@code [from, to)}, all of them known. */
    void addKnown(EventLog log, int from, int to) {
        if (from >= to) {
            return;
        }
        if (argument == Argument.EVENT) {
            count += to - from;
            return;
        }
        if (log.hasNulls(slot)) {
            long[] words = log.words(slot);
            long[] masks = log.masks(slot);
            for (int i = to - 1; i >= from; i--) {
                if ((masks[i] >>> (slot & 63) & 1) == 0) {
                    add(words[i]);
                }
            }
            return;
        }
        if (needs == 0) {
            count += to - from;
            return;
        }
        long[] words = log.words(slot);
        if (argument == Argument.INTEGER) {
            addIntegers(words, from, to);
        } else {
            for (int i = to - 1; i >= from; i--) {
                add(words[i]);
            }
        }
    }

    /** Takes in those events of {@code [from, to)} that were available by k. */
    void addIfKnown(EventLog log, int from, int to, long k) {
        long[] available = log.availableTimes();
        if (argument == Argument.EVENT) {
            for (int i = from; i < to; i++) {
                count += available[i] <= k ? 1 : 0;
            }
            return;
        }
        long[] words = log.words(slot);
        long[] masks = log.masks(slot);
        for (int i = to - 1; i >= from; i--) {
            if (available[i] <= k && (masks[i] >>> (slot & 63) & 1) == 0) {
                add(words[i]);
            }
        }
    }

    private void addIntegers(long[] words, int from, int to) {
        count += to - from;
        if ((needs & Need.LAST) != 0 && !hasLast) {
            hasLast = true;
            last = words[to - 1];
        }
        if ((needs & Need.SUM) != 0) {
            long s = 0;
            long overflow = 0;
            for (int i = from; i < to; i++) {
                long v = words[i];
                long r = s + v;
                overflow |= (s ^ r) & (v ^ r);
                s = r;
            }
            if (overflow < 0) {
                for (int i = from; i < to; i++) {
                    addToSum(words[i]);
                }
            } else {
                addToSum(s);
            }
        }
        if ((needs & Need.SQUARES) != 0) {
            long s = 0;
            long wide = 0;
            for (int i = from; i < to; i++) {
                long v = words[i];
                wide |= v ^ (v >> 63);
                s += v * v;
                wide |= s & Long.MIN_VALUE;
            }
            // Squares of 31-bit values are below 2^62: a partial sum that wraps shows its sign bit first.
            if (wide >>> 31 != 0) {
                for (int i = from; i < to; i++) {
                    addSquare(words[i]);
                }
            } else {
                addToSquares(0, s);
            }
        }
        if ((needs & (Need.MIN | Need.MAX)) != 0) {
            long lowest = min;
            long highest = max;
            for (int i = from; i < to; i++) {
                lowest = Math.min(lowest, words[i]);
                highest = Math.max(highest, words[i]);
            }
            min = lowest;
            max = highest;
        }
        if (distinct != null) {
            for (int i = from; i < to; i++) {
                distinct.add(Murmur3.hash(words[i]));
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
            addFloat(Double.longBitsToDouble(word));
        } else {
            if ((needs & Need.SUM) != 0) {
                addToSum(word);
            }
            if ((needs & Need.SQUARES) != 0) {
                addSquare(word);
            }
            min = Math.min(min, word);
            max = Math.max(max, word);
        }
    }

    private void addFloat(double v) {
        // Math.min and max are what is promised: NaN wins, −0 is below +0.
        floatMin = Math.min(floatMin, v);
        floatMax = Math.max(floatMax, v);
        if (!Double.isFinite(v)) {
            nan |= Double.isNaN(v);
            positiveInfinity |= v == Double.POSITIVE_INFINITY;
            negativeInfinity |= v == Double.NEGATIVE_INFINITY;
            return;
        }
        if (exactSum != null) {
            exactSum.add(v);
        }
        if (exactSquares != null) {
            exactSquares.addSquare(v);
        }
    }

    private void addToSum(long v) {
        long s = sum + v;
        sumHigh += (v >> 63) + (Long.compareUnsigned(s, sum) < 0 ? 1 : 0);
        sum = s;
    }

    private void addSquare(long v) {
        addToSquares(Math.multiplyHigh(v, v), v * v);
    }

    private void addToSquares(long high, long low) {
        long l = squares + low;
        long carry = Long.compareUnsigned(l, squares) < 0 ? 1 : 0;
        squares = l;
        // high ≤ 2^62, so that high and a carry cannot wrap by themselves
        long m = squaresMiddle + high + carry;
        squaresHigh += Long.compareUnsigned(m, squaresMiddle) < 0 ? 1 : 0;
        squaresMiddle = m;
    }

    private static long canonical(long bits) {
        double v = Double.longBitsToDouble(bits);
        return v == 0.0 ? 0L : Double.isNaN(v) ? CANONICAL_NAN : bits;
    }

    /** Writes the value of an aggregation over what was seen so far. */
    void finish(AggregateFn fn, Frame frame, int target) {
        switch (fn) {
            case COUNT -> frame.aggregate(target, (double) count);
            case APPROX_DISTINCT -> frame.aggregate(target, distinct == null ? 0.0 : distinct.estimate());
            case STDDEV -> {
                if (count < 2) {
                    frame.aggregateNull(target);
                } else {
                    frame.aggregate(target, deviation());
                }
            }
            default -> {
                if (count == 0) {
                    frame.aggregateNull(target);
                } else {
                    frame.aggregate(target, value(fn));
                }
            }
        }
    }

    private double value(AggregateFn fn) {
        boolean isFloat = argument == Argument.FLOAT;
        return switch (fn) {
            case SUM -> isFloat ? floatSum(1) : integerSum();
            case MEAN -> isFloat ? floatSum(count) : integerMean();
            case SHARE -> Rounding.ratio(sum, count);
            case MIN -> isFloat ? floatMin : (double) min;
            case MAX -> isFloat ? floatMax : (double) max;
            case LAST -> isFloat ? Double.longBitsToDouble(last) : (double) last;
            default -> throw new IllegalStateException(fn + " is finished elsewhere");
        };
    }

    private double integerSum() {
        return sumHigh == sum >> 63 ? (double) sum : Rounding.ratio(bigSum(), BigInteger.ONE, 0);
    }

    private double integerMean() {
        return sumHigh == sum >> 63
                ? Rounding.ratio(sum, count)
                : Rounding.ratio(bigSum(), BigInteger.valueOf(count), 0);
    }

    private double floatSum(long divisor) {
        if (nan || (positiveInfinity && negativeInfinity)) {
            return Double.NaN;
        }
        if (positiveInfinity || negativeInfinity) {
            return positiveInfinity ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return exactSum == null ? 0.0 : exactSum.mean(divisor);
    }

    private double deviation() {
        if (argument == Argument.FLOAT) {
            return nan || positiveInfinity || negativeInfinity || exactSum == null || exactSquares == null
                    ? Double.NaN
                    : Moments.deviation(count, exactSum.units(), exactSquares.units(), exactSum.exponent());
        }
        if (sumHigh == sum >> 63 && squaresHigh == 0 && squaresMiddle == 0 && squares >= 0) {
            return Moments.deviation(count, sum, squares);
        }
        BigInteger q = unsigned(squaresHigh)
                .shiftLeft(128)
                .or(unsigned(squaresMiddle).shiftLeft(64))
                .or(unsigned(squares));
        return Moments.deviation(count, bigSum(), q, 0);
    }

    private BigInteger bigSum() {
        return BigInteger.valueOf(sumHigh).shiftLeft(64).or(unsigned(sum));
    }

    private static BigInteger unsigned(long v) {
        BigInteger b = BigInteger.valueOf(v & Long.MAX_VALUE);
        return v < 0 ? b.setBit(63) : b;
    }
}
