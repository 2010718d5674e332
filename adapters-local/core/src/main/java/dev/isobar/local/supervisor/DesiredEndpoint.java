package dev.isobar.local.supervisor;

import dev.isobar.port.Endpoints.Deployment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an endpoint shall be, as kept in {@code desired.json}. Written under {@link SupervisorHome#lock}. Immutable.
 *
 * @param version counts writes
 * @param requestedPort what was asked for, 0 for any
 * @param port what it has
 * @param deployments what shall run
 * @param retiring what ran before; kept as long as traffic goes there
 * @param deleted whether all of it shall go
 */
public record DesiredEndpoint(
        long version,
        String endpoint,
        int requestedPort,
        int port,
        List<Deployment> deployments,
        List<Deployment> retiring,
        Map<String, Integer> basisPoints,
        Map<String, String> labels,
        boolean deleted) {
    public DesiredEndpoint {
        deployments = List.copyOf(deployments);
        retiring = List.copyOf(retiring);
        basisPoints = Map.copyOf(basisPoints);
        labels = Map.copyOf(labels);
    }

    /** A deployment that shall run. */
    public Optional<Deployment> deployment(String name) {
        return deployments.stream().filter(d -> d.name().equals(name)).findFirst();
    }

    /** The same with other traffic. */
    public DesiredEndpoint routed(Map<String, Integer> weights) {
        return new DesiredEndpoint(
                version + 1, endpoint, requestedPort, port, deployments, retiring, weights, labels, deleted);
    }

    /** The same on another port. */
    public DesiredEndpoint movedTo(int other) {
        return new DesiredEndpoint(
                version + 1, endpoint, requestedPort, other, deployments, retiring, basisPoints, labels, deleted);
    }

    /** Nothing of it. */
    public DesiredEndpoint gone() {
        return new DesiredEndpoint(
                version + 1, endpoint, requestedPort, port, deployments, retiring, basisPoints, labels, true);
    }
}
