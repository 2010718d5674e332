package dev.isobar.local.router;

import dev.isobar.local.http.LoopbackClient;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures, by hand, how many small requests pass the router when its clients and its server share the machine: not a test, for speed depends on who
 * else runs. Arguments: client threads, requests per thread.
 */
final class RouterLoad {
    private RouterLoad() {}

    public static void main(String[] arguments) throws Exception {
        int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8;
        int each = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
        NioEventLoopGroup loops = new NioEventLoopGroup(1);
        NioEventLoopGroup serverLoops = new NioEventLoopGroup(1);
        int server = serve(serverLoops);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (Router router = new Router("load", port, loops)) {
            Split split = Split.of(Map.of("a", 9_000, "b", 1_000));
            router.route(
                    new Routes(split, Map.of("a", List.of(new Upstream(server)), "b", List.of(new Upstream(server)))));
            for (int round = 0; round < 5; round++) {
                long began = System.nanoTime();
                run(port, threads, each);
                double seconds = (System.nanoTime() - began) / 1e9;
                System.out.printf("through the router: %,.0f requests/s%n", threads * each / seconds);
                began = System.nanoTime();
                run(server, threads, each);
                seconds = (System.nanoTime() - began) / 1e9;
                System.out.printf("straight to the server: %,.0f requests/s%n", threads * each / seconds);
            }
        }
        System.exit(0);
    }

    private static void run(int port, int threads, int each) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(threads);
        try (LoopbackClient client = new LoopbackClient(port, Duration.ofSeconds(10))) {
            byte[] body = "{\"instances\":[{\"origin\":\"SEA\",\"distance_mi\":954}]}".getBytes("UTF-8");
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                all.add(clients.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        if (client.exchange("POST", "/invocations", Map.of("Content-Type", "application/json"), body)
                                        .status()
                                != 200) {
                            throw new IllegalStateException("not answered");
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            clients.shutdown();
        }
    }

    private static int serve(NioEventLoopGroup loops) {
        var channel = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel c) {
                        c.pipeline()
                                .addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20))
                                .addLast(new SimpleChannelInboundHandler<FullHttpRequest>() {
                                    @Override
                                    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
                                        var answer = new DefaultFullHttpResponse(
                                                HttpVersion.HTTP_1_1,
                                                HttpResponseStatus.OK,
                                                request.content().retain());
                                        answer.headers()
                                                .set(
                                                        HttpHeaderNames.CONTENT_LENGTH,
                                                        answer.content().readableBytes());
                                        ctx.writeAndFlush(answer);
                                    }
                                });
                    }
                })
                .bind(new InetSocketAddress("127.0.0.1", 0))
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }
}
