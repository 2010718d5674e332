package dev.isobar.benchmarks.server;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.sun.net.httpserver.HttpServer;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.server.http.ModelServer;
import dev.isobar.server.http.Scorer;
import dev.isobar.server.http.ServerConfiguration;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** What a user would write around a model in an afternoon: JSON in, features from a map, predict, JSON out; and servers that only echo. */
final class Peers {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int THREADS = Runtime.getRuntime().availableProcessors();

    private Peers() {}

    /** A body's answer. Thread safe. */
    private interface Answerer {
        byte[] answer(byte[] body) throws IOException;
    }

    /** {@code HTTP_MODEL}: {@code netty}, {@code epoll}, {@code jetty}, {@code jdk} or {@code isobar}, and {@code echo} or a model. */
    static void serve(String name, int port, Path folder) throws Exception {
        int cut = name.indexOf('_');
        String http = name.substring(0, cut);
        String model = name.substring(cut + 1);
        switch (http) {
            case "isobar" -> ourHttp(port, model, folder);
            case "netty" -> netty(port, false, answerer(model, folder));
            case "epoll" -> netty(port, true, answerer(model, folder));
            case "jetty" -> jetty(port, answerer(model, folder));
            case "jdk" -> jdk(port, answerer(model, folder));
            default -> throw new IllegalArgumentException("no such HTTP server: " + http);
        }
        Thread.currentThread().join();
    }

    private static Answerer answerer(String name, Path folder) throws IOException, OrtException {
        if (name.equals("echo")) {
            return body -> body;
        }
        Models.Model model = Models.of(name, folder);
        Map<Long, float[]> features = features(folder);
        return body -> {
            long card = -1;
            try (JsonParser p = JSON.createParser(body)) {
                p.nextToken();
                for (String field = p.nextFieldName(); field != null; field = p.nextFieldName()) {
                    p.nextToken();
                    if (field.equals("card")) {
                        card = p.getLongValue();
                    } else {
                        p.skipChildren();
                    }
                }
            }
            float probability = model.predict(Objects.requireNonNull(features.get(card)));
            ByteArrayOutputStream out = new ByteArrayOutputStream(128);
            try (JsonGenerator g = JSON.createGenerator(out)) {
                g.writeStartObject();
                g.writeStringField("prediction_id", UUID.randomUUID().toString());
                g.writeNumberField("probability", (double) probability);
                g.writeEndObject();
            }
            return out.toByteArray();
        };
    }

    private static Map<Long, float[]> features(Path folder) throws IOException {
        Scene.Questions q = Scene.questions(folder);
        Map<Long, float[]> features = new HashMap<>();
        for (int card = 0; card < Scene.CARDS; card++) {
            features.put((long) card, q.vectors()[card]);
        }
        return features;
    }

    // ---- our HTTP side around another model ----

    private static void ourHttp(int port, String name, Path folder) throws IOException, OrtException {
        Models.Model model = Models.of(name, folder);
        Map<Long, float[]> features = features(folder);
        Schema schema = Schema.of(
                Field.required("transaction_id", FieldType.INT64),
                Field.required("card", FieldType.INT64),
                Field.required("event_time", FieldType.TIMESTAMP),
                Field.required("amount_cents", FieldType.INT64));
        Scorer scorer = new Scorer() {
            @Override
            public Schema schema() {
                return schema;
            }

            @Override
            public String modelName() {
                return "cards";
            }

            @Override
            public String modelVersion() {
                return "1";
            }

            @Override
            public String modelDigest() {
                return "sha256:0";
            }

            @Override
            public Scoring score(List<Row> rows, List<@Nullable String> predictionIds) {
                List<Scored> scores = new ArrayList<>();
                for (Row row : rows) {
                    float[] vector = Objects.requireNonNull(features.get(row.word(1)));
                    scores.add(new Scored(UUID.randomUUID().toString(), model.predict(vector), false, Map.of()));
                }
                return Scoring.unrecorded(scores);
            }
        };
        ServerConfiguration c = ServerConfiguration.fromEnvironment(
                Map.of("ISOBAR_BIND", "127.0.0.1", "AIP_HTTP_PORT", Integer.toString(port)));
        ModelServer.start(c, scorer).markReady();
    }

    // ---- Netty ----

    private static void netty(int port, boolean epoll, Answerer answerer) {
        EventLoopGroup acceptor = epoll ? new EpollEventLoopGroup(1) : new NioEventLoopGroup(1);
        EventLoopGroup loops = epoll ? new EpollEventLoopGroup(THREADS) : new NioEventLoopGroup(THREADS);
        new ServerBootstrap()
                .group(acceptor, loops)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(io.netty.channel.ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(1 << 20))
                                .addLast(new NettyHandler(answerer));
                    }
                })
                .bind("127.0.0.1", port)
                .syncUninterruptibly();
    }

    private static final class NettyHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Answerer answerer;

        NettyHandler(Answerer answerer) {
            this.answerer = answerer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) throws IOException {
            byte[] body = new byte[request.content().readableBytes()];
            request.content().readBytes(body);
            byte[] answer = answerer.answer(body);
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.OK,
                    ctx.alloc().buffer(answer.length).writeBytes(answer));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, answer.length);
            ctx.write(response, ctx.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    // ---- Jetty ----

    private static void jetty(int port, Answerer answerer) throws Exception {
        Server server = new Server(new QueuedThreadPool(16));
        HttpConnectionFactory http = new HttpConnectionFactory();
        http.getHttpConfiguration().setSendDateHeader(false);
        http.getHttpConfiguration().setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, 1, 1, http);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                ByteBuffer body = Content.Source.asByteBuffer(request);
                byte[] bytes = new byte[body.remaining()];
                body.get(bytes);
                byte[] answer = answerer.answer(bytes);
                response.getHeaders().put("Content-Type", "application/json");
                response.getHeaders().put("Content-Length", Integer.toString(answer.length));
                response.write(true, ByteBuffer.wrap(answer), callback);
                return true;
            }
        });
        server.start();
    }

    // ---- the JDK's own ----

    private static void jdk(int port, Answerer answerer) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 1024);
        server.setExecutor(Executors.newFixedThreadPool(16));
        server.createContext("/", exchange -> {
            byte[] body;
            try (InputStream in = exchange.getRequestBody()) {
                body = in.readAllBytes();
            }
            byte[] answer = answerer.answer(body);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }
}
