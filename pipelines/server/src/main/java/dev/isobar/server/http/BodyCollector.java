package dev.isobar.server.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import org.jspecify.annotations.Nullable;

/** Collects a request's body up to the limit, and refuses a longer one in our own words. One per connection. */
final class BodyCollector extends HttpObjectAggregator {
    private final ModelServer server;
    private final RequestHandler handler;

    BodyCollector(ModelServer server, RequestHandler handler) {
        super(server.configuration.maxBodyBytes());
        this.server = server;
        this.handler = handler;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
        if (msg instanceof HttpRequest) {
            handler.begins();
        }
        super.channelRead(ctx, msg);
    }

    @Override
    protected @Nullable Object newContinueResponse(HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
        Object answer = super.newContinueResponse(start, maxContentLength, pipeline);
        if (answer instanceof HttpResponse r && r.status().code() >= 400) {
            io.netty.util.ReferenceCountUtil.release(answer);
            handler.abandoned();
            return handler.refusal(
                    r.status().equals(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE)
                            ? tooLarge()
                            : new Refusal(
                                    r.status().code(),
                                    "INVALID_ARGUMENT",
                                    "The expectation is not supported.",
                                    "Leave out Expect."));
        }
        return answer;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        handler.abandoned();
        boolean keep = HttpUtil.isKeepAlive(oversized) && !(oversized instanceof FullHttpMessage) && !server.draining;
        HttpResponse answer = handler.refusal(tooLarge());
        HttpUtil.setKeepAlive(answer, keep);
        server.metrics.answered(Route.NONE, 413, 0);
        // On a kept connection the rest of the body is read and dropped, so that the client gets to see the answer.
        var written = ctx.writeAndFlush(answer);
        if (!keep) {
            written.addListener(io.netty.channel.ChannelFutureListener.CLOSE);
        }
    }

    private Refusal tooLarge() {
        return new Refusal(
                413,
                "INVALID_ARGUMENT",
                "The body is larger than " + server.configuration.maxBodyBytes() + " bytes.",
                "Send fewer instances per request.");
    }
}
