package dev.isobar.emulator.aws.kinesis;

import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands the requests of one connection (or of one HTTP/2 stream) to the service, one after the other. Lives on its channel's event loop. */
final class Frontend extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(Frontend.class);

    private final KinesisService service;
    private final Executor workers;
    private final Queue<WireRequest> waiting = new ArrayDeque<>();
    private boolean busy;
    private boolean gone;
    private @Nullable Subscription subscription;

    Frontend(KinesisService service, Executor workers) {
        this.service = service;
        this.workers = workers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
        Map<String, String> headers = new HashMap<>();
        message.headers().forEach(h -> headers.putIfAbsent(h.getKey().toLowerCase(Locale.ROOT), h.getValue()));
        waiting.add(new WireRequest(
                message.method().name(), message.uri(), "", headers, ByteBufUtil.getBytes(message.content())));
        next(context);
    }

    private void next(ChannelHandlerContext context) {
        WireRequest request = busy ? null : waiting.poll();
        if (request == null) {
            return;
        }
        busy = true;
        try {
            workers.execute(() -> {
                if (KinesisService.isSubscription(request)) {
                    subscribe(context, request);
                } else {
                    WireResponse response = service.answer(request);
                    onLoop(context, () -> answer(context, response));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the server closes", e);
            context.close();
        }
    }

    private void answer(ChannelHandlerContext context, WireResponse response) {
        DefaultFullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                Unpooled.wrappedBuffer(response.body()));
        head(message.headers(), response.contentType());
        response.headers().forEach(message.headers()::set);
        HttpUtil.setContentLength(message, response.body().length);
        context.writeAndFlush(message);
        done(context);
    }

    private static void onLoop(ChannelHandlerContext context, Runnable task) {
        try {
            context.executor().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the server has closed", e);
        }
    }

    private void done(ChannelHandlerContext context) {
        busy = false;
        next(context);
    }

    private static void head(HttpHeaders headers, String contentType) {
        headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        headers.set("x-amzn-requestid", UUID.randomUUID().toString());
    }

    private void subscribe(ChannelHandlerContext context, WireRequest request) {
        Subscription begun;
        try {
            begun = service.subscribe(request);
        } catch (RuntimeException e) {
            WireResponse refusal = KinesisService.refusal(Format.of(request.header("content-type")), e);
            onLoop(context, () -> answer(context, refusal));
            return;
        }
        onLoop(context, () -> {
            if (gone) {
                begun.cancel();
                return;
            }
            subscription = begun;
            DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            head(head.headers(), EventMessage.CONTENT_TYPE);
            HttpUtil.setTransferEncodingChunked(head, true);
            context.writeAndFlush(head);
            begun.start(new ChannelSink(context));
        });
    }

    private final class ChannelSink implements Subscription.Sink {
        private final ChannelHandlerContext context;

        ChannelSink(ChannelHandlerContext context) {
            this.context = context;
        }

        @Override
        public void write(byte[] message, Runnable then) {
            context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(message)))
                    .addListener(written -> {
                        if (written.isSuccess()) {
                            then.run();
                        } else {
                            context.close();
                        }
                    });
        }

        @Override
        public void end() {
            onLoop(context, () -> {
                subscription = null;
                context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
                done(context);
            });
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        gone = true;
        Subscription current = subscription;
        if (current != null) {
            current.cancel();
        }
        super.channelInactive(context);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("a connection failed", cause);
        context.close();
    }
}
