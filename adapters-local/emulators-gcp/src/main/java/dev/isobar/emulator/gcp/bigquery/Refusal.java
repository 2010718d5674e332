package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What the service refuses, with its own reason and words.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/error-messages">error messages</a>
 */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final int status;
    private final String reason;

    private Refusal(int status, String reason, String message) {
        super(message, null, false, false);
        this.status = status;
        this.reason = reason;
    }

    static Refusal invalid(String message) {
        return new Refusal(400, "invalid", message);
    }

    static Refusal required(String message) {
        return new Refusal(400, "required", message);
    }

    static Refusal invalidQuery(String message) {
        return new Refusal(400, "invalidQuery", message);
    }

    static Refusal notFound(String message) {
        return new Refusal(404, "notFound", "Not found: " + message);
    }

    static Refusal duplicate(String what) {
        return new Refusal(409, "duplicate", "Already Exists: " + what);
    }

    static Refusal inUse(String message) {
        return new Refusal(400, "resourceInUse", message);
    }

    static Refusal conditionNotMet() {
        return new Refusal(412, "conditionNotMet", "Precondition check failed.");
    }

    static Refusal notHere(String what) {
        return new Refusal(501, "notImplemented", "This emulator does not do " + what + ".");
    }

    int status() {
        return status;
    }

    String reason() {
        return reason;
    }

    /** As the REST interface says it. */
    HttpAnswer toAnswer() {
        ObjectNode body = JSON.createObjectNode();
        ObjectNode error = body.putObject("error").put("code", status).put("message", getMessage());
        ObjectNode detail = error.putArray("errors")
                .addObject()
                .put("message", getMessage())
                .put("domain", "global")
                .put("reason", reason);
        if (reason.equals("invalidQuery")) {
            detail.put("locationType", "parameter").put("location", "q");
        }
        error.put(
                "status",
                switch (status) {
                    case 404 -> "NOT_FOUND";
                    case 409 -> "ALREADY_EXISTS";
                    case 412 -> "FAILED_PRECONDITION";
                    case 501 -> "UNIMPLEMENTED";
                    default -> "INVALID_ARGUMENT";
                });
        return HttpAnswer.of(
                status,
                "application/json; charset=UTF-8",
                Map.of(),
                body.toPrettyString().getBytes(StandardCharsets.UTF_8));
    }
}
