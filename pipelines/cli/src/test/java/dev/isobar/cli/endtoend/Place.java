package dev.isobar.cli.endtoend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.capability.Port;
import dev.isobar.cli.install.CommandLines;
import dev.isobar.cli.install.Installation;
import dev.isobar.cli.load.Adapters;
import dev.isobar.config.Configuration;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.port.Workload;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.engine.IsobarRuntime;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** One ISOBAR_HOME, and this checkout's built programs to work in it. Every {@link #with} is a fresh runtime and session, as another command has it. */
final class Place {
    private static final Path PROJECT = project();

    private final Path home;
    private final Adapter local;
    private final Programs programs;
    private final UnaryOperator<AdapterSession> platform;

    private Place(Path home, Adapter local, Programs programs, UnaryOperator<AdapterSession> platform) {
        this.home = home;
        this.local = local;
        this.programs = programs;
        this.platform = platform;
    }

    /** Skips the test, and says why, where a program that a run starts has not been built. */
    static Place in(Path home) throws IOException {
        for (String module : List.of("pipelines/trainer", "pipelines/server", "adapters-local/core")) {
            Path lib = PROJECT.resolve(module).resolve("target/lib");
            assumeTrue(
                    Files.isDirectory(lib),
                    () -> "skipped because " + module + " is not packaged (no " + lib
                            + "); `mvn verify` of the whole project packages it first");
        }
        Installation installation = new Installation(PROJECT, home);
        Adapters adapters = new Adapters(installation);
        CommandLines lines = new CommandLines(installation);
        // This module is packaged after its tests: the audit runs from the class path of the tests.
        Path temp = Files.createDirectories(home.resolve("audit-tmp"));
        List<String> isobar = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + temp,
                "-D" + Installation.PROJECT + "=" + PROJECT,
                "-D" + Installation.HOME + "=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.isobar.cli.Main");
        Programs programs = new Programs(
                Workload.command(lines.trainer(), Map.of("ISOBAR_HOME", home.toString())),
                Workload.command(
                        lines.server(adapters.folder("local")),
                        Map.of("ISOBAR_HOME", home.toString(), "ISOBAR_ADAPTER_CONFIG", "{}")),
                isobar);
        return new Place(home, adapters.load("local"), programs, UnaryOperator.identity());
    }

    /** The same place on a platform that is made of the local one. */
    Place on(UnaryOperator<AdapterSession> other) {
        return new Place(home, local, programs, other);
    }

    /** Runs the pipeline to its end, or to the death that the boundary simulates. */
    RunResult run(Pipeline pipeline, RunListener listener, Journal.Boundary boundary) {
        Map<String, Path> sources = Map.of("flights", fixture());
        return with(boundary, at -> at.isobar().run(new RunRequest(pipeline, sources, Map.of(), 0), listener));
    }

    /** Runs the pipeline undisturbed. */
    RunResult run(Pipeline pipeline) {
        return run(pipeline, RunListener.SILENT, Journal.Boundary.NONE);
    }

    /** Makes a training set of what the runs read. */
    BackfillResult backfill(Pipeline pipeline, Path to, boolean everyDecision) {
        BackfillRequest request = new BackfillRequest(
                pipeline,
                Map.of("flights", List.of(fixture())),
                List.of(),
                List.of(),
                to,
                everyDecision,
                false,
                null,
                2,
                0);
        return with(at -> at.isobar().backfill(request, RunListener.SILENT));
    }

    /** A runtime and the session below it. */
    record Opened(Isobar isobar, AdapterSession session) {}

    /** Works with a fresh runtime. */
    <T> T with(Function<Opened, T> work) {
        return with(Journal.Boundary.NONE, work);
    }

    /** Kills every process that this home has, without a word. */
    void killAll() {
        livingProcesses().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    /** Whether this system lets processes be found by what they were started with. */
    static boolean seesProcesses() {
        return Files.isDirectory(Path.of("/proc/self"));
    }

    /** Waits for the trainer to be there and kills it alone, not the shell that keeps its exit code. Needs {@link #seesProcesses}. */
    void killTrainer() {
        List<Long> trainers = new ArrayList<>();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            livingProcesses().stream().filter(Place::isTrainer).forEach(trainers::add);
            return !trainers.isEmpty();
        });
        trainers.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    /** Makes a killed job look as if it had died before its first step: submitted, never begun. */
    void forgetBegin(String jobSuffix) {
        try (Stream<Path> all = Files.walk(home)) {
            Path job = all.filter(p -> p.endsWith("job.json")
                            && String.valueOf(p.getParent()).endsWith(jobSuffix))
                    .findFirst()
                    .orElseThrow();
            Files.deleteIfExists(job.resolveSibling("started"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isTrainer(long pid) {
        try {
            String[] words = Files.readString(
                            Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0");
            return words[0].endsWith("java") && List.of(words).contains("dev.isobar.trainer.TrainerMain");
        } catch (IOException gone) {
            // The process ended between the listing and the look.
            return false;
        }
    }

    /** Every living process whose command line or environment names this home, whether Isobar knows of it or not. Empty where {@link #seesProcesses} says no. */
    Set<Long> livingProcesses() {
        if (!seesProcesses()) {
            return Set.of();
        }
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(p -> p.getFileName().toString().matches("[0-9]+"))
                    .filter(p -> mentions(p.resolve("cmdline")) || mentions(p.resolve("environ")))
                    .map(p -> Long.valueOf(p.getFileName().toString()))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean mentions(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(home.toString());
        } catch (IOException gone) {
            // The process ended between the listing and the look, or is another user's.
            return false;
        }
    }

    private <T> T with(Journal.Boundary boundary, Function<Opened, T> work) {
        AdapterSession session = platform.apply(local.open(
                new AdapterContext("local", Configuration.of("targets.local", local.configuration(), Map.of()), home)));
        Target.Binding binding = new Target.Binding("local", local.capabilities(), session);
        Map<Port, Target.Binding> bindings = new EnumMap<>(Port.class);
        for (Port port : Port.values()) {
            if (local.capabilities().implementsPort(port)) {
                bindings.put(port, binding);
            }
        }
        try (Isobar isobar = IsobarRuntime.open(new Target("local", bindings), home, programs, boundary)) {
            return work.apply(new Opened(isobar, session));
        }
    }

    private static Path fixture() {
        try {
            return Path.of(Place.class
                    .getResource("flights-2001-jan01-07-5airports.csv.gz")
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path project() {
        Path here = Path.of("").toAbsolutePath();
        while (here != null && !Files.isDirectory(here.resolve("core-api"))) {
            here = here.getParent();
        }
        if (here == null) {
            throw new IllegalStateException("the tests run inside the checkout");
        }
        return here;
    }
}
