package dev.isobar.emulator.aws.athena;

import dev.isobar.emulator.aws.objects.S3Clients;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** S3 as Athena reads and writes it, with a cache on disk. Thread safe. */
final class S3Files implements AutoCloseable {
    private final S3Client s3;
    private final Path cache;

    S3Files(URI endpoint, String region, Path cache) throws IOException {
        this.cache = Files.createDirectories(cache);
        this.s3 = S3Clients.of(endpoint, region);
    }

    /** Copies of the objects under a location that are wanted: name → file. Names that begin with . or _ are hidden, as in Hive. */
    SortedMap<String, Path> read(String location, Predicate<String> wanted) {
        S3Location place = place(location.endsWith("/") ? location : location + "/");
        SortedMap<String, Path> found = new TreeMap<>();
        try {
            s3.listObjectsV2Paginator(r -> r.bucket(place.bucket()).prefix(place.key()))
                    .contents()
                    .forEach(o -> {
                        String name = "s3://" + place.bucket() + "/" + o.key();
                        String last = o.key().substring(o.key().lastIndexOf('/') + 1);
                        if (wanted.test(name) && !last.isEmpty() && !last.startsWith(".") && !last.startsWith("_")) {
                            found.put(name, cached(place.bucket(), o.key(), o.eTag()));
                        }
                    });
            return found;
        } catch (S3Exception e) {
            throw QueryFailure.user("HIVE_FILESYSTEM_ERROR", "Cannot read " + location + ": " + e.getMessage());
        }
    }

    private Path cached(String bucket, String key, String etag) {
        Path file = cache.resolve(digest(bucket + "/" + key + "/" + etag) + ".parquet");
        if (Files.exists(file)) {
            return file;
        }
        Path temporary = cache.resolve(UUID.randomUUID().toString());
        try {
            s3.getObject(r -> r.bucket(bucket).key(key), ResponseTransformer.toFile(temporary));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (NoSuchKeyException e) {
            throw QueryFailure.user(
                    "HIVE_CANNOT_OPEN_SPLIT",
                    "Error opening Hive split s3://" + bucket + "/" + key + ": " + e.getMessage());
        } catch (IOException e) {
            throw QueryFailure.system("the cache cannot be written: " + e);
        }
    }

    boolean isEmpty(String location) {
        S3Location place = place(location);
        return s3.listObjectsV2(
                        r -> r.bucket(place.bucket()).prefix(place.key()).maxKeys(1))
                .contents()
                .isEmpty();
    }

    void write(String name, Path file) {
        S3Location place = place(name);
        s3.putObject(r -> r.bucket(place.bucket()).key(place.key()), RequestBody.fromFile(file));
    }

    void write(String name, String content, Map<String, String> metadata) {
        S3Location place = place(name);
        s3.putObject(
                r -> r.bucket(place.bucket()).key(place.key()).metadata(metadata), RequestBody.fromString(content));
    }

    private static S3Location place(String uri) {
        try {
            return S3Location.of(uri);
        } catch (IOException e) {
            throw QueryFailure.user("HIVE_FILESYSTEM_ERROR", String.valueOf(e.getMessage()));
        }
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        s3.close();
    }
}
