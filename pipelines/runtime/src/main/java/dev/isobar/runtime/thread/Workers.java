package dev.isobar.runtime.thread;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what the threads of a pool do. Stateless.
 *
 * @since 0.1
 */
public final class Workers {
    private Workers() {}

    /**
     * What each gave, in their order. Throws the first failure among them as it is; the others go on until whoever owns the pool ends them.
     *
     * @param what what they do, to begin a sentence with
     * @throws IsobarException {@code CANCELLED} if this thread is interrupted
     */
    public static <T extends @Nullable Object> List<T> join(List<? extends Future<? extends T>> all, String what) {
        try {
            List<T> results = new ArrayList<>();
            for (Future<? extends T> one : all) {
                results.add(one.get());
            }
            return results;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException r) {
                throw r;
            }
            if (e.getCause() instanceof Error r) {
                throw r;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, what + " was interrupted")
                    .cause(e)
                    .build();
        }
    }
}
