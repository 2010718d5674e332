package dev.isobar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.features.FeatureVector;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.Precondition;
import dev.isobar.server.tree.TreeModel;
import dev.isobar.workload.PredictionLog;
import dev.isobar.workload.ServingDescriptor;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole server over platforms made of maps. */
@Timeout(120)
class ServerMainTest {
    private static final String NOON = "2001-03-01T12:00:00Z";

    private final MemoryAdapter platform = new MemoryAdapter(false);
    private final Flights flights = new Flights(platform);
    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private ServerMain server;

    @BeforeEach
    void deploy() {
        flights.deploy();
    }

    @AfterEach
    void stop() {
        if (platform.log.gate != null) {
            platform.log.gate.countDown();
        }
        if (server != null) {
            server.close();
        }
    }

    private void serve() {
        server = new ServerMain(flights.environment(), platform);
        server.load();
    }

    @Test
    void theSameFlightGivesTheSameProbabilityAndVectorHoweverItIsAsked() throws Exception {
        serve();
        String instance = instance("ORD", "ATL", NOON);
        JsonNode single = ok(post("/invocations", instance));
        JsonNode vertex =
                ok(post("/predict", "{\"instances\":[" + instance + "]}")).at("/predictions/0");
        JsonNode tensors = ok(post("/v2/models/flight-delays/infer", tensors("ORD", "ATL", NOON)));
        HttpResponse<String> csv = send("/invocations", "text/csv", "," + NOON + ",2001-03-01T06:00:00,ORD,ATL,600\n");
        assertThat(csv.statusCode()).as(csv.body()).isEqualTo(200);

        double probability = single.get("probability").asDouble();
        assertThat(vertex.get("probability").asDouble()).isEqualTo(probability);
        assertThat(tensors.at("/outputs/0/data/0").asDouble()).isEqualTo(probability);
        assertThat(Double.parseDouble(csv.body().trim())).isEqualTo(probability);

        List<Event> logged = logged();
        assertThat(logged).hasSize(4);
        FeatureVector expected = flights.expected(decision("ORD", "ATL", NOON), micros(NOON), micros(NOON));
        assertThat(IntStream.range(0, expected.size()).filter(expected::isNull).count())
                .as("null windows in %s", expected)
                .isZero();
        float[] input = new float[expected.size()];
        expected.copyTo(input, 0);
        assertThat(probability)
                .isEqualTo(TreeModel.read(Flights.model(), "test").predict(input));
        for (Event event : logged) {
            assertThat(event.key()).isEqualTo("ORD");
            assertThat(event.eventTime()).isEqualTo(micros(NOON));
            assertThat(event.availableTime()).isEqualTo(micros(NOON));
            assertThat(event.schemaId()).isEqualTo("isobar.prediction/1");
            assertThat(event.headers()).containsEntry("isobar.deployment", "flight-delays-v3");
            Row row = row(event);
            assertVector(row, expected);
            assertThat(row.float64(slot(PredictionLog.SCORE))).isEqualTo(probability);
            assertThat(row.text(slot(PredictionLog.MODEL_DIGEST))).isEqualTo(ServingDescriptor.digest(Flights.model()));
            assertThat(row.isNull(slot(PredictionLog.DECISION_ID))).isTrue();
            assertThat(row.word(slot(PredictionLog.STATE_VERSION))).isEqualTo(1);
            assertThat(row.word(slot(PredictionLog.frontier("landings")))).isEqualTo(micros(NOON));
            assertThat(row.word(slot(PredictionLog.input("due")))).isEqualTo(micros("2001-03-01T13:45:00Z"));
        }
        assertThat(logged.get(0).id()).isEqualTo(single.get("prediction_id").asText());
        assertThat(logged.get(3).id())
                .isEqualTo(csv.headers().firstValue("x-isobar-prediction-ids").orElseThrow());
    }

    @Test
    void theDecisionsIdAndTheClientsPredictionIdAreLoggedAndExplained() throws Exception {
        serve();
        JsonNode answer = ok(post(
                "/invocations",
                instance("LAX", "ATL", NOON)
                        .replace("{", "{\"event_id\":77,\"prediction_id\":\"p-1\",\"explain\":true,")));
        assertThat(answer.get("prediction_id").asText()).isEqualTo("p-1");
        assertThat(answer.at("/details/as_of").asText()).isEqualTo(NOON);
        Event event = logged().get(0);
        assertThat(event.id()).isEqualTo("p-1");
        Row row = row(event);
        assertThat(row.text(slot(PredictionLog.DECISION_ID))).isEqualTo("77");
        for (var column : Flights.PLAN.columns()) {
            assertThat(answer.at("/details/features").get(column.name()).asDouble())
                    .isEqualTo(row.float64(slot(PredictionLog.feature(column.name()))));
        }
    }

    @Test
    void aBatchReadsTheStoreOnceAndIsLoggedAsOneAppend() throws Exception {
        serve();
        int reads = platform.states.reads;
        JsonNode answer = ok(post(
                "/predict",
                "{\"instances\":[" + instance("ORD", "ATL", NOON) + "," + instance("LAX", "ORD", NOON) + ","
                        + instance("NOWHERE", "ATL", NOON) + "]}"));
        assertThat(answer.get("predictions")).hasSize(3);
        assertThat(platform.states.reads - reads).isEqualTo(1);
        assertThat(platform.log.appended()).hasSize(1);
        assertThat(platform.log.appended().get(0).firstSequence()).isZero();
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        assertThat(platform.log.appended().get(1).firstSequence()).isEqualTo(3);
        assertThat(platform.log.appended().get(1).producer())
                .isEqualTo(platform.log.appended().get(0).producer());
        assertVector(row(logged().get(1)), flights.expected(decision("LAX", "ORD", NOON), micros(NOON), micros(NOON)));
    }

    @Test
    void anAirportNobodyHasSeenHasEmptyWindows() throws Exception {
        serve();
        ok(post("/invocations", instance("XXX", "YYY", NOON)));
        Row row = row(logged().get(0));
        assertThat(row.isNull(slot(PredictionLog.feature("airport.late_share_1h"))))
                .isTrue();
        assertThat(row.float64(slot(PredictionLog.feature("airport.departures_30m"))))
                .isZero();
        assertVector(row, flights.expected(decision("XXX", "YYY", NOON), micros(NOON), micros(NOON)));
    }

    @Test
    void aStateThatWasWrittenIsSeenByTheNextRequestAndAnErasedOneIsGone() throws Exception {
        serve();
        ok(post("/invocations", instance("ORD", "ATL", "2001-03-01T12:10:00Z")));
        assertThat(row(logged().get(0)).word(slot(PredictionLog.FINAL))).isZero();
        flights.depart(9001, "ORD", micros("2001-03-01T12:05:00Z"));
        flights.land(9001, "ORD", micros("2001-03-01T12:06:00Z"), 200);
        flights.known(micros("2001-03-01T12:11:00Z"));
        flights.publish();
        JsonNode answer = ok(post("/invocations", instance("ORD", "ATL", "2001-03-01T12:10:00Z")));
        assertThat(answer.get("provisional").asBoolean()).isFalse();
        Row before = row(logged().get(0));
        Row after = row(logged().get(1));
        int departures = slot(PredictionLog.feature("airport.departures_30m"));
        assertThat(after.float64(departures)).isEqualTo(before.float64(departures) + 1);
        assertThat(after.word(slot(PredictionLog.FINAL))).isEqualTo(1);
        assertThat(after.word(slot(PredictionLog.STATE_VERSION))).isEqualTo(2);
        long at = micros("2001-03-01T12:10:00Z");
        assertVector(after, flights.expected(decision("ORD", "ATL", "2001-03-01T12:10:00Z"), at, at));

        platform.states.erase(Flights.NAMESPACE, ServingDescriptor.stateKey("ORD"));
        ok(post("/invocations", instance("ORD", "ATL", "2001-03-01T12:10:00Z")));
        assertThat(row(logged().get(2)).float64(departures)).isZero();
    }

    @Test
    void statesThatAreGoneAreNotAnsweredAsIfNothingHadEverHappened() throws Exception {
        serve();
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        platform.states.erase(Flights.NAMESPACE, ServingDescriptor.PARTITION_KEY);
        platform.states.erase(Flights.NAMESPACE, ServingDescriptor.stateKey("ORD"));
        HttpResponse<String> refused = post("/invocations", instance("ORD", "ATL", NOON));
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(refused.body()).contains("UNAVAILABLE", "was there and is gone");
        assertThat(logged()).hasSize(1);
    }

    @Test
    void nothingIsAnsweredBeforeItIsLogged() throws Exception {
        serve();
        CountDownLatch gate = new CountDownLatch(1);
        platform.log.gate = gate;
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(postLater("/invocations", instance("ORD", "ATL", NOON)));
        }
        // More requests than scoring threads are in flight, so nobody holds a thread while it waits.
        await().untilAsserted(
                        () -> assertThat(json.readTree(get("/isobar/v1/status").body())
                                        .get("in_flight")
                                        .asInt())
                                .isEqualTo(40));
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        assertThat(logged()).isEmpty();
        gate.countDown();
        Set<String> ids = new HashSet<>();
        for (var answer : answers) {
            ids.add(ok(answer.get(30, TimeUnit.SECONDS)).get("prediction_id").asText());
        }
        assertThat(logged().stream().map(Event::id)).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(platform.log.appended().size()).as("group commit").isLessThan(40);
    }

    @Test
    void tooManyPredictionsThatWaitAre429() throws Exception {
        Map<String, String> environment = flights.environment();
        environment.put("ISOBAR_PREDICTION_QUEUE", "1");
        server = new ServerMain(environment, platform);
        server.load();
        platform.log.gate = new CountDownLatch(1);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        // One at the log, one waits, and the others are one too many.
        await().until(() -> {
            answers.add(postLater("/invocations", instance("ORD", "ATL", NOON)));
            return answers.stream().anyMatch(a -> a.isDone() && a.join().statusCode() == 429);
        });
        platform.log.gate.countDown();
        long good = answers.stream().filter(a -> a.join().statusCode() == 200).count();
        assertThat(logged()).hasSize((int) good);
    }

    @Test
    void whatCannotBeLoggedIsNotAnsweredAndTheReplicaRecovers() throws Exception {
        serve();
        platform.log.failure = IsobarException.of(ErrorCode.RESOURCE_EXHAUSTED, "the disk is full")
                .hint("free some space")
                .build();
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> answer = post("/invocations", instance("ORD", "ATL", NOON));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("the disk is full").contains("free some space");
        }
        assertThat(get("/ping").statusCode()).isEqualTo(503);
        platform.log.failure = null;
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(get("/ping").statusCode()).isEqualTo(200));
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        AppendRequest request = platform.log.appended().get(0);
        assertThat(request.firstSequence()).isZero();

        platform.log.refused = 1;
        HttpResponse<String> answer = post(
                "/predict",
                "{\"instances\":[" + instance("ORD", "ATL", NOON) + "," + instance("LAX", "ATL", NOON) + "]}");
        assertThat(answer.statusCode()).isEqualTo(503);
        platform.log.refused = -1;
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        // The sequences of an append whose effect is unknown must never name other events.
        assertThat(platform.log.appended().get(2).producer()).isNotEqualTo(request.producer());
    }

    @Test
    void aTimeBeforeWhatIsRetainedIs422AndIsNotLogged() throws Exception {
        serve();
        HttpResponse<String> answer = post("/invocations", instance("ORD", "ATL", "2001-02-01T12:00:00Z"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        assertThat(answer.body()).contains("OUT_OF_RETENTION").contains("ORD").contains("retained");
        assertThat(logged()).isEmpty();
        answer = post(
                "/predict",
                "{\"instances\":[" + instance("ORD", "ATL", NOON) + "," + instance("ORD", "ATL", "2001-02-01T12:00:00Z")
                        + "]}");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("Instance 1");
        assertThat(logged()).isEmpty();
    }

    @Test
    void aRequestWithoutItsTimeOrWithAComputedColumnIsRefused() throws Exception {
        serve();
        assertThat(post("/invocations", "{\"origin\":\"ORD\"}").statusCode()).isEqualTo(400);
        HttpResponse<String> answer =
                post("/invocations", instance("ORD", "ATL", NOON).replace("{", "{\"due\":\"" + NOON + "\","));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("due");
    }

    @ParameterizedTest
    @ValueSource(strings = {Flights.DESCRIPTOR, Flights.MODEL, Flights.SPEC})
    void damagedFilesAreRefusedByNameAndTheServerNeverBecomesReady(String key) throws Exception {
        byte[] bytes = platform.lake.objects.get(key).clone();
        String text = new String(bytes, StandardCharsets.UTF_8);
        // still well-formed: only the digest can tell
        String damaged = key.equals(Flights.MODEL)
                ? text.replace("500.0", "501.0")
                : text.replaceFirst("flight-delays", "other-delays");
        assertThat(damaged).isNotEqualTo(text);
        platform.lake.put(key, damaged.getBytes(StandardCharsets.UTF_8), Precondition.none());
        server = new ServerMain(flights.environment(), platform);
        assertThat(get("/ping").statusCode()).isEqualTo(503);
        assertThat(post("/invocations", "{}").statusCode()).isEqualTo(503);
        assertThat(get("/v2/models/flight-delays").statusCode()).isEqualTo(503);
        assertThat(get("/isobar/v1/status").statusCode()).isEqualTo(200);
        assertThat(get("/metrics").statusCode()).isEqualTo(200);
        IsobarException e = catchThrowableOfType(IsobarException.class, server::load);
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(e).hasMessageContaining(key);
        assertThat(get("/ping").statusCode()).isEqualTo(503);
    }

    @Test
    void aModelThatOurTreesDoNotCoverIsServedByTheLibraryAndTheServerSaysSo() throws Exception {
        float[] rows = new float[64 * Flights.PLAN.size()];
        float[] labels = new float[64];
        Random random = new Random(Flights.SEED);
        for (int i = 0; i < rows.length; i++) {
            rows[i] = 10 * random.nextFloat();
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(2);
        }
        DMatrix matrix = new DMatrix(rows, labels.length, Flights.PLAN.size(), Float.NaN);
        matrix.setLabel(labels);
        Booster dart = XGBoost.train(
                matrix,
                new HashMap<>(Map.of("objective", "binary:logistic", "booster", "dart", "nthread", 1)),
                5,
                Map.of(),
                null,
                null);
        byte[] descriptor = deploy(dart.toByteArray("ubj"));
        Map<String, String> environment = flights.environment();
        environment.put("ISOBAR_DESCRIPTOR_DIGEST", ServingDescriptor.digest(descriptor));
        environment.put("ISOBAR_PREDICTION_CACHE", "1000");
        server = new ServerMain(environment, platform);
        server.load();

        JsonNode status = ok(get("/isobar/v1/status"));
        assertThat(status.get("evaluator").asText()).isEqualTo("xgboost4j");
        assertThat(status.get("evaluator_reason").asText()).contains("dart");
        assertThat(get("/metrics").body()).contains("evaluator=\"xgboost4j\"");

        FeatureVector vector = flights.expected(decision("ORD", "ATL", NOON), micros(NOON), micros(NOON));
        float[] input = new float[vector.size()];
        vector.copyTo(input, 0);
        double expected = dart.predict(new DMatrix(input, 1, input.length, Float.NaN))[0][0];
        long before = count("isobar_server_prediction_hits_total");
        for (int i = 0; i < 3; i++) {
            assertThat(ok(post("/invocations", instance("ORD", "ATL", NOON)))
                            .get("probability")
                            .asDouble())
                    .isEqualTo(expected);
        }
        // the second and third came from the cache, and are logged like the first
        assertThat(count("isobar_server_prediction_hits_total")).isEqualTo(before + 2);
        assertThat(logged()).hasSize(3);
        // a batch of known and unknown vectors
        String known = instance("ORD", "ATL", NOON);
        JsonNode batch = ok(
                post("/predict", "{\"instances\":[" + instance("LAX", "ATL", NOON) + "," + known + "," + known + "]}"));
        assertThat(batch.at("/predictions/1/probability").asDouble()).isEqualTo(expected);
        assertThat(batch.at("/predictions/2/probability").asDouble()).isEqualTo(expected);
    }

    @Test
    void ourOwnTreesAreNamedAndNothingIsCachedUnlessAsked() throws Exception {
        serve();
        assertThat(ok(get("/isobar/v1/status")).get("evaluator").asText()).isEqualTo("isobar-trees");
        assertThat(ok(get("/isobar/v1/status")).get("evaluator_reason").isNull())
                .isTrue();
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        long hits = count("isobar_server_state_hits_total");
        ok(post("/invocations", instance("ORD", "ATL", NOON)));
        assertThat(count("isobar_server_state_hits_total")).as("two airports").isEqualTo(hits + 2);
        assertThat(get("/metrics").body()).doesNotContain("isobar_server_prediction_hits_total");
        assertThat(logged()).as("the warm-up is not logged").hasSize(2);
    }

    private long count(String name) throws Exception {
        return get("/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith(name + " "))
                .mapToLong(l -> Long.parseLong(l.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** Puts another model in the first one's place; returns the descriptor. */
    private byte[] deploy(byte[] model) {
        ServingDescriptor d = Flights.descriptor();
        byte[] descriptor = new ServingDescriptor(
                        d.endpoint(),
                        d.deployment(),
                        d.runId(),
                        d.spec(),
                        d.specVersion(),
                        d.model(),
                        ServingDescriptor.digest(model),
                        d.modelVersion(),
                        d.namespace(),
                        d.predictions())
                .toJson();
        platform.lake.put(Flights.MODEL, model, Precondition.none());
        platform.lake.put(Flights.DESCRIPTOR, descriptor, Precondition.none());
        return descriptor;
    }

    @Test
    void aModelOfOtherFeaturesIsRefused() {
        String other = new String(Flights.model(), StandardCharsets.UTF_8)
                .replace(
                        "airport.late_share_1h\",\"airport.late_share_3h",
                        "airport.late_share_3h\",\"airport.late_share_1h");
        byte[] model = other.getBytes(StandardCharsets.UTF_8);
        assertThat(model).isNotEqualTo(Flights.model());
        byte[] descriptor = deploy(model);
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> ServedModel.load(platform.lake, Flights.DESCRIPTOR, ServingDescriptor.digest(descriptor)));
        assertThat(e).hasMessageContaining("takes the features");
    }

    @Test
    void everyVariableThatCannotBeUsedIsNamedAtOnce() {
        Map<String, String> environment = new HashMap<>(Map.of(
                "ISOBAR_ADAPTER_CONFIG",
                "{\"flavor\":\"x\"}",
                "ISOBAR_DESCRIPTOR",
                "a",
                "ISOBAR_PREDICTION_QUEUE",
                "0"));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> new ServerMain(environment, platform));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e)
                .hasMessageContaining("memory.flavour")
                .hasMessageContaining("ISOBAR_DESCRIPTOR_DIGEST")
                .hasMessageContaining("ISOBAR_PREDICTION_QUEUE");
        assertThat(ServerMain.line(e)).doesNotContain("\n").startsWith("INVALID_CONFIGURATION");
    }

    @Test
    void aDrainAnswersWhatArrivedAndWhatIsAnsweredIsLogged() throws Exception {
        serve();
        CountDownLatch gate = new CountDownLatch(1);
        platform.log.gate = gate;
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(postLater("/invocations", instance("ORD", "ATL", NOON)));
        }
        await().until(() ->
                json.readTree(get("/isobar/v1/status").body()).get("in_flight").asInt() == 20);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
        assertThat(closing).isNotDone();
        gate.countDown();
        closing.get(30, TimeUnit.SECONDS);
        for (var answer : answers) {
            ok(answer.get(30, TimeUnit.SECONDS));
        }
        assertThat(logged()).hasSize(20);
        assertThat(platform.closed).isTrue();
    }

    @Test
    void noAdapterAndSeveralAreClearErrors(@TempDir Path folder) throws IOException {
        assertThat(ServerMain.onlyAdapter()).isInstanceOf(MemoryAdapter.class);
        assertThat(adapters(folder, "").getMessage()).contains("no adapter");
        assertThat(adapters(folder, MemoryAdapter.class.getName() + "\n" + Second.class.getName())
                        .getMessage())
                .contains("several adapters")
                .contains("memory");
    }

    /** A second one on the class path. */
    public static final class Second implements dev.isobar.spi.Adapter {
        /** For the service loader. */
        public Second() {}

        @Override
        public String id() {
            return "second";
        }

        @Override
        public dev.isobar.capability.CapabilityReport capabilities() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<dev.isobar.config.ConfigKey> configuration() {
            return List.of();
        }

        @Override
        public dev.isobar.spi.AdapterSession open(dev.isobar.spi.AdapterContext context) {
            throw new UnsupportedOperationException();
        }
    }

    private static IsobarException adapters(Path folder, String services) throws IOException {
        Path file = folder.resolve("services");
        Files.writeString(file, services);
        ClassLoader loader = new ClassLoader(ServerMainTest.class.getClassLoader()) {
            @Override
            public java.util.Enumeration<java.net.URL> getResources(String name) throws IOException {
                return name.startsWith("META-INF/services/")
                        ? java.util.Collections.enumeration(List.of(file.toUri().toURL()))
                        : super.getResources(name);
            }
        };
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return catchThrowableOfType(IsobarException.class, ServerMain::onlyAdapter);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void theProcessSaysWhyItCannotStartOnOneLineAndExitsWith1(@TempDir Path home) throws Exception {
        Map<String, String> environment = flights.environment();
        environment.put("ISOBAR_DESCRIPTOR_DIGEST", "sha256:0");
        Process process = start(environment, home, "serve");
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err.lines().filter(l -> l.startsWith("isobar-server:")))
                .singleElement()
                .asString()
                .contains("CORRUPT")
                .contains(Flights.DESCRIPTOR);
        assertThat(err).doesNotContain("\tat ");
        Process wrong = start(environment, home, "train");
        assertThat(wrong.waitFor()).isEqualTo(2);
    }

    @Test
    void theProcessBecomesReadyAndSigtermEndsItWith0(@TempDir Path home) throws Exception {
        Process process = start(flights.environment(), home, "serve");
        try (var err = process.errorReader(StandardCharsets.UTF_8)) {
            String line = err.readLine();
            while (line != null && !line.contains("ready after")) {
                line = err.readLine();
            }
            assertThat(line).isNotNull();
            int port = Integer.parseInt(line.replaceAll(".* on port (\\d+),.*", "$1"));
            HttpResponse<String> ping = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ping"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(ping.statusCode()).isEqualTo(200);
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(Map<String, String> environment, Path home, String argument) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m",
                // the server's own, not the one of the tests
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                ServerMain.class.getName(),
                argument);
        builder.environment().putAll(environment);
        builder.environment().put("ISOBAR_HOME", home.toString());
        return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    // ---- asking and looking ----

    static String instance(String origin, String destination, String at) {
        return "{\"event_time\":\"" + at + "\",\"local_time\":\"2001-03-01T06:00:00\",\"origin\":\"" + origin
                + "\",\"destination\":\"" + destination + "\",\"distance_mi\":600}";
    }

    private static String tensors(String origin, String destination, String at) {
        return "{\"inputs\":[" + tensor("event_time", "BYTES", "\"" + at + "\"") + ","
                + tensor("local_time", "BYTES", "\"2001-03-01T06:00:00\"") + ","
                + tensor("origin", "BYTES", "\"" + origin + "\"") + ","
                + tensor("destination", "BYTES", "\"" + destination + "\"") + ","
                + tensor("distance_mi", "INT32", "600") + "]}";
    }

    private static String tensor(String name, String type, String value) {
        return "{\"name\":\"" + name + "\",\"datatype\":\"" + type + "\",\"shape\":[1],\"data\":[" + value + "]}";
    }

    private static Row decision(String origin, String destination, String at) {
        Row row = new Row(Flights.PLAN.decisionSchema());
        row.setWord(row.schema().require("event_time"), micros(at));
        row.setWord(row.schema().require("local_time"), micros("2001-03-01T06:00:00Z"));
        row.setText(row.schema().require("origin"), origin);
        row.setText(row.schema().require("destination"), destination);
        row.setWord(row.schema().require("distance_mi"), 600);
        row.setWord(row.schema().require("due"), micros(at) + 105 * Flights.MINUTE);
        return row;
    }

    private static long micros(String instant) {
        return dev.isobar.event.RowText.micros(java.time.Instant.parse(instant));
    }

    private static Schema schema() {
        return PredictionLog.schema(
                Flights.PLAN.decisionSchema(),
                Flights.PLAN.columns().stream().map(c -> c.name()).toList(),
                Flights.PLAN.streams());
    }

    private static int slot(String column) {
        return schema().require(column);
    }

    private static Row row(Event event) {
        Row row = new Row(schema());
        new RowCodec(schema()).decode(event.payload(), row);
        return row;
    }

    private static void assertVector(Row row, FeatureVector expected) {
        for (int i = 0; i < expected.size(); i++) {
            String name = Flights.PLAN.columns().get(i).name();
            int slot = slot(PredictionLog.feature(name));
            assertThat(row.isNull(slot)).as(name).isEqualTo(expected.isNull(i));
            assertThat(row.word(slot)).as(name).isEqualTo(expected.bits(i));
        }
    }

    private List<Event> logged() {
        return platform.log.of(Flights.PREDICTIONS);
    }

    private JsonNode ok(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json.readTree(answer.body());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(path, "application/json", body);
    }

    private HttpResponse<String> send(String path, String type, String body) throws Exception {
        return client.send(request(path, type, body), HttpResponse.BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> postLater(String path, String body) {
        return client.sendAsync(request(path, "application/json", body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String type, String body) {
        return HttpRequest.newBuilder(uri(path))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }
}
