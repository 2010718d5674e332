package dev.isobar.server.http;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.server.http.RequestHandler.Loop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP process that honours the container contracts of SageMaker, Vertex AI, Azure ML and the Open Inference Protocol v2 at once. Answers 503
 * until {@link #markReady()}. Thread safe.
 *
 * @since 0.1
 */
public final class ModelServer implements AutoCloseable {
    private static final int IDLE_SECONDS = 120;
    /** Where Netty has no native library, or cannot load it, the JDK's own selector does the same a little slower. */
    private static final boolean NATIVE = Epoll.isAvailable();

    final ServerConfiguration configuration;
    /** Null while it is being loaded. */
    volatile @Nullable Served served;

    /** The routes while there is no model. */
    final Routes bare;

    final ServerMetrics metrics = new ServerMetrics();
    final Instant started = Instant.now();
    final AtomicInteger inFlight = new AtomicInteger();
    final @Nullable ScoringQueue queue;
    final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    volatile boolean loaded;
    volatile boolean draining;

    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private final EventLoopGroup acceptor;
    private final EventLoopGroup loops;
    private final Channel listener;

    /** A scorer, how its requests are read and where. */
    record Served(Scorer scorer, RequestReader reader, Routes routes, PlainAnswer plain) {}

    private ModelServer(ServerConfiguration configuration) {
        this.configuration = configuration;
        this.bare = new Routes(configuration, null);
        this.acceptor = loops(1, "isobar-accept");
        this.loops = loops(configuration.eventLoops(), "isobar-http");
        this.queue = configuration.scoringThreads() == 0
                ? null
                : new ScoringQueue(
                        configuration.scoringThreads(), configuration.queue(), configuration.batch(), metrics);
        Map<EventLoop, Loop> byLoop = new ConcurrentHashMap<>();
        long wait = configuration.patience().toNanos();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptor, loops)
                .channel(NATIVE ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        if (connections.size() >= configuration.connections()) {
                            channel.close();
                            return;
                        }
                        connections.add(channel);
                        Loop loop = byLoop.computeIfAbsent(
                                channel.eventLoop(), l -> new Loop(LoopWatch.of(l, wait), new LoopTurn(l)));
                        channel.pipeline().addLast(new IdleStateHandler(IDLE_SECONDS, 0, 0));
                        handlers(channel.pipeline(), loop, null);
                    }
                });
        var bound = bootstrap.bind(configuration.bind(), configuration.port()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stop();
            String where = configuration.bind() + ":" + configuration.port();
            Throwable cause = bound.cause();
            boolean inUse = String.valueOf(cause.getMessage()).contains("in use");
            throw IsobarException.of(
                            inUse ? ErrorCode.IN_USE : ErrorCode.UNAVAILABLE,
                            "The server cannot listen on " + where + ": " + cause.getMessage())
                    .hint(
                            inUse
                                    ? "Stop what holds that port, or set AIP_HTTP_PORT to another (0 for any free one)."
                                    : "Check ISOBAR_BIND and AIP_HTTP_PORT.")
                    .cause(cause)
                    .build();
        }
        this.listener = bound.channel();
    }

    private static EventLoopGroup loops(int threads, String name) {
        DefaultThreadFactory factory = new DefaultThreadFactory(name, true);
        return NATIVE ? new EpollEventLoopGroup(threads, factory) : new NioEventLoopGroup(threads, factory);
    }

    private void handlers(ChannelPipeline pipeline, Loop loop, @Nullable Served rehearsal) {
        RequestHandler handler = new RequestHandler(this, loop, rehearsal);
        pipeline.addLast(new RequestDecoder(this, handler))
                .addLast(new AnswerEncoder())
                .addLast(new BodyCollector(this, handler))
                .addLast(handler);
    }

    /**
     * Listens. Health and status are answered at once, scoring is 503 until {@link #markReady()}.
     *
     * @throws IsobarException {@code IN_USE} if somebody else holds the port
     */
    public static ModelServer start(ServerConfiguration configuration, Scorer scorer) {
        ModelServer server = start(configuration);
        server.serve(scorer);
        return server;
    }

    /**
     * Listens before there is a model: health and status are answered, everything about the model is 503 until {@link #serve}.
     *
     * @throws IsobarException {@code IN_USE} if somebody else holds the port
     */
    public static ModelServer start(ServerConfiguration configuration) {
        return new ModelServer(configuration);
    }

    /** Gives it its model; to be called once. Scoring is 503 until {@link #markReady()}. */
    public void serve(Scorer scorer) {
        served = new Served(
                scorer,
                new RequestReader(scorer.schema(), configuration.maxInstances()),
                new Routes(configuration, scorer),
                PlainAnswer.of(scorer));
    }

    /**
     * Sends made-up requests through everything that a real one goes through, except the socket and the record, until they take no less time than before: then
     * classes are loaded and hot code is compiled. To be called between {@link #serve} and {@link #markReady}. A failure is no reason not to serve: the
     * requests that it concerns will say so.
     *
     * @param most after this time it ends in any case
     * @return how many requests were answered
     */
    public int warmUp(Duration most) {
        Served s = served;
        if (s == null) {
            throw new IllegalStateException("there is nothing to warm up before serve()");
        }
        Scorer unrecorded = new Rehearsal(s.scorer);
        Served rehearsal = new Served(unrecorded, s.reader, s.routes, s.plain);
        Loop loop = new Loop(new LoopWatch(Long.MAX_VALUE, 0), new LoopTurn(Runnable::run));
        WarmUp warmUp = new WarmUp(pipeline -> handlers(pipeline, loop, rehearsal));
        return warmUp.run(s.scorer, most.toNanos(), System::nanoTime);
    }

    /** Waits until it is closed. */
    public void awaitClosed() {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Takes scoring requests from now on. */
    public void markReady() {
        loaded = true;
    }

    /** The 99th percentile of a scoring request's time in seconds since this was last called; 0 if there was none. */
    public double takeP99() {
        return metrics.takeP99();
    }

    boolean ready() {
        Served s = served;
        return loaded && !draining && s != null && s.scorer.healthy();
    }

    /**
     * Drains: is no longer ready, closes idle connections, answers what has begun to arrive (at most for the configured time) and refuses with 503 what
     * comes after, then stops listening and releases every thread. Returns when that is done; a second call does nothing.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        // Whoever connects from now on has something to ask, and is not idle.
        List<Channel> before = List.copyOf(connections);
        draining = true;
        // The listener stays open meanwhile: who asks now is told so, not left with a refused connection.
        for (Channel connection : before) {
            connection.eventLoop().execute(() -> {
                RequestHandler handler = connection.pipeline().get(RequestHandler.class);
                if (handler != null) {
                    handler.closeIfIdle();
                }
            });
        }
        connections.newCloseFuture().awaitUninterruptibly(configuration.drain().toMillis());
        listener.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
        stop();
        done.countDown();
    }

    private void stop() {
        if (queue != null) {
            queue.stop();
        }
        acceptor.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        acceptor.terminationFuture().awaitUninterruptibly(3, TimeUnit.SECONDS);
        loops.terminationFuture().awaitUninterruptibly(3, TimeUnit.SECONDS);
    }

    /**
     * On SIGTERM (and SIGINT): drains, runs what is given, and exits with 0, as orchestrators expect of a replica that they stop. Without this the
     * JVM would exit with 143.
     *
     * @param after closes what the scorer holds, such as a prediction log
     */
    public void drainOnSignal(Runnable after) {
        for (String name : new String[] {"TERM", "INT"}) {
            sun.misc.Signal.handle(new sun.misc.Signal(name), signal -> {
                Thread thread = new Thread(
                        () -> {
                            int code = 1;
                            try {
                                close();
                                after.run();
                                code = 0;
                            } finally {
                                System.exit(code);
                            }
                        },
                        "isobar-drain");
                thread.start();
            });
        }
    }
}
