package dev.isobar.emulator.aws.kinesis;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Kinesis Data Streams on a port of 127.0.0.1, for the SDK's clients as they are: JSON and CBOR, HTTP/1.1 and HTTP/2 without TLS, polling and
 * SubscribeToShard. Requests must be signed for its region; the signature itself is not verified. Streams and records are in a folder and outlive the
 * process, also one that is killed. One process at a time may use a folder. Thread safe.
 */
public final class KinesisServer implements AutoCloseable {
    private static final int WORKERS = 8;
    private static final long GRACE_SECONDS = 10;

    private final EventLoopGroup loops = new NioEventLoopGroup(2, new DefaultThreadFactory("kinesis-io", true));
    private final ExecutorService workers =
            Executors.newFixedThreadPool(WORKERS, new DefaultThreadFactory("kinesis", true));
    private final ScheduledThreadPoolExecutor scheduler =
            new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("kinesis-states", true));
    private final Streams streams;
    private final Channel listening;

    private KinesisServer(int port, KinesisSettings settings, Predicate<String> denied) throws IOException {
        scheduler.setRemoveOnCancelPolicy(true);
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        try {
            streams = Streams.open(settings, scheduler);
            KinesisService service = new KinesisService(streams, workers, denied);
            ChannelFuture bound = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childHandler(ProtocolChoice.initializer(() -> new Frontend(service, workers)))
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                streams.close();
                throw new IOException("Kinesis cannot listen on port " + port, bound.cause());
            }
            listening = bound.channel();
        } catch (IOException | RuntimeException e) {
            stop();
            throw e;
        }
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     */
    public static KinesisServer start(int port, KinesisSettings settings) throws IOException {
        return start(port, settings, action -> false);
    }

    /**
     * Listens.
     *
     * @param port 0 for any free one
     * @param denied actions that the account may not do, such as {@code kinesis:CreateStream}
     */
    public static KinesisServer start(int port, KinesisSettings settings, Predicate<String> denied) throws IOException {
        return new KinesisServer(port, settings, denied);
    }

    /**
     * Listens, for region us-east-1 and account 000000000000.
     *
     * @param port 0 for any free one
     * @param home the folder that keeps everything
     */
    public static KinesisServer start(int port, Path home) throws IOException {
        return start(port, KinesisSettings.of("us-east-1", "000000000000", home));
    }

    /** Where it listens. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + ((InetSocketAddress) listening.localAddress()).getPort());
    }

    /** Ends connections, lets what is being written finish, closes the files. */
    @Override
    public void close() throws IOException {
        listening.close().awaitUninterruptibly();
        stop();
        streams.close();
    }

    private void stop() {
        loops.shutdownGracefully(0, GRACE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
        // Never interrupted: that would close the files under other requests.
        scheduler.shutdown();
        workers.shutdown();
        try {
            if (!scheduler.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)
                    || !workers.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("requests are still running after " + GRACE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
