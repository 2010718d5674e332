package dev.isobar.emulator.gcp.pubsub;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Pub/Sub on this machine: topics, subscriptions, snapshots, seek, ordering, filters, exactly-once delivery and dead-letter topics over gRPC without TLS, kept in
 * a folder. Thread safe.
 *
 * <p>Not there: push, exports to BigQuery and Cloud Storage, schemas, transforms, IAM. Messages leave the folder when their topic and its last subscription are
 * deleted; retention hides them before that.
 */
public final class PubSubEmulator implements AutoCloseable {
    /** A publish request has at most 10 MB; what is larger is to be refused by the service's own rule, not by the transport. */
    private static final int MAX_INBOUND = 24 << 20;

    private static final long TICK_MILLIS = 20;

    private final Resources resources;
    private final List<BindableService> services;
    private final ScheduledExecutorService ticking;
    private Server server;

    @SuppressWarnings("NullAway.Init")
    private PubSubEmulator(Resources resources) {
        this.resources = resources;
        this.ticking = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread thread = new Thread(r, "pubsub-emulator");
            thread.setDaemon(true);
            return thread;
        });
        this.services = List.of(new PublisherService(resources), new SubscriberService(resources, ticking));
    }

    /**
     * Starts on a port of the loopback interface.
     *
     * @param folder its state; what an earlier process left there goes on
     * @param port 0 for any that is free
     */
    public static PubSubEmulator start(Path folder, int port) throws IOException {
        return start(folder, port, Ticker.SYSTEM, List.of());
    }

    /**
     * The same by another clock, and with interceptors around all calls.
     *
     * @param interceptors the first one sees a call first
     */
    public static PubSubEmulator start(Path folder, int port, Ticker ticker, List<ServerInterceptor> interceptors)
            throws IOException {
        PubSubEmulator emulator = new PubSubEmulator(Resources.open(folder, ticker));
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .maxInboundMessageSize(MAX_INBOUND)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
        emulator.services.forEach(builder::addService);
        // gRPC calls the interceptor that was added last first.
        for (int i = interceptors.size() - 1; i >= 0; i--) {
            builder.intercept(interceptors.get(i));
        }
        try {
            emulator.server = builder.build().start();
        } catch (IOException e) {
            emulator.ticking.shutdownNow();
            emulator.resources.close();
            throw e;
        }
        emulator.ticking.scheduleWithFixedDelay(emulator::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        return emulator;
    }

    private void tick() {
        try {
            resources.expire();
            resources.all().forEach(subscription -> {
                subscription.tick();
                subscription.pump();
            });
        } catch (RuntimeException e) {
            // A task that throws is never run again.
            Answers.status(e);
        }
    }

    /** The port of {@code 127.0.0.1} it listens on. */
    public int port() {
        return server.getPort();
    }

    /** Its address as {@code http://127.0.0.1:PORT}. */
    public String endpoint() {
        return "http://127.0.0.1:" + port();
    }

    /** Delivers everything again that is delivered and not acknowledged, in every subscription, as if all deadlines had passed. */
    public void redeliverAll() {
        resources.all().forEach(SubscriptionState::expireAll);
    }

    /**
     * Delivers every message at least so often, in every subscription that is not exactly once: acknowledgements before that come to nothing, and with a message
     * come all that were delivered behind it with its ordering key.
     *
     * @param times 1 to believe every acknowledgement
     */
    public void deliverAtLeast(int times) {
        resources.deliveries(times);
    }

    /** The open streams of a subscription. */
    List<Consumer> streamsOf(String subscription) {
        return resources.subscription(subscription).streams();
    }

    @Override
    public void close() {
        server.shutdownNow();
        ticking.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
            ticking.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        resources.close();
    }
}
