package dev.isobar.gcp.storage;

import com.google.api.client.http.HttpHeaders;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.StorageException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a bucket whose names begin with a root such as {@code isobar/lake/}. Thread safe.
 *
 * <p><b>Version:</b> the generation. Every write makes another one, also of equal content.
 *
 * <p><b>Conditions:</b> every write and every removal says which generation it means, 0 for none, so that Google's client may repeat it; without a condition of the
 * caller, the one that was there just before. {@code 412} is the final answer, except where it answers the repetition of a write whose own response was lost: each write
 * has an id in the object's metadata, by which it is known again, also when the client has given up. What cannot be known is a write that took effect, lost its
 * response, and was replaced by another before it was looked for: that one is reported as the conflict that it is by then. A removal leaves no id: if an attempt of it may
 * have had its effect and the generation is gone, it counts as done.
 *
 * <p><b>Checksums:</b> content goes up with its CRC32C, which Cloud Storage checks before there is an object, and comes down against it.
 *
 * @see <a href="https://cloud.google.com/storage/docs/request-preconditions">request preconditions</a>
 * @see <a href="https://cloud.google.com/storage/docs/retry-strategy">what may be repeated</a>
 * @since 0.1
 */
public final class GcsObjectStore implements ObjectStore {
    /** What Cloud Storage lists at once. */
    private static final int SERVICE_PAGE = 1_000;

    /** What goes up in one request; more goes up so that it can be resumed. Bytes. */
    private static final int SMALL = 8 << 20;

    /** How often something is decided anew because others write the same object at the same time, or content arrived damaged. */
    private static final int ATTEMPTS = 8;

    /** The id of the write that made the object, as its metadata. */
    private static final String WRITE = "isobar-write";

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private static final String CONTENT_TYPE = "application/octet-stream";

    private static final BlobGetOption LOOK =
            BlobGetOption.fields(BlobField.GENERATION, BlobField.SIZE, BlobField.CRC32C, BlobField.METADATA);

    private final GcsBucket bucket;
    private final String root;
    private final long composedFrom;

    /**
     * The objects under a root.
     *
     * @param root ends with {@code /}
     * @param composedFrom files of this length and more go up in parts at once, if the bucket is fit for it. Bytes; 0 for never
     */
    public GcsObjectStore(GcsBucket bucket, String root, long composedFrom) {
        this.bucket = bucket;
        this.root = root;
        this.composedFrom = composedFrom;
    }

    /** Where an object is for other services of Google's: {@code gs://BUCKET/NAME}. */
    public String uri(String key) {
        return "gs://" + bucket.name() + "/" + root + key;
    }

    /** One way of sending content under the condition of a generation. */
    private interface Sending {
        BlobInfo send(BlobInfo object, long generation) throws IOException;
    }

    @Override
    public ObjectInfo put(String key, byte[] content, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "put", key);
        return write("put", key, precondition, false, (object, generation) -> send(object, content, generation));
    }

    private BlobInfo send(BlobInfo object, byte[] content, long generation) throws IOException {
        return content.length <= SMALL
                ? bucket.client()
                        .create(
                                object,
                                content,
                                BlobTargetOption.generationMatch(generation),
                                BlobTargetOption.disableGzipContent())
                : bucket.client()
                        .createFrom(
                                object, new ByteArrayInputStream(content), BlobWriteOption.generationMatch(generation));
    }

    @Override
    public ObjectInfo putFile(String key, Path source, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "putFile", key);
        if (!Files.isRegularFile(source)) {
            throw error(ErrorCode.INVALID_ARGUMENT, "There is no file " + source + " to put", "putFile", key)
                    .build();
        }
        bucket.check("putFile", key);
        try {
            long bytes = Files.size(source);
            if (bytes <= SMALL) {
                byte[] content = Files.readAllBytes(source);
                return write(
                        "putFile", key, precondition, false, (object, generation) -> send(object, content, generation));
            }
            if (composedFrom > 0 && bytes >= composedFrom && bucket.isForComposing()) {
                return write(
                        "putFile",
                        key,
                        precondition,
                        true,
                        (object, generation) -> compose(object, source, bytes, generation));
            }
        } catch (IOException e) {
            throw IsobarException.io("reading " + source, e);
        }
        return write(
                "putFile",
                key,
                precondition,
                false,
                (object, generation) ->
                        bucket.client().createFrom(object, source, BlobWriteOption.generationMatch(generation)));
    }

    /** In parts that go up at once and are then made one object, whose checksum must be the file's. */
    private BlobInfo compose(BlobInfo object, Path source, long bytes, long generation) throws IOException {
        String crc32c = checksum(source);
        BlobInfo composed = bucket.composition(UUID.randomUUID().toString())
                .send(object.toBuilder().setCrc32c(crc32c).build(), source, bytes, generation);
        if (!crc32c.equals(composed.getCrc32c())) {
            bucket.client().delete(composed.getBlobId(), BlobSourceOption.generationMatch(generation(composed)));
            throw new IOException(source + " was changed while it went up");
        }
        return composed;
    }

    private static String checksum(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[1 << 16];
        try (InputStream content = Files.newInputStream(file)) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                crc.update(buffer, 0, n);
            }
        }
        return text(crc);
    }

    @Override
    public Optional<StoredObject> get(String key) {
        ObjectStore.checkKey(bucket.instance(), "get", key);
        bucket.check("get", key);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                Download download = bucket.download(root + key, answer -> {
                    HttpHeaders headers = answer.getHeaders();
                    String generation = headers.getFirstHeaderStringValue("x-goog-generation");
                    if (generation == null) {
                        throw unversioned(key);
                    }
                    return new Download(
                            generation, announced(headers), answer.getContent().readAllBytes());
                });
                if (download.isWhole()) {
                    return Optional.of(new StoredObject(
                            new ObjectInfo(key, download.generation(), download.content().length), download.content()));
                }
            } catch (StorageException e) {
                if (GcsBucket.isNotFound(e)) {
                    return Optional.empty();
                }
                throw bucket.failure(e, "get", key);
            }
        }
        throw damaged("get", key);
    }

    private IsobarException unversioned(String key) {
        return error(ErrorCode.CORRUPT, "The content of the object " + key + " came without its generation", "get", key)
                .hint("Something on the way removes headers (x-goog-…), or what answers is not Cloud Storage.")
                .build();
    }

    /**
     * Content as it arrived.
     *
     * @param crc32c what it should have; null if nothing was said
     */
    private record Download(String generation, @Nullable String crc32c, byte[] content) {
        boolean isWhole() {
            if (crc32c == null) {
                return true;
            }
            CRC32C actual = new CRC32C();
            actual.update(content);
            return crc32c.equals(text(actual));
        }
    }

    private static @Nullable String announced(HttpHeaders headers) {
        for (String line : headers.getHeaderStringValues("x-goog-hash")) {
            for (String hash : line.split(",")) {
                if (hash.trim().startsWith("crc32c=")) {
                    return hash.trim().substring("crc32c=".length());
                }
            }
        }
        return null;
    }

    /** As Cloud Storage writes it: base64 of the big-endian bytes. */
    private static String text(CRC32C crc) {
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    @Override
    public ObjectInfo getFile(String key, Path target) {
        ObjectStore.checkKey(bucket.instance(), "getFile", key);
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            throw error(ErrorCode.INVALID_ARGUMENT, target + " is a root, not a file", "getFile", key)
                    .build();
        }
        Path temporary = folder.resolve("~" + UUID.randomUUID() + "-" + target.getFileName());
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Blob seen = look("getFile", key)
                    .orElseThrow(() -> error(ErrorCode.NOT_FOUND, "There is no object " + key, "getFile", key)
                            .build());
            try {
                Files.createDirectories(folder);
                if (arrives(key, seen, temporary)) {
                    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    return info(key, seen);
                }
            } catch (StorageException e) {
                // Gone or replaced since: look again.
                if (!GcsBucket.isNotFound(e)) {
                    throw bucket.failure(e, "getFile", key);
                }
            } catch (IOException e) {
                throw IsobarException.io("copying object " + key + " to " + target, e);
            } finally {
                discard(temporary);
            }
        }
        throw damaged("getFile", key);
    }

    /** Whether the content came whole and is on disk. */
    private boolean arrives(String key, Blob seen, Path temporary) throws IOException {
        CRC32C crc = new CRC32C();
        // The client hands the content over in small pieces.
        try (OutputStream file = new CheckedOutputStream(Files.newOutputStream(temporary), crc);
                OutputStream out = new BufferedOutputStream(file, 16 << 10)) {
            // What is broken off goes on where it was broken off, within the one generation.
            bucket.client().downloadTo(BlobId.of(bucket.name(), root + key, generation(seen)), out);
        }
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        return Files.size(temporary) == size(seen)
                && (seen.getCrc32c() == null || seen.getCrc32c().equals(text(crc)));
    }

    private static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw IsobarException.io("removing " + temporary, e);
        }
    }

    @Override
    public Optional<ObjectInfo> head(String key) {
        ObjectStore.checkKey(bucket.instance(), "head", key);
        return look("head", key).map(seen -> info(key, seen));
    }

    @Override
    public List<ObjectInfo> list(String prefix, @Nullable String after, int limit) {
        ObjectStore.checkList(bucket.instance(), prefix, limit);
        bucket.check("list", prefix);
        boolean behind = after != null && !after.isEmpty();
        List<BlobListOption> options = new ArrayList<>(List.of(
                BlobListOption.prefix(root + prefix),
                // One more: the offset itself is listed too.
                BlobListOption.pageSize(Math.min(SERVICE_PAGE, behind ? limit + 1 : limit)),
                BlobListOption.fields(BlobField.NAME, BlobField.GENERATION, BlobField.SIZE)));
        if (behind) {
            options.add(BlobListOption.startOffset(root + after));
        }
        List<ObjectInfo> found = new ArrayList<>(Math.min(limit, SERVICE_PAGE));
        try {
            for (var page = bucket.client().list(bucket.name(), options.toArray(BlobListOption[]::new));
                    page != null;
                    page = page.hasNextPage() ? page.getNextPage() : null) {
                for (Blob object : page.getValues()) {
                    String key = object.getName().substring(root.length());
                    if (!key.equals(after)) {
                        found.add(info(key, object));
                    }
                    if (found.size() == limit) {
                        return List.copyOf(found);
                    }
                }
            }
        } catch (StorageException e) {
            throw bucket.failure(e, "list", prefix);
        }
        return List.copyOf(found);
    }

    @Override
    public boolean delete(String key, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "delete", key);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Optional<Blob> seen = look("delete", key);
            if (precondition instanceof Precondition.Absent && seen.isPresent()) {
                throw error(ErrorCode.ALREADY_EXISTS, "The object " + key + " exists", "delete", key)
                        .build();
            }
            if (precondition instanceof Precondition.Version expected
                    && !seen.map(s -> version(s).equals(expected.version())).orElse(false)) {
                throw conflict("delete", key, expected, null);
            }
            if (seen.isEmpty()) {
                return false;
            }
            if (remove(key, generation(seen.get()))) {
                return true;
            }
            // Somebody changed or removed it since: look again.
        }
        throw busy(null, "delete", key);
    }

    /** Whether this generation is gone because of us, as far as that can be known. */
    private boolean remove(String key, long generation) {
        BlobId id = BlobId.of(bucket.name(), root + key);
        try {
            var outcome =
                    Attempts.watch(() -> bucket.client().delete(id, BlobSourceOption.generationMatch(generation)));
            return outcome.result() || outcome.doubtful();
        } catch (StorageException e) {
            if (GcsBucket.isRefused(e)) {
                return Attempts.wereDoubtful();
            }
            throw bucket.failure(e, "delete", key);
        }
    }

    /**
     * The one place where a write meets its precondition.
     *
     * @param dear whether sending takes so long that the condition is looked at before
     */
    private ObjectInfo write(String operation, String key, Precondition precondition, boolean dear, Sending sending) {
        bucket.check(operation, key);
        String id = UUID.randomUUID().toString();
        BlobInfo object = BlobInfo.newBuilder(BlobId.of(bucket.name(), root + key))
                .setContentType(CONTENT_TYPE)
                .setMetadata(Map.of(WRITE, id))
                .build();
        StorageException last = null;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            long generation = expected(operation, key, precondition, dear);
            try {
                return info(key, sending.send(object, generation));
            } catch (StorageException | IOException e) {
                StorageException answer = answer(e, operation, key);
                if (answer.getCode() == UNAUTHORIZED || answer.getCode() == FORBIDDEN) {
                    throw bucket.failure(answer, operation, key);
                }
                Optional<Blob> mine = mine(id, answer, operation, key);
                if (mine.isPresent()) {
                    return info(key, mine.get());
                }
                boolean again = GcsBucket.isNotFound(answer) || GcsBucket.isDamaged(answer);
                if (GcsBucket.isRefused(answer) && !(precondition instanceof Precondition.None)) {
                    throw refused(operation, key, precondition, answer);
                }
                if (!GcsBucket.isRefused(answer) && !again) {
                    throw bucket.failure(answer, operation, key);
                }
                last = answer;
            }
        }
        if (last != null && GcsBucket.isDamaged(last)) {
            throw damaged(operation, key);
        }
        throw last != null && GcsBucket.isNotFound(last)
                ? bucket.failure(last, operation, key)
                : busy(last, operation, key);
    }

    /** The generation that must be there; 0 for none. */
    private long expected(String operation, String key, Precondition precondition, boolean dear) {
        if (precondition instanceof Precondition.None) {
            return look(operation, key).map(GcsObjectStore::generation).orElse(0L);
        }
        if (precondition instanceof Precondition.Version version) {
            long generation = number(version.version());
            if (generation <= 0 || (dear && !isAt(operation, key, generation))) {
                throw conflict(operation, key, version, null);
            }
            return generation;
        }
        if (dear && look(operation, key).isPresent()) {
            throw refused(operation, key, precondition, null);
        }
        return 0;
    }

    private boolean isAt(String operation, String key, long generation) {
        return look(operation, key).map(seen -> generation(seen) == generation).orElse(false);
    }

    /** A version is opaque to its users: what is no number is none of ours, and never current. */
    private static long number(String version) {
        try {
            return Long.parseLong(version);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** The object, if the write with this id made it after all. */
    private Optional<Blob> mine(String id, StorageException answer, String operation, String key) {
        if (!GcsBucket.isRefused(answer) && !GcsBucket.isNotFound(answer) && !GcsBucket.isUnanswered(answer)) {
            return Optional.empty();
        }
        try {
            return look(operation, key)
                    .filter(seen -> seen.getMetadata() != null
                            && id.equals(seen.getMetadata().get(WRITE)));
        } catch (IsobarException e) {
            if (GcsBucket.isUnanswered(answer)) {
                // The service is as silent as before: what is said is the first failure.
                answer.addSuppressed(e);
                return Optional.empty();
            }
            throw e;
        }
    }

    /** What Cloud Storage said, wherever the client has put it. */
    private StorageException answer(Exception thrown, String operation, String key) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof IsobarException own) {
                throw own;
            }
            if (e instanceof StorageException answer && (answer.getCode() > 0 || answer.getCause() == null)) {
                return answer;
            }
        }
        if (thrown instanceof StorageException unanswered) {
            return unanswered;
        }
        if (thrown instanceof EOFException || thrown instanceof FileSystemException) {
            throw IsobarException.io("reading what becomes " + key, (IOException) thrown)
                    .located(bucket.instance(), "ObjectStore", operation, key);
        }
        return new StorageException(0, String.valueOf(thrown.getMessage()), thrown);
    }

    private IsobarException busy(@Nullable StorageException e, String operation, String key) {
        return error(
                        ErrorCode.UNAVAILABLE,
                        "Others changed the object " + key + " during each of " + ATTEMPTS + " attempts",
                        operation,
                        key)
                .hint("Wait a moment and run the same command again.")
                .cause(e)
                .build();
    }

    private IsobarException damaged(String operation, String key) {
        return error(
                        ErrorCode.CORRUPT,
                        "The content of the object " + key + " arrived without its checksum in each of " + ATTEMPTS
                                + " attempts",
                        operation,
                        key)
                .hint("Something on the way changes it: look for a proxy between here and Cloud Storage.")
                .build();
    }

    private IsobarException refused(
            String operation, String key, Precondition precondition, @Nullable StorageException e) {
        if (precondition instanceof Precondition.Version expected) {
            return conflict(operation, key, expected, e);
        }
        return error(ErrorCode.ALREADY_EXISTS, "The object " + key + " exists already", operation, key)
                .hint("Read it, or write another key.")
                .cause(e)
                .build();
    }

    private IsobarException conflict(
            String operation, String key, Precondition.Version expected, @Nullable StorageException e) {
        return error(
                        ErrorCode.CONFLICT,
                        "The object " + key + " is not at version " + expected.version(),
                        operation,
                        key)
                .hint("Read it again and decide again.")
                .cause(e)
                .build();
    }

    private Optional<Blob> look(String operation, String key) {
        bucket.check(operation, key);
        try {
            return Optional.ofNullable(bucket.client().get(BlobId.of(bucket.name(), root + key), LOOK));
        } catch (StorageException e) {
            throw bucket.failure(e, operation, key);
        }
    }

    private static ObjectInfo info(String key, BlobInfo object) {
        return new ObjectInfo(key, version(object), size(object));
    }

    private static String version(BlobInfo object) {
        return Long.toString(generation(object));
    }

    private static long generation(BlobInfo object) {
        return Objects.requireNonNull(object.getGeneration(), "an object has a generation");
    }

    private static long size(BlobInfo object) {
        return Objects.requireNonNull(object.getSize(), "an object has a size");
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String key) {
        return IsobarException.of(code, message)
                .adapter(bucket.instance())
                .at("ObjectStore", operation)
                .resource(key);
    }
}
