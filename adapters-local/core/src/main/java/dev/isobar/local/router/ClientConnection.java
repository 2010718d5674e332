package dev.isobar.local.router;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: takes its requests one after another, also when it sends the next before the answer. Lives on one event loop, as do
 * the connections to replicas that it uses.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
    private static final int MAX_WAITING = 16;

    private final Router router;
    private final Queue<FullHttpRequest> waiting = new ArrayDeque<>(2);
    private @Nullable Exchange current;

    ClientConnection(Router router) {
        this.router = router;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof FullHttpRequest request)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (current != null) {
            waiting.add(request);
            if (waiting.size() >= MAX_WAITING) {
                ctx.channel().config().setAutoRead(false);
            }
            return;
        }
        begin(ctx, request);
    }

    private void begin(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        if (!request.decoderResult().isSuccess()) {
            request.release();
            send(
                    ctx,
                    Answers.error(HttpResponseStatus.BAD_REQUEST, "INVALID_ARGUMENT", "This is not HTTP.", ""),
                    false);
            return;
        }
        if (request.uri().equals("/metrics")) {
            request.release();
            String text = router.metrics().text();
            send(ctx, Answers.text(HttpResponseStatus.OK, "text/plain; version=0.0.4; charset=utf-8", text), keepAlive);
            return;
        }
        HttpHeaders headers = request.headers();
        dropHopByHop(headers);
        request.setProtocolVersion(HttpVersion.HTTP_1_1);
        if (request.content().isReadable() || headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, request.content().readableBytes());
        }
        current = new Exchange(this, ctx, router, request, keepAlive);
        router.begin();
        current.send();
    }

    /** An exchange has its answer. */
    void finished(ChannelHandlerContext ctx, FullHttpResponse answer, boolean keepAlive) {
        router.end();
        current = null;
        dropHopByHop(answer.headers());
        send(ctx, answer, keepAlive);
        FullHttpRequest next = waiting.poll();
        if (next == null) {
            return;
        }
        if (waiting.isEmpty()) {
            ctx.channel().config().setAutoRead(true);
        }
        if (keepAlive && ctx.channel().isActive()) {
            begin(ctx, next);
        } else {
            next.release();
            dropWaiting();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        // The exchange under way ends by itself; its answer is thrown away.
        dropWaiting();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // A client that resets its connection, or no memory left for one more body: only this connection suffers.
        ctx.close();
    }

    private void dropWaiting() {
        for (FullHttpRequest r = waiting.poll(); r != null; r = waiting.poll()) {
            r.release();
        }
    }

    private static void send(ChannelHandlerContext ctx, FullHttpResponse answer, boolean keepAlive) {
        if (keepAlive) {
            ctx.writeAndFlush(answer, ctx.voidPromise());
        } else {
            answer.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static void dropHopByHop(HttpHeaders headers) {
        headers.remove(HttpHeaderNames.CONNECTION);
        headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
        headers.remove(HttpHeaderNames.UPGRADE);
        headers.remove(HttpHeaderNames.EXPECT);
        headers.remove(HttpHeaderNames.TE);
        headers.remove(HttpHeaderNames.TRAILER);
        headers.remove("keep-alive");
    }
}
