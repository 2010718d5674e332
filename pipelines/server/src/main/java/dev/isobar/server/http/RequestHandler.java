package dev.isobar.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.server.http.ModelServer.Served;
import dev.isobar.server.http.Scorer.Scored;
import dev.isobar.server.http.Scorer.Scoring;
import dev.isobar.server.http.ScoringRequest.Form;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of one connection, one after the other: pipelined requests wait their turn, so that answers keep their order. Runs on the
 * connection's event loop; only scoring may run elsewhere.
 */
final class RequestHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);
    private static final AsciiString DIGEST = AsciiString.cached("x-isobar-model-digest");
    private static final AsciiString PREDICTION_IDS = AsciiString.cached("x-isobar-prediction-ids");
    private static final AsciiString APPLICATION_JSON = AsciiString.cached("application/json");
    private static final AsciiString TEXT_CSV = AsciiString.cached("text/csv");
    /** More would overflow what clients take as a header. */
    private static final int IDS_IN_HEADER = 64;

    private static final int PIPELINED = 16;

    private final ModelServer server;
    private final Deque<FullHttpRequest> waiting = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private boolean busy;
    /** Within {@link #handle}: whoever called it goes on with what waits. */
    private boolean handling;

    /** A request has begun to arrive and is not complete. */
    boolean receiving;

    RequestHandler(ModelServer server) {
        this.server = server;
    }

    /** What an answer needs to know of its request once that is released. */
    private record Exchange(Route route, boolean keepAlive, boolean http10, String path, long begun) {}

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        receiving = false;
        if (!(message instanceof FullHttpRequest request)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (busy) {
            waiting.add(request);
            if (waiting.size() >= PIPELINED) {
                ctx.channel().config().setAutoRead(false);
            }
            return;
        }
        handle(ctx, request);
        drainWaiting(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    /** For a drain: nothing arrives and nothing is being answered. On the event loop. */
    void closeIfIdle() {
        if (!busy && !receiving && context != null) {
            context.close();
        }
    }

    private void drainWaiting(ChannelHandlerContext ctx) {
        while (!busy) {
            FullHttpRequest next = waiting.poll();
            if (next == null) {
                if (!ctx.channel().config().isAutoRead()) {
                    ctx.channel().config().setAutoRead(true);
                }
                return;
            }
            handle(ctx, next);
        }
    }

    private void handle(ChannelHandlerContext ctx, FullHttpRequest request) {
        long begun = System.nanoTime();
        busy = true;
        handling = true;
        server.inFlight.incrementAndGet();
        boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        Exchange exchange = new Exchange(Route.NONE, HttpUtil.isKeepAlive(request), http10, request.uri(), begun);
        try {
            undecodable(request.decoderResult().cause());
            HttpMethod method = request.method();
            boolean get = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
            Route route = routes().find(method.equals(HttpMethod.POST), get, request.uri());
            exchange = new Exchange(route, exchange.keepAlive, http10, exchange.path, begun);
            if (!route.scores()) {
                answer(ctx, exchange, 200, plain(ctx, route));
                return;
            }
            // While draining, what has arrived is still answered.
            Served served = server.served;
            if (!server.loaded || served == null) {
                throw notReady();
            }
            ScoringRequest decoded = decode(request, route, served.reader());
            score(ctx, exchange, served.scorer(), decoded);
        } catch (Refusal e) {
            refuse(ctx, exchange, e);
        } catch (RuntimeException e) {
            refuse(ctx, exchange, failure(e));
        } finally {
            handling = false;
            request.release();
        }
    }

    private Routes routes() {
        Served served = server.served;
        return served == null ? server.bare : served.routes();
    }

    private static Scorer loaded(@Nullable Scorer scorer) {
        if (scorer == null) {
            throw Refusal.loading();
        }
        return scorer;
    }

    private static void undecodable(@Nullable Throwable cause) {
        if (cause == null) {
            return;
        }
        if (cause instanceof TooLongHttpLineException) {
            throw new Refusal(414, "INVALID_ARGUMENT", "The request line is too long.", "Send data in the body.");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            throw new Refusal(431, "INVALID_ARGUMENT", "The headers are too long.", "Send data in the body.");
        }
        throw Refusal.badRequest("The request is not HTTP: " + cause.getMessage() + ".", "Speak HTTP/1.1.");
    }

    private Refusal notReady() {
        if (server.draining) {
            return new Refusal(503, "UNAVAILABLE", "The server is stopping.", "Ask another replica.");
        }
        return server.loaded
                ? new Refusal(
                        503,
                        "UNAVAILABLE",
                        "Requests cannot succeed at the moment: predictions cannot be recorded.",
                        "Ask another replica; the server's log says why.")
                : Refusal.loading();
    }

    // ---- health, status, metadata ----

    private FullHttpResponse plain(ChannelHandlerContext ctx, Route route) {
        Served served = server.served;
        Scorer scorer = served == null ? null : served.scorer();
        return switch (route) {
            case AZURE_LIVENESS -> json(ctx, g -> flag(g, "live", true));
            case V2_LIVE -> json(ctx, g -> flag(g, "live", true));
            case PING, VERTEX_HEALTH, AZURE_READINESS, V2_READY -> {
                whenReady();
                yield json(ctx, g -> flag(g, "ready", true));
            }
            case V2_MODEL_READY -> {
                whenReady();
                yield json(ctx, g -> {
                    g.writeStartObject();
                    g.writeStringField("name", loaded(scorer).modelName());
                    g.writeBooleanField("ready", true);
                    g.writeEndObject();
                });
            }
            case V2_SERVER ->
                json(ctx, g -> {
                    g.writeStartObject();
                    g.writeStringField("name", "isobar");
                    String version = RequestHandler.class.getPackage().getImplementationVersion();
                    g.writeStringField("version", version == null ? "development" : version);
                    g.writeArrayFieldStart("extensions");
                    g.writeEndArray();
                    g.writeEndObject();
                });
            case V2_MODEL -> json(ctx, g -> ResponseWriter.metadata(g, loaded(scorer)));
            case STATUS -> json(ctx, this::status);
            case METRICS -> {
                ByteBuf text = Unpooled.copiedBuffer(
                        server.metrics.text(scorer, server.ready(), server.inFlight.get()), StandardCharsets.UTF_8);
                yield response(200, text, AsciiString.of("text/plain; version=0.0.4; charset=utf-8"));
            }
            case INVOCATIONS, VERTEX_PREDICT, AZURE_SCORE, V2_INFER, NONE ->
                throw new IllegalStateException("not a plain route: " + route);
        };
    }

    private void whenReady() {
        if (!server.ready()) {
            throw notReady();
        }
    }

    private static void flag(JsonGenerator g, String name, boolean value) throws IOException {
        g.writeStartObject();
        g.writeBooleanField(name, value);
        g.writeEndObject();
    }

    private void status(JsonGenerator g) throws IOException {
        g.writeStartObject();
        Served served = server.served;
        g.writeStringField("model", served == null ? null : served.scorer().modelName());
        g.writeStringField(
                "model_version", served == null ? null : served.scorer().modelVersion());
        g.writeStringField(
                "model_digest", served == null ? null : served.scorer().modelDigest());
        g.writeNumberField("pid", ProcessHandle.current().pid());
        g.writeBooleanField("ready", server.ready());
        g.writeBooleanField("draining", server.draining);
        g.writeStringField("started", server.started.toString());
        g.writeNumberField("peak_heap_bytes", ServerMetrics.peakHeap());
        g.writeNumberField("requests", server.metrics.requests());
        g.writeNumberField("errors", server.metrics.errors());
        // without this request itself
        g.writeNumberField("in_flight", server.inFlight.get() - 1);
        g.writeEndObject();
    }

    // ---- scoring ----

    private static ScoringRequest decode(FullHttpRequest request, Route route, RequestReader reader) {
        String encoding = request.headers().get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new Refusal(415, "INVALID_ARGUMENT", "The content encoding is not supported.", "Send it plain.");
        }
        String type = mediaType(request.headers().get(HttpHeaderNames.CONTENT_TYPE));
        boolean csv = type.equals("text/csv");
        boolean json = type.isEmpty() || type.equals("application/json") || type.endsWith("+json");
        if (!json && (!csv || route == Route.V2_INFER)) {
            throw new Refusal(
                    415,
                    "INVALID_ARGUMENT",
                    "The content type '" + RequestReader.shorten(type, 80) + "' is not supported here.",
                    route == Route.V2_INFER
                            ? "Set the header Content-Type: application/json."
                            : "Set the header Content-Type: application/json or text/csv.");
        }
        ByteBuf content = request.content();
        byte[] body;
        int offset = 0;
        int length = content.readableBytes();
        if (content.hasArray()) {
            body = content.array();
            offset = content.arrayOffset() + content.readerIndex();
        } else {
            body = ByteBufUtil.getBytes(content);
        }
        if (csv) {
            return reader.csv(body, offset, length);
        }
        return route == Route.V2_INFER
                ? reader.json(body, offset, length, Form.TENSORS)
                : reader.json(body, offset, length);
    }

    private static String mediaType(@Nullable String header) {
        if (header == null || header.equals("application/json")) {
            return header == null ? "" : header;
        }
        int end = header.indexOf(';');
        return (end < 0 ? header : header.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    }

    private void score(ChannelHandlerContext ctx, Exchange exchange, Scorer scorer, ScoringRequest request) {
        ThreadPoolExecutor pool = server.pool;
        if (pool == null) {
            scoreHere(ctx, exchange, scorer, request);
            return;
        }
        try {
            pool.execute(() -> scoreHere(ctx, exchange, scorer, request));
        } catch (RejectedExecutionException e) {
            throw new Refusal(
                    429,
                    "THROTTLED",
                    "All scoring threads are busy and " + server.configuration.queue() + " requests wait already.",
                    "Wait as long as Retry-After says, then send it again.");
        }
    }

    /** Scores on this thread, and answers when the predictions are recorded, on the event loop. */
    private void scoreHere(ChannelHandlerContext ctx, Exchange exchange, Scorer scorer, ScoringRequest request) {
        Scoring scoring;
        FullHttpResponse response;
        try {
            scoring = scorer.score(request.rows(), request.predictionIds());
            response = encode(ctx, request, scorer, scoring.predictions());
        } catch (Refusal e) {
            onLoop(ctx, () -> refuse(ctx, exchange, e));
            return;
        } catch (RuntimeException e) {
            Refusal refusal = failure(e);
            onLoop(ctx, () -> refuse(ctx, exchange, refusal));
            return;
        }
        scoring.recorded().whenComplete((nothing, problem) -> {
            if (problem == null) {
                server.metrics.scored(scoring.predictions().size());
                onLoop(ctx, () -> answer(ctx, exchange, 200, response));
                return;
            }
            response.release();
            Throwable cause = problem instanceof CompletionException && problem.getCause() != null
                    ? problem.getCause()
                    : problem;
            Refusal refusal = failure(cause instanceof RuntimeException e ? e : new IllegalStateException(cause));
            onLoop(ctx, () -> refuse(ctx, exchange, refusal));
        });
    }

    private void onLoop(ChannelHandlerContext ctx, Runnable answer) {
        if (ctx.executor().inEventLoop() && handling) {
            answer.run();
            return;
        }
        ctx.executor().execute(() -> {
            answer.run();
            drainWaiting(ctx);
            ctx.flush();
        });
    }

    private FullHttpResponse encode(
            ChannelHandlerContext ctx, ScoringRequest request, Scorer scorer, List<Scored> scores) {
        if (scores.size() != request.rows().size()) {
            throw new IllegalStateException("the scorer gave " + scores.size() + " scores for "
                    + request.rows().size() + " rows");
        }
        for (Scored s : scores) {
            if (!Double.isFinite(s.probability())) {
                throw new IllegalStateException("the scorer gave " + s.probability() + " for " + s.predictionId());
            }
        }
        ByteBuf body = ResponseWriter.scores(ctx.alloc(), request, scores, scorer);
        FullHttpResponse response = response(200, body, request.form() == Form.CSV ? TEXT_CSV : APPLICATION_JSON);
        if (request.form() == Form.CSV && scores.size() <= IDS_IN_HEADER) {
            StringBuilder ids = new StringBuilder();
            for (Scored s : scores) {
                ids.append(ids.length() == 0 ? "" : ",").append(s.predictionId());
            }
            response.headers().set(PREDICTION_IDS, ids.toString());
        }
        return response;
    }

    // ---- answers ----

    private static Refusal failure(RuntimeException e) {
        if (e instanceof IsobarException i) {
            int status;
            if (i.code() == ErrorCode.OUT_OF_RETENTION) {
                status = 422;
            } else if (i.code().callersFault()) {
                status = 400;
            } else if (i.code() == ErrorCode.THROTTLED) {
                status = 429;
            } else {
                status = i.code() == ErrorCode.UNAVAILABLE ? 503 : 500;
            }
            if (status == 500) {
                LOG.error("Scoring failed: {} [{}]", i.getMessage(), i.code(), i);
            }
            return new Refusal(status, i.code().name(), String.valueOf(i.getMessage()), i.hint());
        }
        LOG.error("Scoring failed", e);
        return new Refusal(
                500,
                "INTERNAL",
                "The server has a defect: " + e,
                "See the server's log and report it with this request.");
    }

    private void refuse(ChannelHandlerContext ctx, Exchange exchange, Refusal refusal) {
        FullHttpResponse response = refusal(refusal);
        if (refusal.status == 405) {
            response.headers().set(HttpHeaderNames.ALLOW, routes().allowed(Routes.path(exchange.path)));
        }
        boolean keep = exchange.keepAlive && refusal.status != 414 && refusal.status != 431;
        answer(
                ctx,
                new Exchange(exchange.route, keep, exchange.http10, exchange.path, exchange.begun),
                refusal.status,
                response);
    }

    /** An error as an answer. */
    FullHttpResponse refusal(Refusal refusal) {
        ByteBuf body = ResponseWriter.json(
                Unpooled.buffer().alloc(), g -> ResponseWriter.error(g, refusal.code, refusal.message(), refusal.hint));
        FullHttpResponse response = response(refusal.status, body, APPLICATION_JSON);
        if (refusal.status == 429 || refusal.status == 503) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
        }
        return response;
    }

    private FullHttpResponse json(ChannelHandlerContext ctx, ResponseWriter.Body body) {
        return response(200, ResponseWriter.json(ctx.alloc(), body), APPLICATION_JSON);
    }

    private FullHttpResponse response(int status, ByteBuf body, CharSequence type) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                body,
                DefaultHttpHeadersFactory.headersFactory(),
                DefaultHttpHeadersFactory.trailersFactory());
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        Served served = server.served;
        if (served != null) {
            response.headers().set(DIGEST, served.scorer().modelDigest());
        }
        return response;
    }

    private void answer(ChannelHandlerContext ctx, Exchange exchange, int status, FullHttpResponse response) {
        boolean keep = exchange.keepAlive && !(server.draining && waiting.isEmpty());
        if (!keep) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (exchange.http10) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        var written = ctx.write(response);
        written.addListener(f -> server.inFlight.decrementAndGet());
        if (!keep) {
            written.addListener(ChannelFutureListener.CLOSE);
            ctx.flush();
        }
        server.metrics.answered(exchange.route, status, System.nanoTime() - exchange.begun);
        busy = false;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && !busy) {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        for (FullHttpRequest request = waiting.poll(); request != null; request = waiting.poll()) {
            request.release();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // Resets by clients are daily life; anything else deserves a line.
        if (cause instanceof IOException) {
            LOG.debug("connection lost", cause);
        } else {
            LOG.warn("connection failed", cause);
        }
        ctx.close();
    }
}
