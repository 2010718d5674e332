package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What the service refuses, with its own reason and words.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/status-codes">status codes of the JSON API</a>
 */
final class StorageError extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final int status;
    private final String reason;

    private StorageError(int status, String reason, String message) {
        super(message, null, false, false);
        this.status = status;
        this.reason = reason;
    }

    static StorageError invalid(String message) {
        return new StorageError(400, "invalid", message);
    }

    static StorageError required(String message) {
        return new StorageError(400, "required", message);
    }

    static StorageError noBucket() {
        return new StorageError(404, "notFound", "The specified bucket does not exist.");
    }

    static StorageError noObject(String bucket, String name) {
        return new StorageError(404, "notFound", "No such object: " + bucket + "/" + name);
    }

    static StorageError noUpload() {
        return new StorageError(404, "notFound", "No such upload: it was cancelled, has expired or never began.");
    }

    static StorageError conflict(String message) {
        return new StorageError(409, "conflict", message);
    }

    static StorageError conditionNotMet() {
        return new StorageError(
                412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
    }

    /** A condition on reading that says "only if it is another one". */
    static StorageError notModified() {
        return new StorageError(304, "notModified", "Not modified");
    }

    static StorageError outOfRange() {
        return new StorageError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
    }

    static StorageError unreachableOffset(long offset, long received) {
        return new StorageError(
                503,
                "backendError",
                "Invalid request.  According to the Content-Range header, the upload offset is " + offset
                        + " byte(s), which exceeds already uploaded size of " + received + " byte(s).");
    }

    static StorageError notImplemented(String what) {
        return new StorageError(501, "notImplemented", "This emulator does not do " + what + ".");
    }

    /** As the JSON API says it. */
    HttpAnswer toAnswer() {
        if (status == 304) {
            return HttpAnswer.of(status, "application/json", Map.of(), new byte[0]);
        }
        ObjectNode body = JSON.createObjectNode();
        ObjectNode error = body.putObject("error").put("code", status).put("message", getMessage());
        ObjectNode detail = error.putArray("errors")
                .addObject()
                .put("message", getMessage())
                .put("domain", "global")
                .put("reason", reason);
        if (status == 412) {
            detail.put("locationType", "header").put("location", "If-Match");
        }
        return HttpAnswer.of(
                status,
                "application/json; charset=UTF-8",
                Map.of(),
                body.toPrettyString().getBytes(StandardCharsets.UTF_8));
    }

    /** As it is said where content was asked for, or sent. */
    HttpAnswer asText() {
        if (status == 304) {
            return toAnswer();
        }
        return HttpAnswer.of(
                status,
                "text/plain; charset=utf-8",
                Map.of(),
                String.valueOf(getMessage()).getBytes(StandardCharsets.UTF_8));
    }
}
