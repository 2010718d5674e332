package dev.isobar.emulator.gcp.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.NoCredentials;
import com.google.cloud.ReadChannel;
import com.google.cloud.WriteChannel;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.CopyWriter;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.ComposeRequest;
import com.google.cloud.storage.Storage.CopyRequest;
import com.google.cloud.storage.StorageException;
import com.google.cloud.storage.StorageOptions;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Cloud Storage in process, judged by Google's own client and by a raw one")
class StorageServiceTest {
    private static final String BUCKET = "bucket";
    private static final int QUANTUM = 256 << 10;

    @TempDir
    Path home;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmulatorServer server;
    private Storage storage;

    @BeforeEach
    void start() throws Exception {
        server = EmulatorServer.start(0, new StorageService(home));
        storage = client(server.uri());
        storage.create(BucketInfo.newBuilder(BUCKET).setLocation("europe-west3").build());
    }

    @AfterEach
    void stop() throws Exception {
        storage.close();
        server.close();
    }

    private static Storage client(URI uri) {
        return StorageOptions.http()
                .setHost(uri.toString())
                .setProjectId("project")
                .setCredentials(NoCredentials.getInstance())
                .build()
                .getService();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static BlobInfo object(String name) {
        return BlobInfo.newBuilder(BUCKET, name).build();
    }

    private static int code(ThrowingCallable call) {
        return catchThrowableOfType(StorageException.class, call).getCode();
    }

    private HttpResponse<String> send(String method, String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.uri().resolve(path)).method(method, BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    @DisplayName("keeps buckets, says where they are, and removes empty ones only")
    void buckets() {
        assertThat(storage.get(BUCKET).getLocation()).isEqualTo("EUROPE-WEST3");
        assertThat(storage.get(BUCKET).getLocationType()).isEqualTo("region");
        assertThat(storage.get("other")).isNull();
        assertThat(code(() -> storage.create(BucketInfo.of(BUCKET)))).isEqualTo(409);
        assertThat(code(() -> storage.create(BucketInfo.of("No")))).isEqualTo(400);
        storage.create(object("x"), bytes("1"));
        assertThat(code(() -> storage.delete(BUCKET))).isEqualTo(409);
        storage.delete(BlobId.of(BUCKET, "x"));
        assertThat(storage.delete(BUCKET)).isTrue();
        assertThat(code(() -> storage.create(object("x"), bytes("1")))).isEqualTo(404);
    }

    @Test
    @DisplayName("gives each write a generation of its own that grows, and each change of metadata a metageneration")
    void generations() {
        Blob first = storage.create(object("a/b c+%\u00e9"), bytes("1"));
        Blob second = storage.create(object("a/b c+%\u00e9"), bytes("1"));
        assertThat(second.getGeneration()).isGreaterThan(first.getGeneration());
        assertThat(second.getMetageneration()).isEqualTo(1);
        assertThat(storage.readAllBytes(second.getBlobId())).isEqualTo(bytes("1"));
        assertThat(storage.get(first.getBlobId())).isNull();
        Blob changed = second.toBuilder().setMetadata(Map.of("k", "v")).build().update();
        assertThat(changed.getMetageneration()).isEqualTo(2);
        assertThat(changed.getGeneration()).isEqualTo(second.getGeneration());
        assertThat(storage.get(second.getBlobId()).getMetadata()).containsEntry("k", "v");
        storage.delete(second.getBlobId());
        assertThat(storage.create(object("a/b c+%\u00e9"), bytes("1")).getGeneration())
                .isGreaterThan(second.getGeneration());
    }

    @Test
    @DisplayName("of many writers under one generation lets exactly one through")
    void atomic() throws Exception {
        long generation = storage.create(object("k"), bytes("0")).getGeneration();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boolean>> writers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                byte[] content = bytes("w" + i);
                writers.add(() -> {
                    try {
                        storage.create(object("k"), content, BlobTargetOption.generationMatch(generation));
                        return true;
                    } catch (StorageException e) {
                        assertThat(e.getCode()).isEqualTo(412);
                        assertThat(e.getReason()).isEqualTo("conditionNotMet");
                        return false;
                    }
                });
            }
            List<Boolean> won = new ArrayList<>();
            for (Future<Boolean> each : pool.invokeAll(writers)) {
                won.add(each.get());
            }
            assertThat(won).containsOnlyOnce(true);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("holds every condition on reading, writing and removing")
    void conditions() {
        long generation = storage.create(object("k"), bytes("0"), BlobTargetOption.doesNotExist())
                .getGeneration();
        assertThat(code(() -> storage.create(object("k"), bytes("1"), BlobTargetOption.doesNotExist())))
                .isEqualTo(412);
        assertThat(code(() -> storage.create(object("none"), bytes("1"), BlobTargetOption.generationMatch(7))))
                .isEqualTo(412);
        BlobId id = BlobId.of(BUCKET, "k");
        assertThat(code(() -> storage.get(id, BlobGetOption.generationMatch(7))))
                .isEqualTo(412);
        assertThat(code(() -> storage.get(id, BlobGetOption.generationNotMatch(generation))))
                .isEqualTo(304);
        assertThat(storage.get(id, BlobGetOption.metagenerationMatch(1))).isNotNull();
        assertThat(code(() -> storage.delete(id, BlobSourceOption.generationMatch(7))))
                .isEqualTo(412);
        assertThat(code(() -> storage.delete(id, BlobSourceOption.metagenerationMatch(2))))
                .isEqualTo(412);
        assertThat(storage.delete(id, BlobSourceOption.generationMatch(generation)))
                .isTrue();
        assertThat(storage.delete(id, BlobSourceOption.generationMatch(generation)))
                .isFalse();
    }

    @Test
    @DisplayName("lists by bytes of names, in pages, behind a prefix, between offsets, and by folder")
    void listing() {
        for (String name : List.of("a/1", "a/2", "a/b/3", "a-", "b", "a/\u00e9", "a/\ud83d\ude00", "a/\uffee")) {
            storage.create(object(name), bytes(name));
        }
        assertThat(names()).containsExactly("a-", "a/1", "a/2", "a/b/3", "a/\u00e9", "a/\uffee", "a/\ud83d\ude00", "b");
        assertThat(names(BlobListOption.pageSize(3)))
                .containsExactly("a-", "a/1", "a/2", "a/b/3", "a/\u00e9", "a/\uffee", "a/\ud83d\ude00", "b");
        assertThat(names(
                        BlobListOption.prefix("a/"),
                        BlobListOption.startOffset("a/2"),
                        BlobListOption.endOffset("a/c")))
                .containsExactly("a/2", "a/b/3");
        for (int page = 1; page < 6; page++) {
            assertThat(names(BlobListOption.currentDirectory(), BlobListOption.pageSize(page)))
                    .containsExactlyInAnyOrder("a-", "b", "a/");
        }
        Blob partial = storage.list(BUCKET, BlobListOption.fields(BlobField.NAME), BlobListOption.prefix("b"))
                .getValues()
                .iterator()
                .next();
        assertThat(partial.getGeneration()).isNull();
        assertThat(code(() -> storage.list(BUCKET, BlobListOption.matchGlob("*"))))
                .isEqualTo(501);
    }

    private List<String> names(BlobListOption... options) {
        return StreamSupport.stream(storage.list(BUCKET, options).iterateAll().spliterator(), false)
                .map(Blob::getName)
                .toList();
    }

    @Test
    @DisplayName("gives content, or a range of it, with its checksums")
    void ranges() throws Exception {
        Blob blob = storage.create(object("k"), bytes("0123456789"));
        try (ReadChannel channel = storage.reader(blob.getBlobId())) {
            channel.seek(3);
            channel.limit(7);
            ByteBuffer read = ByteBuffer.allocate(16);
            while (channel.read(read) >= 0) {
                assertThat(read.position()).isLessThanOrEqualTo(4);
            }
            assertThat(new String(read.array(), 0, read.position(), StandardCharsets.UTF_8))
                    .isEqualTo("3456");
        }
        String media = "/storage/v1/b/bucket/o/k?alt=media";
        HttpResponse<String> whole = send("GET", media, new byte[0]);
        assertThat(whole.headers().allValues("x-goog-hash"))
                .containsExactly("crc32c=" + blob.getCrc32c(), "md5=" + blob.getMd5());
        assertThat(send("GET", media, new byte[0], "Range", "bytes=-3").body()).isEqualTo("789");
        HttpResponse<String> part = send("GET", media, new byte[0], "Range", "bytes=8-100");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo("89");
        assertThat(part.headers().firstValue("content-range")).contains("bytes 8-9/10");
        assertThat(send("GET", media, new byte[0], "Range", "bytes=10-").statusCode())
                .isEqualTo(416);
        HttpResponse<String> none = send("GET", "/storage/v1/b/bucket/o/none?alt=media", new byte[0]);
        assertThat(none.statusCode()).isEqualTo(404);
        assertThat(none.body()).isEqualTo("No such object: bucket/none");
    }

    @Test
    @DisplayName("makes no object of content that is not what its checksum says")
    void checksums() throws Exception {
        String wrong = "{\"name\":\"k\",\"crc32c\":\"AAAAAA==\"}";
        String body = "--b\r\nContent-Type: application/json\r\n\r\n" + wrong
                + "\r\n--b\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--b--\r\n";
        HttpResponse<String> answer = send(
                "POST",
                "/upload/storage/v1/b/bucket/o?uploadType=multipart",
                bytes(body),
                "Content-Type",
                "multipart/related; boundary=b");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("doesn't match calculated CRC32C", "\"reason\" : \"invalid\"");
        assertThat(storage.get(BUCKET, "k")).isNull();
    }

    @Test
    @DisplayName("takes a resumable upload in chunks, says how far it is, and takes nothing twice")
    void resumable() throws Exception {
        byte[] content = new byte[2 * QUANTUM + 10];
        new Random(11).nextBytes(content);
        String session = send(
                        "POST",
                        "/upload/storage/v1/b/bucket/o?uploadType=resumable&name=big&ifGenerationMatch=0",
                        new byte[0],
                        "X-Upload-Content-Type",
                        "application/x-thing")
                .headers()
                .firstValue("location")
                .orElseThrow();
        String all = "/" + content.length;
        assertThat(send("PUT", session, new byte[0], "Content-Range", "bytes */*")
                        .statusCode())
                .isEqualTo(308);
        // What is no multiple of 256 KiB is not kept of a chunk that is not the last.
        HttpResponse<String> first = send(
                "PUT", session, slice(content, 0, QUANTUM + 5), "Content-Range", "bytes 0-" + (QUANTUM + 4) + "/*");
        assertThat(first.statusCode()).isEqualTo(308);
        assertThat(first.headers().firstValue("range")).contains("bytes=0-" + (QUANTUM - 1));
        assertThat(send(
                                "PUT",
                                session,
                                slice(content, 2 * QUANTUM, content.length),
                                "Content-Range",
                                "bytes " + 2 * QUANTUM + "-" + (content.length - 1) + all)
                        .statusCode())
                .isEqualTo(503);
        assertThat(storage.get(BUCKET, "big")).isNull();
        // Some of it is there already.
        HttpResponse<String> last = send(
                "PUT",
                session,
                slice(content, QUANTUM - 100, content.length),
                "Content-Range",
                "bytes " + (QUANTUM - 100) + "-" + (content.length - 1) + all);
        assertThat(last.statusCode()).isEqualTo(200);
        Blob blob = storage.get(BUCKET, "big");
        assertThat(blob.getContentType()).isEqualTo("application/x-thing");
        assertThat(blob.getContent()).isEqualTo(content);
        assertThat(send("PUT", session, new byte[0], "Content-Range", "bytes */*")
                        .body())
                .isEqualTo(last.body());

        String cancelled = send("POST", "/upload/storage/v1/b/bucket/o?uploadType=resumable&name=gone", new byte[0])
                .headers()
                .firstValue("location")
                .orElseThrow();
        assertThat(send("DELETE", cancelled, new byte[0]).statusCode()).isEqualTo(499);
        assertThat(send("PUT", cancelled, new byte[0], "Content-Range", "bytes */*")
                        .statusCode())
                .isEqualTo(404);
        assertThat(send(
                                "POST",
                                "/upload/storage/v1/b/bucket/o?uploadType=resumable&name=big&ifGenerationMatch=0",
                                new byte[0])
                        .statusCode())
                .isEqualTo(412);
    }

    private static byte[] slice(byte[] content, int from, int end) {
        return java.util.Arrays.copyOfRange(content, from, end);
    }

    @Test
    @DisplayName("composes objects of generations, and copies them")
    void composed() {
        Blob one = storage.create(object("1"), bytes("one"));
        Blob two = storage.create(object("2"), bytes("two"));
        ComposeRequest request = ComposeRequest.newBuilder()
                .addSource("1", one.getGeneration())
                .addSource("2", two.getGeneration())
                .setTarget(object("12"))
                .setTargetOptions(BlobTargetOption.doesNotExist())
                .build();
        Blob composed = storage.compose(request);
        assertThat(composed.getContent()).isEqualTo(bytes("onetwo"));
        assertThat(composed.getComponentCount()).isEqualTo(2);
        assertThat(composed.getMd5()).isNull();
        assertThat(composed.getCrc32c())
                .isEqualTo(storage.create(object("x"), bytes("onetwo")).getCrc32c());
        assertThat(code(() -> storage.compose(request))).isEqualTo(412);
        storage.create(object("2"), bytes("2"));
        ComposeRequest stale = ComposeRequest.newBuilder()
                .addSource("2", two.getGeneration())
                .setTarget(object("other"))
                .build();
        assertThat(code(() -> storage.compose(stale))).isIn(404, 412);

        CopyWriter copy = storage.copy(CopyRequest.newBuilder()
                .setSource(composed.getBlobId())
                .setTarget(BlobId.of(BUCKET, "copy"))
                .build());
        assertThat(copy.getResult().getContent()).isEqualTo(bytes("onetwo"));
    }

    @Test
    @DisplayName("refuses what it cannot do and what is malformed, and does not guess")
    void refusals() throws Exception {
        assertThat(send("GET", "/storage/v1/b/bucket/o?versions=true", new byte[0])
                        .statusCode())
                .isEqualTo(501);
        assertThat(send("GET", "/storage/v1/b/bucket/o?softDeleted=true", new byte[0])
                        .statusCode())
                .isEqualTo(501);
        assertThat(send("GET", "/storage/v1/b/bucket/o?maxResults=x", new byte[0])
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("GET", "/storage/v1/b/bucket/o?pageToken=%21", new byte[0])
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("GET", "/storage/v1/b/bucket/iam", new byte[0]).statusCode())
                .isEqualTo(501);
        assertThat(send("GET", "/storage/v1/b", new byte[0]).statusCode()).isEqualTo(400);
        String upload = "/upload/storage/v1/b/bucket/o";
        assertThat(send("POST", upload + "?uploadType=media", bytes("x")).statusCode())
                .isEqualTo(400);
        assertThat(send("POST", upload + "?uploadType=magic&name=x", bytes("x")).statusCode())
                .isEqualTo(400);
        assertThat(send("POST", upload + "?uploadType=media&name=" + "x".repeat(1025), bytes("x"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("POST", upload + "?uploadType=media&name=x&ifGenerationMatch=one", bytes("x"))
                        .statusCode())
                .isEqualTo(400);
        for (String body : List.of("", "--b", "--b\r\n\r\n{}\r\n--b--", "x--b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--")) {
            assertThat(send(
                                    "POST",
                                    upload + "?uploadType=multipart",
                                    bytes(body),
                                    "Content-Type",
                                    "multipart/related; boundary=b")
                            .statusCode())
                    .isEqualTo(400);
        }
        assertThat(send("POST", "/storage/v1/b/bucket/o/x/compose", bytes("{")).statusCode())
                .isEqualTo(400);
        assertThat(send("POST", "/storage/v1/b/bucket/o/x/compose", bytes("{\"sourceObjects\":[]}"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(names()).isEmpty();
    }

    @Test
    @DisplayName("is as it was after a kill: objects, generations, and an upload that goes on")
    void killed() throws Exception {
        Path folder = home.resolve("killed");
        byte[] content = new byte[3 * QUANTUM];
        new Random(12).nextBytes(content);
        long generation;
        String session;
        try (StorageProcess process = StorageProcess.start(folder);
                Storage client = client(process.uri())) {
            client.create(object("k"), bytes("1"));
            generation = client.create(object("k"), bytes("2")).getGeneration();
            client.create(object("gone"), bytes("3"));
            client.delete(BlobId.of(BUCKET, "gone"));
            session = send(
                            "POST",
                            process.uri() + "/upload/storage/v1/b/bucket/o?uploadType=resumable&name=big",
                            new byte[0])
                    .headers()
                    .firstValue("location")
                    .orElseThrow();
            send(
                    "PUT",
                    session,
                    slice(content, 0, 2 * QUANTUM),
                    "Content-Range",
                    "bytes 0-" + (2 * QUANTUM - 1) + "/*");
        }
        try (StorageProcess process = StorageProcess.start(folder);
                Storage client = client(process.uri())) {
            assertThat(client.get(BUCKET, "k").getGeneration()).isEqualTo(generation);
            assertThat(client.get(BUCKET, "k").getContent()).isEqualTo(bytes("2"));
            assertThat(client.get(BUCKET, "gone")).isNull();
            String moved = session.replaceFirst("http://[^/]*", process.uri().toString());
            HttpResponse<String> status = send("PUT", moved, new byte[0], "Content-Range", "bytes */*");
            assertThat(status.headers().firstValue("range")).contains("bytes=0-" + (2 * QUANTUM - 1));
            send(
                    "PUT",
                    moved,
                    slice(content, 2 * QUANTUM, content.length),
                    "Content-Range",
                    "bytes " + 2 * QUANTUM + "-" + (content.length - 1) + "/" + content.length);
            assertThat(client.get(BUCKET, "big").getContent()).isEqualTo(content);
            assertThat(client.create(object("gone"), bytes("4")).getGeneration())
                    .isGreaterThan(generation);
        }
    }

    @Test
    @DisplayName("takes what Google's client writes through a channel")
    void channel() throws Exception {
        byte[] content = new byte[5 * QUANTUM + 1];
        new Random(13).nextBytes(content);
        try (WriteChannel channel = storage.writer(object("k"))) {
            channel.setChunkSize(QUANTUM);
            channel.write(ByteBuffer.wrap(content));
        }
        assertThat(storage.readAllBytes(BUCKET, "k")).isEqualTo(content);
    }
}
