package dev.isobar.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.capability.Port;
import dev.isobar.config.Configuration;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.server.http.ModelServer;
import dev.isobar.server.http.ServerConfiguration;
import dev.isobar.server.model.Evaluator;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import dev.isobar.workload.ServingDescriptor;
import io.netty.util.ResourceLeakDetector;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of a deployment. It takes the argument {@code serve}, with which SageMaker starts it, and does the same without. What to serve and where to find it is in the environment:
 *
 * <ul>
 *   <li>{@code ISOBAR_DESCRIPTOR}, {@code ISOBAR_DESCRIPTOR_DIGEST}: lake key and digest of the {@link ServingDescriptor}
 *   <li>{@code ISOBAR_ADAPTER_CONFIG}: configuration of the one adapter on the class path, a JSON object of texts; default <code>{}</code>
 *   <li>{@code ISOBAR_HOME}: where the adapter may keep state on this machine; default {@code .isobar}
 *   <li>{@code ISOBAR_PREDICTION_QUEUE}: how many predictions may wait to be logged; default 10,000. More is 429
 *   <li>{@code ISOBAR_STATE_CACHE_BYTES}: how many bytes of encoded state may stay decoded; default an eighth of the largest heap
 *   <li>{@code ISOBAR_PREDICTION_CACHE}: how many predictions may be kept for vectors that come again; default 0, none
 *   <li>{@code ISOBAR_PREDICTION_CACHE_SECONDS}: how long each; default 60
 *   <li>{@code ISOBAR_WARM_UP_SECONDS}: how long it may rehearse before it is ready; default 10, 0 for not at all
 *   <li>{@code ISOBAR_METRICS_SECONDS}: how often the time of requests is published, where the platform has metrics; default 60, 0 for never
 *   <li>everything that {@link ServerConfiguration#fromEnvironment} reads; scoring threads default to twice the processors
 * </ul>
 *
 * <p>It listens at once and answers 503 until everything is loaded, verified and warm. Exit codes: 0 after SIGTERM and a complete drain, 1 if it cannot
 * start, with one line on standard error that says why, 2 for wrong arguments.
 *
 * @since 0.1
 */
public final class ServerMain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerMain.class);

    private static final int DEFAULT_TTL_SECONDS = 60;

    private final Map<String, String> environment;
    private final Adapter adapter;
    private final Configuration configuration;
    private final String descriptorKey;
    private final String descriptorDigest;
    private final int predictionQueue;
    private final long cacheBytes;
    private final int cachedPredictions;
    private final Duration cacheTtl;
    private final Duration warmUp;
    private final Duration metricsEvery;
    private final ModelServer http;

    private volatile boolean closing;
    private @Nullable AdapterSession session;
    private @Nullable PredictionWriter writer;
    private @Nullable LatencyGauge latency;
    private @Nullable Evaluator model;

    /**
     * Reads the environment and listens.
     *
     * @throws IsobarException {@code INVALID_CONFIGURATION} naming every variable that cannot be used; {@code IN_USE} if somebody holds the port
     */
    ServerMain(Map<String, String> environment, Adapter adapter) {
        this.environment = environment;
        this.adapter = adapter;
        List<String> problems = new ArrayList<>();
        this.configuration = Configuration.validate(
                adapter.id(), adapter.configuration(), adapterConfig(environment, problems), problems);
        this.descriptorKey = required(ServingDescriptor.KEY_VARIABLE, "the lake key of a serving descriptor", problems);
        this.descriptorDigest = required(ServingDescriptor.DIGEST_VARIABLE, "its digest, sha256:…", problems);
        this.predictionQueue = (int) number("ISOBAR_PREDICTION_QUEUE", 10_000, 1, Integer.MAX_VALUE, problems);
        this.cacheBytes =
                number("ISOBAR_STATE_CACHE_BYTES", Runtime.getRuntime().maxMemory() / 8, 0, Long.MAX_VALUE, problems);
        this.cachedPredictions = (int) number("ISOBAR_PREDICTION_CACHE", 0, 0, 100_000_000, problems);
        this.cacheTtl = Duration.ofSeconds(
                number("ISOBAR_PREDICTION_CACHE_SECONDS", DEFAULT_TTL_SECONDS, 1, 31_536_000, problems));
        this.warmUp = Duration.ofSeconds(number("ISOBAR_WARM_UP_SECONDS", 10, 0, 600, problems));
        this.metricsEvery = Duration.ofSeconds(number("ISOBAR_METRICS_SECONDS", 60, 0, 86_400, problems));
        Configuration.throwIfAny(problems);
        Map<String, String> server = new HashMap<>(environment);
        // Reading the online store blocks; an event loop must not.
        server.putIfAbsent(
                "ISOBAR_SCORING_THREADS",
                Integer.toString(2 * Runtime.getRuntime().availableProcessors()));
        this.http = ModelServer.start(ServerConfiguration.fromEnvironment(server));
    }

    /** Starts a replica; see the class. Does not return before the process is told to end, unless it cannot start. */
    public static void main(String[] args) {
        if (args.length > 0 && !List.of(args).equals(List.of("serve"))) {
            System.err.println("isobar-server: the only argument is 'serve', not " + List.of(args) + ".");
            System.exit(2);
        }
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            // It tracks one buffer in a hundred with a stack trace; the tests run with it.
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
        ServerMain server = null;
        try {
            server = new ServerMain(System.getenv(), onlyAdapter());
            server.http.drainOnSignal(server::release);
            server.load();
            // Netty's threads are daemons; this thread keeps the process alive.
            server.http.awaitClosed();
        } catch (RuntimeException | ServiceConfigurationError e) {
            if (server != null && server.closing) {
                // Stopped while it was starting: the drain ends the process, with 0.
                return;
            }
            System.err.println("isobar-server: " + line(e));
            LOG.debug("start failed", e);
            System.exit(1);
        }
    }

    /** Loads and verifies what the descriptor names, warms up and takes requests from then on. */
    void load() {
        long begun = System.nanoTime();
        Path home = Path.of(environment.getOrDefault("ISOBAR_HOME", ".isobar"));
        AdapterSession opened = adapter.open(new AdapterContext(adapter.id(), configuration, home));
        synchronized (this) {
            session = opened;
        }
        ServedModel served = ServedModel.load(opened.objectStore(), descriptorKey, descriptorDigest);
        synchronized (this) {
            model = served.model();
        }
        String predictions = served.descriptor().predictions();
        PredictionWriter.createIfAbsent(opened.eventStream(), predictions);
        PredictionWriter log = new PredictionWriter(opened.eventStream(), predictions, predictionQueue);
        synchronized (this) {
            writer = log;
        }
        PredictionCache cache = cachedPredictions == 0
                ? null
                : new PredictionCache(
                        served.descriptor().modelDigest(), cachedPredictions, cacheTtl.toNanos(), System::nanoTime);
        OnlineScorer scorer = new OnlineScorer(served, opened.onlineStore(), log, cacheBytes, cache);
        http.serve(scorer);
        int rehearsed = http.warmUp(warmUp);
        http.markReady();
        if (!metricsEvery.isZero() && adapter.capabilities().implementsPort(Port.METRICS)) {
            synchronized (this) {
                latency = LatencyGauge.start(
                        opened.metrics(), served.descriptor(), http::takeP99, metricsEvery, Clock.systemUTC());
            }
        }
        LOG.info(
                "Deployment {} serves model {} version {} ({}, evaluated by {}) on port {}, ready after {} ms and {} rehearsals",
                served.descriptor().deployment(),
                scorer.modelName(),
                scorer.modelVersion(),
                scorer.modelDigest(),
                scorer.evaluator(),
                http.port(),
                (System.nanoTime() - begun) / 1_000_000,
                rehearsed);
    }

    /** The port it listens on. */
    int port() {
        return http.port();
    }

    /** Drains, then releases everything. */
    @Override
    public void close() {
        closing = true;
        http.close();
        release();
    }

    /** After the drain: what is still to be logged is logged. */
    private void release() {
        closing = true;
        PredictionWriter log;
        AdapterSession opened;
        Evaluator evaluator;
        LatencyGauge gauge;
        synchronized (this) {
            gauge = latency;
            log = writer;
            opened = session;
            evaluator = model;
            model = null;
        }
        if (gauge != null) {
            gauge.close();
        }
        if (log != null) {
            log.close();
        }
        if (evaluator != null) {
            evaluator.close();
        }
        if (opened != null) {
            opened.close();
        }
    }

    /** The one adapter of this program's class path. */
    static Adapter onlyAdapter() {
        List<Adapter> found = new ArrayList<>();
        ServiceLoader.load(Adapter.class).forEach(found::add);
        if (found.size() == 1) {
            return found.get(0);
        }
        throw IsobarException.of(
                        ErrorCode.INVALID_CONFIGURATION,
                        found.isEmpty()
                                ? "There is no adapter on the server's class path."
                                : "There are several adapters on the server's class path: "
                                        + found.stream()
                                                .map(Adapter::id)
                                                .sorted()
                                                .toList() + ".")
                .hint("A server is assembled with exactly one adapter: that of the target it is deployed to.")
                .build();
    }

    private static Map<String, String> adapterConfig(Map<String, String> environment, List<String> problems) {
        String text = environment.getOrDefault("ISOBAR_ADAPTER_CONFIG", "{}");
        Map<String, String> values = new TreeMap<>();
        try {
            JsonNode json = JsonMapper.builder().build().readTree(text);
            if (json == null || !json.isObject()) {
                problems.add("ISOBAR_ADAPTER_CONFIG is not a JSON object of key and text");
                return values;
            }
            json.fields().forEachRemaining(e -> {
                if (e.getValue().isValueNode() && !e.getValue().isNull()) {
                    values.put(e.getKey(), e.getValue().asText());
                } else {
                    problems.add("ISOBAR_ADAPTER_CONFIG: the value of '" + e.getKey() + "' is not text");
                }
            });
        } catch (JsonProcessingException e) {
            // The text may hold secrets, so it is not shown.
            problems.add("ISOBAR_ADAPTER_CONFIG is not a JSON object of key and text (column "
                    + (e.getLocation() == null ? 0 : e.getLocation().getColumnNr()) + ")");
        }
        return values;
    }

    private String required(String variable, String what, List<String> problems) {
        String value = environment.get(variable);
        if (value == null || value.isBlank()) {
            problems.add(variable + " is not set; it names " + what);
            return "";
        }
        return value.trim();
    }

    private long number(String variable, long otherwise, long least, long most, List<String> problems) {
        String text = environment.get(variable);
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        long n;
        try {
            n = Long.parseLong(text.trim());
        } catch (NumberFormatException e) {
            problems.add(variable + " is '" + text + "', not a number");
            return otherwise;
        }
        if (n < least || n > most) {
            problems.add(variable + " is " + n + ", not from " + least + " to " + most);
        }
        return n;
    }

    /** All that a person needs on one line: what, then what to do. */
    static String line(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        String text;
        if (e instanceof IsobarException i) {
            text = i.code() + ": " + message + (i.hint() == null ? "" : " " + i.hint());
        } else {
            text = ErrorCode.INTERNAL + ": the server has a defect: " + e;
        }
        return text.replaceAll("\\s*\\R\\s*", "; ");
    }
}
