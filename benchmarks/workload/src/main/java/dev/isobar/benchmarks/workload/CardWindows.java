package dev.isobar.benchmarks.workload;

import java.util.Arrays;

/**
 * The state of one card as a good engineer writes it who does not think of late data: a ring of events in order of arrival, three windows over it that
 * add and subtract exact sums, one monotonic deque for all three maxima. No ids, no second clock. The same object serves the bare loop and Flink on heap.
 *
 * <p>Approximate for late data only: an event that comes late is taken as if it had happened now, so that windows neither reach behind it nor leave
 * it out in time. Sums are of 64 bits; amounts are below 2³¹.
 */
public final class CardWindows {
    private long[] times = new long[4];
    private long[] cents = new long[4];
    private int end;
    private int[] deque = new int[4];
    private int dequeHead;
    private int dequeTail;
    private long now = Long.MIN_VALUE;
    private int start0;
    private int start1;
    private int start2;
    private long sum0;
    private long sum1;
    private long sum2;
    private long squares0;
    private long squares1;
    private long squares2;

    /** Writes the vector as of a time, the event at that time not in it. */
    public void evaluate(long asOf, double[] into) {
        long t = Math.max(asOf, now);
        now = t;
        int mask = times.length - 1;
        int s = start0;
        for (long from = t - Features.window(0); s < end && times[s & mask] < from; s++) {
            long x = cents[s & mask];
            sum0 -= x;
            squares0 -= x * x;
        }
        start0 = s;
        s = start1;
        for (long from = t - Features.window(1); s < end && times[s & mask] < from; s++) {
            long x = cents[s & mask];
            sum1 -= x;
            squares1 -= x * x;
        }
        start1 = s;
        s = start2;
        for (long from = t - Features.window(2); s < end && times[s & mask] < from; s++) {
            long x = cents[s & mask];
            sum2 -= x;
            squares2 -= x * x;
        }
        start2 = s;
        int dequeMask = deque.length - 1;
        int d = dequeHead;
        while (d < dequeTail && deque[d & dequeMask] < start2) {
            d++;
        }
        dequeHead = d;
        Features.put(into, 2, end - start2, sum2, squares2, max(d, mask));
        while (d < dequeTail && deque[d & dequeMask] < start1) {
            d++;
        }
        Features.put(into, 1, end - start1, sum1, squares1, max(d, mask));
        while (d < dequeTail && deque[d & dequeMask] < start0) {
            d++;
        }
        Features.put(into, 0, end - start0, sum0, squares0, max(d, mask));
    }

    /** Adds an event. */
    public void add(long time, long x) {
        now = Math.max(now, time);
        if (end - start2 == times.length) {
            grow();
        }
        int mask = times.length - 1;
        times[end & mask] = now;
        cents[end & mask] = x;
        int dequeMask = deque.length - 1;
        while (dequeTail > dequeHead && cents[deque[(dequeTail - 1) & dequeMask] & mask] <= x) {
            dequeTail--;
        }
        if (dequeTail - dequeHead == deque.length) {
            int[] larger = new int[2 * deque.length];
            for (int i = dequeHead; i < dequeTail; i++) {
                larger[i & (larger.length - 1)] = deque[i & dequeMask];
            }
            deque = larger;
            dequeMask = larger.length - 1;
        }
        deque[dequeTail++ & dequeMask] = end++;
        sum0 += x;
        sum1 += x;
        sum2 += x;
        long xx = x * x;
        squares0 += xx;
        squares1 += xx;
        squares2 += xx;
    }

    private long max(int d, int mask) {
        return d < dequeTail ? cents[deque[d & (deque.length - 1)] & mask] : 0;
    }

    private void grow() {
        int mask = times.length - 1;
        long[] moreTimes = Arrays.copyOf(times, 2 * times.length);
        long[] moreCents = Arrays.copyOf(cents, 2 * times.length);
        int more = moreTimes.length - 1;
        for (int i = start2; i < end; i++) {
            moreTimes[i & more] = times[i & mask];
            moreCents[i & more] = cents[i & mask];
        }
        times = moreTimes;
        cents = moreCents;
    }
}
