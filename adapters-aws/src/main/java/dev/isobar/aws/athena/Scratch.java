package dev.isobar.aws.athena;

import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder of this process for files on their way to and from S3, made at the first use. Those of processes that have died go then. Thread safe.
 */
final class Scratch implements AutoCloseable {
    private static final String PREFIX = "~aws-";

    private final Path tmp;
    private final Path own;
    private boolean made;

    Scratch(Path home) {
        this.tmp = home.resolve("tmp");
        ProcessHandle self = ProcessHandle.current();
        this.own = tmp.resolve(PREFIX + self.pid() + "-" + started(self) + "-" + UUID.randomUUID());
    }

    /** A name that nothing has. */
    Path fresh(String what) {
        make();
        return own.resolve(UUID.randomUUID() + "-" + what);
    }

    Path disk() {
        return tmp;
    }

    private synchronized void make() {
        if (made) {
            return;
        }
        try {
            Files.createDirectories(own);
            made = true;
            try (Stream<Path> others = Files.list(tmp)) {
                for (Path other : others.filter(Scratch::isOfTheDead).toList()) {
                    remove(other);
                }
            }
        } catch (IOException e) {
            throw IsobarException.io("making " + own, e);
        }
    }

    private static boolean isOfTheDead(Path folder) {
        String name = String.valueOf(folder.getFileName());
        String[] parts =
                name.startsWith(PREFIX) ? name.substring(PREFIX.length()).split("-", 3) : new String[0];
        if (parts.length < 3) {
            return false;
        }
        // A pid alone is not a name: the system gives it out again.
        return ProcessHandle.of(Long.parseLong(parts[0]))
                .filter(p -> started(p) == Long.parseLong(parts[1]))
                .isEmpty();
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(i -> i.getEpochSecond()).orElse(0L);
    }

    static void remove(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw IsobarException.io("removing " + root, new IOException(e));
        } catch (IOException e) {
            throw IsobarException.io("removing " + root, e);
        }
    }

    @Override
    public void close() {
        remove(own);
    }
}
