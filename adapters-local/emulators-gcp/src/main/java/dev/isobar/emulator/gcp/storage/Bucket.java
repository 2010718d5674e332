package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.NavigableMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A bucket as a folder: per object a file of its content and one that says what it is, which is renamed into place last. One lock a bucket makes a precondition
 * and its write one act. Thread safe.
 */
final class Bucket {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SETTINGS = "bucket.json";
    private static final String DESCRIPTION = ".json";
    private static final Comparator<String> BY_BYTES =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private final Path folder;
    private final Settings settings;
    private final Generations generations;
    private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>(BY_BYTES);

    /** What is kept of a bucket. */
    record Settings(String name, String project, String location, String created) {}

    /** A condition on what is there; throws {@link StorageError} if it does not hold. */
    interface Condition {
        void check(@Nullable Stored current);
    }

    private Bucket(Path folder, Settings settings, Generations generations) {
        this.folder = folder;
        this.settings = settings;
        this.generations = generations;
    }

    static Bucket create(Path folder, String name, String project, String location, Generations generations)
            throws IOException {
        Files.createDirectories(folder);
        Settings settings = new Settings(name, project, location, now());
        write(folder.resolve(SETTINGS), settings);
        return new Bucket(folder, settings, generations);
    }

    /** Opens what an earlier process left; what was half written or replaced goes. */
    static Bucket load(Path folder, Generations generations) throws IOException {
        Settings settings = JSON.readValue(folder.resolve(SETTINGS).toFile(), Settings.class);
        Bucket bucket = new Bucket(folder, settings, generations);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(DESCRIPTION) && !name.equals(SETTINGS)) {
                    Stored stored = JSON.readValue(file.toFile(), Stored.class);
                    Stored other = bucket.objects.get(stored.name());
                    boolean newer = other == null || other.generation() < stored.generation();
                    if (newer) {
                        bucket.objects.put(stored.name(), stored);
                    }
                    bucket.remove(newer ? other : stored);
                }
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.endsWith(DESCRIPTION) && !Files.exists(folder.resolve(name + DESCRIPTION))) {
                    Files.delete(file);
                }
            }
        }
        return bucket;
    }

    static boolean isBucket(Path folder) {
        return Files.exists(folder.resolve(SETTINGS));
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }

    Settings settings() {
        return settings;
    }

    boolean isEmpty() {
        return objects.isEmpty();
    }

    @Nullable
    Stored find(String name) {
        return objects.get(name);
    }

    NavigableMap<String, Stored> from(String name, boolean inclusive) {
        return objects.tailMap(name, inclusive);
    }

    Path content(Stored stored) {
        return folder.resolve(stored.file());
    }

    /** The name of a file that nothing names yet. */
    Path fresh() {
        return folder.resolve(UUID.randomUUID().toString());
    }

    /**
     * Makes a file of this folder an object, if its content is what the draft says and what is there passes the condition; else the file goes.
     *
     * @param components how many it was composed of; null if it was sent whole
     */
    Stored publish(Path content, Draft draft, @Nullable Integer components, Condition condition) throws IOException {
        try {
            Checksums checksums = Checksums.of(content);
            draft.check(checksums);
            return publish(content, draft, checksums, components, condition);
        } catch (StorageError e) {
            Files.deleteIfExists(content);
            throw e;
        }
    }

    private synchronized Stored publish(
            Path content, Draft draft, Checksums checksums, @Nullable Integer components, Condition condition)
            throws IOException {
        Stored before = objects.get(draft.name());
        condition.check(before);
        String now = now();
        Stored stored = new Stored(
                String.valueOf(content.getFileName()),
                draft.name(),
                generations.next(),
                1,
                now,
                now,
                Files.size(content),
                checksums.crc32c(),
                components == null ? checksums.md5() : null,
                components,
                draft.settings(),
                draft.metadata());
        write(description(stored), stored);
        objects.put(stored.name(), stored);
        remove(before);
        return stored;
    }

    /** A change of what is said of an object. */
    interface Change {
        Stored of(Stored current);
    }

    synchronized Stored change(String name, Condition condition, Change change) throws IOException {
        Stored before = present(name);
        condition.check(before);
        Stored after = change.of(before);
        write(description(after), after);
        objects.put(name, after);
        return after;
    }

    synchronized void delete(String name, Condition condition) throws IOException {
        Stored before = present(name);
        condition.check(before);
        objects.remove(name);
        remove(before);
    }

    /** Removes the bucket, which must be empty. */
    synchronized void drop() throws IOException {
        if (!isEmpty()) {
            throw StorageError.conflict("The bucket you tried to delete is not empty.");
        }
        Files.delete(folder.resolve(SETTINGS));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private Stored present(String name) {
        Stored stored = objects.get(name);
        if (stored == null) {
            throw StorageError.noObject(settings.name(), name);
        }
        return stored;
    }

    private Path description(Stored stored) {
        return folder.resolve(stored.file() + DESCRIPTION);
    }

    /** The description first: content that nothing names is nobody's object. */
    private void remove(@Nullable Stored stored) throws IOException {
        if (stored != null) {
            Files.deleteIfExists(description(stored));
            Files.deleteIfExists(content(stored));
        }
    }

    private static void write(Path file, Object value) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + "~");
        Files.write(draft, JSON.writeValueAsBytes(value));
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
