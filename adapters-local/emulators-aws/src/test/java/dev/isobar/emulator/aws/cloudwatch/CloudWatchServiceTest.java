package dev.isobar.emulator.aws.cloudwatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("CloudWatch on this machine, asked by a raw client,")
class CloudWatchServiceTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final double SECONDS = NOW.getEpochSecond();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path folder;

    private EmulatorServer server;

    @BeforeEach
    void start() throws Exception {
        server = EmulatorServer.start(
                0, List.of(CloudWatchService.in(folder.resolve("cloudwatch.jsonl"), Clock.fixed(NOW, ZoneOffset.UTC))));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private record Answer(int status, String queryError, JsonNode body) {}

    private Answer ask(String operation, JsonNode input) throws Exception {
        HttpResponse<byte[]> response = send(
                "/service/GraniteServiceVersion20100801/operation/" + operation,
                CborCodec.write(input),
                "smithy-protocol",
                "rpc-v2-cbor",
                "content-type",
                "application/cbor");
        assertThat(response.headers().firstValue("smithy-protocol")).contains("rpc-v2-cbor");
        return new Answer(
                response.statusCode(),
                response.headers().firstValue("x-amzn-query-error").orElse(""),
                CborCodec.read(response.body()));
    }

    private HttpResponse<byte[]> send(String path, byte[] body, String... headers) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.uri() + path))
                .headers(headers)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private static ObjectNode datum(Consumer<ObjectNode> change) {
        ObjectNode input = JSON.createObjectNode().put("Namespace", "Shop");
        ObjectNode datum = input.putArray("MetricData").addObject();
        datum.put("MetricName", "latency").put("Value", 1.5).put("Timestamp", SECONDS);
        change.accept(datum);
        return input;
    }

    @Test
    @DisplayName("refuses what the service refuses, with its codes")
    void refuses() throws Exception {
        List<Consumer<ObjectNode>> wrong = List.of(
                d -> d.put("Value", Double.NaN),
                d -> d.put("Value", Double.POSITIVE_INFINITY),
                d -> d.put("Value", 1e120),
                d -> d.put("Timestamp", SECONDS - 15 * 86_400),
                d -> d.put("Timestamp", SECONDS + 7_300),
                d -> d.put("StorageResolution", 30),
                d -> d.put("Unit", "Furlongs"),
                d -> d.put("MetricName", "caf\u00e9"),
                d -> d.putArray("Dimensions").addObject().put("Name", "n").put("Value", " "),
                d -> d.putArray("Dimensions").addObject().put("Name", ":n").put("Value", "v"),
                d -> {
                    ArrayNode dimensions = d.putArray("Dimensions");
                    for (int i = 0; i < 31; i++) {
                        dimensions.addObject().put("Name", "n" + i).put("Value", "v");
                    }
                },
                d -> {
                    d.remove("Value");
                    ArrayNode values = d.putArray("Values");
                    for (int i = 0; i < 151; i++) {
                        values.add(i);
                    }
                });
        for (Consumer<ObjectNode> each : wrong) {
            Answer answer = ask("PutMetricData", datum(each));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.queryError()).isEqualTo("InvalidParameterValue;Sender");
            assertThat(answer.body().path("__type").asText()).endsWith("#InvalidParameterValueException");
        }
        assertThat(ask("PutMetricData", datum(d -> d.remove("Value"))).queryError())
                .isEqualTo("MissingParameter;Sender");
        assertThat(ask("PutMetricData", datum(d -> d.putArray("Values").add(1))).queryError())
                .isEqualTo("InvalidParameterCombination;Sender");
        assertThat(ask("PutMetricData", datum(d -> {}).put("Namespace", "AWS/EC2"))
                        .status())
                .isEqualTo(400);
        ObjectNode many = datum(d -> {});
        for (int i = 0; i < 1_000; i++) {
            ((ArrayNode) many.path("MetricData")).add(many.path("MetricData").get(0));
        }
        assertThat(ask("PutMetricData", many).status()).isEqualTo(400);
        assertThat(ask("Unheard", datum(d -> {})).status()).isEqualTo(404);
        assertThat(ask("ListMetrics", JSON.createObjectNode()).body().path("Metrics"))
                .isEmpty();
    }

    @Test
    @DisplayName("gives back what was published, by period and statistic, page by page, also after it was started anew")
    void data() throws Exception {
        for (int i = 1; i <= 120; i++) {
            double value = i;
            double time = SECONDS - 600 + i;
            assertThat(ask(
                                    "PutMetricData",
                                    datum(d -> d.put("Value", value)
                                            .put("Timestamp", time)
                                            .put("StorageResolution", 1)))
                            .status())
                    .isEqualTo(200);
        }
        stop();
        start();
        ObjectNode query =
                JSON.createObjectNode().put("StartTime", SECONDS - 3_600).put("EndTime", SECONDS);
        query.put("MaxDatapoints", 2);
        ObjectNode stat = query.putArray("MetricDataQueries")
                .addObject()
                .put("Id", "q")
                .putObject("MetricStat")
                .put("Period", 60)
                .put("Stat", "p90");
        stat.putObject("Metric").put("Namespace", "Shop").put("MetricName", "latency");
        JsonNode first = ask("GetMetricData", query).body();
        // 120 falls into a third minute
        assertThat(first.path("MetricDataResults").path(0).path("Values")).hasToString("[120.0,113.0]");
        query.set("NextToken", first.path("NextToken"));
        JsonNode second = ask("GetMetricData", query).body();
        assertThat(second.path("MetricDataResults").path(0).path("Values")).hasToString("[54.0]");
        assertThat(second.has("NextToken")).isFalse();
        stat.put("Stat", "Sum").put("Period", 3_600);
        query.remove("NextToken");
        assertThat(ask("GetMetricData", query)
                        .body()
                        .path("MetricDataResults")
                        .path(0)
                        .path("Values"))
                .hasToString("[7260.0]");
        stat.put("Period", 45);
        assertThat(ask("GetMetricData", query).status()).isEqualTo(400);
    }

    @Test
    @DisplayName("has alarms that follow their metric")
    void alarms() throws Exception {
        ObjectNode alarm = JSON.createObjectNode()
                .put("AlarmName", "slow")
                .put("Namespace", "Shop")
                .put("MetricName", "latency")
                .put("Period", 60)
                .put("EvaluationPeriods", 2)
                .put("Threshold", 1.0)
                .put("Statistic", "Average")
                .put("ComparisonOperator", "GreaterThanThreshold");
        assertThat(ask("PutMetricAlarm", alarm).status()).isEqualTo(200);
        assertThat(state()).isEqualTo("INSUFFICIENT_DATA");
        ask("PutMetricData", datum(d -> {}));
        assertThat(state()).isEqualTo("OK");
        ask("PutMetricData", datum(d -> d.put("Timestamp", SECONDS - 60)));
        assertThat(state()).isEqualTo("ALARM");
        ObjectNode names = JSON.createObjectNode();
        names.putArray("AlarmNames").add("slow");
        ask("DeleteAlarms", names);
        assertThat(state()).isEmpty();
    }

    private String state() throws Exception {
        return ask("DescribeAlarms", JSON.createObjectNode())
                .body()
                .path("MetricAlarms")
                .path(0)
                .path("StateValue")
                .asText();
    }

    @Test
    @DisplayName("speaks the query protocol too, gzip or not")
    void query() throws Exception {
        String form = "Action=PutMetricData&Version=2010-08-01&Namespace=Shop&MetricData.member.1.MetricName=a%26b"
                + "&MetricData.member.1.Value=2.5&MetricData.member.1.Dimensions.member.1.Name=n"
                + "&MetricData.member.1.Dimensions.member.1.Value=%3Cv%3E&MetricData.member.1.Timestamp=2026-03-01T11%3A59%3A00Z";
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(form.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(form(zipped.toByteArray(), "content-encoding", "gzip")).contains("<PutMetricDataResponse");
        assertThat(form("Action=ListMetrics&Namespace=Shop".getBytes(StandardCharsets.UTF_8), "x-y", "z"))
                .contains(
                        "<Metrics><member><Namespace>Shop</Namespace><MetricName>a&amp;b</MetricName><Dimensions><member><Name>n</Name><Value>&lt;v&gt;</Value></member></Dimensions></member></Metrics>");
        assertThat(form("Action=PutMetricData".getBytes(StandardCharsets.UTF_8), "x-y", "z"))
                .contains("<Code>MissingParameter</Code>");
        assertThat(form(form.replace("2.5", "NaN").getBytes(StandardCharsets.UTF_8), "x-y", "z"))
                .contains("<Code>InvalidParameterValue</Code>");
    }

    private String form(byte[] body, String header, String value) throws Exception {
        return new String(
                send(
                                "/",
                                body,
                                "content-type",
                                "application/x-www-form-urlencoded",
                                "authorization",
                                "AWS4-HMAC-SHA256 Credential=x/20260301/eu-central-1/monitoring/aws4_request",
                                header,
                                value)
                        .body(),
                StandardCharsets.UTF_8);
    }
}
