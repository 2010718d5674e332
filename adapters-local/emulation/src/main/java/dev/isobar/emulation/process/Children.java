package dev.isobar.emulation.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All processes of one emulator. Each is on record with its id and time of start while it runs, so that what a killed emulator left is ended by the
 * next one, and nothing else is. Thread safe.
 */
public final class Children implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Children.class);
    /** A container sees nothing of its host's environment; a command needs this much of it to run at all. */
    private static final Set<String> INHERITED = Set.of(
            "PATH",
            "HOME",
            "LANG",
            "LC_ALL",
            "TMPDIR",
            "TEMP",
            "TMP",
            "JAVA_HOME",
            "LD_LIBRARY_PATH",
            "SystemRoot",
            "USER");

    private final Path records;
    private final Set<Child> running = ConcurrentHashMap.newKeySet();
    private boolean closed;

    private Children(Path records) {
        this.records = records;
    }

    /** Ends what is on record there, then keeps its own record there. */
    public static Children open(Path records) throws IOException {
        Children children = new Children(Files.createDirectories(records));
        children.endLeftovers();
        return children;
    }

    /**
     * Starts a command.
     *
     * @param lines hears each line of its output and errors, in order, from one thread
     */
    public synchronized Child start(
            List<String> command, Map<String, String> environment, Path folder, Consumer<String> lines)
            throws IOException {
        if (closed) {
            throw new IOException("The emulator is going down");
        }
        String mark = UUID.randomUUID().toString();
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        Map<String, String> host = new HashMap<>(builder.environment());
        host.keySet().retainAll(INHERITED);
        builder.environment().clear();
        builder.environment().putAll(host);
        builder.environment().putAll(environment);
        builder.environment().put(Marked.VARIABLE, mark);
        // On record before it is there: an emulator that is killed in between leaves nothing that is not.
        Path record = Files.createFile(records.resolve(mark));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            Files.delete(record);
            throw e;
        }
        try {
            process.getOutputStream().close();
            Files.writeString(record, process.pid() + "\n" + startOf(process.toHandle()), StandardCharsets.UTF_8);
        } catch (IOException e) {
            process.destroyForcibly();
            throw e;
        }
        Child child = new Child(process, mark, lines, ended -> forget(record, ended));
        running.add(child);
        if (!child.alive()) {
            running.remove(child);
        }
        return child;
    }

    /** Ends all, those too that were about to start: whoever is starting one is waited for. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        for (Child child : running) {
            child.kill();
        }
        for (Child child : running) {
            child.exit().join();
        }
    }

    private void forget(Path record, Child ended) {
        running.remove(ended);
        try {
            Files.deleteIfExists(record);
        } catch (IOException e) {
            LOG.warn("Cannot remove {}", record, e);
        }
    }

    private void endLeftovers() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(records)) {
            for (Path record : left) {
                endLeftover(record);
                Files.deleteIfExists(record);
            }
        }
    }

    private static void endLeftover(Path record) throws IOException {
        List<String> lines = Files.readAllLines(record);
        if (lines.size() == 2) {
            ProcessHandle.of(Long.parseLong(lines.get(0)))
                    // A process id is used again; with the same time of start it is the same process.
                    .filter(process -> startOf(process).equals(lines.get(1)))
                    .ifPresent(process -> {
                        LOG.info("Ending {}, left by an emulator before this one", process.pid());
                        process.descendants().forEach(ProcessHandle::destroyForcibly);
                        process.destroyForcibly();
                        process.onExit().join();
                    });
        }
        Marked.kill(String.valueOf(record.getFileName()));
    }

    private static String startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("unknown");
    }
}
