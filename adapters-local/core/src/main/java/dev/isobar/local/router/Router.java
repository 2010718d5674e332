package dev.isobar.local.router;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One endpoint's front door: accepts on 127.0.0.1 and passes each request to the replica whose turn it is. Requests and answers are taken whole, at
 * most {@link #MAX_BODY} bytes each. A request is sent a second time only if the first replica cannot have acted on it: the connection was
 * refused, the bytes could not be written, or the method is idempotent and no byte of an answer came. Thread safe.
 *
 * @since 0.1
 */
public final class Router implements AutoCloseable {
    /** Longest body of a request or an answer: 8 MiB. */
    public static final int MAX_BODY = 8 << 20;

    /** Names the deployment that answered. */
    public static final String DEPLOYMENT_HEADER = "x-isobar-deployment";

    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final RouterMetrics metrics;
    private final Channel server;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile Routes routes = Routes.none();

    /**
     * Opens the door.
     *
     * @param port the port, not 0
     * @throws IOException if the port cannot be had
     */
    public Router(String endpoint, int port, EventLoopGroup loops) throws IOException {
        this.metrics = new RouterMetrics(endpoint);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port);
        io.netty.channel.ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        clients.add(client);
                        client.pipeline()
                                .addLast(new HttpServerCodec())
                                .addLast(new RequestAssembly(MAX_BODY))
                                .addLast(new ClientConnection(Router.this));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "port " + port + " cannot be had: " + bound.cause().getMessage(), bound.cause());
        }
        server = bound.channel();
    }

    /** From now on requests go there. */
    public void route(Routes next) {
        routes = next;
    }

    /**
     * Requests of a deployment.
     *
     * @param requests all that were answered
     * @param slow those that took longer than the limit
     */
    public record Load(long requests, long slow) {}

    /** What went to a deployment since this limit was first asked for. */
    public Load load(String deployment, long limitMicros) {
        return metrics.load(deployment, limitMicros);
    }

    /** Requests being answered. */
    public int inFlight() {
        return inFlight.get();
    }

    /** Accepts nobody new. Requests under way go on. */
    public void stopAccepting() {
        server.close().awaitUninterruptibly();
    }

    @Override
    public void close() {
        stopAccepting();
        clients.close().awaitUninterruptibly();
    }

    Routes routes() {
        return routes;
    }

    RouterMetrics metrics() {
        return metrics;
    }

    void begin() {
        inFlight.incrementAndGet();
    }

    void end() {
        inFlight.decrementAndGet();
    }
}
