package dev.isobar.local.router;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Puts a request together; one that is too large is answered with 413 and read to its end. One per connection. */
final class RequestAssembly extends HttpObjectAggregator {
    RequestAssembly(int maxBody) {
        super(maxBody);
        // Most bodies come in one piece or two: no need for room for a thousand.
        setMaxCumulationBufferComponents(64);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        ctx.writeAndFlush(Answers.error(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "INVALID_ARGUMENT",
                "The request's body is larger than " + Router.MAX_BODY + " bytes.",
                "Send fewer instances at once."));
    }
}
