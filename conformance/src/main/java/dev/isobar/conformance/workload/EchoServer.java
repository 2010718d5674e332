package dev.isobar.conformance.workload;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A model server without a model: answers {@code /ping} and {@code /isobar/v1/status}, and sends every other request's body back, after a pause where
 * the path is {@code /pause}. Told by variables: {@code ECHO_DIGEST} is the digest that it reports, {@code ECHO_FAILURE} makes it write that
 * line and end with code 3.
 */
public final class EchoServer {
    /** How long {@code /pause} takes, in milliseconds. */
    public static final int PAUSE_MILLIS = 800;

    private EchoServer() {}

    /** Serves until it is killed. */
    public static void main(String[] arguments) throws IOException {
        String failure = System.getenv("ECHO_FAILURE");
        if (failure != null) {
            System.out.println("about to fail");
            System.out.println(failure);
            System.exit(3);
        }
        int port = Integer.parseInt(System.getenv("AIP_HTTP_PORT"));
        String bind = System.getenv().getOrDefault("ISOBAR_BIND", "0.0.0.0");
        String digest = System.getenv("ECHO_DIGEST");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(bind), port), 64);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/ping", e -> answer(e, new byte[0]));
        server.createContext("/isobar/v1/status", e -> answer(e, utf8("{\"model_digest\":\"" + digest + "\"}")));
        server.createContext("/pause", e -> {
            byte[] body = e.getRequestBody().readAllBytes();
            System.out.println("pause begins");
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            answer(e, body);
        });
        server.createContext("/", e -> answer(e, e.getRequestBody().readAllBytes()));
        server.start();
        System.out.println("echo server listens on " + bind + ":" + port);
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            String type = exchange.getRequestHeaders().getFirst("Content-Type");
            exchange.getResponseHeaders().set("Content-Type", type == null ? "application/json" : type);
            exchange.getResponseHeaders()
                    .set("x-echo-pid", Long.toString(ProcessHandle.current().pid()));
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
