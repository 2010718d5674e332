package dev.isobar.platform.managed;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Requests of this process that are under way: an endpoint is deleted only once they are answered, for the services promise nothing about them. Thread safe.
 */
public final class InFlight {
    private final Map<String, Integer> counts = new HashMap<>();
    private final Set<String> closed = new HashSet<>();

    /** A request that is under way until it is closed. */
    public interface Request extends AutoCloseable {
        @Override
        void close();
    }

    /** Begins one; {@code UNAVAILABLE} while the endpoint is being deleted. */
    public synchronized Request begin(String endpoint) {
        if (closed.contains(endpoint)) {
            throw IsobarException.of(ErrorCode.UNAVAILABLE, "Endpoint '" + endpoint + "' is being deleted")
                    .at("Endpoints", "invoke")
                    .resource(endpoint)
                    .build();
        }
        counts.merge(endpoint, 1, Integer::sum);
        return () -> done(endpoint);
    }

    private synchronized void done(String endpoint) {
        counts.computeIfPresent(endpoint, (e, n) -> n == 1 ? null : n - 1);
        notifyAll();
    }

    /** Lets no new ones begin, and waits for those under way, for so long at most. */
    public synchronized void end(String endpoint, Duration patience) {
        closed.add(endpoint);
        long deadline = System.nanoTime() + patience.toNanos();
        long left = patience.toMillis();
        try {
            while (counts.containsKey(endpoint) && left > 0) {
                wait(left);
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.remove(endpoint);
            throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while requests end")
                    .build();
        }
    }

    /** Lets new ones begin again. */
    public synchronized void open(String endpoint) {
        closed.remove(endpoint);
    }
}
