package dev.isobar.emulator.aws.sagemaker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** What the image of the tests runs: it trains by copying, and serves by saying who it is. {@code MODE} says how it goes wrong. */
public final class TinyContainer {
    private TinyContainer() {}

    /** {@code train} or {@code serve} is the last argument. */
    public static void main(String[] arguments) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // or each answer waits 40 ms
        Map<String, String> environment = System.getenv();
        Path ml = Path.of(environment.get("ISOBAR_ML_DIR"));
        String mode = environment.getOrDefault("MODE", "");
        System.out.println("arguments " + String.join(" ", arguments) + " mode " + mode);
        if (arguments[arguments.length - 1].equals("serve")) {
            serve(ml, mode, environment);
        } else {
            train(ml, mode);
        }
    }

    private static void train(Path ml, String mode) throws Exception {
        Path model = ml.resolve("model");
        switch (mode) {
            case "fails" -> {
                Files.writeString(ml.resolve("output/failure"), "the label column is missing");
                System.exit(1);
            }
            case "exits" -> System.exit(3);
            case "forks" -> {
                new ProcessBuilder("sleep", "600").start();
                System.out.println("forked");
            }
            case "waits" -> {
                Files.writeString(model.resolve("partial"), "so far");
                System.out.println("waiting");
                new CountDownLatch(1).await();
            }
            case "stubborn" -> {
                // The hook keeps the process alive after SIGTERM.
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
                System.out.println("waiting");
                new CountDownLatch(1).await();
            }
            case "spot" -> {
                Path checkpoint = ml.resolve("checkpoints/step");
                if (!Files.exists(checkpoint)) {
                    Files.createDirectories(checkpoint.getParent());
                    Files.writeString(checkpoint, "41");
                    System.out.println("checkpoint written");
                    new CountDownLatch(1).await();
                }
                Files.writeString(model.resolve("model.txt"), "went on from " + Files.readString(checkpoint));
            }
            default -> {
                StringBuilder text = new StringBuilder();
                for (String name : new String[] {"hyperparameters", "inputdataconfig", "resourceconfig"}) {
                    text.append(Files.readString(ml.resolve("input/config/" + name + ".json")))
                            .append('\n');
                }
                Path data = ml.resolve("input/data");
                try (Stream<Path> files = Files.walk(data)) {
                    for (Path file :
                            (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
                        text.append(data.relativize(file))
                                .append('=')
                                .append(Files.readString(file))
                                .append('\n');
                    }
                }
                Files.writeString(model.resolve("model.txt"), text);
                Files.writeString(ml.resolve("output/data/report.txt"), "all is well");
                System.out.println("rmse=0.75;");
                System.err.println("rmse=0.25;");
            }
        }
    }

    private static void serve(Path ml, String mode, Map<String, String> environment) throws Exception {
        if (mode.equals("exits")) {
            System.exit(3);
        }
        String greeting = environment.getOrDefault("GREETING", "hello");
        Path file = ml.resolve("model/model.txt");
        String model = Files.exists(file) ? Files.readString(file).strip() : "";
        HttpServer server = HttpServer.create(
                new InetSocketAddress(
                        InetAddress.getByName(environment.get("ISOBAR_BIND")),
                        Integer.parseInt(environment.get("SAGEMAKER_BIND_TO_PORT"))),
                0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/ping", exchange -> answer(exchange, mode.equals("sick") ? 503 : 200, ""));
        server.createContext("/invocations", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            if (body.equals("bad")) {
                answer(exchange, 400, "no such feature");
            } else if (body.equals("die")) {
                Runtime.getRuntime().halt(9);
            } else {
                answer(exchange, 200, greeting + " " + body + " " + model);
            }
        });
        server.start();
        System.out.println("serving as " + greeting);
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
