package dev.isobar.benchmarks.workload;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Card transactions in the order of their delivery, which is that of their available times. Flat arrays, to be read only.
 *
 * <p>Cards are drawn by zipf(1.0), event times are those of a Poisson process, all different and whole milliseconds (Flink
 * and Beam know no finer ones), ids count in the order of event times, amounts are positive and about lognormal. Of all transactions 2 % become available up to 60 s after their event, the others at once. Everything follows from the
 * seed and integer or {@link StrictMath} arithmetic: the same on every JVM.
 *
 * @param id number of the transaction, from 0 in event time
 * @param card from 0, the most frequent first
 * @param eventTime microseconds since the epoch
 * @param availableTime microseconds since the epoch, at least the event time
 * @param cents amount, 1 to 2³¹ − 1
 * @param cards how many cards there are
 */
@SuppressWarnings("ArrayRecordComponent")
public record Workload(long[] id, int[] card, long[] eventTime, long[] availableTime, long[] cents, int cards) {
    /** The seed of the figures that are published. */
    public static final long SEED = 20_260_101;

    /** Events of the whole workload. */
    public static final int EVENTS = 5_000_000;

    /** Cards of the whole workload. */
    public static final int CARDS = 100_000;

    private static final long START = 1_767_225_600L * Features.SECOND; // 2026-01-01T00:00:00Z
    private static final long WEEK = 7 * 86_400 * Features.SECOND;
    private static final long MILLI = 1_000;
    private static final int AMOUNTS = 1 << 16;

    /**
     * The first transactions of the published workload.
     *
     * @param events how many: a prefix, as dense in time as the whole
     * @param late false makes everything available at once, otherwise the same: whoever then still differs does not differ because of late data
     */
    public static Workload published(int events, boolean late) {
        return generate(SEED, events, EVENTS, CARDS, late);
    }

    /**
     * Makes transactions.
     *
     * @param events how many to deliver
     * @param perWeek how many there are in seven days, which gives the density
     */
    public static Workload generate(long seed, int events, int perWeek, int cards, boolean late) {
        Random r = new Random(seed);
        int[] alias = new int[cards];
        double[] stay = new double[cards];
        zipf(alias, stay);
        int[] amounts = amounts(new Random(seed ^ 0x5bd1e995));
        double step = (double) WEEK / perWeek;
        // A few more than are delivered: the late ones among the last come after them.
        int made = events + Math.max(1_000, (int) (2.0 * Features.LATENESS / step));
        long[] time = new long[made];
        int[] card = new int[made];
        long[] available = new long[made];
        long[] cents = new long[made];
        double now = START;
        long previous = START;
        for (int i = 0; i < made; i++) {
            now += -StrictMath.log(1.0 - r.unit()) * step;
            previous = Math.max(previous + MILLI, (long) now / MILLI * MILLI);
            time[i] = previous;
            int c = r.below(cards);
            card[i] = r.unit() < stay[c] ? c : alias[c];
            cents[i] = (long) amounts[r.below(AMOUNTS)] + r.below(100);
            boolean delayed = r.below(100) < 2;
            long by = (r.below((int) (Features.LATENESS / MILLI)) + 1) * MILLI;
            available[i] = late && delayed ? previous + by : previous;
        }
        long[] order = new long[made];
        for (int i = 0; i < made; i++) {
            order[i] = i;
        }
        deliver(order, available);
        Workload w = new Workload(
                new long[events], new int[events], new long[events], new long[events], new long[events], cards);
        for (int i = 0; i < events; i++) {
            int from = (int) order[i];
            w.id[i] = from;
            w.card[i] = card[from];
            w.eventTime[i] = time[from];
            w.availableTime[i] = available[from];
            w.cents[i] = cents[from];
        }
        return w;
    }

    /** How many transactions there are. */
    public int size() {
        return id.length;
    }

    /** The transactions of some of the cards, in the same order. */
    public Workload only(IntPredicate cardsWanted) {
        int n = 0;
        int[] at = new int[size()];
        for (int i = 0; i < at.length; i++) {
            if (cardsWanted.test(card[i])) {
                at[n++] = i;
            }
        }
        Workload w = new Workload(new long[n], new int[n], new long[n], new long[n], new long[n], cards);
        for (int i = 0; i < n; i++) {
            w.id[i] = id[at[i]];
            w.card[i] = card[at[i]];
            w.eventTime[i] = eventTime[at[i]];
            w.availableTime[i] = availableTime[at[i]];
            w.cents[i] = cents[at[i]];
        }
        return w;
    }

    // Nearly sorted already: insertion over the few that come between.
    private static void deliver(long[] order, long[] available) {
        for (int i = 1; i < order.length; i++) {
            long moved = order[i];
            long key = available[(int) moved];
            int j = i - 1;
            while (j >= 0 && available[(int) order[j]] > key) {
                order[j + 1] = order[j];
                j--;
            }
            order[j + 1] = moved;
        }
    }

    // Vose's alias method for weights 1/rank.
    private static void zipf(int[] alias, double[] stay) {
        int n = alias.length;
        double total = 0;
        for (int i = 0; i < n; i++) {
            total += 1.0 / (i + 1);
        }
        int[] small = new int[n];
        int[] large = new int[n];
        int smalls = 0;
        int larges = 0;
        double[] scaled = new double[n];
        for (int i = 0; i < n; i++) {
            scaled[i] = n / (total * (i + 1));
            if (scaled[i] < 1) {
                small[smalls++] = i;
            } else {
                large[larges++] = i;
            }
        }
        Arrays.fill(stay, 1.0);
        while (smalls > 0 && larges > 0) {
            int s = small[--smalls];
            int l = large[larges - 1];
            stay[s] = scaled[s];
            alias[s] = l;
            scaled[l] -= 1 - scaled[s];
            if (scaled[l] < 1) {
                larges--;
                small[smalls++] = l;
            }
        }
    }

    // Lognormal, median 24 and a half, as a table of draws.
    private static int[] amounts(Random r) {
        int[] amounts = new int[AMOUNTS];
        for (int i = 0; i < AMOUNTS; i++) {
            double gauss =
                    StrictMath.sqrt(-2 * StrictMath.log(1.0 - r.unit())) * StrictMath.cos(2 * StrictMath.PI * r.unit());
            amounts[i] = 1 + (int) StrictMath.min(2e9, StrictMath.exp(7.8 + 1.2 * gauss));
        }
        return amounts;
    }

    /** SplitMix64: {@code java.util}'s generators may change between versions. */
    private static final class Random {
        private long state;

        Random(long seed) {
            state = seed;
        }

        long next() {
            state += 0x9e3779b97f4a7c15L;
            long z = state;
            z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            return z ^ (z >>> 31);
        }

        double unit() {
            return (next() >>> 11) * 0x1p-53;
        }

        int below(int bound) {
            return (int) (((next() >>> 32) * bound) >>> 32);
        }
    }
}
