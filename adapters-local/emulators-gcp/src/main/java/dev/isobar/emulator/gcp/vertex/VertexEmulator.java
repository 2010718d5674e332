package dev.isobar.emulator.gcp.vertex;

import dev.isobar.emulation.process.Children;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulator.gcp.logging.LogLines;
import dev.isobar.emulator.gcp.logging.LoggingService;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Vertex AI on this machine, and Cloud Logging for what its containers say: custom jobs, the model registry, endpoints and predictions over gRPC without TLS, kept
 * in a folder; jobs and deployed models are processes. Thread safe.
 *
 * <p>Not there: pipelines, AutoML, tuning, batch predictions, private and shared endpoints, autoscaling on utilisation. REST is not served.
 */
public final class VertexEmulator implements AutoCloseable {
    /** More than a prediction may have, so that it is refused by the service's rule. */
    private static final int MAX_INBOUND = 24 << 20;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private Server server;

    @SuppressWarnings("NullAway.Init")
    private VertexEmulator() {}

    /**
     * Starts on a port of the loopback interface; what an earlier process left in its folder goes on.
     *
     * @param port 0 for any that is free
     * @param interceptors the first one sees a call first
     */
    public static VertexEmulator start(VertexSettings settings, int port, List<ServerInterceptor> interceptors)
            throws IOException {
        VertexEmulator emulator = new VertexEmulator();
        try {
            emulator.open(settings, port, interceptors);
            return emulator;
        } catch (IOException | RuntimeException e) {
            emulator.close();
            throw e;
        }
    }

    private void open(VertexSettings settings, int port, List<ServerInterceptor> interceptors) throws IOException {
        ImageTable images = new ImageTable(settings.images());
        Account account = new Account(settings, images);
        LogLines logs = keep(LogLines.open(settings.home().resolve("logs")));
        Host host = new Host(keep(Children.open(settings.home().resolve("processes"))), images, logs, settings);
        Operations operations = keep(new Operations(account, settings.home().resolve("operations")));
        Models models = new Models(account, settings, operations);
        Deployments deployments = keep(new Deployments(host));
        Endpoints endpoints = new Endpoints(account, settings, operations, models, deployments);
        List<BindableService> services = List.of(
                operations,
                models,
                endpoints,
                new Predictions(account, endpoints, deployments),
                keep(new CustomJobs(account, host, operations)),
                new LoggingService(settings.project(), logs));
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .maxInboundMessageSize(MAX_INBOUND)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
        services.forEach(builder::addService);
        builder.intercept(Predictions.headers());
        // gRPC calls the interceptor that was added last first.
        for (int i = interceptors.size() - 1; i >= 0; i--) {
            builder.intercept(interceptors.get(i));
        }
        server = builder.build().start();
        keep(() -> {
            server.shutdownNow();
            server.awaitTermination(5, TimeUnit.SECONDS);
        });
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    /** Its address as {@code http://127.0.0.1:PORT}; Cloud Logging has the same one. */
    public String endpoint() {
        return "http://127.0.0.1:" + server.getPort();
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                throw new IllegalStateException("a part of the emulator did not end", e);
            }
        }
    }
}
