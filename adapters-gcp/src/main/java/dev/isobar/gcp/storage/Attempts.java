package dev.isobar.gcp.storage;

import com.google.api.client.http.HttpResponseException;
import com.google.api.gax.retrying.BasicResultRetryAlgorithm;
import com.google.api.gax.retrying.ResultRetryAlgorithm;
import com.google.cloud.BaseServiceException;
import com.google.cloud.storage.StorageRetryStrategy;
import dev.isobar.gcp.client.GcpErrors;
import java.io.IOException;
import java.util.function.Supplier;

/**
 * Google's own rule of what is tried again – only what is idempotent, as conditions on generations make it – for our HTTP client too, whose words for a broken
 * connection that rule does not know. It also remembers, for the call that is under way in this thread, whether an attempt failed that may have had its effect: a
 * removal leaves nothing behind by which it could be known again.
 */
final class Attempts implements StorageRetryStrategy {
    private static final long serialVersionUID = 1L;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int ANSWERED_ITSELF = 500;

    private static final ThreadLocal<Boolean> DOUBTFUL = ThreadLocal.withInitial(() -> false);
    private static final ResultRetryAlgorithm<?> IDEMPOTENT =
            watching(StorageRetryStrategy.getDefaultStorageRetryStrategy().getIdempotentHandler());

    /** What a call gave, and whether an earlier attempt of it may have had its effect. */
    record Outcome<T>(T result, boolean doubtful) {}

    /** Makes a call and says whether there is doubt. What it throws is thrown. */
    static <T> Outcome<T> watch(Supplier<T> call) {
        DOUBTFUL.set(false);
        T result = call.get();
        return new Outcome<>(result, DOUBTFUL.get());
    }

    /** Whether there is doubt about the call that has just failed in this thread. */
    static boolean wereDoubtful() {
        return DOUBTFUL.get();
    }

    @Override
    public ResultRetryAlgorithm<?> getIdempotentHandler() {
        return IDEMPOTENT;
    }

    @Override
    public ResultRetryAlgorithm<?> getNonidempotentHandler() {
        return StorageRetryStrategy.getDefaultStorageRetryStrategy().getNonidempotentHandler();
    }

    private static <T> ResultRetryAlgorithm<T> watching(ResultRetryAlgorithm<T> google) {
        return new BasicResultRetryAlgorithm<>() {
            @Override
            public boolean shouldRetry(Throwable thrown, T response) {
                boolean again = google.shouldRetry(thrown, response) || GcpErrors.isBrokenOff(thrown);
                if (again && mayHaveHappened(thrown)) {
                    DOUBTFUL.set(true);
                }
                return again;
            }
        };
    }

    private static boolean mayHaveHappened(Throwable thrown) {
        if (thrown instanceof BaseServiceException e && e.getCode() > 0) {
            return e.getCode() >= ANSWERED_ITSELF;
        }
        if (thrown instanceof HttpResponseException e) {
            return e.getStatusCode() >= ANSWERED_ITSELF && e.getStatusCode() != TOO_MANY_REQUESTS;
        }
        return thrown instanceof BaseServiceException || thrown instanceof IOException;
    }
}
