package dev.isobar.server.http;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Encodes answers, without the body for a {@code HEAD}. Answers that are bytes already pass by it, so it must not pair requests with responses. */
final class AnswerEncoder extends HttpResponseEncoder {
    private boolean noBody;

    /** Of the next answer. */
    void noBody(boolean none) {
        noBody = none;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse answer) {
        boolean none = noBody;
        noBody = false;
        return none || super.isContentAlwaysEmpty(answer);
    }
}
