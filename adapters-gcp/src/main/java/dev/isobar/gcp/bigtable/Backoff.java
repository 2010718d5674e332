package dev.isobar.gcp.bigtable;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts that the client may not repeat by itself: a compare-and-set that somebody else won, a request that must not be sent twice. Not
 * thread safe.
 */
final class Backoff {
    private static final long FIRST_MILLIS = 5;
    private static final long LONGEST_MILLIS = 1_000;

    private final long patience;
    private final long began = System.nanoTime();
    private int attempt;

    /**
     * Of one operation.
     *
     * @param patience how long it may take in all
     */
    Backoff(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** Whether there is time for one more attempt; waits a little before it. */
    boolean again() {
        if (System.nanoTime() - began > patience) {
            return false;
        }
        attempt++;
        long most = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempt, 10));
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(most) + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while waiting for Bigtable")
                    .cause(e)
                    .build();
        }
        return true;
    }

    /** Waits a little, or says that it was in vain. */
    void pause(String gaveUp) {
        if (!again()) {
            throw IsobarException.of(ErrorCode.UNAVAILABLE, gaveUp)
                    .hint("Wait a little and try again; if it stays, look for other processes with this namespace.")
                    .build();
        }
    }
}
