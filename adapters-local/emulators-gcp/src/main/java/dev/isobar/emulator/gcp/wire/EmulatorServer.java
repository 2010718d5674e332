package dev.isobar.emulator.gcp.wire;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A service behind a port of 127.0.0.1. Thread safe. */
public final class EmulatorServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmulatorServer.class);

    static {
        // Read once when the server's class is loaded; without it every answer waits 40 ms for Nagle.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer http;
    private final ExecutorService workers;
    private final HttpService service;

    private EmulatorServer(HttpServer http, ExecutorService workers, HttpService service) {
        this.http = http;
        this.workers = workers;
        this.service = service;
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     */
    public static EmulatorServer start(int port, HttpService service) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        AtomicInteger count = new AtomicInteger();
        ExecutorService workers = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "gcp-emulator-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        EmulatorServer server = new EmulatorServer(http, workers, service);
        http.setExecutor(workers);
        http.createContext("/", server::exchange);
        http.start();
        return server;
    }

    /** Where it listens. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
    }

    @Override
    public void close() {
        http.stop(0);
        workers.shutdownNow();
    }

    private void exchange(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> headers = new HashMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
            URI uri = exchange.getRequestURI();
            HttpAnswer answer = answer(new HttpCall(
                    exchange.getRequestMethod(),
                    uri.getRawPath(),
                    uri.getRawQuery() == null ? "" : uri.getRawQuery(),
                    headers,
                    exchange.getRequestBody()));
            try (InputStream body = answer.body()) {
                exchange.getResponseHeaders().set("Content-Type", answer.contentType());
                answer.headers().forEach((name, value) -> {
                    for (String line : value.split("\n", -1)) {
                        exchange.getResponseHeaders().add(name, line);
                    }
                });
                exchange.sendResponseHeaders(answer.status(), answer.length() == 0 ? -1 : answer.length());
                if (answer.length() > 0) {
                    body.transferTo(exchange.getResponseBody());
                }
            }
        }
    }

    private HttpAnswer answer(HttpCall call) {
        try {
            return service.answer(call);
        } catch (Exception e) {
            if (e instanceof IOException) {
                // Mostly a caller who hung up.
                LOG.warn("{} {}: {}", call.method(), call.path(), e.toString());
            } else {
                LOG.error("{} {} failed", call.method(), call.path(), e);
            }
            String message = String.valueOf(e)
                    .replace("\\", "\\\\")
                    .replace("\"", "\\\"")
                    .replaceAll("\\p{Cntrl}", " ");
            String body = "{\"error\":{\"code\":500,\"message\":\"" + message + "\",\"errors\":[{\"message\":\""
                    + message + "\",\"domain\":\"global\",\"reason\":\"backendError\"}]}}";
            return HttpAnswer.of(500, "application/json", Map.of(), body.getBytes(StandardCharsets.UTF_8));
        }
    }
}
