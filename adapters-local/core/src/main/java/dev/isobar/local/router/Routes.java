package dev.isobar.local.router;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where requests go now: shares of traffic, and which replicas of each deployment are ready. Immutable but for the turn that its split counts.
 *
 * @since 0.1
 */
public final class Routes {
    private final Split split;
    private final Upstream[][] ready;

    /**
     * Makes routes.
     *
     * @param ready deployment → its ready replicas; one that is missing has none
     */
    public Routes(Split split, Map<String, List<Upstream>> ready) {
        this.split = split;
        this.ready = split.deployments().stream()
                .map(d -> ready.getOrDefault(d, List.of()).toArray(new Upstream[0]))
                .toArray(Upstream[][]::new);
    }

    /** Nothing goes anywhere. */
    public static Routes none() {
        return new Routes(Split.of(Map.of()), Map.of());
    }

    /** A deployment's replica, chosen for one request. */
    record Choice(String deployment, Upstream upstream) {}

    /**
     * Whose turn it is. If that deployment has no replica ready, another one's: an answer by a neighbour is better than none.
     *
     * @param not a replica that has just failed; taken only if there is no other
     */
    @Nullable
    Choice next(@Nullable Upstream not) {
        int turn = split.next();
        for (int i = 0; turn >= 0 && i < ready.length; i++) {
            int d = (turn + i) % ready.length;
            Upstream best = leastBusy(ready[d], not);
            if (best != null) {
                return new Choice(split.deployments().get(d), best);
            }
        }
        return not == null || turn < 0 ? null : again(not);
    }

    private @Nullable Choice again(Upstream not) {
        for (int d = 0; d < ready.length; d++) {
            for (Upstream u : ready[d]) {
                if (u == not) {
                    return new Choice(split.deployments().get(d), u);
                }
            }
        }
        return null;
    }

    private static @Nullable Upstream leastBusy(Upstream[] replicas, @Nullable Upstream not) {
        Upstream best = null;
        int least = Integer.MAX_VALUE;
        for (Upstream replica : replicas) {
            int busy = replica.inFlight();
            if (replica != not && busy < least) {
                best = replica;
                least = busy;
            }
        }
        return best;
    }
}
