package dev.isobar.port;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Live endpoints: one address, one or more deployments of a server behind it, traffic in basis points. Configuration is desired state; the status
 * is what is observed, and only what is observed counts as done. All methods are thread safe.
 *
 * @since 0.1
 */
public interface Endpoints {
    /**
     * Declares what an endpoint shall be. Returns at once with the observed status; poll {@link #describe} until {@link EndpointStatus#settled()}.
     * Deployments that are no longer named are drained and removed. A deployment is named by what it runs: the same name with other content is
     * {@code CONFLICT}. A port that somebody else holds is {@code IN_USE}.
     */
    EndpointStatus apply(EndpointConfiguration configuration);

    /** The endpoint as observed, or empty. */
    Optional<EndpointStatus> describe(String endpoint);

    /** Names of endpoints, sorted. */
    List<String> list();

    /** Changes only the traffic; weights in basis points over existing deployments, 10,000 in all, else {@code INVALID_ARGUMENT}. */
    EndpointStatus route(String endpoint, Map<String, Integer> basisPoints);

    /** Sends one request through the endpoint. {@code UNAVAILABLE} if no replica is ready. */
    Response invoke(String endpoint, Request request);

    /** The last lines a deployment's replicas wrote. */
    List<String> logs(String endpoint, String deployment, int limit);

    /** Drains and removes an endpoint; returns when nothing of it runs any more. Removing what does not exist is a success. */
    void delete(String endpoint);

    /**
     * What an endpoint shall be.
     *
     * @param port the port on this machine, 0 for any free one, kept for the endpoint's life; ignored by clouds
     * @param basisPoints deployment → share of traffic, 10,000 in all
     */
    record EndpointConfiguration(
            String endpoint,
            int port,
            List<Deployment> deployments,
            Map<String, Integer> basisPoints,
            Map<String, String> labels) {}

    /**
     * One deployment. The server listens on {@code AIP_HTTP_PORT} and bind address {@code ISOBAR_BIND}, answers {@code GET /ping} with 200 once ready, and
     * reports the digest of the model that it serves on {@code GET /isobar/v1/status} as {@code model_digest}.
     *
     * @param name deterministic, {@code [a-z0-9-]+}
     * @param modelDigest the digest a replica must report before it counts as ready
     */
    record Deployment(String name, Workload workload, String modelDigest, int replicas) {}

    /** How a deployment stands. */
    enum DeploymentState {
        STARTING,
        READY,
        DRAINING,
        FAILED
    }

    /** One replica as observed. */
    record ReplicaStatus(
            int replica, @Nullable Long pid, @Nullable String url, boolean ready, int restarts) {}

    /**
     * A deployment as observed.
     *
     * @param observedDigest what its ready replicas report; null when none is ready or they differ
     * @param failure why it cannot become ready
     */
    record DeploymentStatus(
            String name,
            DeploymentState state,
            @Nullable String observedDigest,
            List<ReplicaStatus> replicas,
            @Nullable String failure) {}

    /**
     * An endpoint as observed.
     *
     * @param url base address; routes such as {@code /invocations} follow it
     * @param basisPoints the traffic that the router applies now
     * @param settled whether what is observed equals what was declared
     */
    record EndpointStatus(
            String endpoint,
            String url,
            Map<String, Integer> basisPoints,
            List<DeploymentStatus> deployments,
            boolean settled,
            Map<String, String> labels) {}

    /**
     * A request to an endpoint.
     *
     * @param path route on the server, such as {@code /invocations}
     */
    record Request(String path, String contentType, Map<String, String> headers, byte[] body) {}

    /**
     * An endpoint's answer, whatever its status.
     *
     * @param deployment which deployment answered, if known
     */
    record Response(
            int status,
            String contentType,
            Map<String, String> headers,
            byte[] body,
            @Nullable String deployment) {}
}
