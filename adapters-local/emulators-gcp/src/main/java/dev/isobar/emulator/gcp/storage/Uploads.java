package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Resumable uploads: a folder each, with what has arrived and what the object is to be, which outlives the process. What has arrived is kept in multiples of 256 KiB.
 * Thread safe.
 *
 * @see <a href="https://cloud.google.com/storage/docs/performing-resumable-uploads">resumable uploads</a>
 */
final class Uploads {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SESSION = "session.json";
    private static final String CONTENT = "content";
    private static final long QUANTUM = 256 << 10;
    private static final int RESUME_INCOMPLETE = 308;
    private static final int CLIENT_CLOSED_REQUEST = 499;
    private static final Pattern RANGE = Pattern.compile("bytes (?:(\\d+)-(\\d+)|\\*)/(\\d+|\\*)");

    private final Path home;
    private final Function<String, Bucket> buckets;
    private final Map<String, Upload> open = new ConcurrentHashMap<>();

    /**
     * What is kept of an upload.
     *
     * @param length that was announced; null for none
     * @param done the object that it became; null while it is under way
     */
    record Session(
            String bucket,
            Draft draft,
            Preconditions preconditions,
            @Nullable Long length,
            @Nullable Stored done) {
        Session as(Stored object) {
            return new Session(bucket, draft, preconditions, length, object);
        }
    }

    /** One upload; its monitor guards it. */
    private static final class Upload {
        private final Path folder;
        private Session session;

        private Upload(Path folder, Session session) {
            this.folder = folder;
            this.session = session;
        }

        Path content() {
            return folder.resolve(CONTENT);
        }

        long received() throws IOException {
            return Files.exists(content()) ? Files.size(content()) : 0;
        }

        void save() throws IOException {
            Path draft = folder.resolve(SESSION + "~");
            Files.write(draft, JSON.writeValueAsBytes(session));
            Files.move(
                    draft,
                    folder.resolve(SESSION),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * What a request says that it carries.
     *
     * @param first of its bytes; null if it carries none
     * @param end behind the last of its bytes
     * @param total of the object; null if that is not known yet
     */
    private record Range(
            @Nullable Long first, long end, @Nullable Long total) {
        static Range parse(String text) {
            Matcher matcher = RANGE.matcher(text);
            if (!matcher.matches()) {
                throw StorageError.invalid("Failed to parse Content-Range header: " + text);
            }
            Long total = matcher.group(3).equals("*") ? null : Long.valueOf(matcher.group(3));
            return matcher.group(1) == null
                    ? new Range(null, 0, total)
                    : new Range(Long.valueOf(matcher.group(1)), Long.parseLong(matcher.group(2)) + 1, total);
        }
    }

    private Uploads(Path home, Function<String, Bucket> buckets) {
        this.home = home;
        this.buckets = buckets;
    }

    /** Those that an earlier process left. */
    static Uploads open(Path home, Function<String, Bucket> buckets) throws IOException {
        Uploads uploads = new Uploads(Files.createDirectories(home), buckets);
        try (Stream<Path> folders = Files.list(home)) {
            for (Path folder : folders.toList()) {
                Path session = folder.resolve(SESSION);
                if (Files.exists(session)) {
                    Upload upload = new Upload(folder, JSON.readValue(session.toFile(), Session.class));
                    truncate(upload, upload.received() / QUANTUM * QUANTUM);
                    uploads.open.put(String.valueOf(folder.getFileName()), upload);
                }
            }
        }
        return uploads;
    }

    /** Begins one; gives its id. */
    String begin(Session session) throws IOException {
        String id = UUID.randomUUID().toString();
        Upload upload = new Upload(Files.createDirectory(home.resolve(id)), session);
        upload.save();
        open.put(id, upload);
        return id;
    }

    HttpAnswer cancel(String id) throws IOException {
        Upload upload = find(id);
        synchronized (upload) {
            open.remove(id);
            Files.deleteIfExists(upload.content());
            Files.deleteIfExists(upload.folder.resolve(SESSION));
            Files.deleteIfExists(upload.folder);
        }
        return HttpAnswer.of(CLIENT_CLOSED_REQUEST, "text/plain", Map.of(), new byte[0]);
    }

    /** Takes what a request carries, or only says how far the upload is. */
    HttpAnswer put(String id, HttpCall call) throws IOException {
        Upload upload = find(id);
        synchronized (upload) {
            String text = call.header("content-range");
            Range range = text == null ? null : Range.parse(text);
            if (upload.session.done() != null) {
                return finished(upload.session);
            }
            long total = take(upload, range, call.body());
            if (total < 0 || upload.received() < total) {
                return unfinished(upload);
            }
            return finish(upload, total, call.header("x-goog-hash"));
        }
    }

    /** The object's size if this request says it; else a negative number. */
    private static long take(Upload upload, @Nullable Range range, InputStream body) throws IOException {
        if (range == null) {
            truncate(upload, 0);
            copy(upload, body, Long.MAX_VALUE);
            return upload.received();
        }
        Long announced = upload.session.length();
        if (range.total() != null && announced != null && !announced.equals(range.total())) {
            throw StorageError.invalid("The upload was announced with " + announced + " bytes, not " + range.total());
        }
        if (range.first() != null) {
            long received = upload.received();
            if (range.first() > received) {
                throw StorageError.unreachableOffset(range.first(), received);
            }
            // What we have already is not taken again.
            long known = Math.min(received, range.end()) - range.first();
            body.skipNBytes(known);
            copy(upload, body, range.end() - range.first() - known);
        }
        if (range.total() == null) {
            truncate(upload, upload.received() / QUANTUM * QUANTUM);
            return -1;
        }
        if (upload.received() > range.total()) {
            throw StorageError.invalid("There are " + upload.received() + " bytes already, not " + range.total());
        }
        return range.total();
    }

    private static void copy(Upload upload, InputStream body, long most) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (OutputStream out =
                Files.newOutputStream(upload.content(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            long left = most;
            while (left > 0) {
                int n = body.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) {
                    break;
                }
                out.write(buffer, 0, n);
                left -= n;
            }
        } catch (IOException e) {
            // The caller hung up: what came in whole quanta stays, and the caller may ask how much that is.
            truncate(upload, upload.received() / QUANTUM * QUANTUM);
            throw e;
        }
    }

    private static void truncate(Upload upload, long length) throws IOException {
        if (upload.received() > length) {
            try (FileChannel channel = FileChannel.open(upload.content(), StandardOpenOption.WRITE)) {
                channel.truncate(length);
            }
        }
    }

    private HttpAnswer finish(Upload upload, long total, @Nullable String hash) throws IOException {
        Session session = upload.session;
        Bucket bucket = buckets.apply(session.bucket());
        Path content = bucket.fresh();
        if (total == 0) {
            Files.createFile(content);
        } else {
            Files.move(upload.content(), content);
        }
        upload.session = session.as(bucket.publish(
                content,
                session.draft().withCrc32c(StorageService.crc32c(hash)),
                null,
                session.preconditions()::check));
        upload.save();
        return finished(upload.session);
    }

    private static HttpAnswer finished(Session session) throws IOException {
        Stored done = session.done();
        if (done == null) {
            throw new IllegalStateException("the upload is under way");
        }
        return HttpAnswer.of(
                200,
                "application/json; charset=UTF-8",
                Map.of(),
                JSON.writeValueAsBytes(Resources.object(session.bucket(), done)));
    }

    private static HttpAnswer unfinished(Upload upload) throws IOException {
        long received = upload.received();
        return HttpAnswer.of(
                RESUME_INCOMPLETE,
                "text/plain; charset=utf-8",
                received == 0 ? Map.of() : Map.of("Range", "bytes=0-" + (received - 1)),
                new byte[0]);
    }

    private Upload find(String id) {
        Upload upload = open.get(id);
        if (upload == null) {
            throw StorageError.noUpload();
        }
        return upload;
    }
}
