package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.conformance.fault.CuttingProxy;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.emulator.gcp.wire.HttpService;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.storage.GcsBucket;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterSession;
import java.io.ByteArrayInputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The lake in Cloud Storage, when Cloud Storage or the way to it fails")
class GcsFaultTest {
    @TempDir
    Path home;

    private final Faults faults = new Faults();
    private EmulatorServer emulator;
    private CuttingProxy proxy;
    private AdapterSession session;
    private ObjectStore lake;

    /** What becomes of an answer. */
    private interface Fault {
        HttpAnswer instead(HttpCall call) throws Exception;
    }

    /** Cloud Storage, some of whose answers are others. */
    private static final class Faults implements HttpService {
        private StorageService real;
        private Predicate<HttpCall> hit = call -> false;
        private Fault fault = call -> real.answer(call);
        private final AtomicInteger left = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final List<HttpCall> calls = new CopyOnWriteArrayList<>();

        void of(int times, Predicate<HttpCall> which, Fault what) {
            hit = which;
            fault = what;
            left.set(times);
            done.set(0);
            calls.clear();
        }

        @Override
        public HttpAnswer answer(HttpCall call) throws Exception {
            calls.add(call);
            if (hit.test(call) && left.getAndDecrement() > 0) {
                done.incrementAndGet();
                return fault.instead(call);
            }
            return real.answer(call);
        }

        /** Says this and does nothing. */
        Fault refusing(int status, String reason) {
            return call -> {
                call.body().readAllBytes();
                return error(status, reason);
            };
        }

        /** Does what was asked for, and says 503. */
        Fault losingTheAnswer() {
            return call -> {
                try (var body = real.answer(call).body()) {
                    body.readAllBytes();
                }
                return error(503, "backendError");
            };
        }

        /** Does what was asked for, with one bit of the answer turned. */
        Fault damaging() {
            return call -> {
                HttpAnswer answer = real.answer(call);
                byte[] content;
                try (var body = answer.body()) {
                    content = body.readAllBytes();
                }
                content[content.length / 2] ^= 1;
                return HttpAnswer.of(answer.status(), answer.contentType(), answer.headers(), content);
            };
        }

        private static HttpAnswer error(int status, String reason) {
            String body = "{\"error\":{\"code\":" + status + ",\"message\":\"injected\",\"errors\":[{\"message\":"
                    + "\"injected\",\"domain\":\"global\",\"reason\":\"" + reason + "\"}]}}";
            return HttpAnswer.of(status, "application/json", Map.of(), body.getBytes(StandardCharsets.UTF_8));
        }
    }

    @BeforeEach
    void start() throws Exception {
        faults.real = GcpPlatform.lake(home);
        emulator = EmulatorServer.start(0, faults);
        proxy = CuttingProxy.start(emulator.uri());
        session = open(Map.of());
        lake = session.objectStore();
    }

    @AfterEach
    void stop() {
        session.close();
        proxy.close();
        emulator.close();
    }

    private AdapterSession open(Map<String, String> more) {
        Map<String, String> settings =
                new HashMap<>(Map.of("endpoint.storage", emulator.uri().toString(), "retry.total", "2s"));
        settings.putAll(more);
        return new GcpPlatform(settings).open();
    }

    /** What the lake has to list; a session asks every service that it has. */
    private List<Resource> resources() {
        GcpIdentity identity = new GcpIdentity(
                "gcp",
                GcpPlatform.PROJECT,
                GcpPlatform.LOCATION,
                null,
                null,
                null,
                List.of(),
                Map.of(GcpService.STORAGE, emulator.uri()));
        try (GcpClients clients = new GcpClients(identity)) {
            return new GcsBucket(clients, GcpPlatform.BUCKET, "isobar/parts/", Duration.ofSeconds(2)).resources();
        }
    }

    private AdapterSession openThroughTheProxy() {
        return open(Map.of("endpoint.storage", proxy.uri().toString()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] random(int seed, int length) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static IsobarException failure(ThrowingCallable call) {
        return catchThrowableOfType(IsobarException.class, call);
    }

    private static boolean isInsert(HttpCall call) {
        return call.method().equals("POST")
                && "multipart".equals(call.parameters().get("uploadType"));
    }

    private static boolean isChunk(HttpCall call) {
        return call.method().equals("PUT") && call.parameters().containsKey("upload_id");
    }

    private static boolean isDelete(HttpCall call) {
        return call.method().equals("DELETE");
    }

    private static boolean isMedia(HttpCall call) {
        return "media".equals(call.parameters().get("alt"));
    }

    private static boolean isCompose(HttpCall call) {
        return call.path().endsWith("/compose");
    }

    @Test
    @DisplayName("is asked again when it wants to be asked slower, and says so when that does not help")
    void throttled() {
        faults.of(2, GcsFaultTest::isInsert, faults.refusing(429, "rateLimitExceeded"));
        lake.put("k", bytes("1"), Precondition.absent());
        assertThat(faults.done).hasValue(2);

        faults.of(1_000, GcsFaultTest::isInsert, faults.refusing(429, "rateLimitExceeded"));
        IsobarException e = failure(() -> lake.put("k2", bytes("1"), Precondition.absent()));
        assertThat(e.code()).isEqualTo(ErrorCode.THROTTLED);
        assertThat(e.retryable()).isTrue();
        assertThat(faults.done.get()).isBetween(2, 30);
    }

    @Test
    @DisplayName("is asked again when it fails in passing, and is reported as unavailable when it fails for long")
    void unavailable() {
        lake.put("k", bytes("1"), Precondition.absent());
        faults.of(2, call -> true, faults.refusing(503, "backendError"));
        assertThat(lake.get("k").orElseThrow().content()).isEqualTo(bytes("1"));
        assertThat(faults.done).hasValue(2);

        faults.of(1_000, call -> true, faults.refusing(503, "backendError"));
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> lake.get("k"),
                () -> lake.put("k", bytes("1"), Precondition.none()),
                () -> lake.put("k", bytes("1"), Precondition.absent()),
                () -> lake.list("", null, 1))) {
            assertThat(failure(call).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        }
    }

    @Test
    @DisplayName("knows its own write again when the answer to it was lost")
    void lostAnswer() {
        faults.of(1, GcsFaultTest::isInsert, faults.losingTheAnswer());
        ObjectInfo first = lake.put("k", bytes("1"), Precondition.absent());
        assertThat(faults.done).hasValue(1);
        assertThat(lake.head("k")).contains(first);

        faults.of(1, GcsFaultTest::isInsert, faults.losingTheAnswer());
        ObjectInfo second = lake.put("k", bytes("2"), Precondition.version(first.version()));
        assertThat(faults.done).hasValue(1);
        assertThat(lake.head("k")).contains(second);

        faults.of(1, GcsFaultTest::isInsert, faults.losingTheAnswer());
        ObjectInfo third = lake.put("k", bytes("3"), Precondition.none());
        assertThat(lake.head("k")).contains(third);

        // Equal content of somebody else is not ours.
        assertThat(failure(() -> lake.put("k", bytes("3"), Precondition.absent()))
                        .code())
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(failure(() -> lake.put("k", bytes("3"), Precondition.version(first.version())))
                        .code())
                .isEqualTo(ErrorCode.CONFLICT);
    }

    @Test
    @DisplayName("knows its own write again when every answer to it is lost, until nobody waits any longer")
    void everyAnswerLost() {
        AtomicInteger first = new AtomicInteger();
        faults.of(
                1_000,
                GcsFaultTest::isInsert,
                call -> first.getAndIncrement() == 0
                        ? faults.losingTheAnswer().instead(call)
                        : faults.refusing(503, "backendError").instead(call));
        ObjectInfo info = lake.put("k", bytes("1"), Precondition.absent());
        assertThat(faults.done.get()).isGreaterThan(1);
        assertThat(lake.head("k")).contains(info);
    }

    @Test
    @DisplayName("knows its own write again when the connection broke before the answer")
    void brokenOff() {
        try (AdapterSession through = openThroughTheProxy()) {
            ObjectStore far = through.objectStore();
            far.head("k");
            proxy.cut(1, 1);
            ObjectInfo info = far.put("k", bytes("1"), Precondition.absent());
            assertThat(lake.head("k")).contains(info);
        }
    }

    @Test
    @DisplayName("takes a removal whose answer was lost for done, and nobody else's removal for its own")
    void lostRemoval() throws Exception {
        faults.of(1, GcsFaultTest::isDelete, faults.losingTheAnswer());
        lake.put("k", bytes("1"), Precondition.none());
        assertThat(lake.delete("k", Precondition.none())).isTrue();
        assertThat(faults.done).hasValue(1);

        faults.of(1, GcsFaultTest::isDelete, faults.losingTheAnswer());
        ObjectInfo info = lake.put("k", bytes("2"), Precondition.none());
        assertThat(lake.delete("k", Precondition.version(info.version()))).isTrue();
        assertThat(faults.done).hasValue(1);

        ObjectInfo contended = lake.put("k", bytes("3"), Precondition.none());
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            Callable<Boolean> remove = () -> {
                try {
                    return lake.delete("k", Precondition.version(contended.version()));
                } catch (IsobarException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT);
                    return false;
                }
            };
            List<Boolean> won = new ArrayList<>();
            for (Future<Boolean> each :
                    pool.invokeAll(List.of(remove, remove, remove, remove, remove, remove, remove, remove))) {
                won.add(each.get());
            }
            assertThat(won).containsOnlyOnce(true);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("goes on with a large upload where it broke off, and does not begin anew")
    void resumed() throws Exception {
        byte[] content = random(2, 12 << 20);
        Path source = Files.write(home.resolve("in"), content);
        try (AdapterSession through = openThroughTheProxy()) {
            faults.of(0, call -> false, faults.losingTheAnswer());
            proxy.cutRequests(1, 7 << 20);
            ObjectInfo info = through.objectStore().putFile("large", source, Precondition.absent());
            assertThat(lake.head("large")).contains(info);
        }
        List<String> ranges = faults.calls.stream()
                .filter(GcsFaultTest::isChunk)
                .map(call -> String.valueOf(call.header("content-range")))
                .toList();
        // All of it; a question how far it got; the rest.
        assertThat(ranges).hasSize(3);
        assertThat(ranges.get(0)).isEqualTo("bytes 0-12582911/12582912");
        assertThat(ranges.get(1)).startsWith("bytes */");
        assertThat(ranges.get(2)).matches("bytes [1-9]\\d{5,}-12582911/12582912");
        assertThat(lake.get("large").orElseThrow().content()).isEqualTo(content);
    }

    @Test
    @DisplayName("knows its own large upload again when the answer to its end was lost, with the upload or without it")
    void lostCompletion() throws Exception {
        byte[] content = random(3, 9 << 20);
        Path source = Files.write(home.resolve("in"), content);
        for (Precondition precondition : List.of(Precondition.absent(), Precondition.none())) {
            faults.of(1, GcsFaultTest::isChunk, faults.losingTheAnswer());
            ObjectInfo info = lake.putFile("large", source, precondition);
            assertThat(faults.done).hasValue(1);
            assertThat(lake.head("large")).contains(info);
        }
        AtomicInteger chunks = new AtomicInteger();
        faults.of(
                2,
                GcsFaultTest::isChunk,
                call -> chunks.getAndIncrement() == 0
                        ? faults.losingTheAnswer().instead(call)
                        : faults.refusing(410, "gone").instead(call));
        ObjectInfo info = lake.putFile("large", source, Precondition.none());
        assertThat(faults.done).hasValue(2);
        assertThat(lake.head("large")).contains(info);
    }

    @Test
    @DisplayName("begins a large upload anew when Cloud Storage has forgotten it")
    void forgotten() throws Exception {
        byte[] content = random(4, 9 << 20);
        Path source = Files.write(home.resolve("in"), content);
        faults.of(1, GcsFaultTest::isChunk, faults.refusing(410, "gone"));
        ObjectInfo info = lake.putFile("large", source, Precondition.absent());
        assertThat(faults.done).hasValue(1);
        assertThat(lake.head("large")).contains(info);
        assertThat(lake.get("large").orElseThrow().content()).isEqualTo(content);
    }

    @Test
    @DisplayName("composes a very large file of parts, leaves none of them, and knows its own composition again")
    void composed() throws Exception {
        byte[] content = random(5, (37 << 20) + 5);
        Path source = Files.write(home.resolve("in"), content);
        try (AdapterSession composing = open(Map.of("storage.compose-from-mib", "32"))) {
            ObjectStore store = composing.objectStore();
            faults.of(1, GcsFaultTest::isCompose, faults.losingTheAnswer());
            ObjectInfo info = store.putFile("composed", source, Precondition.absent());
            assertThat(faults.done).hasValue(1);
            assertThat(info.bytes()).isEqualTo(content.length);
            assertThat(lake.head("composed")).contains(info);
            store.getFile("composed", home.resolve("out"));
            assertThat(Files.mismatch(source, home.resolve("out"))).isEqualTo(-1);
            assertThat(resources()).isEmpty();

            faults.of(0, call -> false, faults.losingTheAnswer());
            assertThat(failure(() -> store.putFile("composed", source, Precondition.absent()))
                            .code())
                    .isEqualTo(ErrorCode.ALREADY_EXISTS);
            assertThat(failure(() -> store.putFile("composed", source, Precondition.version("1")))
                            .code())
                    .isEqualTo(ErrorCode.CONFLICT);
            assertThat(faults.calls).noneMatch(GcsFaultTest::isChunk);

            // Somebody else is faster while the parts go up.
            faults.of(1, GcsFaultTest::isCompose, call -> {
                lake.put("raced", bytes("theirs"), Precondition.absent());
                return faults.real.answer(call);
            });
            assertThat(failure(() -> store.putFile("raced", source, Precondition.absent()))
                            .code())
                    .isEqualTo(ErrorCode.ALREADY_EXISTS);
            assertThat(lake.get("raced").orElseThrow().content()).isEqualTo(bytes("theirs"));
            assertThat(resources()).isEmpty();
        }
    }

    @Test
    @DisplayName("makes no object of a very large file that loses its end while it goes up")
    void truncated() throws Exception {
        Path source = Files.write(home.resolve("in"), random(9, 37 << 20));
        try (AdapterSession composing = open(Map.of("storage.compose-from-mib", "32"))) {
            composing.objectStore().head("truncated");
            // The first part arrives while the last one has not been read yet.
            faults.of(1, GcsFaultTest::isChunk, call -> {
                try (FileChannel file = FileChannel.open(source, StandardOpenOption.WRITE)) {
                    file.truncate(12 << 20);
                }
                return faults.real.answer(call);
            });
            IsobarException e =
                    failure(() -> composing.objectStore().putFile("truncated", source, Precondition.absent()));
            assertThat(e.getMessage()).contains("shorter");
            assertThat(faults.calls).noneMatch(GcsFaultTest::isCompose);
            assertThat(lake.head("truncated")).isEmpty();
            assertThat(resources()).isEmpty();
        }
    }

    @Test
    @DisplayName("reads again what was cut off, and leaves nothing half-written when it is cut off each time")
    void cutOff() throws Exception {
        byte[] content = random(6, 3 << 20);
        lake.put("k", content, Precondition.none());
        Path folder = home.resolve("out");
        try (AdapterSession through = openThroughTheProxy()) {
            ObjectStore far = through.objectStore();
            proxy.cut(1, 1 << 20);
            far.getFile("k", folder.resolve("file"));
            assertThat(Files.readAllBytes(folder.resolve("file"))).isEqualTo(content);
            proxy.cut(1, 1 << 20);
            assertThat(far.get("k").orElseThrow().content()).isEqualTo(content);

            Files.delete(folder.resolve("file"));
            proxy.cut(1_000, 1);
            assertThat(failure(() -> far.getFile("k", folder.resolve("file"))).code())
                    .isEqualTo(ErrorCode.UNAVAILABLE);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    @DisplayName("reads again what arrived damaged, and gives nobody what arrives damaged each time")
    void damaged() throws Exception {
        byte[] content = random(7, 100_000);
        lake.put("k", content, Precondition.none());
        Path file = home.resolve("out/file");
        faults.of(1, GcsFaultTest::isMedia, faults.damaging());
        assertThat(lake.get("k").orElseThrow().content()).isEqualTo(content);
        assertThat(faults.done).hasValue(1);
        faults.of(1, GcsFaultTest::isMedia, faults.damaging());
        lake.getFile("k", file);
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
        assertThat(faults.done).hasValue(1);

        Files.delete(file);
        faults.of(1_000, GcsFaultTest::isMedia, faults.damaging());
        assertThat(failure(() -> lake.get("k")).code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(failure(() -> lake.getFile("k", file)).code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(file).doesNotExist();
    }

    @Test
    @DisplayName("gives nobody content without a version")
    void unversioned() {
        lake.put("k", bytes("1"), Precondition.none());
        faults.of(1, GcsFaultTest::isMedia, call -> HttpAnswer.of(200, "text/plain", Map.of(), bytes("1")));
        IsobarException e = failure(() -> lake.get("k"));
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(e.hint()).contains("headers");
    }

    @Test
    @DisplayName("sends again what arrived there damaged, and there is no object of it")
    void damagedUpload() {
        byte[] content = random(8, 100_000);
        Fault damaging = call -> {
            byte[] body = call.body().readAllBytes();
            body[body.length / 2] ^= 1;
            return faults.real.answer(new HttpCall(
                    call.method(), call.path(), call.query(), call.headers(), new ByteArrayInputStream(body)));
        };
        faults.of(1, GcsFaultTest::isInsert, damaging);
        lake.put("k", content, Precondition.absent());
        assertThat(faults.done).hasValue(1);
        assertThat(lake.get("k").orElseThrow().content()).isEqualTo(content);

        faults.of(1_000, GcsFaultTest::isInsert, damaging);
        assertThat(failure(() -> lake.put("k2", content, Precondition.absent())).code())
                .isEqualTo(ErrorCode.CORRUPT);
        assertThat(lake.head("k2")).isEmpty();
    }

    @Test
    @DisplayName("says what may not be done, and does not try it again")
    void forbidden() {
        faults.of(1_000, GcsFaultTest::isInsert, faults.refusing(403, "forbidden"));
        IsobarException e = failure(() -> lake.put("k", bytes("1"), Precondition.absent()));
        assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(e.hint()).contains("role");
        assertThat(faults.done).hasValue(1);

        faults.of(1_000, GcsFaultTest::isInsert, faults.refusing(403, "accessNotConfigured"));
        assertThat(failure(() -> lake.put("k", bytes("1"), Precondition.absent()))
                        .hint())
                .contains("gcloud services enable");

        faults.of(1_000, GcsFaultTest::isInsert, faults.refusing(401, "authError"));
        assertThat(failure(() -> lake.put("k", bytes("1"), Precondition.absent()))
                        .code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
    }

    @Test
    @DisplayName("works for who may use the objects and not see the bucket")
    void objectsOnly() {
        faults.of(
                1_000,
                call -> call.path().equals("/storage/v1/b/" + GcpPlatform.BUCKET),
                faults.refusing(403, "forbidden"));
        try (AdapterSession other = open(Map.of())) {
            other.objectStore().put("k", bytes("1"), Precondition.absent());
            assertThat(faults.done).hasValue(1);
        }
    }

    @Test
    @DisplayName("lists what a killed upload left")
    void leftovers() throws Exception {
        assertThat(resources()).isEmpty();
        byte[] body = ("--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"isobar/parts/x;y.part\"}\r\n--b\r\n"
                        + "Content-Type: text/plain\r\n\r\npart\r\n--b--")
                .getBytes(StandardCharsets.UTF_8);
        HttpAnswer answer = faults.real.answer(new HttpCall(
                "POST",
                "/upload/storage/v1/b/" + GcpPlatform.BUCKET + "/o",
                "uploadType=multipart",
                Map.of("content-type", "multipart/related; boundary=b"),
                new ByteArrayInputStream(body)));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(resources()).extracting(Resource::name).containsExactly("isobar/parts/x;y.part");
    }

    @Test
    @DisplayName("says which bucket is missing and what to do, whatever was asked")
    void noBucket() {
        try (AdapterSession other = open(Map.of("bucket", "no-such-bucket"))) {
            ObjectStore port = other.objectStore();
            List<ThrowingCallable> calls = List.of(
                    () -> port.head("k"),
                    () -> port.get("k"),
                    () -> port.put("k", bytes("1"), Precondition.none()),
                    () -> port.put("k", bytes("1"), Precondition.absent()),
                    () -> port.getFile("k", home.resolve("x")),
                    () -> port.list("", null, 1),
                    () -> port.delete("k", Precondition.none()));
            for (ThrowingCallable call : calls) {
                IsobarException e = failure(call);
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
                assertThat(e.getMessage()).contains("no-such-bucket");
                assertThat(e.hint()).contains("gcloud storage buckets create gs://no-such-bucket");
            }
        }
    }

    @Test
    @DisplayName("says where the bucket is when it is not where the jobs are, and is content with one around them")
    void wrongPlace() throws Exception {
        try (AdapterSession other = open(Map.of("location", "us-east1"))) {
            IsobarException e = failure(() -> other.objectStore().put("k", bytes("1"), Precondition.none()));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.getMessage()).contains("not in us-east1 but in europe-west3");
            assertThat(e.hint()).contains("location");
        }
        for (String around : List.of("EU", "EUR7")) {
            String bucket = "isobar-" + around.toLowerCase(java.util.Locale.ROOT);
            faults.real.makeBucket(bucket, GcpPlatform.PROJECT, around);
            try (AdapterSession other = open(Map.of("bucket", bucket))) {
                other.objectStore().put("k", bytes("1"), Precondition.none());
            }
        }
    }
}
