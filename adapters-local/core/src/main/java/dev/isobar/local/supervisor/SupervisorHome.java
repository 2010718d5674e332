package dev.isobar.local.supervisor;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.process.Launch;
import dev.isobar.local.process.LogTail;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.process.ProcessTable;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The files through which commands and the supervisor speak, and the way to start it. Thread safe, also between processes.
 *
 * <pre>
 * endpoints/NAME/desired.json    what shall be; written under the lock
 * endpoints/NAME/observed.json   what is; written by the supervisor alone
 * endpoints/NAME/logs/           one log per replica
 * supervisor/lock                held for moments: who writes desired states, starts a supervisor or ends as one
 * supervisor/running             held by the supervisor as long as it lives
 * supervisor/leaving             the tag of the supervisor that has decided to end
 * processes/                     the process table
 * </pre>
 */
public final class SupervisorHome {
    /** The kind of the supervisor in the process table. */
    public static final String SUPERVISOR = "supervisor";

    /** The kind of a server in the process table. */
    public static final String REPLICA = "replica";

    /** Starts within this time that say that it does not come up. */
    private static final int MAX_STARTS = 5;

    private static final long STARTS_WITHIN_MILLIS = 15_000;

    private final LocalHome home;
    private final ProcessTable table;
    private final List<Long> starts = new ArrayList<>();

    /** The files under a home. */
    public SupervisorHome(LocalHome home) {
        this.home = home;
        this.table = ProcessTable.of(home);
    }

    /** The process table of this home. */
    public ProcessTable table() {
        return table;
    }

    /** Names of endpoints, sorted, those that are being deleted included. */
    public List<String> endpoints() {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(home.endpoints())) {
            for (Path folder : folders) {
                if (Files.exists(folder.resolve("desired.json"))) {
                    names.add(String.valueOf(folder.getFileName()));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("listing endpoints", e);
        }
        names.sort(null);
        return List.copyOf(names);
    }

    /** What an endpoint shall be. */
    public Optional<DesiredEndpoint> desired(String endpoint) {
        return Json.read(desiredFile(endpoint), DesiredEndpoint.class);
    }

    /** What was last seen of an endpoint, perhaps by a supervisor that is gone. */
    public Optional<ObservedEndpoint> observed(String endpoint) {
        return Json.read(folder(endpoint).resolve("observed.json"), ObservedEndpoint.class);
    }

    /** Writes what an endpoint shall be; only under the lock. */
    public void desire(DesiredEndpoint desired) {
        AtomicFiles.replace(desiredFile(desired.endpoint()), Json.bytes(desired));
    }

    void observe(String endpoint, ObservedEndpoint observed) {
        AtomicFiles.replace(folder(endpoint).resolve("observed.json"), Json.bytes(observed));
    }

    /** Removes everything of an endpoint that has no process any more; only under the lock. */
    public void remove(String endpoint) {
        // First what makes it an endpoint: a crash in between leaves a folder that nobody takes for one.
        AtomicFiles.discard(desiredFile(endpoint));
        AtomicFiles.deleteTree(folder(endpoint));
    }

    /** A replica's log. */
    public Path log(String endpoint, String deployment, int replica) {
        return folder(endpoint).resolve("logs").resolve(deployment + "-" + replica + ".log");
    }

    /** Where a replica starts. */
    Path workingDirectory(String endpoint) {
        return folder(endpoint);
    }

    /** Changes whenever {@code desired.json} is written; cheaper than reading it. */
    String stamp(String endpoint) {
        try {
            BasicFileAttributes file = Files.readAttributes(desiredFile(endpoint), BasicFileAttributes.class);
            return file.fileKey() + "/" + file.lastModifiedTime().to(TimeUnit.NANOSECONDS) + "/" + file.size();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw IsobarException.io("looking at endpoint " + endpoint, e);
        }
    }

    Path desiredFile(String endpoint) {
        return folder(endpoint).resolve("desired.json");
    }

    /** Does something while nobody else changes desired states and no supervisor starts or decides to end. */
    public <T> T underLock(FileMutex.Work<T> work) {
        return FileMutex.withLock(supervisorFolder().resolve("lock"), work);
    }

    /** Takes the place of the supervisor, if there is none. */
    public Optional<FileMutex.Held> takeOver() {
        return FileMutex.tryHold(supervisorFolder().resolve("running"));
    }

    /** The supervisor that lives and does not mean to end. */
    public Optional<ProcessRecord> supervisor() {
        String leaving = leaving();
        return table.live(SUPERVISOR).stream()
                .filter(r -> !r.tag().equals(leaving))
                .findFirst();
    }

    /** Processes that serve an endpoint, whoever started them. */
    public List<ProcessRecord> replicas(String endpoint) {
        return table.live(r -> r.kind().equals(REPLICA) && r.detail("endpoint").equals(endpoint));
    }

    /** Whether a process of an endpoint may be about to live whose starter was killed a moment ago. */
    public boolean undecided(String endpoint) {
        return table.undecided(
                r -> r.kind().equals(REPLICA) && r.detail("endpoint").equals(endpoint));
    }

    void leave(String tag) {
        AtomicFiles.replace(supervisorFolder().resolve("leaving"), Json.bytes(tag));
    }

    private String leaving() {
        return Json.read(supervisorFolder().resolve("leaving"), String.class).orElse("");
    }

    /** Starts the supervisor if there is none; only under the lock. Returns before it is ready. */
    public void ensureSupervisor() {
        if (supervisor().isPresent()) {
            return;
        }
        synchronized (starts) {
            long now = System.currentTimeMillis();
            starts.removeIf(s -> now - s > STARTS_WITHIN_MILLIS);
            if (starts.size() >= MAX_STARTS) {
                throw IsobarException.of(
                                ErrorCode.UNAVAILABLE,
                                "The supervisor does not stay alive. Its last lines:\n"
                                        + String.join("\n", LogTail.last(supervisorLog(), 10)))
                        .resource(supervisorLog().toString())
                        .hint("The whole log is in " + supervisorLog() + ".")
                        .build();
            }
            starts.add(now);
        }
        AtomicFiles.makeDirectories(home.tmp());
        AtomicFiles.makeDirectories(supervisorFolder());
        String tag = ProcessTable.newTag();
        table.start(
                new Launch(SUPERVISOR, SUPERVISOR, command(tag), Map.of(), home.root(), supervisorLog(), Map.of()),
                tag);
    }

    /** The supervisor's log. */
    public Path supervisorLog() {
        return supervisorFolder().resolve("supervisor.log");
    }

    private List<String> command(String tag) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx96m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:MaxDirectMemorySize=128m",
                // A supervisor without memory is replaced by one that has some.
                "-XX:+ExitOnOutOfMemoryError",
                // Nothing is written outside of the home.
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + home.tmp(),
                "-XX:ErrorFile=" + supervisorFolder().resolve("crash.log"),
                "-Djava.awt.headless=true"));
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(List.of(
                "-cp",
                classPath(),
                SupervisorMain.class.getName(),
                home.instance(),
                home.root().toString(),
                tag));
        return command;
    }

    /** Where the classes that the supervisor needs come from, and nothing else: neither DuckDB nor Guice. */
    private static String classPath() {
        Set<Class<?>> needed = new LinkedHashSet<>(List.of(
                SupervisorMain.class,
                IsobarException.class,
                com.fasterxml.jackson.databind.ObjectMapper.class,
                com.fasterxml.jackson.core.JsonFactory.class,
                com.fasterxml.jackson.annotation.JsonCreator.class,
                io.netty.handler.codec.http.HttpServerCodec.class,
                io.netty.handler.codec.ByteToMessageDecoder.class,
                io.netty.handler.stream.ChunkedInput.class,
                io.netty.channel.Channel.class,
                io.netty.buffer.ByteBuf.class,
                io.netty.resolver.AddressResolver.class,
                io.netty.util.ReferenceCounted.class,
                org.jspecify.annotations.NullMarked.class));
        return needed.stream()
                .map(SupervisorHome::origin)
                .distinct()
                .collect(Collectors.joining(java.io.File.pathSeparator));
    }

    private static String origin(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            throw IsobarException.of(ErrorCode.INTERNAL, type + " comes from no file that a process could be given")
                    .build();
        }
        try {
            return Path.of(source.getLocation().toURI()).toString();
        } catch (URISyntaxException e) {
            throw IsobarException.of(ErrorCode.INTERNAL, type + " comes from " + source.getLocation())
                    .cause(e)
                    .build();
        }
    }

    private Path folder(String endpoint) {
        return home.endpoints().resolve(endpoint);
    }

    private Path supervisorFolder() {
        return home.root().resolve("supervisor");
    }
}
