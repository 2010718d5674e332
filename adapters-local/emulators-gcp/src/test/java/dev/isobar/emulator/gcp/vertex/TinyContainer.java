package dev.isobar.emulator.gcp.vertex;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A model server that answers with its variable {@code WHO}, its process and the body; {@code {"instances"…}} with predictions, {@code pause} after a while. */
public final class TinyContainer {
    private TinyContainer() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv("AIP_HTTP_PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext(System.getenv("AIP_HEALTH_ROUTE"), e -> answer(e, 200, ""));
        server.createContext(System.getenv("AIP_PREDICT_ROUTE"), e -> {
            String body = new String(e.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (body.contains("instances")) {
                answer(e, 200, "{\"predictions\": [1.5, {\"a\": \"b\"}]}");
            } else if (body.equals("teapot")) {
                answer(e, 418, "short and stout");
            } else {
                pause(body);
                answer(
                        e,
                        200,
                        System.getenv("WHO") + " " + ProcessHandle.current().pid() + " " + body);
            }
        });
        server.start();
        System.out.println("listens, model at '" + System.getenv("AIP_STORAGE_URI") + "'");
    }

    private static void pause(String body) {
        if (body.equals("pause")) {
            try {
                System.out.println("pause begins");
                TimeUnit.MILLISECONDS.sleep(500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
