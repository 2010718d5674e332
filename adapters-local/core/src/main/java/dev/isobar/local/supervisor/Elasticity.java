package dev.isobar.local.supervisor;

import dev.isobar.local.router.Router.Load;
import dev.isobar.port.Endpoints.Replicas;
import java.util.concurrent.TimeUnit;

/**
 * Says how many replicas a deployment shall have: one more at the end of each period in which, as in the one before, more than one request in a hundred took longer
 * than the limit, which is to say that their 99th percentile did; one less after several periods without. The supervisor's thread only.
 */
final class Elasticity {
    static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** One slow period is a cold start or a pause of the machine; two are load. */
    static final int BUSY_PERIODS = 2;
    /** Taking away is slower than adding: what was needed a moment ago may be needed again. */
    static final int CALM_PERIODS = 12;

    private static final int HUNDRED = 100;

    private final Replicas bounds;
    private int count;
    private Load before = new Load(0, 0);
    private long since;
    private int busy;
    private int calm;

    /** Begins at a time, with the least that is allowed. */
    Elasticity(Replicas bounds, long now) {
        this.bounds = bounds;
        this.count = bounds.min();
        this.since = now;
    }

    Replicas bounds() {
        return bounds;
    }

    int count() {
        return count;
    }

    /** So many there are already, as far as they are allowed. */
    void startFrom(int running) {
        count = Math.min(bounds.max(), Math.max(count, running));
    }

    /** Takes note of what has been counted so far. */
    void observe(Load load, long now) {
        if (now - since < PERIOD_NANOS) {
            return;
        }
        // A new router counts from nought.
        boolean anew = load.requests() < before.requests();
        long requests = load.requests() - (anew ? 0 : before.requests());
        long slow = load.slow() - (anew ? 0 : before.slow());
        before = load;
        since = now;
        if (slow * HUNDRED > requests) {
            calm = 0;
            if (++busy >= BUSY_PERIODS) {
                count = Math.min(bounds.max(), count + 1);
            }
            return;
        }
        busy = 0;
        if (++calm >= CALM_PERIODS) {
            calm = 0;
            count = Math.max(bounds.min(), count - 1);
        }
    }
}
