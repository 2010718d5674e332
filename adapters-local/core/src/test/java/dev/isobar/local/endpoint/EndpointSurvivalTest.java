package dev.isobar.local.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.isobar.conformance.Workloads;
import dev.isobar.local.TestHome;
import dev.isobar.local.http.LoopbackClient;
import dev.isobar.local.http.Reply;
import dev.isobar.local.process.Launch;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.process.ProcessTable;
import dev.isobar.local.router.Router;
import dev.isobar.local.supervisor.SupervisorHome;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.ReplicaStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Endpoints.Request;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;

@DisplayName("An endpoint on this machine")
class EndpointSurvivalTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @RegisterExtension
    final TestHome home = new TestHome();

    private LocalEndpoints endpoints() {
        return new LocalEndpoints(home.home());
    }

    private static EndpointConfiguration one(String endpoint, int replicas) {
        Deployment deployment =
                new Deployment("one", Workloads.server("sha256:1"), "sha256:1", Replicas.fixed(replicas));
        return new EndpointConfiguration(endpoint, 0, List.of(deployment), Map.of("one", 10_000), Map.of());
    }

    private EndpointStatus settled(String endpoint) {
        return await().atMost(PATIENCE)
                .until(() -> endpoints().describe(endpoint).orElseThrow(), EndpointStatus::settled);
    }

    private static List<Long> pids(EndpointStatus status) {
        return status.deployments().stream()
                .flatMap(d -> d.replicas().stream())
                .map(ReplicaStatus::pid)
                .toList();
    }

    private ProcessRecord supervisor() {
        return ProcessTable.of(home.home()).live(SupervisorHome.SUPERVISOR).get(0);
    }

    private static void kill(ProcessRecord process) {
        process.process().handle().orElseThrow().destroyForcibly();
        await().until(() -> !process.alive());
    }

    private static int port(EndpointStatus status) {
        return URI.create(status.url()).getPort();
    }

    @Test
    @DisplayName("keeps its replicas and its port when the supervisor is killed; the next call brings a new one")
    void supervisorKilled() {
        endpoints().apply(one("e", 2));
        EndpointStatus before = settled("e");
        ProcessRecord first = supervisor();
        kill(first);
        EndpointStatus after = settled("e");
        assertThat(pids(after)).isEqualTo(pids(before)).hasSize(2);
        assertThat(after.url()).isEqualTo(before.url());
        assertThat(supervisor().tag()).isNotEqualTo(first.tag());
    }

    @Test
    @DisplayName("answers a request that finds the supervisor killed, by bringing a new one")
    void invokeBringsItBack() {
        try (LocalEndpoints endpoints = endpoints()) {
            endpoints.apply(one("e", 1));
            settled("e");
            kill(supervisor());
            Request request = new Request("/invocations", "text/csv", Map.of(), new byte[] {'1'});
            await().atMost(PATIENCE)
                    .ignoreExceptionsMatching(e -> e.getMessage().contains("No replica"))
                    .untilAsserted(() ->
                            assertThat(endpoints.invoke("e", request).status()).isEqualTo(200));
        }
    }

    @Test
    @DisplayName("comes up again when everything was killed")
    void everythingKilled() {
        endpoints().apply(one("e", 1));
        EndpointStatus before = settled("e");
        ProcessTable.of(home.home()).live().forEach(EndpointSurvivalTest::kill);
        endpoints().apply(one("e", 1));
        EndpointStatus after = settled("e");
        assertThat(pids(after)).doesNotContainAnyElementsOf(pids(before));
        assertThat(after.url()).isEqualTo(before.url());
    }

    @Test
    @DisplayName("sends away a replica that turns up late: its starter was killed between start and record")
    void lateStranger() {
        endpoints().apply(one("e", 1));
        List<Long> before = pids(settled("e"));
        ProcessTable table = ProcessTable.of(home.home());
        Map<String, String> details = table.live(SupervisorHome.REPLICA).get(0).details();
        ProcessRecord stranger = table.start(new Launch(
                SupervisorHome.REPLICA,
                "stranger",
                List.of("sleep", "600"),
                Map.of(),
                home.home().root(),
                home.home().root().resolve("stranger.log"),
                details));
        await().atMost(PATIENCE).until(() -> !stranger.alive());
        assertThat(pids(settled("e"))).isEqualTo(before);
    }

    @Test
    @DisplayName("can be deleted while no supervisor lives, and leaves nothing")
    void deletedWithoutSupervisor() {
        endpoints().apply(one("e", 1));
        settled("e");
        kill(supervisor());
        endpoints().delete("e");
        assertThat(ProcessTable.of(home.home()).live()).isEmpty();
        assertThat(endpoints().list()).isEmpty();
    }

    @Test
    @DisplayName("that is the last to be deleted takes the supervisor with it; one deleted before does not")
    void lastOneOut() {
        endpoints().apply(one("a", 1));
        endpoints().apply(one("b", 1));
        settled("a");
        settled("b");
        endpoints().delete("a");
        assertThat(supervisor().alive()).isTrue();
        assertThat(settled("b").settled()).isTrue();
        endpoints().delete("b");
        assertThat(ProcessTable.of(home.home()).live()).isEmpty();
    }

    @Test
    @DisplayName("declared by many commands at once has one supervisor")
    void oneSupervisor() throws Exception {
        ExecutorService commands = Executors.newFixedThreadPool(6);
        try {
            List<Future<EndpointStatus>> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                all.add(commands.submit(() -> endpoints().apply(one("e", 1))));
            }
            for (Future<EndpointStatus> one : all) {
                one.get();
            }
        } finally {
            commands.shutdownNow();
        }
        settled("e");
        assertThat(ProcessTable.of(home.home()).live())
                .extracting(ProcessRecord::kind)
                .containsExactlyInAnyOrder(SupervisorHome.SUPERVISOR, SupervisorHome.REPLICA);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("has no process that the session does not list")
    void everythingIsListed() throws Exception {
        endpoints().apply(one("e", 2));
        settled("e");
        List<Resource> resources = home.session().resources();
        Set<Long> listed = resources.stream()
                .filter(r -> r.kind().equals("process"))
                .map(Resource::pid)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).hasSize(3).isEqualTo(aliveUnder(home.home().root()));
        assertThat(resources)
                .filteredOn(r -> r.kind().equals("router"))
                .singleElement()
                .satisfies(r -> {
                    assertThat(r.pid()).isEqualTo(supervisor().process().pid());
                    assertThat(r.details()).containsKey("url");
                });
        assertThat(resources).extracting(Resource::kind).contains("endpoint");
    }

    /** Processes that carry a tag and work in this home. */
    private static Set<Long> aliveUnder(Path root) throws IOException {
        Set<Long> alive = new TreeSet<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    if (new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.UTF_8)
                                    .contains(ProcessTable.TAG_VARIABLE + "=")
                            && Files.readSymbolicLink(process.resolve("cwd")).startsWith(root)) {
                        alive.add(Long.valueOf(process.getFileName().toString()));
                    }
                } catch (IOException gone) {
                    continue;
                }
            }
        }
        return alive;
    }

    @Test
    @DisplayName("counts its requests, refuses what is too large and names its deployment")
    void routerSpeaksForItself() throws Exception {
        endpoints().apply(one("e", 1));
        int port = port(settled("e"));
        try (LoopbackClient client = new LoopbackClient(port, PATIENCE)) {
            for (int i = 0; i < 7; i++) {
                Reply reply = client.exchange("POST", "/invocations", Map.of(), new byte[] {'x'});
                assertThat(reply.header(Router.DEPLOYMENT_HEADER)).isEqualTo("one");
            }
            Reply large = client.exchange("POST", "/invocations", Map.of(), new byte[Router.MAX_BODY + 1]);
            assertThat(large.status()).isEqualTo(413);
            assertThat(new String(large.body(), StandardCharsets.UTF_8)).contains("INVALID_ARGUMENT");
            byte[] largest = new byte[Router.MAX_BODY];
            assertThat(client.exchange("POST", "/invocations", Map.of(), largest)
                            .body())
                    .isEqualTo(largest);
            assertThat(new String(client.get("/metrics").body(), StandardCharsets.UTF_8))
                    .contains("isobar_endpoint_requests_total{endpoint=\"e\",deployment=\"one\",code=\"200\"} 8")
                    .contains("isobar_endpoint_request_duration_seconds_count{endpoint=\"e\",deployment=\"one\"} 8");
            assertThat(new String(client.get("/isobar/v1/status").body(), StandardCharsets.UTF_8))
                    .contains("sha256:1");
        }
    }

    @Test
    @DisplayName("answers 503 with a time to come back while no replica is ready")
    void nobodyReady() throws Exception {
        Deployment broken = new Deployment("one", Workloads.brokenServer("no"), "sha256:1", Replicas.fixed(1));
        endpoints().apply(new EndpointConfiguration("e", 0, List.of(broken), Map.of("one", 10_000), Map.of()));
        EndpointStatus status = await().atMost(PATIENCE)
                .until(
                        () -> endpoints().describe("e").orElseThrow(),
                        s -> s.deployments().get(0).failure() != null);
        try (LoopbackClient client = new LoopbackClient(port(status), PATIENCE)) {
            Reply reply = client.exchange("POST", "/invocations", Map.of(), new byte[] {'x'});
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("retry-after")).isEqualTo("1");
            assertThat(reply.header(Router.DEPLOYMENT_HEADER)).isNull();
        }
    }

    @Test
    @DisplayName("grows and shrinks without a restart of what stays")
    void scales() {
        endpoints().apply(one("e", 1));
        List<Long> before = pids(settled("e"));
        endpoints().apply(one("e", 3));
        List<Long> grown = pids(settled("e"));
        assertThat(grown).hasSize(3).containsAll(before);
        endpoints().apply(one("e", 1));
        assertThat(pids(settled("e"))).isEqualTo(before);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(ProcessTable.of(home.home()).live(SupervisorHome.REPLICA))
                        .hasSize(1));
    }
}
