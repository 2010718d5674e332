package dev.isobar.emulator.aws.wire;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Services behind one port of 127.0.0.1. Thread safe. */
public final class EmulatorServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmulatorServer.class);

    static {
        // Read once when the server's class is loaded; without it every answer waits 40 ms for Nagle.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer http;
    private final ExecutorService workers;
    private final List<WireService> services;

    private EmulatorServer(HttpServer http, ExecutorService workers, List<WireService> services) {
        this.http = http;
        this.workers = workers;
        this.services = services;
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     */
    public static EmulatorServer start(int port, List<WireService> services) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        ExecutorService workers = Executors.newCachedThreadPool(new DefaultThreadFactory("aws-emulator", true));
        EmulatorServer server = new EmulatorServer(http, workers, List.copyOf(services));
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
            WireRequest request = new WireRequest(
                    exchange.getRequestMethod(),
                    uri.getPath(),
                    uri.getRawQuery() == null ? "" : uri.getRawQuery(),
                    headers,
                    exchange.getRequestBody().readAllBytes());
            WireResponse response = answer(request);
            exchange.getResponseHeaders().set("Content-Type", response.contentType());
            exchange.getResponseHeaders()
                    .set("x-amzn-RequestId", UUID.randomUUID().toString());
            response.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(response.status(), response.body().length == 0 ? -1 : response.body().length);
            if (response.body().length > 0) {
                exchange.getResponseBody().write(response.body());
            }
        }
    }

    private WireResponse answer(WireRequest request) {
        for (WireService service : services) {
            if (service.takes(request)) {
                try {
                    return service.answer(request);
                } catch (Exception e) {
                    LOG.error("{} {} failed", request.method(), request.path(), e);
                    return error(500, "InternalFailure", String.valueOf(e));
                }
            }
        }
        return error(
                404,
                "UnknownOperationException",
                "No emulated service takes " + request.method() + " " + request.path() + " with target "
                        + request.header("x-amz-target"));
    }

    private static WireResponse error(int status, String type, String message) {
        String quoted = message.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
        return new WireResponse(
                status,
                "application/x-amz-json-1.1",
                Map.of("x-amzn-errortype", type),
                ("{\"__type\":\"" + type + "\",\"message\":\"" + quoted + "\"}").getBytes(StandardCharsets.UTF_8));
    }
}
