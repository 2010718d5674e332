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
 * A model server without a model: answers {@code /ping} and {@code /isobar/v1/status}, also where a scoring request asks for the status by its content type, and
 * sends every other request's body back. Some bodies are understood: {@code pause} is sent back after a pause, {@code who} is answered with the process id, {@code status
 * 429} with that status, at {@code die} the process ends. Told by variables: {@code ECHO_DIGEST} is the digest that it reports, {@code ECHO_FAILURE} makes it write that
 * line and end with code 3.
 */
public final class EchoServer {
    /** How long {@code pause} takes, in milliseconds. */
    public static final int PAUSE_MILLIS = 800;

    private static final String STATUS_TYPE = "application/vnd.isobar.status+json";

    private static final String STATUS = "status ";
    private static final int LONGEST_WORD = 64;

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
        byte[] status = utf8("{\"model_digest\":\"" + digest + "\"}");
        server.createContext("/isobar/v1/status", e -> answer(e, status));
        server.createContext("/", e -> {
            byte[] body = e.getRequestBody().readAllBytes();
            String text = word(body);
            if (text.startsWith(STATUS)) {
                answer(e, Integer.parseInt(text.substring(STATUS.length())), body);
            } else {
                answer(e, STATUS_TYPE.equals(e.getRequestHeaders().getFirst("Content-Type")) ? status : answer(body));
            }
        });
        server.start();
        System.out.println("echo server listens on " + bind + ":" + port);
    }

    /** A body that may be understood; the heap is too small for a copy of a large one. */
    private static String word(byte[] body) {
        return body.length <= LONGEST_WORD ? new String(body, StandardCharsets.UTF_8) : "";
    }

    private static byte[] answer(byte[] body) {
        switch (word(body)) {
            case "pause" -> {
                System.out.println("pause begins");
                try {
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            case "die" -> Runtime.getRuntime().halt(9);
            case "who" -> {
                return utf8(Long.toString(ProcessHandle.current().pid()));
            }
            default -> {
                return body;
            }
        }
        return body;
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        answer(exchange, 200, body);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            String type = exchange.getRequestHeaders().getFirst("Content-Type");
            exchange.getResponseHeaders().set("Content-Type", type == null ? "application/json" : type);
            exchange.getResponseHeaders()
                    .set("x-echo-pid", Long.toString(ProcessHandle.current().pid()));
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
