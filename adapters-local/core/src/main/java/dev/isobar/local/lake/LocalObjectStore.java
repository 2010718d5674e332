package dev.isobar.local.lake;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A directory with compare-and-set. An object is a file of exactly its content. A writer takes the lock of the key's shard, looks at the precondition,
 * and renames a finished, fsynced temporary file into place; readers take no lock.
 *
 * <p><b>Version:</b> the file's modification time in microseconds and its length. The lock's file remembers the last time given out in its shard, and
 * the next is always later, so that content that is written, removed and written again never has an old version. A file that a person changes by hand
 * has a new version too.
 *
 * <p><b>Limit:</b> a key cannot also be the directory of another one ({@code a} and {@code a/b}): {@code INVALID_ARGUMENT}, as on a cloud lake with
 * real directories.
 *
 * @since 0.1
 */
public final class LocalObjectStore implements ObjectStore {
    private static final int MAX_SEGMENT = 255;
    private static final int SHARDS = 64;
    private static final int ATTEMPTS = 100;

    private final LocalHome home;
    private final Path root;
    private final Path staging;
    private final Path locks;
    private boolean swept;

    /** The objects of a home. */
    public LocalObjectStore(LocalHome home) {
        this.home = home;
        this.root = home.objects();
        this.staging = root.resolve("~staging");
        this.locks = root.resolve("~locks");
    }

    @Override
    public ObjectInfo put(String key, byte[] content, Precondition precondition) {
        return write("put", key, out -> out.write(content), precondition);
    }

    @Override
    public ObjectInfo putFile(String key, Path source, Precondition precondition) {
        if (!Files.isRegularFile(source)) {
            throw error(ErrorCode.INVALID_ARGUMENT, "There is no file " + source + " to put", "putFile", key)
                    .build();
        }
        return write("putFile", key, out -> Files.copy(source, out), precondition);
    }

    @Override
    public Optional<StoredObject> get(String key) {
        Path file = file(key, "get");
        try {
            // The pair of version and content must belong together: look before and after.
            for (int i = 0; i < ATTEMPTS; i++) {
                Optional<Seen> before = seen(file);
                if (before.isEmpty()) {
                    return Optional.empty();
                }
                byte[] content;
                try {
                    content = Files.readAllBytes(file);
                } catch (NoSuchFileException e) {
                    continue;
                }
                if (before.equals(seen(file)) && content.length == before.get().bytes()) {
                    return Optional.of(new StoredObject(before.get().info(key), content));
                }
            }
        } catch (IOException e) {
            throw IsobarException.io("reading object " + key, e);
        }
        throw busy("get", key);
    }

    @Override
    public ObjectInfo getFile(String key, Path target) {
        Path file = file(key, "getFile");
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                Optional<Seen> before = seen(file);
                if (before.isEmpty()) {
                    throw error(ErrorCode.NOT_FOUND, "There is no object " + key, "getFile", key)
                            .build();
                }
                Path directory = target.toAbsolutePath().getParent();
                if (directory != null) {
                    AtomicFiles.makeDirectories(directory);
                }
                Path temporary = AtomicFiles.temporaryBeside(target);
                try {
                    AtomicFiles.write(temporary, out -> Files.copy(file, out));
                    if (before.equals(seen(file))) {
                        Files.move(
                                temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                        return before.get().info(key);
                    }
                } finally {
                    AtomicFiles.discard(temporary);
                }
            } catch (IOException e) {
                if (e instanceof NoSuchFileException gone && file.toString().equals(gone.getFile())) {
                    continue;
                }
                throw IsobarException.io("copying object " + key + " to " + target, e);
            }
        }
        throw busy("getFile", key);
    }

    @Override
    public Optional<ObjectInfo> head(String key) {
        Path file = file(key, "head");
        try {
            return seen(file).map(s -> s.info(key));
        } catch (IOException e) {
            throw IsobarException.io("looking at object " + key, e);
        }
    }

    @Override
    public List<ObjectInfo> list(String prefix, @Nullable String after, int limit) {
        ObjectStore.checkList(home.instance(), prefix, limit);
        List<ObjectInfo> found = new ArrayList<>();
        try {
            walk(root, "", prefix, after == null ? "" : after, limit, found);
        } catch (IOException e) {
            throw IsobarException.io("listing objects under '" + prefix + "'", e);
        }
        return List.copyOf(found);
    }

    @Override
    public boolean delete(String key, Precondition precondition) {
        Path file = file(key, "delete");
        return FileMutex.withLock(lock(key), () -> {
            Optional<Seen> current = seen(file);
            check("delete", key, current, precondition);
            if (current.isEmpty()) {
                return false;
            }
            Files.deleteIfExists(file);
            Path directory = parent(file);
            AtomicFiles.syncDirectory(directory);
            prune(directory);
            return true;
        });
    }

    private ObjectInfo write(String operation, String key, AtomicFiles.Content content, Precondition precondition) {
        Path file = file(key, operation);
        sweepOnce();
        try {
            // A race that is lost already need not cost a write and an fsync; what counts is the look under the lock.
            check(operation, key, seen(file), precondition);
        } catch (IOException e) {
            throw IsobarException.io("looking at object " + key, e);
        }
        AtomicFiles.makeDirectories(staging);
        Path temporary = AtomicFiles.temporaryIn(staging, "object");
        try {
            AtomicFiles.write(temporary, content);
            return FileMutex.withLockFile(lock(key), clock -> {
                check(operation, key, seen(file), precondition);
                Files.setLastModifiedTime(temporary, FileTime.from(nextMicros(clock), TimeUnit.MICROSECONDS));
                publish(operation, key, temporary, file);
                return seen(file)
                        .orElseThrow(() -> new NoSuchFileException(file.toString()))
                        .info(key);
            });
        } catch (IOException e) {
            throw IsobarException.io("writing object " + key, e);
        } finally {
            AtomicFiles.discard(temporary);
        }
    }

    private void publish(String operation, String key, Path temporary, Path file) throws IOException {
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                Files.createDirectories(parent(file));
                if (Files.isDirectory(file)) {
                    // Empty directories of removed objects do not stand in the way.
                    Files.delete(file);
                }
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                AtomicFiles.syncDirectory(parent(file));
                return;
            } catch (NoSuchFileException e) {
                // Somebody removed the last other object of the directory, and the directory with it.
                if (i == ATTEMPTS - 1) {
                    throw e;
                }
            } catch (DirectoryNotEmptyException e) {
                throw nested(operation, key, e);
            } catch (FileSystemException e) {
                if (isUnderAnObject(file)) {
                    throw nested(operation, key, e);
                }
                throw e;
            }
        }
    }

    private boolean isUnderAnObject(Path file) {
        for (Path p = parent(file); p.startsWith(root) && !p.equals(root); p = parent(p)) {
            if (Files.isRegularFile(p)) {
                return true;
            }
        }
        return false;
    }

    private IsobarException nested(String operation, String key, IOException cause) {
        return error(
                        ErrorCode.INVALID_ARGUMENT,
                        "The key " + key
                                + " cannot be an object: the lake is a directory, and one of a key and its beginning is"
                                + " already an object",
                        operation,
                        key)
                .hint("Name it so that no key is the directory of another.")
                .cause(cause)
                .build();
    }

    /** A time later than any given out in this shard before, kept in the lock's own file. */
    private static long nextMicros(FileChannel clock) throws IOException {
        ByteBuffer word = ByteBuffer.allocate(8);
        int n = clock.read(word, 0);
        long last = n == 8 ? word.flip().getLong() : 0;
        long now = Math.max(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()), last + 1);
        clock.write(ByteBuffer.allocate(8).putLong(now).flip(), 0);
        return now;
    }

    private void check(String operation, String key, Optional<Seen> current, Precondition precondition) {
        if (precondition instanceof Precondition.Absent && current.isPresent()) {
            throw error(ErrorCode.ALREADY_EXISTS, "The object " + key + " exists already", operation, key)
                    .hint("Read it, or write another key.")
                    .build();
        }
        if (precondition instanceof Precondition.Version expected
                && !current.map(Seen::version)
                        .filter(expected.version()::equals)
                        .isPresent()) {
            throw error(
                            ErrorCode.CONFLICT,
                            "The object " + key + " is not at version " + expected.version() + " but "
                                    + current.map(s -> "at " + s.version()).orElse("absent"),
                            operation,
                            key)
                    .hint("Read it again and decide again.")
                    .build();
        }
    }

    /** What can be seen of a file without reading it. */
    private record Seen(
            String version, long bytes, @Nullable Object identity) {
        ObjectInfo info(String key) {
            return new ObjectInfo(key, version, bytes);
        }
    }

    private static Optional<Seen> seen(Path file) throws IOException {
        try {
            BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
            if (!a.isRegularFile()) {
                return Optional.empty();
            }
            // Nanoseconds where the JDK gives them: what a person's editor wrote between two microseconds counts too.
            Instant at = a.lastModifiedTime().toInstant();
            String version = Long.toString(at.getEpochSecond(), 36) + "." + Integer.toString(at.getNano(), 36) + "."
                    + Long.toString(a.size(), 36);
            return Optional.of(new Seen(version, a.size(), a.fileKey()));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            // "Not a directory" has no class of its own when a parent is a file.
            if (e.getReason() != null && e.getReason().startsWith("Not a directory")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** An entry under the name that sorts it among keys: a directory stands where its first key would. */
    private record Entry(String sortKey, Path path, boolean directory) {}

    private void walk(Path directory, String at, String prefix, String after, int limit, List<ObjectInfo> found)
            throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                if (AtomicFiles.isTemporary(child)) {
                    continue;
                }
                boolean isDirectory = Files.isDirectory(child);
                String key = at + child.getFileName() + (isDirectory ? "/" : "");
                boolean mayMatch = key.startsWith(prefix) || (isDirectory && prefix.startsWith(key));
                // Everything under a directory sorts at or behind its name, and before the name's successor.
                boolean behind = key.compareTo(after) > 0 || (isDirectory && after.startsWith(key));
                if (mayMatch && behind) {
                    entries.add(new Entry(key, child, isDirectory));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return;
        }
        entries.sort(Comparator.comparing(Entry::sortKey));
        for (Entry entry : entries) {
            if (found.size() >= limit) {
                return;
            }
            if (entry.directory()) {
                walk(entry.path(), entry.sortKey(), prefix, after, limit, found);
            } else {
                seen(entry.path()).ifPresent(s -> found.add(s.info(entry.sortKey())));
            }
        }
    }

    private void prune(Path directory) throws IOException {
        for (Path p = directory; p.startsWith(root) && !p.equals(root); p = parent(p)) {
            try {
                Files.deleteIfExists(p);
            } catch (DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    private synchronized void sweepOnce() {
        if (!swept) {
            AtomicFiles.sweep(staging);
            swept = true;
        }
    }

    private Path lock(String key) {
        return locks.resolve("%02x".formatted(Math.floorMod(key.hashCode(), SHARDS)));
    }

    private Path file(String key, String operation) {
        ObjectStore.checkKey(home.instance(), operation, key);
        for (String segment : key.split("/", -1)) {
            if (segment.length() > MAX_SEGMENT) {
                throw error(
                                ErrorCode.INVALID_ARGUMENT,
                                "'" + key + "' cannot be an object's key: a segment of it is longer than a file's name",
                                operation,
                                key)
                        .hint("At most " + MAX_SEGMENT + " characters between two '/'.")
                        .build();
            }
        }
        return root.resolve(key);
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " has no directory");
        }
        return parent;
    }

    private IsobarException busy(String operation, String key) {
        return error(
                        ErrorCode.UNAVAILABLE,
                        "The object " + key + " changed during each of " + ATTEMPTS + " attempts to read it",
                        operation,
                        key)
                .build();
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("ObjectStore", operation)
                .resource(resource);
    }
}
