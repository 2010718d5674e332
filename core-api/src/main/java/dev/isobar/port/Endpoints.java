package dev.isobar.port;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
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
     * A gauge that every server publishes once a minute, where the platform has metrics: the 99th percentile, in seconds, of the time that it took for the requests
     * of that minute; 0 if there were none. Labels: {@code endpoint}, {@code deployment}.
     */
    String P99_METRIC = "isobar_server_request_p99_seconds";

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
    record Deployment(String name, Workload workload, String modelDigest, Replicas replicas) {}

    /**
     * How many replicas a deployment has. It starts with the least; {@code ELASTIC_REPLICAS} says that a platform adds one while requests take too
     * long, and takes one away again after some time in which they did not: minutes, on a cloud. How long they take is measured where the platform can see it, or
     * is what the servers publish as {@value #P99_METRIC}.
     *
     * @param min at least 1
     * @param max as many as there may be, {@code min} if the number is fixed
     * @param scaleOutP99Micros the 99th percentile of a request's time in the server above which one is added; 0 if the number is fixed
     * @throws IsobarException {@code INVALID_ARGUMENT} if these do not fit together
     */
    record Replicas(int min, int max, long scaleOutP99Micros) {
        public Replicas {
            if (min < 1 || max < min || (max > min) != (scaleOutP99Micros > 0)) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "From " + min + " to " + max + " replicas, more of them above " + scaleOutP99Micros
                                        + " µs: that is no number of replicas")
                        .at("Endpoints", "replicas")
                        .hint(
                                "At least 1, at most no fewer; above which p99 one is added is said if, and only if, there may be more.")
                        .build();
            }
        }

        /** Always so many. */
        public static Replicas fixed(int count) {
            return new Replicas(count, count, 0);
        }

        /** Whether their number may change. */
        public boolean elastic() {
            return max > min;
        }

        /** Whether so many are as declared. */
        public boolean allow(int count) {
            return count >= min && count <= max;
        }
    }

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
