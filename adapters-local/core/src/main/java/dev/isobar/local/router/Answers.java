package dev.isobar.local.router;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Answers that the router gives itself. Stateless. */
final class Answers {
    private Answers() {}

    /** An error as JSON; its texts hold nothing that needs escaping. */
    static FullHttpResponse error(HttpResponseStatus status, String code, String message, String hint) {
        return text(
                status,
                "application/json",
                "{\"error\":{\"code\":\"" + code + "\",\"message\":\"" + message + "\",\"hint\":\"" + hint + "\"}}\n");
    }

    static FullHttpResponse text(HttpResponseStatus status, String contentType, String body) {
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body.getBytes(StandardCharsets.UTF_8)));
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
        return answer;
    }
}
