package dev.isobar.local.supervisor;

import dev.isobar.port.Endpoints.DeploymentStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the supervisor sees of an endpoint, as kept in {@code observed.json}. Immutable.
 *
 * @param supervisor tag of the process that saw it
 * @param version of the desired state that it acted on
 * @param port the router's, 0 while it has none
 * @param basisPoints the traffic that the router applies
 * @param failure why the router has no port
 */
public record ObservedEndpoint(
        String supervisor,
        long version,
        int port,
        Map<String, Integer> basisPoints,
        List<DeploymentStatus> deployments,
        @Nullable String failure) {}
