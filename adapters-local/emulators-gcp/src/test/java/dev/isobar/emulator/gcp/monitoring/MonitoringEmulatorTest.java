package dev.isobar.emulator.gcp.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.api.Metric;
import com.google.api.MetricDescriptor.MetricKind;
import com.google.api.MonitoredResource;
import com.google.monitoring.v3.CreateTimeSeriesRequest;
import com.google.monitoring.v3.CreateTimeSeriesSummary;
import com.google.monitoring.v3.DeleteMetricDescriptorRequest;
import com.google.monitoring.v3.GetMetricDescriptorRequest;
import com.google.monitoring.v3.ListTimeSeriesRequest;
import com.google.monitoring.v3.ListTimeSeriesResponse;
import com.google.monitoring.v3.MetricServiceGrpc;
import com.google.monitoring.v3.MetricServiceGrpc.MetricServiceBlockingStub;
import com.google.monitoring.v3.Point;
import com.google.monitoring.v3.TimeInterval;
import com.google.monitoring.v3.TimeSeries;
import com.google.monitoring.v3.TypedValue;
import com.google.protobuf.util.Timestamps;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The Cloud Monitoring emulator")
class MonitoringEmulatorTest {
    private static final String PROJECT = "projects/p-12345";
    private static final String TYPE = "custom.googleapis.com/a/b";
    private static final long NOW = System.currentTimeMillis() / 1_000;

    @TempDir
    Path home;

    private MonitoringEmulator emulator;
    private ManagedChannel channel;
    private MetricServiceBlockingStub stub;

    @BeforeEach
    void start() throws Exception {
        emulator = MonitoringEmulator.start(home, 0);
        URI endpoint = URI.create(emulator.endpoint());
        channel = NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
                .usePlaintext()
                .build();
        stub = MetricServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        emulator.close();
    }

    private static TimeSeries.Builder series(String label, double value, long second) {
        return TimeSeries.newBuilder()
                .setMetric(Metric.newBuilder().setType(TYPE).putLabels("l", label))
                .setResource(MonitoredResource.newBuilder().setType("global"))
                .addPoints(Point.newBuilder()
                        .setInterval(TimeInterval.newBuilder().setEndTime(Timestamps.fromSeconds(second)))
                        .setValue(TypedValue.newBuilder().setDoubleValue(value)));
    }

    private void write(TimeSeries.Builder... series) {
        CreateTimeSeriesRequest.Builder request =
                CreateTimeSeriesRequest.newBuilder().setName(PROJECT);
        for (TimeSeries.Builder each : series) {
            request.addTimeSeries(each);
        }
        stub.createTimeSeries(request.build());
    }

    private StatusRuntimeException refused(TimeSeries.Builder... series) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> write(series));
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        return e;
    }

    private ListTimeSeriesResponse list(UnaryOperator<ListTimeSeriesRequest.Builder> change) {
        return stub.listTimeSeries(change.apply(ListTimeSeriesRequest.newBuilder()
                        .setName(PROJECT)
                        .setFilter("metric.type = \"" + TYPE + "\"")
                        .setInterval(TimeInterval.newBuilder()
                                .setStartTime(Timestamps.fromSeconds(NOW - 1_000))
                                .setEndTime(Timestamps.fromSeconds(NOW))))
                .build());
    }

    @Test
    @DisplayName(
            "takes points that are strictly newer and five seconds apart, writes those of a request that are, and says how many were")
    void order() {
        write(series("a", 1, NOW - 60), series("b", 1, NOW - 50));
        StatusRuntimeException e =
                refused(series("a", 2, NOW - 50), series("b", 2, NOW - 50), series("c", 2, NOW - 50));
        assertThat(e.getStatus().getDescription())
                .startsWith("One or more TimeSeries could not be written: Points must be written in order.")
                .contains("timeSeries[1]")
                .doesNotContain("timeSeries[0]");
        CreateTimeSeriesSummary summary = summary(e);
        assertThat(summary.getTotalPointCount()).isEqualTo(3);
        assertThat(summary.getSuccessPointCount()).isEqualTo(2);
        assertThat(refused(series("a", 3, NOW - 46)).getStatus().getDescription())
                .contains("more frequently than the maximum sampling period");
        write(series("a", 3, NOW - 45));
        assertThat(list(r -> r.setFilter("metric.type = \"" + TYPE + "\" AND metric.labels.l = \"a\""))
                        .getTimeSeries(0)
                        .getPointsList())
                .extracting(p -> p.getValue().getDoubleValue())
                .containsExactly(3.0, 2.0, 1.0);
    }

    private static CreateTimeSeriesSummary summary(StatusRuntimeException e) {
        try {
            return StatusProto.fromThrowable(e).getDetails(0).unpack(CreateTimeSeriesSummary.class);
        } catch (com.google.protobuf.InvalidProtocolBufferException bad) {
            throw new AssertionError(bad);
        }
    }

    @Test
    @DisplayName("refuses what the service refuses")
    void rules() {
        Map<String, TimeSeries.Builder> wrong = new LinkedHashMap<>();
        wrong.put("5 minutes in the future", series("x", 1, NOW + 360));
        wrong.put("25h0s in the past", series("x", 1, NOW - 25 * 3_600 - 60));
        wrong.put("finite", series("x", Double.NaN, NOW));
        wrong.put(
                "Exactly one point",
                series("x", 1, NOW).addPoints(series("x", 1, NOW - 9).getPoints(0)));
        wrong.put(
                "missing field interval.endTime",
                series("x", 1, NOW)
                        .clearPoints()
                        .addPoints(Point.newBuilder()
                                .setValue(TypedValue.newBuilder().setDoubleValue(1))));
        wrong.put("DELTA", series("x", 1, NOW).setMetricKind(MetricKind.DELTA));
        wrong.put(
                "metric.type", series("x", 1, NOW).setMetric(Metric.newBuilder().setType("other.example/x")));
        wrong.put(
                "resource.type",
                series("x", 1, NOW).setResource(MonitoredResource.newBuilder().setType("bigtable_table")));
        wrong.put(
                "Unrecognized metric label",
                series("x", 1, NOW).setMetric(Metric.newBuilder().setType(TYPE).putLabels("_l", "x")));
        wrong.put("longer than 1024", series("x".repeat(1_025), 1, NOW));
        Metric.Builder labels = Metric.newBuilder().setType(TYPE);
        for (int i = 0; i < 31; i++) {
            labels.putLabels("l" + i, "x");
        }
        wrong.put("at most 30 labels", series("x", 1, NOW).setMetric(labels));
        wrong.forEach((words, series) ->
                assertThat(refused(series).getStatus().getDescription()).contains(words));
        assertThat(refused(series("d", 1, NOW - 20), series("d", 2, NOW - 10))
                        .getStatus()
                        .getDescription())
                .contains("Duplicate TimeSeries encountered");
        TimeSeries.Builder[] many = new TimeSeries.Builder[201];
        for (int i = 0; i < many.length; i++) {
            many[i] = series("m" + i, 1, NOW);
        }
        assertThat(refused(many).getStatus().getDescription()).contains("200");
        assertThat(list(r -> r).getTimeSeriesList()).hasSize(1);
        TimeSeries.Builder whole = series("d", 1, NOW);
        whole.getPointsBuilder(0).setValue(TypedValue.newBuilder().setInt64Value(1));
        assertThat(refused(whole).getStatus().getDescription()).contains("must be DOUBLE, but is INT64");
        for (UnaryOperator<ListTimeSeriesRequest.Builder> bad : List.<UnaryOperator<ListTimeSeriesRequest.Builder>>of(
                r -> r.setName("p"),
                r -> r.clearInterval(),
                r -> r.setFilter("metric.type ~ x"),
                r -> r.setFilter("resource.type = \"global\""),
                r -> r.setPageToken("x"),
                r -> r.setPageSize(-1))) {
            assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> list(bad))
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    @Test
    @DisplayName("gives points newest first in pages, an interval open at its start, and headers without points")
    void pages() {
        for (int i = 0; i < 5; i++) {
            write(series("a", i, NOW - 100 + 10 * i), series("b", i, NOW - 100 + 10 * i));
        }
        ListTimeSeriesResponse page = list(r -> r.setPageSize(7));
        assertThat(page.getTimeSeriesList())
                .extracting(TimeSeries::getPointsCount)
                .containsExactly(5, 2);
        ListTimeSeriesResponse rest = list(r -> r.setPageSize(7).setPageToken(page.getNextPageToken()));
        assertThat(rest.getTimeSeriesList())
                .extracting(TimeSeries::getPointsCount)
                .containsExactly(3);
        assertThat(rest.getNextPageToken()).isEmpty();
        assertThat(list(r -> r.setInterval(TimeInterval.newBuilder()
                                .setStartTime(Timestamps.fromSeconds(NOW - 90))
                                .setEndTime(Timestamps.fromSeconds(NOW - 70))))
                        .getTimeSeries(0)
                        .getPointsList())
                .extracting(p -> p.getValue().getDoubleValue())
                .containsExactly(3.0, 2.0);
        ListTimeSeriesResponse headers = list(r -> r.setView(ListTimeSeriesRequest.TimeSeriesView.HEADERS));
        assertThat(headers.getTimeSeriesList())
                .extracting(TimeSeries::getPointsCount)
                .containsExactly(0, 0);
    }

    @Test
    @DisplayName("keeps what it answered, and forgets a metric whose descriptor is deleted")
    void durable() throws Exception {
        write(series("a", 1, NOW - 60));
        write(series("a", 2, NOW - 50));
        // what a kill in the middle of a write leaves
        Files.write(home.resolve("metrics.log"), new byte[] {1, 0, 0, 1, 0, 7}, StandardOpenOption.APPEND);
        channel.shutdownNow();
        emulator.close();
        start();
        assertThat(list(r -> r).getTimeSeries(0).getPointsCount()).isEqualTo(2);
        refused(series("a", 3, NOW - 50));
        write(series("a", 3, NOW - 40));
        String name = PROJECT + "/metricDescriptors/" + TYPE;
        assertThat(stub.getMetricDescriptor(GetMetricDescriptorRequest.newBuilder()
                                .setName(name)
                                .build())
                        .getLabels(0)
                        .getKey())
                .isEqualTo("l");
        stub.deleteMetricDescriptor(
                DeleteMetricDescriptorRequest.newBuilder().setName(name).build());
        channel.shutdownNow();
        emulator.close();
        start();
        assertThat(list(r -> r).getTimeSeriesList()).isEmpty();
        assertThatCode(() -> write(series("a", 1, NOW - 60))).doesNotThrowAnyException();
    }
}
