package dev.isobar.cli;

import dev.isobar.cli.install.Installation;
import dev.isobar.cli.print.Terminal;
import dev.isobar.pipeline.PipelineDefinition;
import dev.isobar.spi.Adapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A checkout in a folder of a test's own: the real flight-delays pipeline, an adapter of a few lines, and a runtime that only answers. */
final class TestProject {
    static final String ADAPTER = """
            package fake;

            import dev.isobar.capability.*;
            import dev.isobar.config.*;
            import dev.isobar.port.*;
            import dev.isobar.spi.*;
            import java.util.*;

            public class FakeAdapter implements Adapter {
              public static volatile String seen = "";
              public String id() { return "local"; }
              public CapabilityReport capabilities() {
                return new CapabilityReport("local", Map.of(Port.OBJECT_STORE, "a folder"), Set.of(), Map.of());
              }
              public List<ConfigKey> configuration() {
                return List.of(
                    ConfigKey.of("log.fsync", ConfigType.TEXT, "always", "When appended events reach the disk."),
                    ConfigKey.of("offline.memory-mb", ConfigType.INTEGER, "512", "Megabytes."),
                    ConfigKey.optional("scratch", ConfigType.PATH, "A folder."));
              }
              public AdapterSession open(AdapterContext c) {
                System.setProperty("isobar.test.scratch", c.configuration().path("scratch").map(Object::toString).orElse(""));
                return new AdapterSession() {
                  public EventStream eventStream() { throw new UnsupportedOperationException(); }
                  public ObjectStore objectStore() { throw new UnsupportedOperationException(); }
                  public OfflineStore offlineStore() { throw new UnsupportedOperationException(); }
                  public OnlineStore onlineStore() { throw new UnsupportedOperationException(); }
                  public TrainingJobs trainingJobs() { throw new UnsupportedOperationException(); }
                  public ModelRegistry modelRegistry() { throw new UnsupportedOperationException(); }
                  public Endpoints endpoints() { throw new UnsupportedOperationException(); }
                  public Metrics metrics() { throw new UnsupportedOperationException(); }
                  public List<Resource> resources() { return List.of(); }
                  public void close() {}
                };
              }
            }
            """;

    /** Stands for what makes images: answers as it was asked, and keeps what it was told. */
    static final String IMAGE = """
            package dev.isobar.image;

            import java.nio.file.*;

            public class ImageMain {
              public static void main(String[] a) throws Exception {
                String plan = new String(System.in.readAllBytes(), "UTF-8");
                Files.writeString(Path.of(System.getProperty("java.io.tmpdir")).getParent().resolve("plan.json"), plan);
                if (plan.contains("dead.tar")) {
                  System.exit(3);
                }
                if (plan.contains("refused.tar")) {
                  System.out.println(quoted("{'error': {'code': 'INVALID_ARGUMENT', 'message': 'no', 'hint': 'do', 'resource': null}}"));
                  System.exit(1);
                }
                System.err.println("Building");
                boolean pushed = plan.contains("registry.example");
                System.out.println(quoted("{'kind': 'server', 'adapter': 'local', 'image': 'a:1', 'digest': 'sha256:" + "0".repeat(64)
                    + "', 'format': 'oci', 'to': 'x', 'pushed': " + pushed + ", 'base': 'b', 'user': '1', 'libgomp': null, 'tar_bytes': null,"
                    + " 'layers': [{'name': 'isobar', 'files': 1, 'bytes': 2}], 'setting': 'image.server',"
                    + " 'setting_value': " + (pushed ? "'a@b'" : "null") + "}"));
              }
              static String quoted(String s) { return s.replace((char) 39, (char) 34); }
            }
            """;

    private static Jars compiled;

    final Path project;
    final Path home;
    final FakeIsobar runtime = new FakeIsobar();
    final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    TestProject(Path folder) throws IOException {
        project = folder.resolve("project");
        home = folder.resolve("home");
        Jars jars = jars();
        copy(jars.pipeline(), project.resolve("examples/flight-delays/target/isobar-example-flight-delays-1.jar"));
        Path data = project.resolve("examples/flight-delays/data/flights.csv");
        Files.createDirectories(data.getParent());
        Files.writeString(data, "event_id\n");
        Files.writeString(
                project.resolve("examples/flight-delays/isobar.yaml"),
                "sources:\n  flights:\n    path: data/flights.csv\n");
        Path local = project.resolve("adapters-local/core/target");
        copy(jars.adapter(), local.resolve("isobar-local-1.jar"));
        Files.createDirectories(local.resolve("lib"));
        for (String library : new String[] {"jackson-databind", "jackson-core", "jackson-annotations"}) {
            Path jar = TestJars.onClassPath(library);
            Files.copy(jar, local.resolve("lib").resolve(jar.getFileName()));
        }
        copy(jars.image(), project.resolve("pipelines/image/target/isobar-image-1.jar"));
        for (String module : new String[] {"cli", "server", "trainer"}) {
            Path jar = project.resolve("pipelines/" + module + "/target/isobar-" + module + "-1.jar");
            Files.createDirectories(jar.getParent());
            Files.writeString(jar, "");
        }
    }

    /** Compiled once for all tests of this JVM, below the module's own temp folder. */
    private static synchronized Jars jars() throws IOException {
        Jars made = compiled;
        if (made == null) {
            Path folder = Files.createTempDirectory("isobar-test-jars");
            String name = "dev.isobar.example.flightdelays.FlightDelays";
            String source = Files.readString(TestJars.root()
                    .resolve("examples/flight-delays/src/main/java")
                    .resolve(name.replace('.', '/') + ".java"));
            made = new Jars(
                    TestJars.jar(
                            folder.resolve("pipeline.jar"),
                            Map.of(name, source),
                            Map.of(PipelineDefinition.class.getName(), name)),
                    TestJars.jar(
                            folder.resolve("adapter.jar"),
                            Map.of("fake.FakeAdapter", ADAPTER),
                            Map.of(Adapter.class.getName(), "fake.FakeAdapter")),
                    TestJars.program(folder.resolve("image.jar"), "dev.isobar.image.ImageMain", IMAGE));
            compiled = made;
        }
        return made;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to);
    }

    Installation installation() {
        return new Installation(project, home);
    }

    /** Runs one command line. */
    Ended isobar(String... args) {
        out.reset();
        err.reset();
        Host host = new Host(
                installation(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Terminal.PLAIN,
                Terminal.PLAIN,
                environment::get,
                project,
                (target, where, programs) -> {
                    runtime.target = target;
                    runtime.programs = programs;
                    return runtime;
                });
        int exit = new Program(host).run(args);
        return new Ended(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private record Jars(Path pipeline, Path adapter, Path image) {}

    /** How a command ended and what it printed. */
    record Ended(int exit, String out, String err) {}
}
