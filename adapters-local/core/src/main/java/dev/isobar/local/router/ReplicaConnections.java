package dev.isobar.local.router;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The kept connections to replicas of one event loop: no lock, no hand-over between threads. Used by that loop alone.
 */
final class ReplicaConnections {
    private static final FastThreadLocal<ReplicaConnections> OF_THIS_LOOP = new FastThreadLocal<>();

    /** Shorter than any server's idle timeout worth the name, so that the router is the one that closes. */
    private static final long MAX_IDLE_NANOS = TimeUnit.SECONDS.toNanos(8);

    private static final long MAX_ANSWER_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int CONNECT_MILLIS = 2_000;

    private final EventLoop loop;
    private final Map<Upstream, ArrayDeque<Connection>> resting = new IdentityHashMap<>();
    private final Set<Connection> all = new LinkedHashSet<>();

    private ReplicaConnections(EventLoop loop) {
        this.loop = loop;
    }

    /** Those of the loop that runs this. */
    static ReplicaConnections of(EventLoop loop) {
        ReplicaConnections mine = OF_THIS_LOOP.getIfExists();
        if (mine == null) {
            ReplicaConnections fresh = new ReplicaConnections(loop);
            OF_THIS_LOOP.set(fresh);
            mine = fresh;
            loop.scheduleWithFixedDelay(fresh::sweep, 1, 1, TimeUnit.SECONDS);
        }
        return mine;
    }

    /** Sends a request, which it owns from here on; the exchange hears how it went. */
    void send(Upstream upstream, FullHttpRequest request, Exchange exchange) {
        ArrayDeque<Connection> rested = resting.get(upstream);
        while (rested != null && !rested.isEmpty()) {
            Connection connection = rested.pop();
            if (connection.usable()) {
                connection.send(request, exchange);
                return;
            }
        }
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel replica) {
                        replica.pipeline()
                                .addLast(new HttpClientCodec())
                                .addLast(new HttpObjectAggregator(Router.MAX_BODY))
                                .addLast(new Connection(upstream));
                    }
                })
                .connect(new InetSocketAddress("127.0.0.1", upstream.port()));
        connecting.addListener((ChannelFutureListener) done -> {
            if (done.isSuccess()) {
                done.channel().pipeline().get(Connection.class).send(request, exchange);
            } else {
                request.release();
                exchange.notSent();
            }
        });
    }

    /** Closes what rested too long or waits too long. */
    private void sweep() {
        long now = System.nanoTime();
        for (Connection connection : List.copyOf(all)) {
            connection.sweep(now);
        }
        List<Upstream> gone = new ArrayList<>();
        resting.forEach((upstream, connections) -> {
            connections.removeIf(c -> !c.usable());
            if (connections.isEmpty() && upstream.retired()) {
                gone.add(upstream);
            }
        });
        gone.forEach(resting::remove);
    }

    /** One connection to a replica: at most one exchange at a time. */
    private final class Connection extends ChannelInboundHandlerAdapter {
        private final Upstream upstream;
        private @Nullable ChannelHandlerContext ctx;
        private @Nullable Exchange exchange;
        private boolean written;
        private long since = System.nanoTime();

        Connection(Upstream upstream) {
            this.upstream = upstream;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            ctx = context;
            all.add(this);
        }

        boolean usable() {
            return ctx != null && ctx.channel().isActive();
        }

        void send(FullHttpRequest request, Exchange next) {
            exchange = next;
            written = false;
            since = System.nanoTime();
            context().writeAndFlush(request).addListener(this::written);
        }

        private void written(io.netty.util.concurrent.Future<?> write) {
            if (write.isSuccess()) {
                written = true;
                return;
            }
            Exchange failed = exchange;
            exchange = null;
            context().close();
            if (failed != null) {
                // A request that could not be written whole cannot have been acted on.
                failed.notSent();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Exchange answered = exchange;
            if (answered == null || !(message instanceof FullHttpResponse answer)) {
                ReferenceCountUtil.release(message);
                context.close();
                return;
            }
            exchange = null;
            if (!answer.decoderResult().isSuccess()) {
                answer.release();
                context.close();
                answered.lost("sent something that is not HTTP");
                return;
            }
            if (HttpUtil.isKeepAlive(answer) && !upstream.retired() && written) {
                since = System.nanoTime();
                resting.computeIfAbsent(upstream, u -> new ArrayDeque<>()).push(this);
            } else {
                context.close();
            }
            answered.answered(answer);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            all.remove(this);
            fail("closed the connection");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
            fail("broke the connection");
        }

        void sweep(long now) {
            if (exchange != null && now - since > MAX_ANSWER_NANOS) {
                Exchange waiting = exchange;
                exchange = null;
                context().close();
                waiting.late();
            } else if (exchange == null && (upstream.retired() || now - since > MAX_IDLE_NANOS)) {
                context().close();
            }
        }

        private void fail(String how) {
            Exchange failed = exchange;
            exchange = null;
            if (failed == null) {
                return;
            }
            if (written) {
                failed.lost(how);
            } else {
                failed.notSent();
            }
        }

        private ChannelHandlerContext context() {
            if (ctx == null) {
                throw new IllegalStateException("the connection is not in a pipeline");
            }
            return ctx;
        }
    }
}
