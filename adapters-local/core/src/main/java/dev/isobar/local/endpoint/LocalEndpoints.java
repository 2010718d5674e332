package dev.isobar.local.endpoint;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.http.LoopbackClient;
import dev.isobar.local.http.Reply;
import dev.isobar.local.process.LogTail;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.router.Router;
import dev.isobar.local.supervisor.DesiredEndpoint;
import dev.isobar.local.supervisor.ObservedEndpoint;
import dev.isobar.local.supervisor.SupervisorHome;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints as processes of this machine behind a router on 127.0.0.1. Thread safe, also between processes: any number of commands may use one home.
 *
 * @since 0.1
 */
public final class LocalEndpoints implements Endpoints, AutoCloseable {
    /** Most replicas of one deployment. */
    public static final long MAX_REPLICAS = 64;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,62})");
    private static final int ALL_TRAFFIC = 10_000;
    private static final Duration ANSWER = Duration.ofSeconds(65);
    private static final Duration COME_BACK = Duration.ofSeconds(15);
    private static final Duration DELETE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final long POLL_NANOS = 5_000_000;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final SupervisorHome home;
    private final String instance;
    private final Map<String, LoopbackClient> clients = new ConcurrentHashMap<>();

    /** Endpoints under a home. */
    public LocalEndpoints(LocalHome home) {
        this.home = new SupervisorHome(home);
        this.instance = home.instance();
    }

    @Override
    public EndpointStatus apply(EndpointConfiguration configuration) {
        check(configuration);
        String name = configuration.endpoint();
        long deadline = System.nanoTime() + DELETE.toNanos();
        while (!home.underLock(() -> declare(configuration))) {
            // One of that name is on its way out.
            if (System.nanoTime() > deadline) {
                throw error(
                                ErrorCode.TIMEOUT,
                                "apply",
                                name,
                                "Endpoint '" + name + "' is being deleted and does not end")
                        .hint("See " + home.supervisorLog() + ".")
                        .build();
            }
            delete(name);
        }
        return describe(name).orElseThrow(() -> gone("apply", name));
    }

    /** False if a deletion is under way. */
    private boolean declare(EndpointConfiguration configuration) throws IOException {
        String name = configuration.endpoint();
        Optional<DesiredEndpoint> before = home.desired(name);
        if (before.isPresent() && before.get().deleted()) {
            return false;
        }
        before.ifPresent(b -> refuseOtherContent(b, configuration));
        int port = choosePort(name, configuration.port(), before);
        DesiredEndpoint wanted = new DesiredEndpoint(
                before.map(b -> b.version() + 1).orElse(1L),
                name,
                configuration.port(),
                port,
                configuration.deployments(),
                retiring(before, configuration),
                configuration.basisPoints(),
                configuration.labels(),
                false);
        boolean same = before.filter(b -> sameWish(b, wanted)).isPresent();
        boolean failed = home.observed(name)
                .filter(o -> o.failure() != null
                        || o.deployments().stream().anyMatch(d -> d.state() == DeploymentState.FAILED))
                .isPresent();
        if (!same || failed) {
            // Said again after a failure, it means: try again.
            home.desire(wanted);
        }
        home.ensureSupervisor();
        return true;
    }

    private static boolean sameWish(DesiredEndpoint a, DesiredEndpoint b) {
        return a.port() == b.port()
                && a.requestedPort() == b.requestedPort()
                && a.deployments().equals(b.deployments())
                && a.basisPoints().equals(b.basisPoints())
                && a.labels().equals(b.labels());
    }

    private void refuseOtherContent(DesiredEndpoint before, EndpointConfiguration wanted) {
        for (Deployment d : wanted.deployments()) {
            Optional<Deployment> known = before.deployment(d.name());
            if (known.isPresent()
                    && !(known.get().workload().equals(d.workload())
                            && known.get().modelDigest().equals(d.modelDigest()))) {
                throw error(
                                ErrorCode.CONFLICT,
                                "apply",
                                before.endpoint(),
                                "Endpoint '" + before.endpoint() + "' has a deployment '" + d.name()
                                        + "' that runs something else")
                        .hint("A deployment is named by what it runs: give the new one another name.")
                        .build();
            }
        }
    }

    private List<Deployment> retiring(Optional<DesiredEndpoint> before, EndpointConfiguration wanted) {
        if (before.isEmpty()) {
            return List.of();
        }
        Set<String> named = wanted.deployments().stream().map(Deployment::name).collect(Collectors.toSet());
        Set<String> running = home.observed(before.get().endpoint())
                .map(o -> o.deployments().stream().map(DeploymentStatus::name).collect(Collectors.toSet()))
                .orElse(Set.of());
        Map<String, Deployment> retiring = new LinkedHashMap<>();
        before.get().deployments().forEach(d -> retiring.put(d.name(), d));
        before.get().retiring().stream()
                .filter(d -> running.contains(d.name()))
                .forEach(d -> retiring.putIfAbsent(d.name(), d));
        retiring.keySet().removeAll(named);
        return List.copyOf(retiring.values());
    }

    private int choosePort(String name, int requested, Optional<DesiredEndpoint> before) throws IOException {
        if (before.isPresent() && (requested == 0 || requested == before.get().port())) {
            return before.get().port();
        }
        if (requested == 0) {
            // Two endpoints that wait for the supervisor to bind must not be given one port.
            Set<Integer> promised = new HashSet<>();
            home.endpoints().forEach(e -> home.desired(e).ifPresent(d -> promised.add(d.port())));
            while (true) {
                try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
                    if (!promised.contains(free.getLocalPort())) {
                        return free.getLocalPort();
                    }
                }
            }
        }
        for (String other : home.endpoints()) {
            if (!other.equals(name)
                    && home.desired(other).filter(d -> d.port() == requested).isPresent()) {
                throw inUse(name, requested, "endpoint '" + other + "'", null);
            }
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), requested));
            return requested;
        } catch (IOException e) {
            throw inUse(name, requested, "another program", e);
        }
    }

    private IsobarException inUse(String endpoint, int port, String holder, @Nullable IOException cause) {
        return error(
                        ErrorCode.IN_USE,
                        "apply",
                        endpoint,
                        "Port " + port + " for endpoint '" + endpoint + "' is in use by " + holder
                                + (cause == null ? "" : " (" + cause.getMessage() + ")"))
                .hint("Choose another with --set endpoint.port=N, or any free one with --set endpoint.port=0.")
                .cause(cause)
                .build();
    }

    @Override
    public Optional<EndpointStatus> describe(String endpoint) {
        if (!NAME.matcher(endpoint).matches()) {
            return Optional.empty();
        }
        Optional<DesiredEndpoint> desired = home.desired(endpoint);
        if (desired.isEmpty()) {
            return Optional.empty();
        }
        Optional<ProcessRecord> supervisor = home.supervisor();
        if (supervisor.isEmpty()) {
            home.underLock(() -> {
                if (home.desired(endpoint).isPresent()) {
                    home.ensureSupervisor();
                }
                return true;
            });
            supervisor = home.supervisor();
        }
        String tag = supervisor.map(ProcessRecord::tag).orElse("");
        return Optional.of(status(
                desired.get(),
                home.observed(endpoint).filter(o -> o.supervisor().equals(tag))));
    }

    private EndpointStatus status(DesiredEndpoint desired, Optional<ObservedEndpoint> seen) {
        String url = "http://127.0.0.1:" + desired.port();
        if (seen.isEmpty()) {
            List<DeploymentStatus> starting = desired.deployments().stream()
                    .map(d -> new DeploymentStatus(
                            d.name(), DeploymentState.STARTING, null, unobserved(desired.endpoint(), d), null))
                    .toList();
            return new EndpointStatus(desired.endpoint(), url, Map.of(), starting, false, desired.labels());
        }
        ObservedEndpoint observed = seen.get();
        List<DeploymentStatus> deployments = new ArrayList<>();
        for (Deployment d : desired.deployments()) {
            deployments.add(observed.deployments().stream()
                    .filter(o -> o.name().equals(d.name()) && o.state() != DeploymentState.DRAINING)
                    .findFirst()
                    .orElseGet(() -> new DeploymentStatus(d.name(), DeploymentState.STARTING, null, List.of(), null)));
        }
        observed.deployments().stream()
                .filter(o -> o.state() == DeploymentState.DRAINING
                        || desired.deployment(o.name()).isEmpty())
                .forEach(deployments::add);
        boolean settled = !desired.deleted()
                && observed.version() == desired.version()
                && observed.port() == desired.port()
                && observed.basisPoints().equals(desired.basisPoints())
                && deployments.size() == desired.deployments().size()
                && desired.deployments().stream()
                        .allMatch(d -> deployments.stream()
                                .anyMatch(o -> o.name().equals(d.name())
                                        && o.state() == DeploymentState.READY
                                        && d.replicas().allow(o.replicas().size())
                                        && d.modelDigest().equals(o.observedDigest())));
        return new EndpointStatus(
                desired.endpoint(), url, observed.basisPoints(), List.copyOf(deployments), settled, desired.labels());
    }

    /** Replicas that live while no supervisor has looked at them yet. */
    private List<ReplicaStatus> unobserved(String endpoint, Deployment deployment) {
        return home.replicas(endpoint).stream()
                .filter(r -> r.detail("deployment").equals(deployment.name()))
                .map(r -> new ReplicaStatus(
                        Integer.parseInt(r.detail("replica")),
                        r.process() == null ? null : r.process().pid(),
                        r.detail("url"),
                        false,
                        0))
                .toList();
    }

    @Override
    public List<String> list() {
        return home.endpoints().stream()
                .filter(e -> home.desired(e).filter(d -> !d.deleted()).isPresent())
                .toList();
    }

    @Override
    public EndpointStatus route(String endpoint, Map<String, Integer> basisPoints) {
        home.underLock(() -> {
            DesiredEndpoint before =
                    home.desired(endpoint).filter(d -> !d.deleted()).orElseThrow(() -> gone("route", endpoint));
            checkTraffic("route", endpoint, basisPoints, before.deployments());
            if (!before.basisPoints().equals(basisPoints)) {
                home.desire(before.routed(basisPoints));
            }
            home.ensureSupervisor();
            return true;
        });
        return describe(endpoint).orElseThrow(() -> gone("route", endpoint));
    }

    @Override
    public Response invoke(String endpoint, Request request) {
        Map<String, String> headers = new TreeMap<>(request.headers());
        headers.put("Content-Type", request.contentType());
        LoopbackClient client = clients.get(endpoint);
        try {
            if (client != null) {
                return response(endpoint, exchange(client, request.path(), headers, request.body()));
            }
        } catch (ConnectException e) {
            forget(endpoint, client);
        } catch (IOException e) {
            throw broken(endpoint, e);
        }
        return invokeOnceUp(endpoint, request.path(), headers, request.body());
    }

    /** The router is not known, or not there: perhaps its supervisor was killed and comes back. */
    private Response invokeOnceUp(String endpoint, String path, Map<String, String> headers, byte[] body) {
        long deadline = System.nanoTime() + COME_BACK.toNanos();
        while (true) {
            DesiredEndpoint desired =
                    home.desired(endpoint).filter(d -> !d.deleted()).orElseThrow(() -> gone("invoke", endpoint));
            LoopbackClient client = new LoopbackClient(desired.port(), ANSWER);
            boolean kept = false;
            try {
                Response response = response(endpoint, exchange(client, path, headers, body));
                LoopbackClient other = clients.put(endpoint, client);
                kept = true;
                if (other != null) {
                    other.close();
                }
                return response;
            } catch (ConnectException e) {
                if (System.nanoTime() > deadline) {
                    throw error(
                                    ErrorCode.UNAVAILABLE,
                                    "invoke",
                                    endpoint,
                                    "Endpoint '" + endpoint + "' does not answer on port " + desired.port())
                            .hint("See " + home.supervisorLog() + ".")
                            .cause(e)
                            .build();
                }
                describe(endpoint);
                LockSupport.parkNanos(POLL_NANOS);
            } catch (IOException e) {
                throw broken(endpoint, e);
            } finally {
                if (!kept) {
                    client.close();
                }
            }
        }
    }

    /** A request without a body asks, one with a body acts. */
    private static Reply exchange(LoopbackClient client, String path, Map<String, String> headers, byte[] body)
            throws IOException {
        return body.length == 0
                ? client.exchange("GET", path, headers, null)
                : client.exchange("POST", path, headers, body);
    }

    private Response response(String endpoint, Reply reply) {
        String deployment = reply.header(Router.DEPLOYMENT_HEADER);
        if (reply.status() == 503 && deployment == null) {
            throw error(ErrorCode.UNAVAILABLE, "invoke", endpoint, "No replica of endpoint '" + endpoint + "' is ready")
                    .hint("`isobar status` says how far it is; `isobar logs` shows what its replicas wrote.")
                    .build();
        }
        String type = reply.header("content-type");
        return new Response(
                reply.status(),
                type == null ? "application/octet-stream" : type,
                reply.headers(),
                reply.body(),
                deployment);
    }

    private void forget(String endpoint, LoopbackClient client) {
        clients.remove(endpoint, client);
        client.close();
    }

    private IsobarException broken(String endpoint, IOException e) {
        boolean late = e instanceof SocketTimeoutException;
        return error(
                        late ? ErrorCode.TIMEOUT : ErrorCode.UNAVAILABLE,
                        "invoke",
                        endpoint,
                        "A request to endpoint '" + endpoint + "' "
                                + (late ? "got no answer in time" : "broke off: " + e.getMessage()))
                .hint("The endpoint may have acted on it.")
                .cause(e)
                .build();
    }

    @Override
    public List<String> logs(String endpoint, String deployment, int limit) {
        if (!NAME.matcher(endpoint).matches() || !NAME.matcher(deployment).matches()) {
            throw gone("logs", endpoint);
        }
        DesiredEndpoint desired = home.desired(endpoint).orElseThrow(() -> gone("logs", endpoint));
        int replicas = desired.deployment(deployment)
                .or(() -> desired.retiring().stream()
                        .filter(d -> d.name().equals(deployment))
                        .findFirst())
                .map(d -> d.replicas().max())
                .orElseThrow(() -> error(
                                ErrorCode.NOT_FOUND,
                                "logs",
                                endpoint,
                                "Endpoint '" + endpoint + "' has no deployment '" + deployment + "'")
                        .hint("It has "
                                + desired.deployments().stream()
                                        .map(Deployment::name)
                                        .toList() + ".")
                        .build());
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            lines.addAll(LogTail.last(home.log(endpoint, deployment, i), Math.max(1, limit / replicas)));
        }
        return List.copyOf(lines.subList(Math.max(0, lines.size() - limit), lines.size()));
    }

    @Override
    public void delete(String endpoint) {
        if (!NAME.matcher(endpoint).matches()) {
            return;
        }
        LoopbackClient client = clients.remove(endpoint);
        if (client != null) {
            client.close();
        }
        home.underLock(() -> {
            home.desired(endpoint).filter(d -> !d.deleted()).ifPresent(d -> home.desire(d.gone()));
            return true;
        });
        long deadline = System.nanoTime() + DELETE.toNanos();
        while (home.desired(endpoint).isPresent() || !home.replicas(endpoint).isEmpty() || home.undecided(endpoint)) {
            if (home.supervisor().isEmpty()) {
                deleteWithoutSupervisor(endpoint);
            }
            if (System.nanoTime() > deadline) {
                throw error(ErrorCode.TIMEOUT, "delete", endpoint, "Endpoint '" + endpoint + "' does not end")
                        .hint("See " + home.supervisorLog() + ".")
                        .build();
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        awaitSupervisorsEnd();
    }

    /** No supervisor lives: for a moment, this command is it. */
    private void deleteWithoutSupervisor(String endpoint) {
        Optional<FileMutex.Held> place = home.takeOver();
        if (place.isEmpty()) {
            return;
        }
        try (FileMutex.Held held = place.get()) {
            home.table().stop(home.replicas(endpoint), GRACE);
            home.underLock(() -> {
                home.remove(endpoint);
                return true;
            });
        }
    }

    private void awaitSupervisorsEnd() {
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (home.endpoints().isEmpty()
                && !home.table().live(SupervisorHome.SUPERVISOR).isEmpty()
                && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /**
     * Ends everything that serves: every endpoint, then the supervisor, whatever state they are in. Returns when none of their processes lives.
     */
    public void stopAll() {
        home.endpoints().forEach(this::delete);
        awaitSupervisorsEnd();
        home.table()
                .stop(
                        home.table()
                                .live(r -> r.kind().equals(SupervisorHome.SUPERVISOR)
                                        || r.kind().equals(SupervisorHome.REPLICA)),
                        GRACE);
    }

    /** Endpoints with their routers, and every process that serves them. */
    public List<Resource> resources() {
        List<Resource> resources = new ArrayList<>();
        Optional<ProcessRecord> supervisor = home.supervisor();
        Long supervisorPid =
                supervisor.map(ProcessRecord::process).map(p -> p.pid()).orElse(null);
        for (String endpoint : home.endpoints()) {
            Optional<DesiredEndpoint> desired = home.desired(endpoint);
            if (desired.isEmpty()) {
                continue;
            }
            Optional<ObservedEndpoint> observed = home.observed(endpoint)
                    .filter(o -> supervisor
                            .filter(s -> s.tag().equals(o.supervisor()))
                            .isPresent());
            EndpointStatus status = status(desired.get(), observed);
            String state = desired.get().deleted() ? "deleting" : status.settled() ? "ready" : "changing";
            if (status.deployments().stream().anyMatch(d -> d.state() == DeploymentState.FAILED)) {
                state = "failed";
            }
            resources.add(new Resource(
                    "endpoint",
                    endpoint,
                    status.url(),
                    state,
                    null,
                    Map.of("url", status.url(), "traffic", new TreeMap<>(status.basisPoints()).toString())));
            if (observed.filter(o -> o.port() > 0).isPresent()) {
                resources.add(new Resource(
                        "router",
                        endpoint,
                        status.url(),
                        "listening",
                        supervisorPid,
                        Map.of("url", status.url(), "metrics", status.url() + "/metrics")));
            }
        }
        return List.copyOf(resources);
    }

    @Override
    public void close() {
        clients.values().forEach(LoopbackClient::close);
        clients.clear();
    }

    private void check(EndpointConfiguration c) {
        if (!NAME.matcher(c.endpoint()).matches()) {
            throw invalid("apply", c.endpoint(), "The endpoint's name '" + c.endpoint() + "' is not " + NAME);
        }
        if (c.port() < 0 || c.port() > 65_535) {
            throw invalid("apply", c.endpoint(), "The port " + c.port() + " is not between 0 and 65535");
        }
        if (c.deployments().isEmpty()) {
            throw invalid("apply", c.endpoint(), "Endpoint '" + c.endpoint() + "' has no deployment");
        }
        Set<String> names = new HashSet<>();
        for (Deployment d : c.deployments()) {
            if (!NAME.matcher(d.name()).matches() || !names.add(d.name())) {
                throw invalid(
                        "apply",
                        c.endpoint(),
                        "The deployment's name '" + d.name() + "' is not " + NAME + " or is there twice");
            }
            if (d.replicas().max() > MAX_REPLICAS) {
                throw invalid(
                        "apply",
                        c.endpoint(),
                        "Deployment '" + d.name() + "' may have " + d.replicas().max() + " replicas, not 1 to "
                                + MAX_REPLICAS);
            }
            if (d.workload().command().isEmpty()) {
                throw invalid("apply", c.endpoint(), "Deployment '" + d.name() + "' has no command to start");
            }
        }
        checkTraffic("apply", c.endpoint(), c.basisPoints(), c.deployments());
    }

    private void checkTraffic(
            String operation, String endpoint, Map<String, Integer> basisPoints, List<Deployment> deployments) {
        Set<String> names = deployments.stream().map(Deployment::name).collect(Collectors.toSet());
        int total = 0;
        for (Map.Entry<String, Integer> share : basisPoints.entrySet()) {
            if (!names.contains(share.getKey())) {
                throw invalid(
                        operation,
                        endpoint,
                        "Traffic goes to '" + share.getKey() + "', which is none of the deployments " + names);
            }
            if (share.getValue() < 0 || share.getValue() > ALL_TRAFFIC) {
                throw invalid(
                        operation,
                        endpoint,
                        "The share " + share.getValue() + " of '" + share.getKey() + "' is not 0 to 10,000");
            }
            total += share.getValue();
        }
        if (total != ALL_TRAFFIC) {
            throw invalid(operation, endpoint, "The shares add up to " + total + ", not to 10,000 basis points");
        }
    }

    private IsobarException invalid(String operation, String endpoint, String message) {
        return error(ErrorCode.INVALID_ARGUMENT, operation, endpoint, message).build();
    }

    private IsobarException gone(String operation, String endpoint) {
        return error(ErrorCode.NOT_FOUND, operation, endpoint, "There is no endpoint '" + endpoint + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }

    private IsobarException.Builder error(ErrorCode code, String operation, String endpoint, String message) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at("Endpoints", operation)
                .resource(endpoint);
    }
}
