package dev.isobar.local.process;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every process that Isobar started on this machine and that may still live, one small file each. A process is written down as an intent with a
 * unique tag before it is forked and carries the tag in its environment, so that one whose starter was killed in between is found by looking
 * through the machine's processes. A line goes only when nothing that carries its tag lives. Thread safe, also between processes.
 *
 * @since 0.1
 */
public final class ProcessTable {
    /** The environment variable that carries the tag; children inherit it. */
    public static final String TAG_VARIABLE = "ISOBAR_PROCESS";

    /** The system property that carries it where a process's environment cannot be read. */
    private static final String TAG_PROPERTY = "isobar.process";

    /** Between fork and exec a child shows its parent's environment; after this long it shows its own. */
    private static final long FORK_GRACE_MILLIS = 2_000;

    private static final Path PROC = Path.of("/proc");
    private static final long POLL_NANOS = 5_000_000;
    private static final @Nullable Path SETSID = onPath("setsid");
    private static final File NOTHING = new File(
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows") ? "NUL" : "/dev/null");

    private final Path folder;

    /** A table that is kept in a folder of its own. */
    public ProcessTable(Path folder) {
        this.folder = folder;
    }

    /** The table of a home. */
    public static ProcessTable of(LocalHome home) {
        return new ProcessTable(home.root().resolve("processes"));
    }

    /** A tag that no other process has. */
    public static String newTag() {
        return "isobar-" + UUID.randomUUID().toString().replace("-", "");
    }

    /** Starts a process under a fresh tag. */
    public ProcessRecord start(Launch launch) {
        return start(launch, newTag());
    }

    /**
     * Starts a process in a session of its own, so that neither a terminal's Ctrl-C nor a signal to the caller's process group reaches it.
     * {@code WORKLOAD_FAILED} if the program cannot be run.
     */
    public ProcessRecord start(Launch launch, String tag) {
        ProcessRecord intent = new ProcessRecord(
                tag,
                launch.kind(),
                launch.name(),
                launch.log().toString(),
                launch.details(),
                ProcessIdentity.self(),
                System.currentTimeMillis(),
                null);
        write(intent);
        try {
            Path logFolder = launch.log().getParent();
            if (logFolder != null) {
                Files.createDirectories(logFolder);
            }
            ProcessBuilder builder = new ProcessBuilder(commandLine(launch.command(), tag))
                    .directory(launch.directory().toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(launch.log().toFile()))
                    .redirectErrorStream(true);
            builder.environment().putAll(launch.environment());
            builder.environment().put(TAG_VARIABLE, tag);
            Process process = builder.start();
            ProcessRecord started =
                    intent.with(ProcessIdentity.of(process.pid()).orElse(null));
            if (started.process() == null) {
                // Gone already. What it may have left behind carries the tag.
                return resolve(intent).orElse(intent);
            }
            write(started);
            return started;
        } catch (IOException e) {
            AtomicFiles.discard(file(tag));
            throw IsobarException.of(
                            ErrorCode.WORKLOAD_FAILED,
                            "The " + launch.kind() + " '" + launch.name() + "' could not be started: " + e.getMessage())
                    .resource(launch.name())
                    .hint("Check that the program " + launch.command().get(0) + " exists and may be executed.")
                    .cause(e)
                    .build();
        }
    }

    /** Everything that lives, oldest first. Lines of the dead are removed on the way. */
    public List<ProcessRecord> live() {
        return live(r -> true);
    }

    /** What lives of one kind, oldest first. */
    public List<ProcessRecord> live(String kind) {
        return live(r -> r.kind().equals(kind));
    }

    /** What lives and is wanted, oldest first. */
    public List<ProcessRecord> live(Predicate<ProcessRecord> wanted) {
        List<ProcessRecord> living = new ArrayList<>();
        for (ProcessRecord record : records()) {
            if (wanted.test(record)) {
                resolve(record).filter(r -> r.process() != null).ifPresent(living::add);
            }
        }
        living.sort(Comparator.comparingLong(ProcessRecord::intendedAt).thenComparing(ProcessRecord::tag));
        return List.copyOf(living);
    }

    /**
     * Whether something wanted may be about to live: an intent whose starter was killed a moment ago, so that the process, if there is one, does not
     * show its tag yet. Over within two seconds.
     */
    public boolean undecided(Predicate<ProcessRecord> wanted) {
        return records().stream()
                .filter(wanted)
                .anyMatch(r -> resolve(r).filter(now -> now.process() == null).isPresent());
    }

    /**
     * The line of a tag. Its process is null if a start is under way in another process that lives; empty if nothing of that tag lives and nothing
     * will.
     */
    public Optional<ProcessRecord> find(String tag) {
        return Json.read(file(tag), ProcessRecord.class).flatMap(this::resolve);
    }

    /** All live processes of a record, itself first: what it started carries its tag too. */
    public List<ProcessIdentity> members(ProcessRecord record) {
        List<ProcessIdentity> members = new ArrayList<>();
        ProcessIdentity root = record.process();
        if (root != null && root.alive()) {
            members.add(root);
        }
        for (ProcessIdentity carrier : carriers(record.tag())) {
            if (!members.contains(carrier)) {
                members.add(carrier);
            }
        }
        return List.copyOf(members);
    }

    /** Asks every process of a record to end (SIGTERM). Returns at once. */
    public void terminate(ProcessRecord record) {
        members(record).forEach(m -> m.handle().ifPresent(ProcessHandle::destroy));
    }

    /** Ends every process of a record (SIGKILL) and waits until they are gone. */
    public void kill(ProcessRecord record) {
        List<ProcessIdentity> members = members(record);
        while (!members.isEmpty()) {
            members.forEach(m -> m.handle().ifPresent(ProcessHandle::destroyForcibly));
            await(members, Duration.ofSeconds(1));
            // Again: one of them may have forked in the meantime.
            members = members(record);
        }
        AtomicFiles.discard(file(record.tag()));
    }

    /** SIGTERM, then after a grace SIGKILL; returns when nothing of these records lives. */
    public void stop(List<ProcessRecord> records, Duration grace) {
        records.forEach(this::terminate);
        List<ProcessIdentity> all = new ArrayList<>();
        records.forEach(r -> all.addAll(members(r)));
        await(all, grace);
        records.forEach(this::kill);
    }

    private static void await(List<ProcessIdentity> processes, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline && processes.stream().anyMatch(ProcessIdentity::alive)) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** What is known of a line now; empty, and the line removed, if nothing of it lives or will. */
    private Optional<ProcessRecord> resolve(ProcessRecord record) {
        if (record.alive()) {
            return Optional.of(record);
        }
        boolean undecided = record.process() == null
                && (record.starter().alive() && !record.starter().equals(ProcessIdentity.self())
                        || Math.abs(System.currentTimeMillis() - record.intendedAt()) < FORK_GRACE_MILLIS);
        // Of several that carry the tag, the eldest is the one whose line this is: the others are its children.
        Optional<ProcessIdentity> carrier = carriers(record.tag()).stream().findFirst();
        if (carrier.isPresent()) {
            ProcessRecord found = record.with(carrier.get());
            if (!undecided) {
                write(found);
            }
            return Optional.of(found);
        }
        if (undecided) {
            // The starter may have completed the line since it was read.
            return Json.read(file(record.tag()), ProcessRecord.class);
        }
        AtomicFiles.discard(file(record.tag()));
        return Optional.empty();
    }

    private List<ProcessRecord> records() {
        List<ProcessRecord> records = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                if (!AtomicFiles.isTemporary(file)) {
                    Json.read(file, ProcessRecord.class).ifPresent(records::add);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("reading the process table " + folder, e);
        }
        return records;
    }

    private static List<ProcessIdentity> carriers(String tag) {
        return ProcessIdentity.procAvailable() ? carriersInProc(tag) : carriersByArguments(tag);
    }

    private static List<ProcessIdentity> carriersInProc(String tag) {
        byte[] wanted = (TAG_VARIABLE + "=" + tag).getBytes(StandardCharsets.UTF_8);
        Map<Long, ProcessIdentity> found = new TreeMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (contains(environment(process), wanted)) {
                    long pid = Long.parseLong(String.valueOf(process.getFileName()));
                    ProcessIdentity.of(pid).ifPresent(i -> found.put(pid, i));
                }
            }
        } catch (IOException e) {
            throw IsobarException.io("looking through the processes of this machine", e);
        }
        return eldestFirst(found);
    }

    private static byte[] environment(Path process) {
        try {
            return Files.readAllBytes(process.resolve("environ"));
        } catch (IOException e) {
            // Another user's, or gone: neither is ours.
            return new byte[0];
        }
    }

    private static List<ProcessIdentity> carriersByArguments(String tag) {
        Map<Long, ProcessIdentity> found = new TreeMap<>();
        ProcessHandle.allProcesses()
                .filter(h -> h.info().commandLine().filter(c -> c.contains(tag)).isPresent())
                .forEach(h -> ProcessIdentity.of(h.pid()).ifPresent(i -> found.put(h.pid(), i)));
        return eldestFirst(found);
    }

    /** Parents before their children, as far as the parents carry the tag too. */
    private static List<ProcessIdentity> eldestFirst(Map<Long, ProcessIdentity> found) {
        if (found.size() < 2) {
            return List.copyOf(found.values());
        }
        Set<Long> children = found.keySet().stream()
                .filter(pid -> ProcessHandle.of(pid)
                        .flatMap(ProcessHandle::parent)
                        .filter(parent -> found.containsKey(parent.pid()))
                        .isPresent())
                .collect(Collectors.toSet());
        return found.values().stream()
                .sorted(Comparator.comparing((ProcessIdentity i) -> children.contains(i.pid()))
                        .thenComparing(ProcessIdentity::pid))
                .toList();
    }

    private static boolean contains(byte[] text, byte[] wanted) {
        outer:
        for (int i = 0; i <= text.length - wanted.length; i++) {
            for (int j = 0; j < wanted.length; j++) {
                if (text[i + j] != wanted[j]) {
                    continue outer;
                }
            }
            return true;
        }
        return false;
    }

    private static List<String> commandLine(List<String> command, String tag) {
        List<String> line = new ArrayList<>(command.size() + 2);
        if (SETSID != null) {
            // Started by a parent that leads no group of its own, setsid becomes the program itself: the pid stays.
            line.add(SETSID.toString());
        }
        line.add(command.get(0));
        String program = String.valueOf(Path.of(command.get(0)).getFileName());
        if (program.equals("java") || program.equals("java.exe")) {
            line.add("-D" + TAG_PROPERTY + "=" + tag);
        }
        line.addAll(command.subList(1, command.size()));
        return line;
    }

    private static @Nullable Path onPath(String program) {
        String path = System.getenv("PATH");
        if (path == null) {
            return null;
        }
        for (String directory : path.split(File.pathSeparator)) {
            Path candidate = Path.of(directory, program);
            if (!directory.isEmpty() && Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    private void write(ProcessRecord record) {
        AtomicFiles.replace(file(record.tag()), Json.bytes(record));
    }

    private Path file(String tag) {
        return folder.resolve(tag + ".json");
    }
}
