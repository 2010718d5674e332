package dev.isobar.server.http;

import org.jspecify.annotations.Nullable;

/** An answer that is not a score: status, code, what is wrong, what to do. Has no stack trace, because garbage must be cheap to refuse. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int status;
    final String code;
    final @Nullable String hint;

    Refusal(int status, String code, String message, @Nullable String hint) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.hint = hint;
    }

    static Refusal badRequest(String message, @Nullable String hint) {
        return new Refusal(400, "INVALID_ARGUMENT", message, hint);
    }

    static Refusal loading() {
        return new Refusal(503, "UNAVAILABLE", "The model is not ready yet.", "Wait until GET /ping answers 200.");
    }

    String message() {
        return String.valueOf(getMessage());
    }
}
