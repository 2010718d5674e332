package dev.isobar.server.http;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the server listens and what it takes.
 *
 * @param bind address to bind to; a container's contract wants all interfaces
 * @param port 0 for any free one
 * @param healthRoute Vertex AI's health route: 200 once ready
 * @param predictRoute Vertex AI's predict route
 * @param livenessRoute Azure ML's: 200 while the process lives
 * @param readinessRoute Azure ML's: 200 once ready
 * @param scoringRoute Azure ML's scoring route
 * @param maxBodyBytes a longer body is 413
 * @param maxInstances more instances in one request are 413
 * @param eventLoops threads that read, decode and write, at least 1
 * @param scoringThreads 0 scores on the event loops, right for a scorer that does not block; otherwise so many threads do
 * @param queue requests that may wait for a scoring thread; one more is 429
 * @param batch most waiting requests that a scoring thread takes at once; 0 leaves it to the scorer
 * @param pipelined requests of one connection that may wait to be read; one more is 429
 * @param patience an event loop that is this much behind refuses scoring requests with 429 until it has caught up
 * @param connections open at the same time; one more is closed at once
 * @param drain how long requests in flight may take after {@link ModelServer#close()}
 * @since 0.1
 */
public record ServerConfiguration(
        String bind,
        int port,
        String healthRoute,
        String predictRoute,
        String livenessRoute,
        String readinessRoute,
        String scoringRoute,
        int maxBodyBytes,
        int maxInstances,
        int eventLoops,
        int scoringThreads,
        int queue,
        int batch,
        int pipelined,
        Duration patience,
        int connections,
        Duration drain) {

    /** What an empty environment means, on an address and port. */
    public static ServerConfiguration ofDefaults(String bind, int port) {
        return new ServerConfiguration(
                bind,
                port,
                "/health",
                "/predict",
                "/",
                "/ready",
                "/score",
                25 << 20,
                10_000,
                Runtime.getRuntime().availableProcessors(),
                0,
                256,
                0,
                128,
                Duration.ofMillis(500),
                10_000,
                Duration.ofSeconds(30));
    }

    /**
     * Reads {@code ISOBAR_BIND} (0.0.0.0), {@code AIP_HTTP_PORT} or {@code SAGEMAKER_BIND_TO_PORT} (8080), {@code AIP_HEALTH_ROUTE},
     * {@code AIP_PREDICT_ROUTE}, {@code ISOBAR_LIVENESS_ROUTE}, {@code ISOBAR_READINESS_ROUTE}, {@code ISOBAR_SCORING_ROUTE},
     * {@code ISOBAR_MAX_BODY_BYTES}, {@code ISOBAR_MAX_INSTANCES}, {@code ISOBAR_EVENT_LOOPS}, {@code ISOBAR_SCORING_THREADS}, {@code ISOBAR_QUEUE},
     * {@code ISOBAR_BATCH}, {@code ISOBAR_PIPELINED}, {@code ISOBAR_WAIT_MILLIS}, {@code ISOBAR_CONNECTIONS}, {@code ISOBAR_DRAIN_SECONDS}.
     *
     * @throws IsobarException {@code INVALID_CONFIGURATION} naming every value that cannot be used
     */
    public static ServerConfiguration fromEnvironment(Map<String, String> environment) {
        List<String> problems = new ArrayList<>();
        ServerConfiguration d = ofDefaults("0.0.0.0", 8080);
        String portKey = environment.containsKey("AIP_HTTP_PORT") ? "AIP_HTTP_PORT" : "SAGEMAKER_BIND_TO_PORT";
        ServerConfiguration c = new ServerConfiguration(
                environment.getOrDefault("ISOBAR_BIND", d.bind),
                number(environment, portKey, d.port, 0, 65_535, problems),
                route(environment, "AIP_HEALTH_ROUTE", d.healthRoute, problems),
                route(environment, "AIP_PREDICT_ROUTE", d.predictRoute, problems),
                route(environment, "ISOBAR_LIVENESS_ROUTE", d.livenessRoute, problems),
                route(environment, "ISOBAR_READINESS_ROUTE", d.readinessRoute, problems),
                route(environment, "ISOBAR_SCORING_ROUTE", d.scoringRoute, problems),
                number(environment, "ISOBAR_MAX_BODY_BYTES", d.maxBodyBytes, 1, 1 << 30, problems),
                number(environment, "ISOBAR_MAX_INSTANCES", d.maxInstances, 1, 10_000_000, problems),
                number(environment, "ISOBAR_EVENT_LOOPS", d.eventLoops, 1, 256, problems),
                number(environment, "ISOBAR_SCORING_THREADS", d.scoringThreads, 0, 1024, problems),
                number(environment, "ISOBAR_QUEUE", d.queue, 1, 1_000_000, problems),
                number(environment, "ISOBAR_BATCH", d.batch, 0, 10_000, problems),
                number(environment, "ISOBAR_PIPELINED", d.pipelined, 1, 1_000_000, problems),
                Duration.ofMillis(
                        number(environment, "ISOBAR_WAIT_MILLIS", (int) d.patience.toMillis(), 1, 3_600_000, problems)),
                number(environment, "ISOBAR_CONNECTIONS", d.connections, 1, 1_000_000, problems),
                Duration.ofSeconds(
                        number(environment, "ISOBAR_DRAIN_SECONDS", (int) d.drain.toSeconds(), 0, 3600, problems)));
        if (!problems.isEmpty()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_CONFIGURATION,
                            "The server's environment cannot be used: " + String.join("; ", problems))
                    .hint("Correct these variables and start it again.")
                    .build();
        }
        return c;
    }

    private static int number(
            Map<String, String> environment, String key, int otherwise, int least, int most, List<String> problems) {
        String text = environment.get(key);
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        try {
            int n = Integer.parseInt(text.trim());
            if (n >= least && n <= most) {
                return n;
            }
        } catch (NumberFormatException e) {
            problems.add(key + " is '" + text + "', not a number");
            return otherwise;
        }
        problems.add(key + " is " + text + ", not from " + least + " to " + most);
        return otherwise;
    }

    private static String route(Map<String, String> environment, String key, String otherwise, List<String> problems) {
        String route = environment.getOrDefault(key, otherwise);
        if (!route.startsWith("/")) {
            problems.add(key + " is '" + route + "', which does not begin with /");
        }
        return route;
    }
}
