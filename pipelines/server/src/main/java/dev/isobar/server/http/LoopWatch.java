package dev.isobar.server.http;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * How far an event loop is behind. It is asked to tick at a fixed rate; whatever a tick is late by, a request that has just arrived waits too. Used by one
 * thread, that of its loop.
 */
final class LoopWatch {
    private static final long PERIOD = TimeUnit.MILLISECONDS.toNanos(10);

    private final long most;
    private long due;
    private boolean behind;

    /** @param most how late it may be, nanoseconds */
    LoopWatch(long most, long now) {
        this.most = most;
        this.due = now + PERIOD;
    }

    static LoopWatch of(EventLoop loop, long most) {
        LoopWatch watch = new LoopWatch(most, System.nanoTime());
        var unused =
                loop.scheduleAtFixedRate(() -> watch.tick(System.nanoTime()), PERIOD, PERIOD, TimeUnit.NANOSECONDS);
        return watch;
    }

    void tick(long now) {
        behind = now - due > most;
        // Ticks that were missed come one after the other; what counts is the present.
        due = now + PERIOD;
    }

    /** Whether requests are refused, until a tick is in time again. */
    boolean behind() {
        return behind;
    }
}
