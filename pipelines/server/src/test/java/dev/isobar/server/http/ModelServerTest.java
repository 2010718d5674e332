package dev.isobar.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelServerTest {
    private static final String INSTANCE =
            "{\"origin\":\"ORD\",\"event_time\":\"2001-03-01T12:00:00Z\",\"distance_mi\":731,\"fuel\":1.5}";

    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TrivialScorer scorer = new TrivialScorer();
    private ModelServer server = start(scorer, ServerConfiguration.ofDefaults("127.0.0.1", 0));

    @BeforeEach
    void ready() {
        server.markReady();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void allFourFormsGiveTheSameProbabilityForTheSameInstance() throws Exception {
        double expected = scorer.of(731, 1.5);
        JsonNode bare = ok(post("/invocations", INSTANCE));
        assertThat(bare.get("probability").asDouble()).isEqualTo(expected);
        assertThat(bare.get("prediction_id").asText()).isNotBlank();
        assertThat(bare.get("provisional").asBoolean()).isFalse();
        assertThat(bare.has("details")).isFalse();

        String vertex = "{\"instances\":[" + INSTANCE + "," + INSTANCE + "]}";
        for (String route : List.of("/predict", "/invocations", "/score")) {
            JsonNode answer = ok(post(route, vertex));
            assertThat(answer.get("predictions")).hasSize(2);
            assertThat(answer.at("/predictions/1/probability").asDouble()).isEqualTo(expected);
            assertThat(answer.at("/predictions/0/prediction_id").asText())
                    .isNotEqualTo(answer.at("/predictions/1/prediction_id").asText());
        }

        String tensors = "{\"id\":\"r7\",\"inputs\":[" + tensor("origin", "BYTES", "\"ORD\"") + ","
                + tensor("event_time", "BYTES", "\"2001-03-01T12:00:00Z\"") + ","
                + tensor("distance_mi", "INT32", "731")
                + "," + tensor("fuel", "FP64", "1.5") + "]}";
        for (String route : List.of(
                "/v2/models/flights/infer", "/v2/models/flights/versions/3/infer", "/invocations", "/predict")) {
            JsonNode answer = ok(post(route, tensors));
            assertThat(answer.get("id").asText()).isEqualTo("r7");
            assertThat(answer.get("model_name").asText()).isEqualTo("flights");
            assertThat(answer.get("model_version").asText()).isEqualTo("3");
            assertThat(answer.at("/outputs/0/name").asText()).isEqualTo("probability");
            assertThat(answer.at("/outputs/0/datatype").asText()).isEqualTo("FP64");
            assertThat(answer.at("/outputs/0/shape/0").asInt()).isEqualTo(1);
            assertThat(answer.at("/outputs/0/data/0").asDouble()).isEqualTo(expected);
            assertThat(answer.at("/outputs/1/data/0").asText()).isNotBlank();
        }

        String line = "ORD,2001-03-01T12:00:00Z,731,1.5,\n";
        HttpResponse<String> csv = post("/invocations", "text/csv", line + line);
        assertThat(csv.body()).isEqualTo(expected + "\n" + expected + "\n");
        assertThat(csv.headers()
                        .firstValue("x-isobar-prediction-ids")
                        .orElseThrow()
                        .split(","))
                .hasSize(2);
        assertThat(post(
                                "/invocations",
                                "text/csv; charset=utf-8",
                                "origin,event_time,distance_mi,fuel,urgent\r\n" + line)
                        .body())
                .isEqualTo(expected + "\n");
    }

    @Test
    void everyAnswerCarriesTheModelDigest() throws Exception {
        for (HttpResponse<String> answer : List.of(
                get("/ping"),
                get("/nowhere"),
                get("/metrics"),
                get("/invocations"),
                post("/invocations", INSTANCE),
                post("/invocations", "garbage"),
                post("/invocations", "text/xml", "<a/>"))) {
            assertThat(answer.headers().firstValue("x-isobar-model-digest")).contains("sha256:abc");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/ping",
                "/health",
                "/ready",
                "/v2/health/ready",
                "/v2/models/flights/ready",
                "/v2/models/flights/versions/3/ready"
            })
    void readinessIs503UntilReadyAndThen200(String route) throws Exception {
        try (ModelServer young = start(scorer, ServerConfiguration.ofDefaults("127.0.0.1", 0))) {
            HttpResponse<String> early = get(young, route);
            assertThat(early.statusCode()).isEqualTo(503);
            assertThat(early.headers().firstValue("retry-after")).isPresent();
            for (String scoring : List.of("/invocations", "/predict", "/score", "/v2/models/flights/infer")) {
                assertThat(post(young, scoring, "application/json", INSTANCE).statusCode())
                        .isEqualTo(503);
            }
            assertThat(get(young, "/").statusCode()).isEqualTo(200);
            assertThat(get(young, "/v2/health/live").statusCode()).isEqualTo(200);
            assertThat(json.readTree(get(young, "/isobar/v1/status").body())
                            .get("ready")
                            .asBoolean())
                    .isFalse();
            young.markReady();
            assertThat(get(young, route).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theModelDescribesItself() throws Exception {
        for (String route : List.of("/v2/models/flights", "/v2/models/flights/versions/3")) {
            JsonNode model = ok(get(route));
            assertThat(model.get("name").asText()).isEqualTo("flights");
            assertThat(model.get("versions").get(0).asText()).isEqualTo("3");
            assertThat(model.at("/inputs/2/name").asText()).isEqualTo("distance_mi");
            assertThat(model.at("/inputs/2/datatype").asText()).isEqualTo("INT32");
            assertThat(model.at("/outputs/0/name").asText()).isEqualTo("probability");
        }
        assertThat(ok(get("/v2")).get("name").asText()).isEqualTo("isobar");
    }

    @Test
    void statusSaysWhoServesWhat() throws Exception {
        ok(post("/invocations", INSTANCE));
        JsonNode status = ok(get("/isobar/v1/status"));
        assertThat(status.get("model").asText()).isEqualTo("flights");
        assertThat(status.get("model_version").asText()).isEqualTo("3");
        assertThat(status.get("model_digest").asText()).isEqualTo("sha256:abc");
        assertThat(status.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
        assertThat(status.get("ready").asBoolean()).isTrue();
        assertThat(status.get("started").asText()).endsWith("Z");
        assertThat(status.get("peak_heap_bytes").asLong()).isPositive();
        assertThat(status.get("requests").asLong()).isEqualTo(1);
        assertThat(status.get("in_flight").asLong()).isZero();
    }

    @Test
    void metricsCountRequestsErrorsAndLatency() throws Exception {
        ok(post("/invocations", INSTANCE));
        ok(post("/predict", "{\"instances\":[" + INSTANCE + "," + INSTANCE + "]}"));
        post("/invocations", "garbage");
        String text = get("/metrics").body();
        assertThat(text)
                .contains("isobar_server_requests_total{route=\"invocations\",status=\"200\"} 1\n")
                .contains("isobar_server_requests_total{route=\"invocations\",status=\"400\"} 1\n")
                .contains("isobar_server_requests_total{route=\"vertex_predict\",status=\"200\"} 1\n")
                .contains("isobar_server_errors_total 1\n")
                .contains("isobar_server_instances_total 3\n")
                .contains("isobar_server_request_seconds_bucket{le=\"+Inf\"} 3\n")
                .contains("isobar_server_request_seconds_count 3\n")
                .contains("digest=\"sha256:abc\"");
        assertThat(text.lines().filter(l -> !l.startsWith("#")))
                .allMatch(l -> l.matches("[a-z_]+(\\{[^}]*\\})? [0-9.eE+-]+"));
    }

    @Test
    void clientsMayNamePredictionsAndAskForDetails() throws Exception {
        String named = INSTANCE.replace("{\"origin", "{\"prediction_id\":\"p-1\",\"explain\":true,\"origin");
        JsonNode bare = ok(post("/invocations", named));
        assertThat(bare.get("prediction_id").asText()).isEqualTo("p-1");
        assertThat(bare.at("/details/distance_mi").asLong()).isEqualTo(731);
        assertThat(bare.at("/details/values/0").asDouble()).isEqualTo(1.5);
        assertThat(bare.at("/details/values/1").asText()).isEqualTo("NaN");
        assertThat(bare.at("/details/values/2").isNull()).isTrue();

        JsonNode some = ok(post("/invocations", "{\"instances\":[" + named + "," + INSTANCE + "]}"));
        assertThat(some.at("/predictions/0").has("details")).isTrue();
        assertThat(some.at("/predictions/1").has("details")).isFalse();
        JsonNode all = ok(post("/predict", "{\"instances\":[" + INSTANCE + "],\"parameters\":{\"explain\":true}}"));
        assertThat(all.at("/predictions/0").has("details")).isTrue();

        String tensors = "{\"parameters\":{\"explain\":true},\"inputs\":[" + tensor("origin", "BYTES", "\"ORD\"") + ","
                + tensor("event_time", "BYTES", "\"2001-03-01T12:00:00Z\"") + ","
                + tensor("distance_mi", "INT32", "731")
                + "," + tensor("prediction_id", "BYTES", "\"p-2\"") + "]}";
        JsonNode answer = ok(post("/v2/models/flights/infer", tensors));
        assertThat(answer.at("/outputs/1/data/0").asText()).isEqualTo("p-2");
        assertThat(json.readTree(answer.at("/outputs/3/data/0").asText())
                        .get("distance_mi")
                        .asLong())
                .isEqualTo(731);
        JsonNode only = ok(post(
                "/v2/models/flights/infer",
                tensors.replace("{\"parameters", "{\"outputs\":[{\"name\":\"prediction_id\"}],\"parameters")));
        assertThat(only.get("outputs")).hasSize(1);

        HttpResponse<String> csv = post(
                "/invocations",
                "text/csv",
                "origin,event_time,distance_mi,fuel,urgent,prediction_id\n\"ORD\",2001-03-01T12:00:00Z,731,,true,p-3");
        assertThat(csv.headers().firstValue("x-isobar-prediction-ids")).contains("p-3");
    }

    @Test
    void valuesArriveInTheRowAsTheyWereSent() throws Exception {
        ok(post(
                "/invocations",
                "{\"urgent\":true,\"fuel\":-0.0,\"distance_mi\":\"12\",\"origin\":\"\u00dc\\\"\","
                        + "\"event_time\":\"2001-03-01T13:00:00.000001+01:00\"}"));
        Row row = scorer.last;
        assertThat(row.text(0)).isEqualTo("\u00dc\"");
        assertThat(row.word(1)).isEqualTo(983_448_000_000_001L);
        assertThat(row.word(2)).isEqualTo(12);
        assertThat(row.word(3)).isEqualTo(Double.doubleToRawLongBits(-0.0));
        assertThat(row.word(4)).isEqualTo(1);
        ok(post("/invocations", INSTANCE.replace(":1.5", ":null").replace("731", "731.0")));
        assertThat(scorer.last.isNull(3)).isTrue();
        assertThat(scorer.last.isNull(4)).isTrue();
        assertThat(scorer.last.word(2)).isEqualTo(731);
        post("/invocations", "text/csv", "\"a,\"\"b\"\"\n\",2001-03-01T12:00:00Z,1,,\n");
        assertThat(scorer.last.text(0)).isEqualTo("a,\"b\"\n");
    }

    @Test
    void tensorFieldsMayComeInAnyOrderAndColumnsAsMatrices() throws Exception {
        String body = "{\"inputs\":["
                + "{\"data\":[[\"A\"],[\"B\"]],\"datatype\":\"BYTES\",\"shape\":[2,1],\"name\":\"origin\"},"
                + "{\"name\":\"event_time\",\"data\":[\"2001-03-01T12:00:00Z\",\"2001-03-01T12:00:00Z\"],\"shape\":[2],\"datatype\":\"BYTES\"},"
                + "{\"name\":\"distance_mi\",\"shape\":[2],\"datatype\":\"INT64\",\"data\":[1,2]},"
                + "{\"name\":\"fuel\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[0.5,null]}]}";
        JsonNode answer = ok(post("/v2/models/flights/infer", body));
        assertThat(answer.at("/outputs/0/data/0").asDouble()).isEqualTo(scorer.of(1, 0.5));
        assertThat(answer.at("/outputs/0/data/1").asDouble()).isEqualTo(scorer.of(2, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`not json`| not JSON",
                "`{\"origin\":`| not JSON",
                "``| empty",
                "`[1]`| not an object",
                "`3`| not an object",
                "`{}`| lacks 'origin', 'event_time', 'distance_mi'",
                "`INSTANCE {}`| follows the end",
                "`{\"orgin\":\"A\"}`| did you mean 'origin'?",
                "`{\"origin\":7}`| field 'origin' is a number, not text",
                "`{\"origin\":null}`| field 'origin' is null",
                "`{\"origin\":\"A\",\"origin\":\"B\"}`| twice",
                "`{\"distance_mi\":3.5}`| not a whole number",
                "`{\"distance_mi\":3000000000}`| out of the range",
                "`{\"distance_mi\":1e300}`| not a whole number",
                "`{\"distance_mi\":99999999999999999999999}`| out of the range",
                "`{\"distance_mi\":\"far\"}`| is 'far'",
                "`{\"distance_mi\":true}`| is a boolean",
                "`{\"distance_mi\":{}}`| is an object",
                "`{\"fuel\":1e999}`| out of the range",
                "`{\"fuel\":NaN}`| not JSON",
                "`{\"urgent\":1}`| is a number, not true or false",
                "`{\"event_time\":983448000}`| is a number",
                "`{\"event_time\":\"2001-03-01 12:00\"}`| not an instant",
                "`{\"prediction_id\":\"a b\"}`| prediction_id",
                "`{\"prediction_id\":\"\"}`| prediction_id",
                "`{\"explain\":\"yes\"}`| 'explain' is text",
                "`{\"instances\":[]}`| no instances",
                "`{\"instances\":[3]}`| Instance 0 is a number",
                "`{\"instances\":[INSTANCE,{\"origin\":1}]}`| Instance 1: field 'origin'",
                "`{\"instances\":[INSTANCE],\"parametres\":{}}`| did you mean 'parameters'?",
                "`{\"instances\":[INSTANCE],\"parameters\":{\"explian\":true}}`| did you mean 'explain'?",
                "`{\"inputs\":[]}`| no instances",
                "`{\"inputs\":[{\"name\":\"fuel\"}]}`| lacks",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[2],\"datatype\":\"FP64\",\"data\":[1]}]}`| 1 values for a shape of 2",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[1,2]}]}`| 2 values for a shape of 1",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[2,2],\"datatype\":\"FP64\",\"data\":[1]}]}`| not a column",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[-1],\"datatype\":\"FP64\",\"data\":[1]}]}`| not a column",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"1\"]}]}`| Send it as FP64",
                "`{\"inputs\":[{\"name\":\"fule\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[1]}]}`| did you mean 'fuel'?",
                "`{\"inputs\":[{\"name\":\"fuel\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[1]}]}`| no input tensor 'origin'",
            })
    void badJsonIs400AndSaysWhatAndWhere(String body, String said) throws Exception {
        HttpResponse<String> answer = post("/invocations", body.replace("INSTANCE", INSTANCE));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        JsonNode error = json.readTree(answer.body()).get("error");
        assertThat(error.get("code").asText()).isEqualTo("INVALID_ARGUMENT");
        assertThat(error.get("message").asText() + " " + error.get("hint").asText())
                .contains(said);
        assertThat(get("/ping").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'A,2001-03-01T12:00:00Z,1'| Line 1 has 3 fields",
                "'A,2001-03-01T12:00:00Z,x,,'| distance_mi",
                "',2001-03-01T12:00:00Z,1,,'| must have a value",
                "'\"A,2001-03-01T12:00:00Z,1,,'| does not end",
                "'\"A\"x,2001-03-01T12:00:00Z,1,,'| follows a quoted field",
                "''| no instances",
                "'origin,event_time,distance_mi,fuel,urgent'| no instances",
            })
    void badCsvIs400AndNamesTheLine(String body, String said) throws Exception {
        HttpResponse<String> answer = post("/invocations", "text/csv", body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json.readTree(answer.body()).at("/error/message").asText()).contains(said);
    }

    @Test
    void wrongRoutesMethodsAndTypesAreToldApart() throws Exception {
        assertThat(get("/nowhere").statusCode()).isEqualTo(404);
        assertThat(get("/v2/models/other").statusCode()).isEqualTo(404);
        assertThat(get("/v2/models/flights/versions/9/ready").body()).contains("/v2/models/flights/versions/3");
        HttpResponse<String> wrong = get("/invocations");
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).contains("POST");
        assertThat(post("/ping", "{}").statusCode()).isEqualTo(405);
        assertThat(post("/invocations", "application/x-www-form-urlencoded", INSTANCE)
                        .statusCode())
                .isEqualTo(415);
        assertThat(post("/v2/models/flights/infer", "text/csv", "a").statusCode())
                .isEqualTo(415);
        assertThat(get("/ping?x=1").statusCode()).isEqualTo(200);
        assertThat(raw("GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 400");
    }

    @Test
    void theScorersErrorsBecomeStatusCodes() throws Exception {
        for (Map.Entry<ErrorCode, Integer> e : Map.of(
                        ErrorCode.INVALID_ARGUMENT, 400,
                        ErrorCode.UNSUPPORTED, 400,
                        ErrorCode.OUT_OF_RETENTION, 422,
                        ErrorCode.THROTTLED, 429,
                        ErrorCode.UNAVAILABLE, 503,
                        ErrorCode.CORRUPT, 500)
                .entrySet()) {
            scorer.failure =
                    IsobarException.of(e.getKey(), "it broke").hint("mend it").build();
            HttpResponse<String> answer = post("/invocations", INSTANCE);
            assertThat(answer.statusCode()).isEqualTo(e.getValue());
            assertThat(answer.headers().firstValue("retry-after").isPresent())
                    .isEqualTo(e.getValue() == 429 || e.getValue() == 503);
            JsonNode error = json.readTree(answer.body()).get("error");
            assertThat(error.get("code").asText()).isEqualTo(e.getKey().name());
            assertThat(error.get("message").asText()).isEqualTo("it broke");
            assertThat(error.get("hint").asText()).isEqualTo("mend it");
        }
        scorer.failure = new IllegalStateException("defect");
        assertThat(post("/invocations", INSTANCE).statusCode()).isEqualTo(500);
        scorer.failure = null;
        ok(post("/invocations", INSTANCE));
    }

    @Test
    void tooLargeIs413AndTheServerGoesOn() throws Exception {
        restart(new ServerConfiguration(
                "127.0.0.1",
                0,
                "/health",
                "/predict",
                "/",
                "/ready",
                "/score",
                1000,
                2,
                2,
                0,
                1,
                0,
                100,
                Duration.ofSeconds(60),
                100,
                Duration.ofSeconds(5)));
        HttpResponse<String> answer = post("/invocations", "{\"origin\":\"" + "x".repeat(5000) + "\"}");
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(json.readTree(answer.body()).at("/error/message").asText()).contains("1000 bytes");
        assertThat(post("/invocations", "{\"instances\":[" + INSTANCE + "," + INSTANCE + "," + INSTANCE + "]}")
                        .statusCode())
                .isEqualTo(413);
        assertThat(
                        raw(
                                "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("x-isobar-model-digest");
        ok(post("/invocations", INSTANCE));
    }

    @Test
    void aFullQueueIs429WithRetryAfterAndNothingAcceptedIsLost() throws Exception {
        restart(pooled());
        scorer.gate = new CountDownLatch(1);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        // one is being scored, two wait
        answers.add(postLater(INSTANCE));
        await().until(() -> scorer.entered.get() == 1);
        for (int i = 0; i < 9; i++) {
            answers.add(postLater(INSTANCE));
        }
        await().until(() -> answers.stream().filter(CompletableFuture::isDone).count() == 7);
        for (CompletableFuture<HttpResponse<String>> a : answers) {
            if (a.isDone()) {
                assertThat(a.get().statusCode()).isEqualTo(429);
                assertThat(a.get().headers().firstValue("retry-after")).contains("1");
            }
        }
        scorer.gate.countDown();
        int ok = 0;
        for (CompletableFuture<HttpResponse<String>> a : answers) {
            ok += a.get(10, TimeUnit.SECONDS).statusCode() == 200 ? 1 : 0;
        }
        assertThat(ok).isEqualTo(3);
    }

    @Test
    void aDrainFinishesWhatHasBegunAndRefusesWhatComesAfterWith503() throws Exception {
        restart(pooled());
        scorer.gate = new CountDownLatch(1);
        CompletableFuture<HttpResponse<String>> answer = postLater(INSTANCE);
        await().until(() -> scorer.entered.get() == 1);
        try (Socket half = new Socket("127.0.0.1", server.port())) {
            // its head has arrived before the drain, its body comes after
            half.setSoTimeout(20_000);
            half.getOutputStream().write(request(INSTANCE, 0, 100));
            // another connection that is idle
            try (Socket idle = new Socket("127.0.0.1", server.port())) {
                idle.setSoTimeout(20_000);
                await().until(() -> server.connections.size() == 3);
                CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
                assertThat(idle.getInputStream().read())
                        .as("an idle connection is closed")
                        .isNegative();

                HttpResponse<String> refused = post("/invocations", INSTANCE);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("retry-after")).contains("1");
                assertThat(refused.body()).contains("stopping");
                assertThat(get("/ping").statusCode()).isEqualTo(503);
                assertThat(closing).isNotDone();

                half.getOutputStream().write(request(INSTANCE, 100, Integer.MAX_VALUE));
                scorer.gate.countDown();
                assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
                assertThat(new String(half.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                        .startsWith("HTTP/1.1 200")
                        .contains("connection: close");
                closing.get(10, TimeUnit.SECONDS);
                assertThat(refused(server.port())).isTrue();
            }
        }
    }

    @Test
    void aDrainIsBoundedByItsTime() throws Exception {
        ServerConfiguration d = pooled();
        restart(new ServerConfiguration(
                d.bind(),
                0,
                d.healthRoute(),
                d.predictRoute(),
                d.livenessRoute(),
                d.readinessRoute(),
                d.scoringRoute(),
                d.maxBodyBytes(),
                d.maxInstances(),
                1,
                1,
                2,
                0,
                100,
                Duration.ofSeconds(60),
                100,
                Duration.ZERO));
        scorer.gate = new CountDownLatch(1);
        CompletableFuture<HttpResponse<String>> answer = postLater(INSTANCE);
        await().until(() -> scorer.entered.get() == 1);
        // nobody opens the gate
        server.close();
        assertThat(refused(server.port())).isTrue();
        await().until(answer::isCompletedExceptionally);
        scorer.gate.countDown();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void moreOfOneConnectionThanMayWaitIs429AndEveryAnswerStaysInItsPlace(boolean pool) throws Exception {
        ServerConfiguration c = ServerConfiguration.fromEnvironment(Map.of(
                "ISOBAR_BIND",
                "127.0.0.1",
                "AIP_HTTP_PORT",
                "0",
                "ISOBAR_PIPELINED",
                "5",
                "ISOBAR_SCORING_THREADS",
                pool ? "1" : "0"));
        restart(c);
        if (pool) {
            scorer.gate = new CountDownLatch(1);
        }
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        int count = 200;
        for (int i = 0; i < count; i++) {
            String body = INSTANCE.replace("731", Integer.toString(i));
            requests.write(request(body, 0, Integer.MAX_VALUE));
        }
        int ok = 0;
        int throttled = 0;
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(requests.toByteArray());
            if (pool) {
                await().until(() -> scorer.entered.get() == 1);
                scorer.gate.countDown();
            }
            InputStream in = new java.io.BufferedInputStream(socket.getInputStream());
            for (int i = 0; i < count; i++) {
                String answer = one(in);
                if (answer.startsWith("HTTP/1.1 429")) {
                    assertThat(answer).contains("retry-after: 1").contains("of this connection wait");
                    throttled++;
                } else {
                    assertThat(answer).startsWith("HTTP/1.1 200");
                    double probability = json.readTree(answer.substring(answer.indexOf('{')))
                            .get("probability")
                            .asDouble();
                    assertThat(probability).as("answer %d", i).isEqualTo(scorer.of(i, 1.5));
                    ok++;
                }
            }
        }
        assertThat(ok).isGreaterThanOrEqualTo(5);
        assertThat(throttled).isPositive();
        ok(post("/invocations", INSTANCE));
    }

    @Test
    void aConnectionTooManyIsClosedAndTheOthersGoOn() throws Exception {
        restart(ServerConfiguration.fromEnvironment(
                Map.of("ISOBAR_BIND", "127.0.0.1", "AIP_HTTP_PORT", "0", "ISOBAR_CONNECTIONS", "2")));
        try (Socket first = new Socket("127.0.0.1", server.port())) {
            first.setSoTimeout(20_000);
            await().until(() -> server.connections.size() == 1);
            try (Socket second = new Socket("127.0.0.1", server.port())) {
                await().until(() -> server.connections.size() == 2);
                try (Socket third = new Socket("127.0.0.1", server.port())) {
                    third.setSoTimeout(20_000);
                    assertThat(third.getInputStream().read()).isNegative();
                }
            }
            first.getOutputStream().write(request(INSTANCE, 0, Integer.MAX_VALUE));
            assertThat(one(first.getInputStream())).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void anEventLoopThatIsBehindRefusesUntilItHasCaughtUp() {
        long ms = 1_000_000;
        LoopWatch watch = new LoopWatch(100 * ms, 0);
        watch.tick(10 * ms);
        assertThat(watch.behind()).isFalse();
        watch.tick(119 * ms);
        assertThat(watch.behind()).isFalse();
        watch.tick(300 * ms);
        assertThat(watch.behind()).isTrue();
        // the ticks that were missed come at once
        watch.tick(301 * ms);
        assertThat(watch.behind()).isFalse();
    }

    @Test
    void whatWaitsIsScoredTogetherAndOneAtFaultDoesNotHarmTheOthers() throws Exception {
        List<Integer> calls = Collections.synchronizedList(new ArrayList<>());
        TrivialScorer batching = new TrivialScorer() {
            @Override
            public int preferredBatch() {
                return 8;
            }

            @Override
            public Scoring score(List<Row> rows, List<String> ids) {
                calls.add(rows.size());
                Scoring scoring = super.score(rows, ids);
                if (rows.stream().anyMatch(r -> r.word(2) == 13)) {
                    throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "thirteen")
                            .build();
                }
                return scoring;
            }
        };
        server.close();
        server = start(
                batching,
                ServerConfiguration.fromEnvironment(
                        Map.of("ISOBAR_BIND", "127.0.0.1", "AIP_HTTP_PORT", "0", "ISOBAR_SCORING_THREADS", "1")));
        server.markReady();
        batching.gate = new CountDownLatch(1);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        answers.add(postLater(INSTANCE.replace("731", "0")));
        await().until(() -> batching.entered.get() == 1);
        for (int i = 1; i <= 15; i++) {
            answers.add(postLater(INSTANCE.replace("731", Integer.toString(i))));
        }
        await().until(() -> server.inFlight.get() == 16);
        batching.gate.countDown();
        for (int i = 0; i < answers.size(); i++) {
            HttpResponse<String> answer = answers.get(i).get(20, TimeUnit.SECONDS);
            if (i == 13) {
                assertThat(answer.statusCode()).isEqualTo(400);
                assertThat(answer.body()).contains("thirteen");
            } else {
                assertThat(ok(answer).get("probability").asDouble()).isEqualTo(batching.of(i, 1.5));
            }
        }
        // one alone, eight together, seven together; the call with the fault once more one by one
        assertThat(calls)
                .startsWith(1, 8)
                .hasSize(3 + (calls.stream().filter(n -> n == 1).count() == 9 ? 8 : 7));
        assertThat(get("/metrics").body()).contains("isobar_server_batches_total 1\n");
    }

    @Test
    void aWarmUpGoesThroughTheWholeServerAndRecordsAndCountsNothing() throws Exception {
        AtomicInteger rehearsed = new AtomicInteger();
        TrivialScorer rehearsing = new TrivialScorer() {
            @Override
            public List<Row> examples() {
                Row row = new Row(SCHEMA);
                row.setText(0, "ORD \"quoted\"")
                        .setWord(1, 1_000_000)
                        .setWord(2, 7)
                        .setWord(4, 1);
                return List.of(row);
            }

            @Override
            public Scoring rehearse(List<Row> rows, List<String> ids) {
                rehearsed.incrementAndGet();
                last = rows.get(0);
                return super.score(rows, ids);
            }

            @Override
            public Scoring score(List<Row> rows, List<String> ids) {
                throw new IllegalStateException("recorded");
            }
        };
        server.close();
        server = start(rehearsing, pooled());
        assertThat(get("/ping").statusCode()).isEqualTo(503);
        int answered = server.warmUp(Duration.ofSeconds(30));
        assertThat(answered).isPositive().isEqualTo(rehearsed.get());
        assertThat(rehearsing.last).isEqualTo(rehearsing.examples().get(0));
        assertThat(get("/ping").statusCode()).as("still not ready").isEqualTo(503);
        assertThat(get("/metrics").body()).contains("isobar_server_instances_total 0\n");
        assertThat(server.inFlight.get()).isZero();
        server.markReady();
        assertThat(get("/ping").statusCode()).isEqualTo(200);
    }

    @Test
    void aWarmUpThatFailsOrHasNoExamplesDoesNotKeepTheServerFromServing() throws Exception {
        assertThat(server.warmUp(Duration.ofSeconds(30))).as("no examples").isZero();
        TrivialScorer failing = new TrivialScorer() {
            @Override
            public List<Row> examples() {
                throw IsobarException.of(ErrorCode.UNAVAILABLE, "the store is away")
                        .build();
            }
        };
        server.close();
        server = start(failing, pooled());
        assertThat(server.warmUp(Duration.ofSeconds(30))).isZero();
        server.markReady();
        ok(post("/invocations", INSTANCE));
    }

    @Test
    void aWarmUpEndsWhenRoundsAreNoLongerFaster() {
        WarmUp.Stability stability = new WarmUp.Stability();
        for (long took : new long[] {1000, 500, 300, 200, 150, 120, 119, 118}) {
            stability.round(took);
            assertThat(stability.reached()).as("after %d", took).isFalse();
        }
        stability.round(117);
        stability.round(160);
        assertThat(stability.reached()).isTrue();
    }

    @Test
    void whoEvaluatesAndWhyIsSaidWhereTheModelIsDescribed() throws Exception {
        TrivialScorer fallback = new TrivialScorer() {
            @Override
            public String evaluator() {
                return "xgboost4j";
            }

            @Override
            public String evaluatorReason() {
                return "The booster is dart.";
            }
        };
        server.close();
        server = start(fallback, pooled());
        server.markReady();
        JsonNode status = ok(get("/isobar/v1/status"));
        assertThat(status.get("evaluator").asText()).isEqualTo("xgboost4j");
        assertThat(status.get("evaluator_reason").asText()).isEqualTo("The booster is dart.");
        JsonNode model = ok(get("/v2/models/flights"));
        assertThat(model.at("/parameters/evaluator").asText()).isEqualTo("xgboost4j");
        assertThat(model.at("/parameters/evaluator_reason").asText()).isEqualTo("The booster is dart.");
        assertThat(get("/metrics").body()).contains(",evaluator=\"xgboost4j\"} 1\n");
    }

    @Test
    void theUsualAnswerIsTheSameWhetherWrittenAtOnceOrInPieces() throws Exception {
        String close =
                "POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + "Content-Length: ";
        for (String id : new String[] {"plain-id", "a\\\"b"}) {
            String body = INSTANCE.replace("{\"origin", "{\"prediction_id\":\"" + id + "\",\"origin");
            String pieces = raw(close + body.length() + "\r\n\r\n" + body);
            HttpResponse<String> atOnce = post("/invocations", body);
            assertThat(atOnce.body()).isEqualTo(pieces.substring(pieces.indexOf('{')));
            assertThat(pieces).contains("connection: close\r\n");
            atOnce.headers()
                    .map()
                    .forEach((name, values) -> assertThat(pieces).contains(name + ": " + values.get(0) + "\r\n"));
        }
        // and one after the other on one connection, with a HEAD between them
        String keep = close.replace("Connection: close\r\n", "") + INSTANCE.length() + "\r\n\r\n" + INSTANCE;
        String answers = raw(keep + "HEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n" + keep + close + INSTANCE.length()
                + "\r\n\r\n" + INSTANCE);
        assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(5);
        assertThat(answers).doesNotContain("\"ready\"");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pipelinedRequestsAreAnsweredInOrder(boolean pool) throws Exception {
        if (pool) {
            restart(pooled());
        }
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            String body = INSTANCE.replace("{\"origin", "{\"prediction_id\":\"n" + i + "\",\"origin");
            requests.append("POST /invocations HTTP/1.1\r\nHost: x\r\n")
                    .append(i == 49 ? "Connection: close\r\n" : "")
                    .append("Content-Type: application/json\r\nContent-Length: ")
                    .append(body.length())
                    .append("\r\n\r\n")
                    .append(body);
        }
        String answers = raw(requests.toString());
        int at = -1;
        for (int i = 0; i < 50; i++) {
            int next = answers.indexOf("\"n" + i + "\"", at + 1);
            assertThat(next).as("answer %d", i).isGreaterThan(at);
            at = next;
        }
    }

    @Test
    void whereRequestsAreCutOnTheirWayDoesNotMatter() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            ByteArrayOutputStream requests = new ByteArrayOutputStream();
            int count = 40;
            for (int i = 0; i < count; i++) {
                String body = INSTANCE.replace("731", Integer.toString(i));
                String type = random.nextInt(3) > 0 ? "application/json" : "application/json; charset=utf-8";
                boolean chunked = random.nextInt(6) == 0;
                requests.write(("POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: " + type
                                + (chunked
                                        ? "\r\nTransfer-Encoding: chunked\r\n\r\n"
                                                + Integer.toHexString(body.length()) + "\r\n" + body
                                                + "\r\n0\r\n\r\n"
                                        : "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body))
                        .getBytes(StandardCharsets.US_ASCII));
            }
            byte[] all = requests.toByteArray();
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoTimeout(20_000);
                socket.setTcpNoDelay(true);
                for (int at = 0; at < all.length; ) {
                    int length = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 40 : 900));
                    socket.getOutputStream().write(all, at, length);
                    at += length;
                }
                InputStream in = new java.io.BufferedInputStream(socket.getInputStream());
                for (int i = 0; i < count; i++) {
                    String answer = one(in);
                    assertThat(answer).as("answer %d", i).startsWith("HTTP/1.1 200");
                    assertThat(json.readTree(answer.substring(answer.indexOf('{')))
                                    .get("probability")
                                    .asDouble())
                            .as("answer %d", i)
                            .isEqualTo(scorer.of(i, 1.5));
                }
            }
        }
    }

    @Test
    void requestsThatArriveTogetherAreLetGoToTheRecordTogether() throws Exception {
        List<CompletableFuture<Void>> held = Collections.synchronizedList(new ArrayList<>());
        List<Integer> flushes = Collections.synchronizedList(new ArrayList<>());
        TrivialScorer holding = new TrivialScorer() {
            @Override
            public Scoring score(List<Row> rows, List<String> ids) {
                CompletableFuture<Void> recorded = new CompletableFuture<>();
                held.add(recorded);
                return new Scoring(super.score(rows, ids).predictions(), recorded);
            }

            @Override
            public void flush() {
                flushes.add(held.size());
                held.forEach(f -> f.complete(null));
                held.clear();
            }
        };
        List<Runnable> later = new ArrayList<>();
        LoopTurn turn = new LoopTurn(later::add);
        for (int i = 0; i < 3; i++) {
            holding.score(List.of(new Row(TrivialScorer.SCHEMA)), Collections.singletonList(null));
            turn.scored(holding);
        }
        assertThat(flushes).isEmpty();
        assertThat(later).hasSize(1);
        later.remove(0).run();
        assertThat(flushes).containsExactly(3);
        later.clear();
        // So many that the record's own thread can begin meanwhile.
        for (int i = 0; i < 40; i++) {
            holding.score(List.of(new Row(TrivialScorer.SCHEMA)), Collections.singletonList(null));
            turn.scored(holding);
        }
        assertThat(flushes).containsExactly(3, 32);
        later.remove(0).run();
        assertThat(flushes).containsExactly(3, 32, 8);
    }

    @Test
    void randomBytesNeverStopTheServer() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            byte[] garbage = new byte[1 + random.nextInt(500)];
            random.nextBytes(garbage);
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(garbage);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                assertThat(e.getMessage()).containsIgnoringCase("reset");
            }
        }
        String whole = "{\"instances\":[" + INSTANCE + "," + INSTANCE + "]}";
        for (int i = 0; i < 1_000; i++) {
            byte[] body = whole.getBytes(StandardCharsets.UTF_8);
            for (int j = random.nextInt(4); j >= 0; j--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt();
            }
            HttpResponse<String> answer = client.send(
                    request(server, "/invocations", random.nextBoolean() ? "application/json" : "text/csv")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(body, 0, 1 + random.nextInt(body.length)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isIn(200, 400);
        }
        ok(post("/invocations", INSTANCE));
    }

    @Test
    void whatIsNotHttpIsRefused() throws Exception {
        assertThat(raw("HELLO\r\n\r\n")).startsWith("HTTP/1.1 400").contains("x-isobar-model-digest");
        assertThat(raw("GET /" + "x".repeat(9000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 414");
        assertThat(raw("GET /ping HTTP/1.1\r\nA: " + "x".repeat(9000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
        assertThat(raw("HEAD /ping HTTP/1.1\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .endsWith("\r\n\r\n");
        assertThat(raw("GET /ping HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200");
    }

    @Test
    void aPortThatIsTakenIsSaidToBe() {
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> ModelServer.start(ServerConfiguration.ofDefaults("127.0.0.1", server.port()), scorer));
        assertThat(e.code()).isEqualTo(ErrorCode.IN_USE);
        assertThat(e).hasMessageContaining(":" + server.port());
    }

    @Test
    void theEnvironmentOfEachCloudConfiguresTheRoutes() throws Exception {
        ServerConfiguration c = ServerConfiguration.fromEnvironment(Map.of(
                "ISOBAR_BIND",
                "127.0.0.1",
                "AIP_HTTP_PORT",
                "0",
                "AIP_HEALTH_ROUTE",
                "/v1/endpoints/7",
                "AIP_PREDICT_ROUTE",
                "/v1/endpoints/7:predict",
                "ISOBAR_SCORING_ROUTE",
                "/"));
        restart(c);
        assertThat(get("/v1/endpoints/7").statusCode()).isEqualTo(200);
        ok(post("/v1/endpoints/7:predict", "{\"instances\":[" + INSTANCE + "]}"));
        ok(post("/", INSTANCE));
        assertThat(get("/").statusCode()).isEqualTo(200);
        assertThat(ServerConfiguration.fromEnvironment(Map.of()))
                .isEqualTo(ServerConfiguration.ofDefaults("0.0.0.0", 8080));
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> ServerConfiguration.fromEnvironment(
                        Map.of("AIP_HTTP_PORT", "http", "ISOBAR_QUEUE", "0", "AIP_PREDICT_ROUTE", "predict")));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e)
                .hasMessageContaining("AIP_HTTP_PORT")
                .hasMessageContaining("ISOBAR_QUEUE")
                .hasMessageContaining("AIP_PREDICT_ROUTE");
    }

    @Test
    void sigtermDrainsAndExitsWithZero() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                SlowServer.class.getName());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process = builder.start();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            String first = out.readLine();
            while (first != null && !first.startsWith("port ")) {
                first = out.readLine();
            }
            int port = Integer.parseInt(String.valueOf(first).substring(5));
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/invocations"))
                            .POST(HttpRequest.BodyPublishers.ofString(INSTANCE))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(out.readLine()).isEqualTo("scoring");
            // through its handle: Process.destroy would close the pipes too
            process.toHandle().destroy();
            await().atMost(Duration.ofSeconds(20)).until(() -> status(port) == 503);
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(out.readLine()).isEqualTo("closed");
        } finally {
            process.destroyForcibly();
        }
    }

    /** Scores when a line comes on standard input. */
    static final class SlowServer {
        private SlowServer() {}

        public static void main(String[] arguments) {
            TrivialScorer slow = new TrivialScorer() {
                @Override
                public Scoring score(List<Row> rows, List<String> ids) {
                    System.out.println("scoring");
                    try {
                        System.in.read();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                    return super.score(rows, ids);
                }
            };
            ModelServer server = start(slow, pooled());
            server.drainOnSignal(() -> System.out.println("closed"));
            server.markReady();
            System.out.println("port " + server.port());
            // every thread of the server is a daemon
            await().forever().until(() -> false);
        }
    }

    private static ServerConfiguration pooled() {
        return new ServerConfiguration(
                "127.0.0.1",
                0,
                "/health",
                "/predict",
                "/",
                "/ready",
                "/score",
                1 << 20,
                100,
                2,
                1,
                2,
                0,
                1_000,
                Duration.ofSeconds(60),
                1_000,
                Duration.ofSeconds(20));
    }

    private static ModelServer start(Scorer scorer, ServerConfiguration configuration) {
        return ModelServer.start(configuration, scorer);
    }

    private void restart(ServerConfiguration configuration) {
        server.close();
        server = start(scorer, configuration);
        server.markReady();
    }

    private int status(int port) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ping"))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** Bytes {@code from..to} of a request. */
    private static byte[] request(String body, int from, int to) {
        byte[] all = ("POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1);
        return Arrays.copyOfRange(all, from, Math.min(to, all.length));
    }

    /** One answer, head and body. */
    private static String one(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("ended after " + head);
            }
            head.append((char) b);
        }
        int at = head.indexOf("content-length: ") + "content-length: ".length();
        int length = Integer.parseInt(head.substring(at, head.indexOf("\r", at)));
        return head + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    private static boolean refused(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return !socket.isConnected();
        } catch (IOException e) {
            return true;
        }
    }

    private static String tensor(String name, String datatype, String value) {
        return "{\"name\":\"" + name + "\",\"shape\":[1],\"datatype\":\"" + datatype + "\",\"data\":[" + value + "]}";
    }

    private JsonNode ok(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json.readTree(answer.body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return get(server, path);
    }

    private HttpResponse<String> get(ModelServer at, String path) throws Exception {
        return client.send(request(at, path, "application/json").GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return post(server, path, "application/json", body);
    }

    private HttpResponse<String> post(String path, String type, String body) throws Exception {
        return post(server, path, type, body);
    }

    private HttpResponse<String> post(ModelServer at, String path, String type, String body) throws Exception {
        return client.send(
                request(at, path, type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> postLater(String body) {
        return client.sendAsync(
                request(server, "/invocations", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(ModelServer at, String path, String type) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.port() + path))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", type);
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            }
        }
    }
}
