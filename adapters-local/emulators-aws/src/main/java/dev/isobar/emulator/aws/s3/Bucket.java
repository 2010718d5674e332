package dev.isobar.emulator.aws.s3;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
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
    private final String region;
    private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>(BY_BYTES);

    /** What is kept of an object beside its content. */
    record Stored(
            String file,
            String key,
            String etag,
            String modified,
            long bytes,
            String contentType,
            Map<String, String> metadata,
            Map<String, String> checksums,
            List<Long> parts) {}

    /** What is kept of a bucket. */
    record Settings(String region) {}

    private Bucket(Path folder, String region) {
        this.folder = folder;
        this.region = region;
    }

    static Bucket create(Path folder, String region) throws IOException {
        Files.createDirectories(folder);
        write(folder.resolve(SETTINGS), new Settings(region));
        return new Bucket(folder, region);
    }

    /** Opens what an earlier process left; half-written objects go. */
    static Bucket load(Path folder) throws IOException {
        Bucket bucket = new Bucket(
                folder,
                JSON.readValue(folder.resolve(SETTINGS).toFile(), Settings.class)
                        .region());
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(DESCRIPTION) && !name.equals(SETTINGS)) {
                    Stored stored = JSON.readValue(file.toFile(), Stored.class);
                    Stored other = bucket.objects.get(stored.key());
                    boolean newer = other == null || other.modified().compareTo(stored.modified()) < 0;
                    if (newer) {
                        bucket.objects.put(stored.key(), stored);
                    }
                    bucket.remove(newer ? other : stored);
                }
            }
        }
        return bucket;
    }

    static boolean isBucket(Path folder) {
        return Files.exists(folder.resolve(SETTINGS));
    }

    String region() {
        return region;
    }

    boolean isEmpty() {
        return objects.isEmpty();
    }

    @Nullable
    Stored find(String key) {
        return objects.get(key);
    }

    NavigableMap<String, Stored> behind(String key, boolean inclusive) {
        return objects.tailMap(key, inclusive);
    }

    /** A slice of an object's content; null if the object has been replaced since. */
    byte @Nullable [] read(Stored stored, long from, int length) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve(stored.file()).toFile(), "r")) {
            byte[] content = new byte[length];
            file.seek(from);
            file.readFully(content);
            return content;
        } catch (java.io.FileNotFoundException e) {
            return null;
        }
    }

    /** Writes a file that nothing names yet. */
    Path stage(byte[] content) throws IOException {
        return Files.write(folder.resolve(UUID.randomUUID().toString()), content);
    }

    /** Writes a file of several, which go. */
    Path join(List<Path> parts) throws IOException {
        Path joined = folder.resolve(UUID.randomUUID().toString());
        try (OutputStream out = Files.newOutputStream(joined)) {
            for (Path part : parts) {
                Files.copy(part, out);
            }
        }
        for (Path part : parts) {
            Files.delete(part);
        }
        return joined;
    }

    /** Gives a staged file a key, if what is there passes the condition, which throws otherwise. */
    synchronized Stored publish(
            Path staged,
            String key,
            String etag,
            String contentType,
            Map<String, String> metadata,
            Map<String, String> checksums,
            List<Long> parts,
            Consumer<@Nullable Stored> condition)
            throws IOException {
        Stored before = objects.get(key);
        try {
            condition.accept(before);
        } catch (S3Error e) {
            Files.deleteIfExists(staged);
            throw e;
        }
        Stored stored = new Stored(
                String.valueOf(staged.getFileName()),
                key,
                etag,
                Instant.now().truncatedTo(ChronoUnit.MICROS).toString(),
                Files.size(staged),
                contentType,
                metadata,
                checksums,
                parts);
        write(folder.resolve(stored.file() + DESCRIPTION), stored);
        objects.put(key, stored);
        remove(before);
        return stored;
    }

    synchronized void delete(String key, Consumer<@Nullable Stored> condition) throws IOException {
        Stored before = objects.get(key);
        condition.accept(before);
        objects.remove(key);
        remove(before);
    }

    /** Removes the empty bucket. */
    synchronized void drop() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private void remove(@Nullable Stored stored) throws IOException {
        if (stored != null) {
            Files.deleteIfExists(folder.resolve(stored.file() + DESCRIPTION));
            Files.deleteIfExists(folder.resolve(stored.file()));
        }
    }

    private static void write(Path file, Object value) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + "~");
        Files.write(temporary, JSON.writeValueAsBytes(value));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
