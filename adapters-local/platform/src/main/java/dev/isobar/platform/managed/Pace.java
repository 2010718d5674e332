package dev.isobar.platform.managed;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps those who poll a job or an endpoint from asking faster than a service's quotas allow: the first question about a thing is asked at once, each further one
 * at the earliest an interval after the one before. Thread safe.
 */
public final class Pace {
    private final long interval;
    private final ConcurrentMap<String, AtomicLong> next = new ConcurrentHashMap<>();

    /** With so much between two questions about one thing; 0 for none. */
    public Pace(Duration interval) {
        this.interval = interval.toNanos();
    }

    /** Waits until it may be asked about this; an interrupt ends the wait. */
    public void await(String name) {
        if (interval == 0) {
            return;
        }
        long now = System.nanoTime();
        long turn = next.computeIfAbsent(name, n -> new AtomicLong(now))
                        .getAndUpdate(before -> (before - now > 0 ? before : now) + interval)
                - now;
        if (turn > 0) {
            LockSupport.parkNanos(turn);
        }
    }
}
