package dev.isobar.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.server.http.ModelServer.Served;
import dev.isobar.server.http.Scorer.Scored;
import dev.isobar.server.http.ScoringRequest.Form;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
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
    private static final AsciiString STATUS_TYPE = AsciiString.cached("application/vnd.isobar.status+json");
    private static final AsciiString TEXT_CSV = AsciiString.cached("text/csv");
    /** More would overflow what clients take as a header. */
    private static final int IDS_IN_HEADER = 64;

    /** For each request that may wait, so many places of refused ones are kept. */
    private static final int REFUSALS = 8;
    /** Larger bodies are rare; their buffers are not kept. */
    private static final int KEPT_BODY = 64 << 10;

    private static final ThreadLocal<byte[]> BODY = ThreadLocal.withInitial(() -> new byte[4096]);

    private final ModelServer server;
    /** Set for a warm-up: everything as usual, but nothing is recorded or counted. */
    private final @Nullable Served rehearsal;

    private final Loop loop;
    private final Deque<Arrived> waiting = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    /** Beyond it towards the network nothing encodes: for answers that are bytes already. */
    private @Nullable ChannelHandlerContext raw;

    private @Nullable AnswerEncoder encoder;
    /** The client has shut down its side. */
    private boolean ended;
    /** Requests of this connection since it last had nothing to read. */
    private int atOnce;

    private boolean busy;
    /** Within {@link #handle}: whoever called it goes on with what waits. */
    private boolean handling;

    /** A request has begun to arrive and is not complete. */
    private boolean receiving;
    /** What arrives, or arrived last, came after the drain had begun. */
    private boolean late;

    RequestHandler(ModelServer server, Loop loop, @Nullable Served rehearsal) {
        this.server = server;
        this.loop = loop;
        this.rehearsal = rehearsal;
    }

    /** What the connections of one event loop share. */
    record Loop(LoopWatch watch, LoopTurn turn) {}

    /**
     * A request that waits.
     *
     * @param request null if it is plain, or one too many: then only its place among the answers is kept
     * @param late whether it came after the drain had begun
     */
    private record Arrived(
            @Nullable FullHttpRequest request, @Nullable Plain plain, boolean late) {}

    /** A plain request, read. */
    private record Plain(Route route, ScoringRequest request) {}

    private static final Arrived TOO_MANY = new Arrived(null, null, false);

    /** A request begins to arrive. */
    void begins() {
        receiving = true;
        late = server.draining;
    }

    /** It is not going to be complete. */
    void abandoned() {
        receiving = false;
    }

    /** What an answer needs to know of its request once that is released. */
    private record Exchange(Route route, boolean keepAlive, boolean http10, boolean head, String path, long begun) {}

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        raw = ctx.pipeline().context(HttpRequestDecoder.class);
        encoder = ctx.pipeline().get(AnswerEncoder.class);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        receiving = false;
        if (!(message instanceof FullHttpRequest request)) {
            ReferenceCountUtil.release(message);
            return;
        }
        atOnce++;
        if (busy) {
            int most = server.configuration.pipelined();
            if (waiting.size() < most) {
                waiting.add(new Arrived(request, null, late));
            } else {
                // Reading on and refusing tells a client more than not reading does; a client that does not listen is
                // not read for ever.
                request.release();
                waiting.add(TOO_MANY);
                if (waiting.size() >= REFUSALS * most) {
                    ctx.channel().config().setAutoRead(false);
                }
            }
            return;
        }
        handle(ctx, request, late);
        drainWaiting(ctx);
    }

    /**
     * Takes the body of a request of plain JSON that has arrived as a whole, if it is one that can be taken at once.
     *
     * @return false if it is to go the general way, where it is read again and judged
     */
    boolean plain(Route route, byte[] bytes, int from, int length) {
        Served served = served();
        ChannelHandlerContext ctx = context;
        int most = server.configuration.pipelined();
        if (ctx == null
                || served == null
                || (!server.loaded && rehearsal == null)
                || server.draining
                || atOnce >= most
                || (busy && waiting.size() >= most)
                || loop.watch().behind()) {
            return false;
        }
        ScoringRequest read = served.reader().plain(bytes, from, length);
        if (read == null) {
            return false;
        }
        atOnce++;
        Plain request = new Plain(route, read);
        if (busy) {
            waiting.add(new Arrived(null, request, false));
        } else {
            handle(ctx, request);
            drainWaiting(ctx);
        }
        return true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        atOnce = 0;
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
            Arrived next = waiting.poll();
            if (next == null) {
                if (!ctx.channel().config().isAutoRead()) {
                    ctx.channel().config().setAutoRead(true);
                }
                return;
            }
            if (next.plain != null) {
                handle(ctx, next.plain);
            } else if (next.request == null) {
                server.inFlight.incrementAndGet();
                refuse(ctx, new Exchange(Route.NONE, true, false, false, "", System.nanoTime()), tooManyWait());
            } else {
                handle(ctx, next.request, next.late);
            }
        }
    }

    private void handle(ChannelHandlerContext ctx, FullHttpRequest request, boolean tooLate) {
        long begun = System.nanoTime();
        busy = true;
        handling = true;
        server.inFlight.incrementAndGet();
        boolean http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
        HttpMethod method = request.method();
        boolean head = method.equals(HttpMethod.HEAD);
        Exchange exchange = new Exchange(Route.NONE, HttpUtil.isKeepAlive(request), http10, head, request.uri(), begun);
        try {
            undecodable(request.decoderResult().cause());
            boolean get = head || method.equals(HttpMethod.GET);
            Route route = routes().find(method.equals(HttpMethod.POST), get, request.uri());
            exchange = new Exchange(route, exchange.keepAlive, http10, head, exchange.path, begun);
            if (!route.scores() || asksForStatus(request)) {
                answer(ctx, exchange, 200, plain(ctx, route.scores() ? Route.STATUS : route));
                return;
            }
            Served served = served();
            if (served == null || (!server.loaded && rehearsal == null)) {
                throw notReady();
            }
            if (tooLate) {
                // What had begun to arrive before is still answered.
                throw stopping();
            }
            overloaded();
            ScoringRequest decoded = decode(request, route, served.reader());
            score(new ScoringExchange(ctx, exchange, served.scorer(), decoded));
        } catch (Refusal e) {
            refuse(ctx, exchange, e);
        } catch (RuntimeException e) {
            refuse(ctx, exchange, failure(e));
        } finally {
            handling = false;
            request.release();
        }
    }

    private void handle(ChannelHandlerContext ctx, Plain plain) {
        busy = true;
        handling = true;
        server.inFlight.incrementAndGet();
        Exchange exchange = new Exchange(plain.route, true, false, false, "", System.nanoTime());
        try {
            Served served = served();
            if (served == null) {
                throw notReady();
            }
            overloaded();
            score(new ScoringExchange(ctx, exchange, served.scorer(), plain.request));
        } catch (Refusal e) {
            refuse(ctx, exchange, e);
        } catch (RuntimeException e) {
            refuse(ctx, exchange, failure(e));
        } finally {
            handling = false;
        }
    }

    private @Nullable Served served() {
        return rehearsal == null ? server.served : rehearsal;
    }

    private Refusal tooManyWait() {
        return new Refusal(
                429,
                "THROTTLED",
                "More than " + server.configuration.pipelined() + " requests of this connection wait.",
                "Wait as long as Retry-After says, then send it again.");
    }

    /** Before anything is decoded: refusing must be far cheaper than answering. */
    private void overloaded() {
        if (atOnce > server.configuration.pipelined()) {
            throw tooManyWait();
        }
        if (loop.watch().behind()) {
            throw new Refusal(
                    429,
                    "THROTTLED",
                    "The server is more than " + server.configuration.patience().toMillis() + " ms behind.",
                    "Wait as long as Retry-After says, then send it again.");
        }
    }

    Routes routes() {
        Served served = served();
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
            return stopping();
        }
        return server.loaded
                ? new Refusal(
                        503,
                        "UNAVAILABLE",
                        "Requests cannot succeed at the moment: predictions cannot be recorded.",
                        "Ask another replica; the server's log says why.")
                : Refusal.loading();
    }

    private static Refusal stopping() {
        return new Refusal(503, "UNAVAILABLE", "The server is stopping.", "Ask another replica.");
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
        ResponseWriter.evaluator(g, served == null ? null : served.scorer());
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
            body = scratch(length);
            content.getBytes(content.readerIndex(), body, 0, length);
        }
        if (csv) {
            return reader.csv(body, offset, length);
        }
        return route == Route.V2_INFER
                ? reader.json(body, offset, length, Form.TENSORS)
                : reader.json(body, offset, length);
    }

    /** A parser reads an array several times faster than a buffer outside the heap; what it makes of it keeps no reference. */
    private static byte[] scratch(int length) {
        byte[] kept = BODY.get();
        if (length <= kept.length) {
            return kept;
        }
        byte[] larger = new byte[Math.max(length, Math.min(KEPT_BODY, 2 * length))];
        if (larger.length <= KEPT_BODY) {
            BODY.set(larger);
        }
        return larger;
    }

    /** Where a platform lets nothing through but scoring requests, a scoring request can ask for the status. */
    private static boolean asksForStatus(FullHttpRequest request) {
        return STATUS_TYPE.contentEqualsIgnoreCase(request.headers().get(HttpHeaderNames.CONTENT_TYPE, ""));
    }

    private static String mediaType(@Nullable String header) {
        if (header == null || header.equals("application/json")) {
            return header == null ? "" : header;
        }
        int end = header.indexOf(';');
        return (end < 0 ? header : header.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    }

    private void score(ScoringExchange job) {
        ScoringQueue queue = server.queue;
        if (rehearsal != null) {
            ScoringQueue.alone(job);
        } else if (queue == null) {
            ScoringQueue.alone(job);
            loop.turn().scored(job.scorer);
        } else {
            queue.add(job);
        }
    }

    /** A scoring request on its way: answered on the event loop when its predictions are recorded. */
    private final class ScoringExchange implements ScoringQueue.Job {
        private final ChannelHandlerContext ctx;
        private final Exchange exchange;
        private final Scorer scorer;
        private final ScoringRequest request;

        ScoringExchange(ChannelHandlerContext ctx, Exchange exchange, Scorer scorer, ScoringRequest request) {
            this.ctx = ctx;
            this.exchange = exchange;
            this.scorer = scorer;
            this.request = request;
        }

        @Override
        public Scorer scorer() {
            return scorer;
        }

        @Override
        public ScoringRequest request() {
            return request;
        }

        @Override
        public void scored(List<Scored> predictions, CompletionStage<@Nullable Void> recorded) {
            Object response;
            try {
                response = encode(ctx, exchange, request, predictions);
            } catch (RuntimeException e) {
                failed(e);
                return;
            }
            recorded.whenComplete((nothing, problem) -> {
                if (problem == null) {
                    if (rehearsal == null) {
                        server.metrics.scored(predictions.size());
                    }
                    onLoop(ctx, () -> answer(ctx, exchange, 200, response));
                    return;
                }
                ReferenceCountUtil.release(response);
                Throwable cause = problem instanceof CompletionException && problem.getCause() != null
                        ? problem.getCause()
                        : problem;
                failed(cause instanceof RuntimeException e ? e : new IllegalStateException(cause));
            });
        }

        @Override
        public void failed(RuntimeException cause) {
            Refusal refusal = cause instanceof Refusal r ? r : failure(cause);
            onLoop(ctx, () -> refuse(ctx, exchange, refusal));
        }
    }

    private void onLoop(ChannelHandlerContext ctx, Runnable answer) {
        if (ctx.executor().inEventLoop()) {
            answer.run();
            if (!handling) {
                drainWaiting(ctx);
                ctx.flush();
            }
            return;
        }
        try {
            ctx.executor().execute(() -> {
                answer.run();
                drainWaiting(ctx);
                ctx.flush();
            });
        } catch (RejectedExecutionException e) {
            // The drain's time is over and the connection is closed: nobody is there to be answered.
            LOG.debug("an answer came after the end of the drain", e);
        }
    }

    /** A response, or a buffer that is one to the last byte. */
    private Object encode(ChannelHandlerContext ctx, Exchange exchange, ScoringRequest request, List<Scored> scores) {
        Served served = served();
        if (served == null) {
            throw new IllegalStateException("scored without a scorer");
        }
        if (exchange.keepAlive && !exchange.http10 && raw != null && request.isPlainInstance()) {
            ByteBuf whole = served.plain().encode(ctx.alloc(), scores.get(0));
            if (whole != null) {
                return whole;
            }
        }
        ByteBuf body = ResponseWriter.scores(ctx.alloc(), request, scores, served.scorer());
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
                new Exchange(exchange.route, keep, exchange.http10, exchange.head, exchange.path, exchange.begun),
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
        Served served = served();
        if (served != null) {
            response.headers().set(DIGEST, served.scorer().modelDigest());
        }
        return response;
    }

    private void answer(ChannelHandlerContext ctx, Exchange exchange, int status, Object answer) {
        boolean keep = exchange.keepAlive && !((server.draining || ended) && waiting.isEmpty());
        if (answer instanceof FullHttpResponse response) {
            if (!keep) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            } else if (exchange.http10) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            }
            if (encoder != null) {
                encoder.noBody(exchange.head);
            }
        }
        ChannelHandlerContext out = raw == null || answer instanceof FullHttpResponse ? ctx : raw;
        if (keep) {
            out.write(answer, out.voidPromise());
        } else {
            // A drain may have begun since the bytes were made.
            Object last = answer instanceof ByteBuf whole ? PlainAnswer.closing(whole) : answer;
            out.writeAndFlush(last).addListener(ChannelFutureListener.CLOSE);
        }
        server.inFlight.decrementAndGet();
        if (rehearsal == null) {
            server.metrics.answered(exchange.route, status, System.nanoTime() - exchange.begun);
        }
        busy = false;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // The client says no more, but listens: what it has asked is answered.
            ended = true;
        }
        if ((event instanceof IdleStateEvent || ended) && !busy) {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        for (Arrived arrived = waiting.poll(); arrived != null; arrived = waiting.poll()) {
            ReferenceCountUtil.release(arrived.request);
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
