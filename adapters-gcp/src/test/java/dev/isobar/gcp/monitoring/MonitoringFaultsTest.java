package dev.isobar.gcp.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.api.Metric;
import com.google.api.MonitoredResource;
import com.google.cloud.monitoring.v3.MetricServiceClient;
import com.google.monitoring.v3.CreateTimeSeriesRequest;
import com.google.monitoring.v3.TimeInterval;
import com.google.monitoring.v3.TypedValue;
import com.google.protobuf.util.Timestamps;
import dev.isobar.emulator.gcp.monitoring.MonitoringEmulator;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.port.Metrics.Point;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@DisplayName("Metrics on Cloud Monitoring, when something fails,")
class MonitoringFaultsTest {
    private static final long NOW = System.currentTimeMillis() / 5_000 * 5_000_000;

    private final Answers answers = new Answers();
    private MonitoringEmulator emulator;
    private GcpClients clients;
    private MetricServiceClient client;

    @BeforeEach
    void start(@TempDir Path home) throws Exception {
        emulator = MonitoringEmulator.start(home, 0, Clock.systemUTC(), List.of(answers));
        clients = new GcpClients(new GcpIdentity(
                "test",
                "isobar-test",
                "europe-west3",
                null,
                null,
                null,
                List.of(),
                Map.of(GcpService.MONITORING, URI.create(emulator.endpoint()))));
        client = Monitoring.open(clients, Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        clients.close();
        emulator.close();
    }

    private CloudMonitoringMetrics metrics() {
        return new CloudMonitoringMetrics(client, "test", "isobar-test", "team-a", Clock.systemUTC());
    }

    private static Point point(String name, double value, int steps) {
        return new Point(name, Map.of(), value, NOW + steps * CloudMonitoringMetrics.STEP_MICROS);
    }

    /** Refuses calls, or does them and loses the answer. */
    private static final class Answers implements ServerInterceptor {
        private final AtomicInteger calls = new AtomicInteger();
        private volatile int refused;
        private volatile int lost;
        private volatile Status status = Status.UNAVAILABLE;

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            int number = calls.incrementAndGet();
            if (number <= refused) {
                call.close(status, new Metadata());
                return new ServerCall.Listener<>() {};
            }
            return next.startCall(
                    number > refused + lost
                            ? call
                            : new SimpleForwardingServerCall<>(call) {
                                @Override
                                public void sendHeaders(Metadata sent) {}

                                @Override
                                public void sendMessage(A message) {}

                                @Override
                                public void close(Status real, Metadata trailers) {
                                    super.close(status, new Metadata());
                                }
                            },
                    headers);
        }

        void next(int refusedCalls, int lostAnswers) {
            calls.set(0);
            refused = refusedCalls;
            lost = lostAnswers;
        }
    }

    @Test
    @DisplayName("are there once, though calls were refused in passing and the answer was lost")
    void lost() {
        CloudMonitoringMetrics metrics = metrics();
        for (Status each : List.of(Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED)) {
            String name = "lost_" + each.getCode().name().toLowerCase(java.util.Locale.ROOT);
            answers.status = each;
            answers.next(1, 2);
            metrics.publish(List.of(point(name, 1, -3), point(name, 2, -2)));
            answers.next(0, 0);
            assertThat(metrics().latest(name)).containsExactly(point(name, 2, -2));
            metrics.publish(List.of(point(name, 3, -1)));
            assertThat(metrics().latest(name)).containsExactly(point(name, 3, -1));
        }
    }

    @Test
    @DisplayName("are published again by a caller who was told that they may not be there")
    void again() {
        GcpClients hasty = new GcpClients(clients.identity());
        try (hasty) {
            MetricServiceClient impatient = Monitoring.open(hasty, Duration.ZERO);
            CloudMonitoringMetrics metrics =
                    new CloudMonitoringMetrics(impatient, "test", "isobar-test", "team-a", Clock.systemUTC());
            answers.next(0, Integer.MAX_VALUE / 2);
            List<Point> points = List.of(point("again_a", 1, -3), point("again_b", 2, -3));
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> metrics.publish(points));
            assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(e.retryable()).isTrue();
            answers.next(0, 0);
            metrics.publish(points);
            assertThat(metrics().latest("again_")).containsExactlyElementsOf(points);
        }
    }

    @Test
    @DisplayName("keep what is newer of a request of which some is not, in requests of 200 series")
    void partly() {
        List<Point> first = new ArrayList<>();
        List<Point> second = new ArrayList<>();
        List<Point> expected = new ArrayList<>();
        for (int i = 0; i < 450; i++) {
            Point old = new Point("partly", Map.of("n", Integer.toString(i)), i, NOW - 20_000_000 * (i % 3 + 1));
            Point young = new Point("partly", Map.of("n", Integer.toString(i)), -i, NOW - 40_000_000);
            first.add(old);
            second.add(young);
            expected.add(young.micros() > old.micros() ? young : old);
        }
        answers.next(0, 0);
        metrics().publish(first);
        assertThat(answers.calls.get()).isEqualTo(3);
        metrics().publish(second);
        assertThat(metrics().latest("partly")).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    @DisplayName("say what was refused for another reason, and write the rest")
    void refusedForKind() {
        CreateTimeSeriesRequest.Builder request =
                CreateTimeSeriesRequest.newBuilder().setName("projects/isobar-test");
        request.addTimeSeriesBuilder()
                .setMetric(Metric.newBuilder().setType(CloudMonitoringMetrics.type("team-a", "kind_b")))
                .setResource(MonitoredResource.newBuilder().setType("global"))
                .addPointsBuilder()
                .setInterval(TimeInterval.newBuilder().setEndTime(Timestamps.fromMicros(NOW - 60_000_000)))
                .setValue(TypedValue.newBuilder().setInt64Value(7));
        client.createTimeSeries(request.build());
        CloudMonitoringMetrics metrics = metrics();
        metrics.publish(List.of(point("kind_c", 0, -1)));
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> metrics()
                        .publish(List.of(point("kind_a", 1, -2), point("kind_b", 2, -2), point("kind_c", 3, -2))));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.hint()).contains("descriptor");
        assertThat(metrics().latest("kind_a")).containsExactly(point("kind_a", 1, -2));
    }

    @Test
    @DisplayName("name the role that is missing")
    void permission() {
        answers.status = Status.PERMISSION_DENIED;
        answers.next(9, 0);
        IsobarException e =
                catchThrowableOfType(IsobarException.class, () -> metrics().publish(List.of(point("p", 1, -2))));
        assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(e.hint()).contains("roles/monitoring.metricWriter");
        e = catchThrowableOfType(IsobarException.class, () -> metrics().latest("p"));
        assertThat(e.hint()).contains("roles/monitoring.viewer");
    }

    @Test
    @DisplayName("show a point of days ago that another session wrote then")
    void old(@TempDir Path home) throws Exception {
        stop();
        Clock then = Clock.offset(Clock.systemUTC(), Duration.ofDays(-9));
        try (MonitoringEmulator past = MonitoringEmulator.start(home, 0, then, List.of())) {
            GcpClients thenClients = clientsOf(past);
            try (thenClients) {
                new CloudMonitoringMetrics(
                                Monitoring.open(thenClients, Duration.ofSeconds(10)),
                                "test",
                                "isobar-test",
                                "team-a",
                                then)
                        .publish(List.of(
                                new Point("old", Map.of("l", "a b\"\\"), 1, NOW - 9 * 86_400_000_000L - 10_000_000),
                                new Point("old", Map.of("l", "a b\"\\"), 2, NOW - 9 * 86_400_000_000L)));
            }
        }
        emulator = MonitoringEmulator.start(home, 0);
        clients = clientsOf(emulator);
        client = Monitoring.open(clients, Duration.ofSeconds(10));
        assertThat(metrics().latest("old"))
                .containsExactly(new Point("old", Map.of("l", "a b\"\\"), 2, NOW - 9 * 86_400_000_000L));
    }

    private static GcpClients clientsOf(MonitoringEmulator emulator) {
        return new GcpClients(new GcpIdentity(
                "test",
                "isobar-test",
                "europe-west3",
                null,
                null,
                null,
                List.of(),
                Map.of(GcpService.MONITORING, URI.create(emulator.endpoint()))));
    }
}
