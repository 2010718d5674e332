package dev.isobar.gcp;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.conformance.Workloads;
import dev.isobar.emulation.process.AccountTable;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.state.Folders;
import dev.isobar.emulator.gcp.monitoring.MonitoringEmulator;
import dev.isobar.emulator.gcp.vertex.VertexEmulator;
import dev.isobar.emulator.gcp.vertex.VertexSettings;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.Project;
import dev.isobar.gcp.stager.StagerMain;
import io.grpc.ServerInterceptor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Vertex AI, Cloud Logging and Cloud Storage in this JVM while a test class runs, with the kit's programs in place of images. */
final class EmulatedVertex implements BeforeAllCallback, AfterAllCallback {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** An image that does nothing until it is stopped. */
    static final String IDLE = "test/idle";

    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final List<ServerInterceptor> interceptors;
    private int classes;
    private Path images;
    private EmulatorServer storage;
    private VertexEmulator vertex;
    private MonitoringEmulator monitoring;

    EmulatedVertex(ServerInterceptor... interceptors) {
        this.interceptors = List.of(interceptors);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // Nested classes are told of too.
        if (classes++ == 0) {
            start(Files.createTempDirectory("vertex"));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (--classes == 0) {
            while (!running.isEmpty()) {
                running.pop().close();
            }
        }
    }

    private <T extends AutoCloseable> T started(T part) {
        running.push(part);
        return part;
    }

    private void start(Path home) throws IOException {
        running.push(() -> Folders.delete(home));
        storage = started(EmulatorServer.start(0, GcpPlatform.lake(home)));
        images = home.resolve("images.json");
        account(Map.of());
        monitoring = started(MonitoringEmulator.start(home.resolve("monitoring"), 0));
        List<ServerInterceptor> around = new ArrayList<>(interceptors);
        around.add(new Project(GcpPlatform.PROJECT, new AccountTable(new ImageTable(images)))
                .grpc("aiplatform.googleapis.com", "Vertex AI API"));
        vertex = started(VertexEmulator.start(
                VertexSettings.of(
                                GcpPlatform.PROJECT,
                                GcpPlatform.LOCATION,
                                home.resolve("vertex"),
                                storage.uri(),
                                images)
                        .with(Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ZERO),
                0,
                around));
    }

    /** Says what the account may not do, or has too little of. */
    void account(Map<String, Object> sections) throws IOException {
        Map<String, Object> all = new HashMap<>(sections);
        all.put(
                "images",
                Map.of(
                        "conformance/echo-server",
                        Map.of("command", Workloads.serverProgram()),
                        // Neither trains nor serves, and costs nothing.
                        IDLE,
                        Map.of("command", List.of("/bin/sleep", "600")),
                        "conformance/copy-trainer",
                        Map.of("command", staged(), "environment", Map.of("ISOBAR_ML_DIR", "ml"))));
        Files.write(images, JSON.writeValueAsBytes(all));
    }

    /** The kit's trainer behind the adapter's stager, as an image holds it. */
    private static List<String> staged() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                // The time of a suite is that of JVMs that start: no logging, and classes that were compiled a moment
                // ago are not verified.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                        .filter(entry -> !entry.contains("logback"))
                        .collect(Collectors.joining(File.pathSeparator)),
                StagerMain.class.getName()));
        command.addAll(Workloads.trainerProgram());
        return command;
    }

    /** Where Vertex AI answers. */
    String endpoint() {
        return vertex.endpoint();
    }

    /** The adapter on what is emulated. */
    GcpPlatform platform() {
        return platform(Map.of());
    }

    /** The same with other settings. */
    GcpPlatform platform(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "endpoint.aiplatform", vertex.endpoint(),
                "endpoint.logging", vertex.endpoint(),
                "endpoint.storage", storage.uri().toString(),
                "endpoint.monitoring", monitoring.endpoint(),
                "vertex.scaling-period", "1s",
                "vertex.poll-interval", "50ms"));
        all.putAll(settings);
        return new GcpPlatform(all);
    }
}
