package dev.isobar.server.http;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One turn of an event loop: what it has read at once is scored one by one and recorded together, when all of it is scored. So under load many requests share the
 * way to the record and back, and a lone one waits for nobody. Used by one thread, that of its loop.
 */
final class LoopTurn implements Runnable {
    /** The record is another thread's work, which can begin meanwhile. */
    private static final int MOST_HELD = 32;

    private final Executor loop;
    private @Nullable Scorer scorer;
    private int held;
    private boolean ends;

    /** @param loop runs what it is given after whatever it has read */
    LoopTurn(Executor loop) {
        this.loop = loop;
    }

    /** A request was scored on this loop's thread. */
    void scored(Scorer by) {
        scorer = by;
        if (++held >= MOST_HELD) {
            flush();
        } else if (!ends) {
            ends = true;
            try {
                loop.execute(this);
            } catch (RejectedExecutionException e) {
                // The loop is at its end and has no next turn.
                run();
            }
        }
    }

    /** The end of the turn. */
    @Override
    public void run() {
        ends = false;
        flush();
    }

    private void flush() {
        Scorer by = scorer;
        if (held > 0 && by != null) {
            held = 0;
            by.flush();
        }
    }
}
