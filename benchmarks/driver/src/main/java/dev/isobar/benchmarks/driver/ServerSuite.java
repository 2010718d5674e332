package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.benchmarks.workload.Cores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The model server: one prediction alone, and whole servers as processes of their own with the load in another. Every answer is checked. The maximum comes from
 * a closed loop, latency at half of it and refusals at twice of it from an open one.
 */
final class ServerSuite implements Suite {
    private static final String MAIN = "dev.isobar.benchmarks.server.Main";
    private static final String OWN = "isobar";
    private static final String[] ECHOES = {"netty_echo", "epoll_echo", "jetty_echo", "jdk_echo"};
    private static final int CONNECTIONS = 64;
    private static final int OPEN_CONNECTIONS = 32;
    /** As fast as it can, on all cores, until the JVM's compiler is done: on one core it would take the server's time for a minute. */
    private static final double WARM_SECONDS = 20;
    /** At the rate that is measured: until the compiler of the load is done, whose process is new. */
    private static final double SETTLE_SECONDS = 10;
    /** A small heap and the collector without threads of its own, as a container of one or two cores would choose. */
    private static final List<String> JVM = List.of("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData");

    /** What a server will have when it is measured; its compiler warms up on all there are. */
    private static final List<String> ONE_CORE = Cores.apart() ? List.of("-XX:ActiveProcessorCount=1") : List.of();

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Names as {@code Main serve} takes them, and what they are. */
    private static final Map<String, String> SERVERS = servers();

    private static Map<String, String> servers() {
        Map<String, String> s = new LinkedHashMap<>();
        s.put(OWN, "Isobar: features of kernel state + own trees + prediction log");
        s.put("isobar_trees", "Isobar's HTTP and trees, features from a map, no log");
        s.put("netty_echo", "echo, Netty on NIO");
        s.put("epoll_echo", "echo, Netty on epoll");
        s.put("jetty_echo", "echo, Jetty");
        s.put("jdk_echo", "echo, the JDK's server");
        s.put("isobar_xgboost4j", "xgboost4j behind Isobar's HTTP, features from a map");
        s.put("netty_xgboost4j", "xgboost4j behind plain Netty, features from a map");
        s.put("netty_onnx", "ONNX Runtime behind plain Netty, features from a map");
        s.put("jetty_xgboost4j", "xgboost4j behind Jetty, features from a map");
        s.put("jetty_onnx", "ONNX Runtime behind Jetty, features from a map");
        s.put("jdk_xgboost4j", "xgboost4j behind the JDK's server, features from a map");
        s.put("jdk_onnx", "ONNX Runtime behind the JDK's server, features from a map");
        return s;
    }

    /** Open loops at a share of our own maximum. What an echo takes at the same rate is this machine's part of it. */
    private static final List<OpenLoad> OPEN =
            List.of(new OpenLoad(OWN, 0.5), new OpenLoad("epoll_echo", 0.5), new OpenLoad(OWN, 2));

    private record OpenLoad(String server, double share) {}

    private final Map<String, List<JsonNode>> runs = new LinkedHashMap<>();
    private final Map<String, String> failed = new LinkedHashMap<>();
    private final Map<OpenLoad, List<JsonNode>> open = new LinkedHashMap<>();
    private final List<JsonNode> predictions = new ArrayList<>();

    @Override
    public String name() {
        return "server";
    }

    @Override
    public void run(Settings settings, Report report) {
        Path target = settings.home().resolve("server").resolve("target");
        if (!Files.isDirectory(target.resolve("lib"))) {
            for (String key : Report.RATIOS) {
                if (key.startsWith("server_") || key.startsWith("predict_")) {
                    report.notMeasured.put(key, "benchmarks/server was not built");
                }
            }
            return;
        }
        Path scene = settings.scratch().resolve("scene");
        try {
            String prepared = finish(start(target, settings, Map.of(), MAIN, "prepare", scene.toString()), "prepare");
            if (!prepared.isEmpty()) {
                Say.progress(prepared);
            }
            for (int r = 0; r < settings.repetitions(); r++) {
                if (settings.wants("predict")) {
                    predictions.add(JSON.readTree(
                            finish(start(target, settings, Map.of(), MAIN, "predict", scene.toString()), "predict")));
                }
                for (String server : SERVERS.keySet()) {
                    if (settings.wants(server) && !failed.containsKey(server)) {
                        closed(target, settings, scene, server);
                    }
                }
            }
            if (runs.containsKey(OWN)) {
                double most = median(runs.get(OWN), "per_second");
                for (OpenLoad load : OPEN) {
                    for (int r = 0; r < settings.repetitions(); r++) {
                        openLoop(target, settings, scene, load, most);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the server comparison cannot run", e);
        }
        figures(report);
        ratios(report);
        report.tables.put(name(), table());
    }

    private void closed(Path target, Settings settings, Path scene, String server) throws IOException {
        try (Running running = serve(target, settings, scene, server)) {
            JsonNode result = running.measure(settings, 0, CONNECTIONS, server.endsWith("_echo"));
            if (!result.has("right")
                    || result.get("wrong").asLong() + result.get("other").asLong() > 0) {
                failed.put(server, "WRONG: " + result);
                Say.progress(server + " " + failed.get(server));
                return;
            }
            runs.computeIfAbsent(server, s -> new ArrayList<>()).add(result);
            Say.progress(String.format(
                    Locale.ROOT,
                    "%-20s %9.0f requests/s %9.0f per CPU-second of the server, p99 %.0f us",
                    server,
                    result.get("per_second").asDouble(),
                    result.get("per_cpu_second").asDouble(),
                    result.get("send_p99_us").asDouble()));
        }
    }

    private void openLoop(Path target, Settings settings, Path scene, OpenLoad load, double most) throws IOException {
        String what = load.server() + " at " + load.share() + " of Isobar's maximum: ";
        try (Running running = serve(target, settings, scene, load.server())) {
            JsonNode result = running.measure(
                    settings,
                    load.share() * most,
                    OPEN_CONNECTIONS,
                    load.server().endsWith("_echo"));
            open.computeIfAbsent(load, at -> new ArrayList<>()).add(result);
            if (!result.has("right")
                    || result.get("wrong").asLong() + result.get("other").asLong() > 0) {
                failed.put(load.server(), "WRONG: " + what + result);
            }
            Say.progress(what + result);
        }
    }

    // ---- processes ----

    /** A server that answers. */
    private final class Running implements AutoCloseable {
        private final Process process;
        private final Path target;
        private final Path scene;
        private final int port;

        Running(Process process, Path target, Path scene, int port) {
            this.process = process;
            this.target = target;
            this.scene = scene;
            this.port = port;
        }

        /** Warms the server up, puts it on a core of its own and measures. */
        JsonNode measure(Settings settings, double rate, int connections, boolean echo) throws IOException {
            load(0, CONNECTIONS, WARM_SECONDS, 0, settings, echo);
            if (rate > 0) {
                load(rate, connections, WARM_SECONDS, 0, settings, echo);
            }
            try {
                Cores.move(process.toHandle(), Cores.MEASURED);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Duration before = cpu();
            JsonNode result = load(rate, connections, SETTLE_SECONDS, settings.seconds(), settings, echo);
            double seconds = cpu().minus(before).toNanos() / 1e9;
            if (result instanceof ObjectNode o && o.has("answered")) {
                // The server does not know which of its answers count, so what it took to settle is in both.
                o.put("per_cpu_second", o.get("answered_in_all").asLong() / seconds);
            }
            return result;
        }

        private JsonNode load(
                double rate, int connections, double warm, double seconds, Settings settings, boolean echo)
                throws IOException {
            return JSON.readTree(finish(
                    start(
                            target,
                            settings,
                            Cores.on(Cores.OTHER),
                            List.of(),
                            Map.of(),
                            MAIN,
                            "load",
                            scene.toString(),
                            "" + port,
                            "" + connections,
                            "" + rate,
                            "" + warm,
                            "" + seconds,
                            "" + echo),
                    "load"));
        }

        private Duration cpu() {
            return process.info().totalCpuDuration().orElse(Duration.ZERO);
        }

        @Override
        public void close() {
            process.destroy();
            try {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Running serve(Path target, Settings settings, Path scene, String server) throws IOException {
        int port = freePort();
        Process process;
        if (server.equals(OWN)) {
            Map<String, String> environment = Map.of(
                    "ISOBAR_BIND",
                    "127.0.0.1",
                    "AIP_HTTP_PORT",
                    "" + port,
                    "ISOBAR_HOME",
                    scene.toString(),
                    "ISOBAR_DESCRIPTOR",
                    "descriptor.json",
                    "ISOBAR_DESCRIPTOR_DIGEST",
                    Files.readString(scene.resolve("descriptor.digest")),
                    // The store is a map in this process: reading it does not block.
                    "ISOBAR_SCORING_THREADS",
                    "0");
            process =
                    start(target, settings, List.of(), ONE_CORE, environment, "dev.isobar.server.ServerMain", "serve");
        } else {
            process = start(
                    target,
                    settings,
                    List.of(),
                    ONE_CORE,
                    Map.of(),
                    MAIN,
                    "serve",
                    server,
                    "" + port,
                    scene.toString());
        }
        for (int i = 0; i < 600 && process.isAlive(); i++) {
            if (answers(port, server.startsWith(OWN))) {
                return new Running(process, target, scene, port);
            }
            LockSupport.parkNanos(50_000_000);
        }
        process.destroyForcibly();
        throw new IOException(server + " did not start; see its log in the scratch folder");
    }

    /** Our own says when it is ready; of the others it is enough that they listen. */
    private static boolean answers(int port, boolean own) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            if (!own) {
                return socket.isConnected();
            }
            HttpURLConnection c = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/ping").toURL().openConnection();
            c.setConnectTimeout(1000);
            c.setReadTimeout(1000);
            return c.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static Process start(
            Path target, Settings settings, Map<String, String> environment, String main, String... args)
            throws IOException {
        return start(target, settings, List.of(), List.of(), environment, main, args);
    }

    private static Process start(
            Path target,
            Settings settings,
            List<String> before,
            List<String> jvm,
            Map<String, String> environment,
            String main,
            String... args)
            throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.addAll(jvm);
        if (Runtime.version().feature() >= 25) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-Djava.io.tmpdir=" + settings.scratch());
        command.add("-cp");
        command.add(target.resolve("*") + ":" + target.resolve("lib") + "/*");
        command.add(main);
        command.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        settings.scratch().resolve("server.log").toFile()));
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Its last line. */
    private static String finish(Process process, String what) throws IOException {
        String last = "";
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                last = line;
            }
        }
        try {
            if (process.waitFor() != 0) {
                return JSON.createObjectNode()
                        .put("failed", what + " ended with " + process.exitValue())
                        .toString();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return last;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    // ---- what came out ----

    private void figures(Report report) {
        SERVERS.forEach((server, title) -> {
            List<JsonNode> of = runs.getOrDefault(server, List.of());
            if (of.isEmpty() && !failed.containsKey(server)) {
                return;
            }
            ObjectNode f = report.figures.addObject();
            f.put("suite", name()).put("competitor", server).put("title", title);
            f.put("jvm_options", String.join(" ", JVM))
                    .put("connections", CONNECTIONS)
                    .put("apart", Cores.apart());
            f.put("verdict", failed.getOrDefault(server, server.endsWith("_echo") ? "echo" : "every answer right"));
            if (!of.isEmpty()) {
                f.put("requests_per_second", median(of, "per_second"))
                        .put("requests_per_cpu_second", median(of, "per_cpu_second"))
                        .put("closed_p99_us", median(of, "send_p99_us"));
            }
        });
        open.forEach((load, of) -> {
            if (!of.isEmpty()) {
                ObjectNode f = report.figures.addObject();
                f.put("suite", name())
                        .put("competitor", load.server())
                        .put("load", load.share() + " × Isobar's maximum");
                for (String field : List.of(
                        "per_second",
                        "right",
                        "wrong",
                        "refused",
                        "other",
                        "send_p50_us",
                        "send_p99_us",
                        "due_p50_us",
                        "due_p99_us",
                        "max_us")) {
                    f.put(field, median(of, field));
                }
            }
        });
        for (String evaluator : List.of("isobar_trees", "onnx", "xgboost4j", "xgboost4j_inplace")) {
            if (!predictions.isEmpty()) {
                report.figures
                        .addObject()
                        .put("suite", name())
                        .put("competitor", "predict_" + evaluator)
                        .put("p50_ns", median(predictions, evaluator + "_p50_ns"))
                        .put("p99_ns", median(predictions, evaluator + "_p99_ns"))
                        .put("max_difference", median(predictions, evaluator + "_max_difference"));
            }
        }
    }

    private void ratios(Report report) {
        if (predictions.isEmpty()) {
            report.notMeasured.put("predict_vs_xgboost4j", "not asked for");
            report.notMeasured.put("predict_vs_onnx", "not asked for");
        } else {
            double own = median(predictions, "isobar_trees_p50_ns");
            // Whichever of XGBoost's two calls is faster here.
            double theirs =
                    Math.min(median(predictions, "xgboost4j_p50_ns"), median(predictions, "xgboost4j_inplace_p50_ns"));
            report.ratios.put("predict_vs_xgboost4j", theirs / own);
            report.ratios.put("predict_vs_onnx", median(predictions, "onnx_p50_ns") / own);
        }
        ratio(report, "server_vs_xgboost4j", "per_second", "isobar_xgboost4j");
        ratio(report, "server_vs_echo", "per_second", ECHOES);
        ratio(report, "server_vs_echo_per_cpu", "per_cpu_second", ECHOES);
        ratio(report, "isobar_trees", "server_without_log_vs_echo", "per_second", ECHOES);
        ratio(report, "server_vs_jetty_onnx", "per_second", "jetty_onnx");
        ratio(report, "server_vs_jetty_xgboost4j", "per_second", "jetty_xgboost4j");
    }

    /** Ours over the fastest of the others. */
    private void ratio(Report report, String key, String field, String... others) {
        ratio(report, OWN, key, field, others);
    }

    private void ratio(Report report, String own, String key, String field, String[] others) {
        double fastest = 0;
        for (String other : others) {
            if (runs.containsKey(other) && !failed.containsKey(other)) {
                fastest = Math.max(fastest, median(runs.get(other), field));
            }
        }
        if (failed.containsKey(own)) {
            report.notMeasured.put(key, failed.get(own));
        } else if (fastest == 0 || !runs.containsKey(own)) {
            report.notMeasured.put(key, "needs " + own + " and one of " + List.of(others));
        } else {
            report.ratios.put(key, median(runs.get(own), field) / fastest);
        }
    }

    private String table() {
        StringBuilder t = new StringBuilder();
        if (!predictions.isEmpty()) {
            t.append(
                    "| one prediction, 100 trees of depth 6 | p50, ns | p99, ns | largest difference |\n|---|---:|---:|---:|\n");
            Map<String, String> titles = new LinkedHashMap<>();
            titles.put("isobar_trees", "Isobar's trees");
            titles.put("onnx", "ONNX Runtime");
            titles.put("xgboost4j", "xgboost4j, predict");
            titles.put("xgboost4j_inplace", "xgboost4j, inplace_predict");
            titles.forEach((key, title) -> t.append(String.format(
                    Locale.ROOT,
                    "| %s | %,.0f | %,.0f | %.1e |%n",
                    title,
                    median(predictions, key + "_p50_ns"),
                    median(predictions, key + "_p99_ns"),
                    median(predictions, key + "_max_difference"))));
        }
        t.append("\n| server, ")
                .append(CONNECTIONS)
                .append(" connections, closed loop | requests/s | per CPU-second of the server | p99, µs | answers |\n")
                .append("|---|---:|---:|---:|---|\n");
        SERVERS.forEach((server, title) -> {
            List<JsonNode> of = runs.getOrDefault(server, List.of());
            if (!of.isEmpty()) {
                t.append(String.format(
                        Locale.ROOT,
                        "| %s | %,.0f | %,.0f | %,.0f | %s |%n",
                        title,
                        median(of, "per_second"),
                        median(of, "per_cpu_second"),
                        median(of, "send_p99_us"),
                        failed.containsKey(server) ? "WRONG" : server.endsWith("_echo") ? "echo" : "all right"));
            }
        });
        t.append("\n| ")
                .append(OPEN_CONNECTIONS)
                .append(
                        " connections, open loop | of Isobar's maximum | answered/s | right | wrong | 429 | p99 from send, µs | p99 from due, µs |\n")
                .append("|---|---:|---:|---:|---:|---:|---:|---:|\n");
        open.forEach((load, of) -> {
            if (!of.isEmpty()) {
                t.append(String.format(
                        Locale.ROOT,
                        "| %s | %.1f | %,.0f | %,.0f | %,.0f | %,.0f | %,.0f | %,.0f |%n",
                        SERVERS.get(load.server()),
                        load.share(),
                        median(of, "per_second"),
                        median(of, "right"),
                        median(of, "wrong") + median(of, "other"),
                        median(of, "refused"),
                        median(of, "send_p99_us"),
                        median(of, "due_p99_us")));
            }
        });
        return t.append("\nJVM options of every server: `")
                .append(String.join(" ", JVM))
                .append("`. ")
                .append(
                        Cores.apart()
                                ? "The server had one core, the load the other.\n"
                                : "Server and load shared the cores.\n")
                .toString();
    }

    private static double median(List<JsonNode> of, String field) {
        double[] values = of.stream()
                .filter(n -> n.has(field))
                .mapToDouble(n -> n.get(field).asDouble())
                .sorted()
                .toArray();
        return values.length == 0 ? Double.NaN : (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
    }
}
