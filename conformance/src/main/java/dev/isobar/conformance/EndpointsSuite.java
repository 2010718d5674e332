package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.conformance.workload.EchoServer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.DeploymentState;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.ReplicaStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Endpoints.Request;
import dev.isobar.port.Endpoints.Response;
import dev.isobar.port.Metrics.Point;
import dev.isobar.port.Workload;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What every service that serves promises. */
@DisplayName("Endpoints")
public abstract class EndpointsSuite extends PortSuite {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SCALING = Duration.ofMinutes(3);

    private final List<String> made = new ArrayList<>();

    private AdapterSession session;
    private Endpoints port;

    /** For subclasses. */
    protected EndpointsSuite() {
        super(Port.ENDPOINTS);
    }

    @BeforeEach
    void openPort() {
        session = open();
        port = session.endpoints();
    }

    private Endpoints endpoints() {
        return port;
    }

    private Workload server(String digest) {
        return tested().server(digest);
    }

    private Workload brokenServer(String lastLine) {
        return tested().brokenServer(lastLine);
    }

    @AfterEach
    void leaveNothing() {
        made.forEach(endpoints()::delete);
    }

    private String fresh() {
        String name = fresh("kit");
        made.add(name);
        return name;
    }

    private Deployment deployment(String name, int replicas) {
        return new Deployment(name, server("sha256:" + name), "sha256:" + name, Replicas.fixed(replicas));
    }

    private static EndpointConfiguration configuration(
            String endpoint, List<Deployment> deployments, Map<String, Integer> traffic) {
        return new EndpointConfiguration(endpoint, 0, deployments, traffic, Map.of("kit", "isobar"));
    }

    private EndpointStatus settled(String endpoint) {
        return await().atMost(PATIENCE)
                .until(() -> endpoints().describe(endpoint).orElseThrow(), EndpointStatus::settled);
    }

    private EndpointStatus up(String endpoint, Map<String, Integer> traffic) {
        List<Deployment> deployments = new TreeMap<>(traffic)
                .keySet().stream().map(d -> deployment(d, 1)).toList();
        endpoints().apply(configuration(endpoint, deployments, traffic));
        return settled(endpoint);
    }

    private Response send(String endpoint, String text) {
        return endpoints()
                .invoke(
                        endpoint,
                        new Request(
                                "/invocations",
                                "text/csv",
                                Map.of("x-kit", "1"),
                                text.getBytes(StandardCharsets.UTF_8)));
    }

    private Map<String, Integer> answers(String endpoint, int requests) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < requests; i++) {
            counts.merge(Objects.requireNonNull(send(endpoint, "r" + i).deployment()), 1, Integer::sum);
        }
        return counts;
    }

    @Nested
    @DisplayName("that are declared")
    class Declared {
        @Test
        @DisplayName("settle with the model that was asked for, and answer")
        void settle() {
            String endpoint = fresh();
            EndpointStatus status = up(endpoint, Map.of("one", 10_000));
            assertThat(status.basisPoints()).isEqualTo(Map.of("one", 10_000));
            assertThat(status.labels()).isEqualTo(Map.of("kit", "isobar"));
            assertThat(status.deployments()).singleElement().satisfies(d -> {
                assertThat(d.state()).isEqualTo(DeploymentState.READY);
                assertThat(d.observedDigest()).isEqualTo("sha256:one");
                assertThat(d.replicas()).singleElement().matches(Endpoints.ReplicaStatus::ready);
            });
            Response response = send(endpoint, "1,2,3");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.contentType()).startsWith("text/csv");
            assertThat(new String(response.body(), StandardCharsets.UTF_8)).isEqualTo("1,2,3");
            assertThat(response.deployment()).isEqualTo("one");
            assertThat(endpoints().list()).contains(endpoint);
            assertThat(endpoints().logs(endpoint, "one", 10)).anyMatch(l -> l.contains("echo server listens"));
        }

        @Test
        @DisplayName("hand on what the server answers, whatever its status")
        void status() {
            String endpoint = fresh();
            up(endpoint, Map.of("one", 10_000));
            for (int status : List.of(400, 413, 429, 500, 503)) {
                Response response = send(endpoint, "status " + status);
                if (capabilities().has(Capability.EXACT_STATUS)) {
                    assertThat(response.status()).isEqualTo(status);
                } else {
                    assertThat(response.status()).isIn(status, status < 500 ? 400 : 500);
                }
                assertThat(new String(response.body(), StandardCharsets.UTF_8)).isEqualTo("status " + status);
            }
        }

        @Test
        @DisplayName("again in the same words stay as they are; other content under one name conflicts")
        void idempotent() {
            String endpoint = fresh();
            EndpointStatus before = up(endpoint, Map.of("one", 10_000));
            EndpointStatus after =
                    endpoints().apply(configuration(endpoint, List.of(deployment("one", 1)), Map.of("one", 10_000)));
            assertThat(after.url()).isEqualTo(before.url());
            assertThat(after.deployments()).isEqualTo(before.deployments());
            Deployment other = new Deployment("one", server("sha256:two"), "sha256:two", Replicas.fixed(1));
            fails(
                    ErrorCode.CONFLICT,
                    () -> endpoints().apply(configuration(endpoint, List.of(other), Map.of("one", 10_000))));
        }

        @Test
        @DisplayName("with a server that cannot start fail, and show its last lines")
        void failure() {
            String endpoint = fresh();
            Deployment broken =
                    new Deployment("broken", brokenServer("no model in this folder"), "sha256:x", Replicas.fixed(1));
            endpoints().apply(configuration(endpoint, List.of(broken), Map.of("broken", 10_000)));
            DeploymentStatus status = await().atMost(PATIENCE)
                    .until(
                            () -> endpoints()
                                    .describe(endpoint)
                                    .orElseThrow()
                                    .deployments()
                                    .get(0),
                            d -> d.state() == DeploymentState.FAILED);
            assertThat(status.failure()).contains("no model in this folder");
            fails(ErrorCode.UNAVAILABLE, () -> send(endpoint, "1"));
        }

        @Test
        @DisplayName("with a server of another model never get traffic")
        void wrongModel() {
            String endpoint = fresh();
            Deployment wrong = new Deployment("wrong", server("sha256:other"), "sha256:wanted", Replicas.fixed(1));
            endpoints().apply(configuration(endpoint, List.of(wrong), Map.of("wrong", 10_000)));
            DeploymentStatus status = await().atMost(PATIENCE)
                    .until(
                            () -> endpoints()
                                    .describe(endpoint)
                                    .orElseThrow()
                                    .deployments()
                                    .get(0),
                            d -> d.state() == DeploymentState.FAILED);
            assertThat(status.failure()).contains("sha256:other").contains("sha256:wanted");
            fails(ErrorCode.UNAVAILABLE, () -> send(endpoint, "1"));
        }

        @Test
        @DisplayName("wrongly are refused before anything happens")
        void refused() {
            String endpoint = fresh();
            List<Deployment> one = List.of(deployment("one", 1));
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> endpoints().apply(configuration(endpoint, one, Map.of("one", 9_999))));
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> endpoints().apply(configuration(endpoint, one, Map.of("two", 10_000))));
            fails(ErrorCode.INVALID_ARGUMENT, () -> endpoints().apply(configuration(endpoint, List.of(), Map.of())));
            assertThat(endpoints().describe(endpoint)).isEmpty();
            fails(ErrorCode.NOT_FOUND, () -> send(endpoint, "1"));
        }
    }

    @Nested
    @DisplayName("split traffic")
    class Split {
        @Test
        @DisplayName("in the shares that were asked for, and change them")
        void shares() {
            assumeThat(capabilities().has(Capability.TRAFFIC_SPLIT)).isTrue();
            String endpoint = fresh();
            up(endpoint, Map.of("canary", 1_000, "champion", 9_000));
            Map<String, Integer> answers = answers(endpoint, 1_000);
            if (capabilities().has(Capability.EXACT_SPLIT)) {
                assertThat(answers).isEqualTo(Map.of("canary", 100, "champion", 900));
            } else {
                // By chance: a fair draw leaves these bounds about once in a hundred million runs.
                assertThat(answers.get("canary")).isBetween(40, 160);
                assertThat(answers).containsOnlyKeys("canary", "champion");
            }
            endpoints().route(endpoint, Map.of("canary", 10_000));
            settled(endpoint);
            assertThat(answers(endpoint, 20)).isEqualTo(Map.of("canary", 20));
            fails(ErrorCode.INVALID_ARGUMENT, () -> endpoints().route(endpoint, Map.of("canary", 1)));
            fails(ErrorCode.NOT_FOUND, () -> endpoints().route("kit-nobody", Map.of("canary", 10_000)));
        }

        @Test
        @DisplayName("to a new deployment only once it is ready, and drain the old one without losing a request")
        void replace() {
            String endpoint = fresh();
            up(endpoint, Map.of("old", 10_000));
            endpoints().apply(configuration(endpoint, List.of(deployment("new", 1)), Map.of("new", 10_000)));
            List<String> seen = new ArrayList<>();
            await().atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> {
                        Response response = send(endpoint, "x");
                        assertThat(response.status()).isEqualTo(200);
                        seen.add(response.deployment());
                        return endpoints().describe(endpoint).orElseThrow().settled();
                    });
            assertThat(seen).contains("old");
            assertThat(send(endpoint, "x").deployment()).isEqualTo("new");
            assertThat(endpoints().describe(endpoint).orElseThrow().deployments())
                    .extracting(DeploymentStatus::name)
                    .containsExactly("new");
        }
    }

    @Nested
    @DisplayName("have a port")
    class HavePort {
        @Test
        @DisplayName("that was asked for, where that is declared")
        void fixed() throws IOException {
            assumeThat(capabilities().has(Capability.FIXED_PORT)).isTrue();
            int port;
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            String endpoint = fresh();
            endpoints()
                    .apply(new EndpointConfiguration(
                            endpoint, port, List.of(deployment("one", 1)), Map.of("one", 10_000), Map.of()));
            assertThat(settled(endpoint).url()).endsWith(":" + port);
        }

        @Test
        @DisplayName("and say which when somebody else holds it")
        void inUse() throws IOException {
            assumeThat(capabilities().has(Capability.FIXED_PORT)).isTrue();
            String endpoint = fresh();
            try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                EndpointConfiguration wanted = new EndpointConfiguration(
                        endpoint, taken.getLocalPort(), List.of(deployment("one", 1)), Map.of("one", 10_000), Map.of());
                IsobarException e = fails(ErrorCode.IN_USE, () -> endpoints().apply(wanted));
                assertThat(e.getMessage()).contains(Integer.toString(taken.getLocalPort()));
                assertThat(e.hint()).contains("endpoint.port=0");
            }
            assertThat(endpoints().describe(endpoint)).isEmpty();
        }
    }

    @Nested
    @DisplayName("heal")
    class Heal {
        @Test
        @DisplayName("a replica that is killed, where that is declared")
        void replica() {
            assumeThat(capabilities().has(Capability.SELF_HEALING)).isTrue();
            String endpoint = fresh();
            ReplicaStatus before = only(up(endpoint, Map.of("one", 10_000)));
            String who = who(endpoint).orElseThrow();
            kill(endpoint);
            await().atMost(PATIENCE)
                    .until(() -> who(endpoint).filter(w -> !w.equals(who)).isPresent());
            ReplicaStatus after = only(settled(endpoint));
            if (before.pid() != null) {
                // Where replicas are processes that can be seen, they are seen to change.
                assertThat(after.pid()).isNotNull().isNotEqualTo(before.pid());
                assertThat(after.restarts()).isEqualTo(1);
            }
        }

        private ReplicaStatus only(EndpointStatus status) {
            return status.deployments().get(0).replicas().get(0);
        }

        /** The process that answers, unless none does now. */
        private Optional<String> who(String endpoint) {
            try {
                Response response = send(endpoint, "who");
                return response.status() == 200
                        ? Optional.of(new String(response.body(), StandardCharsets.UTF_8))
                        : Optional.empty();
            } catch (IsobarException e) {
                assertThat(e.retryable()).as(String.valueOf(e.getMessage())).isTrue();
                return Optional.empty();
            }
        }

        private void kill(String endpoint) {
            try {
                assertThat(send(endpoint, "die").status()).isGreaterThanOrEqualTo(500);
            } catch (IsobarException e) {
                assertThat(e.retryable()).as(String.valueOf(e.getMessage())).isTrue();
            }
        }
    }

    @Nested
    @DisplayName("follow the time that requests take")
    class Scale {
        @Test
        @DisplayName("and get another replica while it is above the limit, where that is declared")
        void out() throws Exception {
            String endpoint = fresh();
            Deployment elastic = new Deployment(
                    "one",
                    server("sha256:one"),
                    "sha256:one",
                    new Replicas(1, 2, TimeUnit.MILLISECONDS.toMicros(EchoServer.PAUSE_MILLIS) / 2));
            EndpointConfiguration wanted = configuration(endpoint, List.of(elastic), Map.of("one", 10_000));
            declaredOrUnsupported(Capability.ELASTIC_REPLICAS, () -> endpoints().apply(wanted), () -> {
                endpoints().apply(wanted);
                assertThat(ready(settled(endpoint))).isEqualTo(1);
                await().atMost(SCALING).until(() -> {
                    send(endpoint, "pause");
                    publishP99(endpoint, EchoServer.PAUSE_MILLIS / 1_000.0);
                    return ready(endpoints().describe(endpoint).orElseThrow()) == 2;
                });
                assertThat(settled(endpoint).deployments())
                        .singleElement()
                        .matches(d -> d.state() == DeploymentState.READY);
                assertThat(send(endpoint, "still there").body())
                        .isEqualTo("still there".getBytes(StandardCharsets.UTF_8));
            });
        }

        private long ready(EndpointStatus status) {
            return status.deployments().stream()
                    .flatMap(d -> d.replicas().stream())
                    .filter(ReplicaStatus::ready)
                    .count();
        }

        /** What Isobar's server does and the kit's, which knows no adapter, cannot. */
        private void publishP99(String endpoint, double seconds) {
            if (capabilities().implementsPort(Port.METRICS)) {
                long now = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
                session.metrics()
                        .publish(List.of(new Point(
                                Endpoints.P99_METRIC,
                                Map.of("endpoint", endpoint, "deployment", "one"),
                                seconds,
                                now)));
            }
        }
    }

    @Nested
    @DisplayName("that are deleted")
    class Deleted {
        @Test
        @DisplayName("are gone when the call returns, and finish what they had begun")
        void gone() throws Exception {
            String endpoint = fresh();
            EndpointStatus status = up(endpoint, Map.of("one", 10_000));
            Long pid = status.deployments().get(0).replicas().get(0).pid();
            List<Response> slow = new CopyOnWriteArrayList<>();
            Thread client = new Thread(() -> slow.add(send(endpoint, "pause")));
            client.start();
            await().atMost(PATIENCE)
                    .until(() -> endpoints().logs(endpoint, "one", 10).contains("pause begins"));
            endpoints().delete(endpoint);
            client.join(PATIENCE.toMillis());
            assertThat(slow).singleElement().extracting(Response::status).isEqualTo(200);
            assertThat(endpoints().describe(endpoint)).isEmpty();
            assertThat(endpoints().list()).doesNotContain(endpoint);
            if (pid != null) {
                assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
            }
            endpoints().delete(endpoint);
        }
    }
}
