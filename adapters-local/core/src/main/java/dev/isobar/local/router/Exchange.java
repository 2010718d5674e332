package dev.isobar.local.router;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** One request on its way to a replica and back. Lives on one event loop. */
final class Exchange {
    private static final int MAX_ATTEMPTS = 3;

    private final ClientConnection client;
    private final ChannelHandlerContext ctx;
    private final Router router;
    private final FullHttpRequest request;
    private final boolean keepAlive;
    private final int bodyStart;
    private final long began = System.nanoTime();
    private int attempts;
    private Routes.@Nullable Choice choice;

    Exchange(
            ClientConnection client,
            ChannelHandlerContext ctx,
            Router router,
            FullHttpRequest request,
            boolean keepAlive) {
        this.client = client;
        this.ctx = ctx;
        this.router = router;
        this.request = request;
        this.keepAlive = keepAlive;
        this.bodyStart = request.content().readerIndex();
    }

    void send() {
        Upstream failed = choice == null ? null : choice.upstream();
        Routes.Choice next = router.routes().next(failed);
        choice = next;
        if (next == null) {
            unavailable();
            return;
        }
        attempts++;
        next.upstream().begin();
        request.content().readerIndex(bodyStart);
        ReplicaConnections.of(ctx.channel().eventLoop()).send(next.upstream(), request.retain(), this);
    }

    /** The replica answered. */
    void answered(FullHttpResponse answer) {
        String deployment = end();
        answer.headers().set(Router.DEPLOYMENT_HEADER, deployment);
        finish(deployment, answer);
    }

    /** The replica cannot have acted on the request. */
    void notSent() {
        if (attempts < MAX_ATTEMPTS) {
            end();
            send();
        } else {
            end();
            unavailable();
        }
    }

    /** The request was sent and no answer came. */
    void lost(String why) {
        if (attempts < MAX_ATTEMPTS && idempotent(request.method())) {
            notSent();
            return;
        }
        finish(
                end(),
                Answers.error(
                        HttpResponseStatus.BAD_GATEWAY,
                        "UNAVAILABLE",
                        "The replica " + why + " before it answered.",
                        "It may have acted on the request. It is restarted by itself."));
    }

    /** The replica takes too long. */
    void late() {
        finish(
                end(),
                Answers.error(
                        HttpResponseStatus.GATEWAY_TIMEOUT,
                        "TIMEOUT",
                        "The replica did not answer in time.",
                        "See its log with: isobar logs."));
    }

    private void unavailable() {
        FullHttpResponse answer = Answers.error(
                HttpResponseStatus.SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "No replica is ready.",
                "It may still be starting: see isobar status.");
        answer.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
        finish("none", answer);
    }

    private String end() {
        Routes.Choice ended = choice;
        if (ended == null) {
            throw new IllegalStateException("an exchange ended before it began");
        }
        ended.upstream().end();
        return ended.deployment();
    }

    private void finish(String deployment, FullHttpResponse answer) {
        router.metrics().count(deployment, answer.status().code(), System.nanoTime() - began);
        request.release();
        client.finished(ctx, answer, keepAlive);
    }

    private static boolean idempotent(HttpMethod method) {
        return method.equals(HttpMethod.GET)
                || method.equals(HttpMethod.HEAD)
                || method.equals(HttpMethod.PUT)
                || method.equals(HttpMethod.DELETE)
                || method.equals(HttpMethod.OPTIONS);
    }
}
