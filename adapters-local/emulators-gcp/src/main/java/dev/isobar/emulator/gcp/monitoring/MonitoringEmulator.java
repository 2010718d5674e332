package dev.isobar.emulator.gcp.monitoring;

import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The metrics of Cloud Monitoring over gRPC without TLS, kept in a folder. What was answered survives the process being killed. Thread safe. */
public final class MonitoringEmulator implements AutoCloseable {
    private final Server server;
    private final SeriesLog log;

    private MonitoringEmulator(Server server, SeriesLog log) {
        this.server = server;
        this.log = log;
    }

    /**
     * Starts on a port of the loopback interface.
     *
     * @param folder its state; what an earlier process left there goes on
     * @param port 0 for any that is free
     */
    public static MonitoringEmulator start(Path folder, int port) throws IOException {
        return start(folder, port, Clock.systemUTC(), List.of());
    }

    /** The same by another clock, and with interceptors around all calls. */
    public static MonitoringEmulator start(Path folder, int port, Clock clock, List<ServerInterceptor> interceptors)
            throws IOException {
        SeriesLog log = SeriesLog.open(folder, clock);
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(new MetricService(log, clock));
        interceptors.forEach(builder::intercept);
        try {
            return new MonitoringEmulator(builder.build().start(), log);
        } catch (IOException e) {
            log.close();
            throw e;
        }
    }

    /** Its address as {@code http://127.0.0.1:PORT}. */
    public String endpoint() {
        return "http://127.0.0.1:" + server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.close();
    }
}
