package dev.isobar.local.router;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Traffic in exact shares: smooth weighted round robin, written out once, so that every run of as many requests as the reduced weights add up to
 * holds each deployment exactly as often as its weight says, and spread evenly. Thread safe.
 *
 * @since 0.1
 */
public final class Split {
    private final List<String> deployments;
    private final short[] schedule;
    private final AtomicLong next = new AtomicLong();

    private Split(List<String> deployments, short[] schedule) {
        this.deployments = deployments;
        this.schedule = schedule;
    }

    /**
     * Makes a split.
     *
     * @param basisPoints deployment → share, not negative; those with 0 get nothing
     */
    public static Split of(Map<String, Integer> basisPoints) {
        List<String> names = new ArrayList<>();
        List<Integer> weights = new ArrayList<>();
        int divisor = 0;
        for (Map.Entry<String, Integer> share : new TreeMap<>(basisPoints).entrySet()) {
            if (share.getValue() < 0) {
                throw new IllegalArgumentException("a share of traffic is negative: " + basisPoints);
            }
            if (share.getValue() > 0) {
                names.add(share.getKey());
                weights.add(share.getValue());
                divisor = gcd(share.getValue(), divisor);
            }
        }
        int total = 0;
        for (int w : weights) {
            total += w / divisor;
        }
        short[] schedule = new short[total];
        int[] current = new int[weights.size()];
        for (int i = 0; i < total; i++) {
            int best = 0;
            for (int d = 0; d < current.length; d++) {
                current[d] += weights.get(d) / divisor;
                if (current[d] > current[best]) {
                    best = d;
                }
            }
            current[best] -= total;
            schedule[i] = (short) best;
        }
        return new Split(List.copyOf(names), schedule);
    }

    /** Deployments with a share, by name. */
    public List<String> deployments() {
        return deployments;
    }

    /** Index into {@link #deployments} of whose turn it is; −1 if nobody has a share. */
    public int next() {
        return schedule.length == 0 ? -1 : schedule[(int) (next.getAndIncrement() % schedule.length)];
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
