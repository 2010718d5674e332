package dev.isobar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.conformance.fault.CuttingProxy;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import dev.isobar.spi.AdapterSession;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The lake in S3, when S3 or the way to it fails")
class S3FaultTest {
    @TempDir
    Path home;

    private final Faults faults = new Faults();
    private EmulatorServer emulator;
    private CuttingProxy proxy;
    private AdapterSession session;
    private ObjectStore lake;

    /** S3, some of whose answers are others. */
    private final class Faults implements WireService {
        private S3Service real;
        private Predicate<WireRequest> hit = request -> false;
        private boolean effective;
        private int status;
        private String code = "";
        private final AtomicInteger left = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();

        void of(int times, Predicate<WireRequest> requests, boolean afterTheEffect, int withStatus, String withCode) {
            hit = requests;
            effective = afterTheEffect;
            status = withStatus;
            code = withCode;
            left.set(times);
            done.set(0);
        }

        @Override
        public boolean takes(WireRequest request) {
            return real.takes(request);
        }

        @Override
        public WireResponse answer(WireRequest request) throws Exception {
            if (hit.test(request) && left.getAndDecrement() > 0) {
                done.incrementAndGet();
                if (effective) {
                    assertThat(real.answer(request).status()).isEqualTo(200);
                }
                String error = "<Error><Code>" + code + "</Code><Message>injected</Message></Error>";
                return WireResponse.of(status, "application/xml", error.getBytes(StandardCharsets.UTF_8));
            }
            return real.answer(request);
        }
    }

    @BeforeEach
    void start() throws Exception {
        faults.real = new S3Service(home.resolve("s3"));
        emulator = EmulatorServer.start(0, List.of(faults));
        Buckets.make(emulator.uri());
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
                new HashMap<>(Map.of("endpoint", emulator.uri().toString()));
        settings.putAll(more);
        return new AwsPlatform(settings).open();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static IsobarException failure(ThrowingCallable call) {
        return catchThrowableOfType(IsobarException.class, call);
    }

    private static boolean isPut(WireRequest request) {
        return request.method().equals("PUT");
    }

    @Test
    @DisplayName("is asked again when it wants to be asked slower, and says so when that does not help")
    void throttled() {
        faults.of(2, S3FaultTest::isPut, false, 503, "SlowDown");
        lake.put("k", bytes("1"), Precondition.absent());
        assertThat(faults.done).hasValue(2);

        faults.of(1_000, S3FaultTest::isPut, false, 503, "SlowDown");
        IsobarException e = failure(() -> lake.put("k2", bytes("1"), Precondition.absent()));
        assertThat(e.code()).isEqualTo(ErrorCode.THROTTLED);
        assertThat(e.retryable()).isTrue();
        assertThat(faults.done.get()).isLessThan(10);
    }

    @Test
    @DisplayName("writes again what S3 left undecided (409), a few times and not for ever")
    void undecided() {
        faults.of(1, S3FaultTest::isPut, false, 409, "ConditionalRequestConflict");
        lake.put("k", bytes("1"), Precondition.absent());
        assertThat(lake.get("k").orElseThrow().content()).isEqualTo(bytes("1"));

        faults.of(1_000, S3FaultTest::isPut, false, 409, "ConditionalRequestConflict");
        assertThat(failure(() -> lake.put("k2", bytes("1"), Precondition.absent()))
                        .code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(faults.done.get()).isLessThan(20);
    }

    @Test
    @DisplayName("knows its own conditional write again when the answer to it was lost")
    void lostAnswer() {
        faults.of(1, S3FaultTest::isPut, true, 500, "InternalError");
        ObjectInfo first = lake.put("k", bytes("1"), Precondition.absent());
        assertThat(faults.done).hasValue(1);
        assertThat(lake.head("k")).contains(first);

        faults.of(1, S3FaultTest::isPut, true, 500, "InternalError");
        ObjectInfo second = lake.put("k", bytes("2"), Precondition.version(first.version()));
        assertThat(lake.head("k")).contains(second);

        // Equal content of somebody else is not ours.
        assertThat(failure(() -> lake.put("k", bytes("2"), Precondition.absent()))
                        .code())
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
    }

    @Test
    @DisplayName("knows its own upload in parts again when the answer to its completion was lost")
    void lostCompletion() throws Exception {
        byte[] content = new byte[12 << 20];
        new Random(3).nextBytes(content);
        Path source = Files.write(home.resolve("in"), content);
        for (Precondition precondition : List.of(Precondition.absent(), Precondition.none())) {
            faults.of(1, r -> r.method().equals("POST") && r.query().contains("uploadId"), true, 500, "InternalError");
            ObjectInfo info = lake.putFile("large", source, precondition);
            assertThat(faults.done).hasValue(1);
            assertThat(lake.head("large")).contains(info);
        }
    }

    @Test
    @DisplayName("reads again what was cut off, and leaves nothing half-written when it is cut off each time")
    void cutOff() throws Exception {
        byte[] content = new byte[3 << 20];
        new Random(4).nextBytes(content);
        lake.put("k", content, Precondition.none());
        Path folder = home.resolve("out");
        try (AdapterSession through = open(Map.of("endpoint.s3", proxy.uri().toString()))) {
            ObjectStore far = through.objectStore();
            proxy.cut(1, 1 << 20);
            far.getFile("k", folder.resolve("file"));
            assertThat(Files.readAllBytes(folder.resolve("file"))).isEqualTo(content);
            proxy.cut(1, 1 << 20);
            assertThat(far.get("k").orElseThrow().content()).isEqualTo(content);

            Files.delete(folder.resolve("file"));
            proxy.cut(1_000, 1 << 20);
            assertThat(failure(() -> far.getFile("k", folder.resolve("file"))).code())
                    .isEqualTo(ErrorCode.UNAVAILABLE);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files).isEmpty();
            }
        }
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
                assertThat(e.hint()).contains("aws s3 mb s3://no-such-bucket");
            }
        }
    }

    @Test
    @DisplayName("says in which region the bucket is, when it is asked for in another")
    void wrongRegion() {
        try (AdapterSession other = open(Map.of("region", "us-west-2"))) {
            IsobarException e = failure(() -> other.objectStore().put("k", bytes("1"), Precondition.none()));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.getMessage()).contains("not in us-west-2 but in eu-central-1");
        }
    }
}
