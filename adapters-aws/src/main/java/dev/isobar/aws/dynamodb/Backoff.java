package dev.isobar.aws.dynamodb;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts of a compare-and-set that somebody else won, and of what DynamoDB left undone of a batch; neither is an error that the SDK
 * repeats. Not thread safe.
 */
final class Backoff {
    private static final int ATTEMPTS = 24;
    private static final long FIRST_MILLIS = 5;
    private static final long LONGEST_MILLIS = 500;

    private final ErrorCode code;
    private final String gaveUp;
    private int attempt;

    /**
     * Of one operation.
     *
     * @param gaveUp what to say when it was in vain
     */
    Backoff(ErrorCode code, String gaveUp) {
        this.code = code;
        this.gaveUp = gaveUp;
    }

    /** Begins to count anew: there was progress. */
    void reset() {
        attempt = 0;
    }

    void pause() {
        if (++attempt > ATTEMPTS) {
            throw IsobarException.of(code, gaveUp)
                    .hint("Wait a little and try again; if it stays, look at the table's throttling in CloudWatch.")
                    .build();
        }
        long most = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempt, 10));
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(most) + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while waiting for DynamoDB")
                    .cause(e)
                    .build();
        }
    }
}
