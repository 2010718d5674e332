package dev.isobar.emulator.gcp.wire;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import dev.isobar.emulation.process.AccountTable;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the project allows, in front of every service: {@code "disabled": ["bigquery.googleapis.com"]} for APIs that were never enabled, {@code "denied":
 * ["pubsub.topics.create", "storage.objects.*"]} for permissions that the caller lacks. Thread safe.
 *
 * @see <a href="https://cloud.google.com/service-usage/docs/enable-disable">SERVICE_DISABLED</a>
 * @see <a href="https://cloud.google.com/iam/docs/permission-error-messages">words of a denial</a>
 */
public final class Project {
    private final String id;
    private final AccountTable table;

    /** A project by its id, and what stands in the image table about it. */
    public Project(String id, AccountTable table) {
        this.id = id;
        this.table = table;
    }

    /** Around calls over gRPC. */
    public ServerInterceptor grpc(String api, String title) {
        return new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                String permission =
                        Permissions.ofGrpc(call.getMethodDescriptor().getFullMethodName());
                StatusRuntimeException refused = isDisabled(api)
                        ? disabled(api, title)
                        : permission != null && table.denies(permission) ? denied(permission) : null;
                if (refused == null) {
                    return next.startCall(call, headers);
                }
                Metadata trailers = refused.getTrailers();
                call.close(refused.getStatus(), trailers == null ? new Metadata() : trailers);
                return new ServerCall.Listener<>() {};
            }
        };
    }

    /** In front of an HTTP service: what it says for a denial is its own reason. */
    public HttpService http(
            String api,
            String title,
            String reason,
            Function<HttpCall, @Nullable String> permission,
            HttpService service) {
        return call -> {
            if (isDisabled(api)) {
                call.body().readAllBytes();
                return forbidden("accessNotConfigured", notUsed(api, title));
            }
            String needed = permission.apply(call);
            if (needed != null && table.denies(needed)) {
                call.body().readAllBytes();
                return forbidden(
                        reason,
                        reason.equals("accessDenied")
                                ? "Access Denied: Project " + id + ": User does not have " + needed
                                        + " permission in project " + id + "."
                                : "emulated@" + id + ".iam.gserviceaccount.com does not have " + needed
                                        + " access to the Google Cloud Storage object. Permission '" + needed
                                        + "' denied on resource (or it may not exist).");
            }
            return service.answer(call);
        };
    }

    private boolean isDisabled(String api) {
        return table.lists("disabled", api);
    }

    private String notUsed(String api, String title) {
        return title + " has not been used in project " + id
                + " before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/"
                + api
                + "/overview?project=" + id
                + " then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.";
    }

    private StatusRuntimeException disabled(String api, String title) {
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Code.PERMISSION_DENIED_VALUE)
                .setMessage(notUsed(api, title))
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason("SERVICE_DISABLED")
                        .setDomain("googleapis.com")
                        .putAllMetadata(Map.of("service", api, "consumer", "projects/" + id))
                        .build()))
                .build());
    }

    private StatusRuntimeException denied(String permission) {
        return Status.PERMISSION_DENIED
                .withDescription("Permission '" + permission + "' denied on resource in project '" + id
                        + "' (or it may not exist).")
                .asRuntimeException();
    }

    private static HttpAnswer forbidden(String reason, String message) {
        String text = message.replace("\\", "\\\\").replace("\"", "\\\"");
        String body = "{\"error\":{\"code\":403,\"message\":\"" + text + "\",\"errors\":[{\"message\":\"" + text
                + "\",\"domain\":\"" + (reason.equals("accessNotConfigured") ? "usageLimits" : "global")
                + "\",\"reason\":\"" + reason + "\"}],\"status\":\"PERMISSION_DENIED\"}}";
        return HttpAnswer.of(403, "application/json; charset=UTF-8", Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    /** Which permission a call of Cloud Storage needs. */
    public static @Nullable String storage(HttpCall call) {
        List<String> path = call.segments();
        boolean object = path.contains("o");
        String verb = switch (call.method().toUpperCase(Locale.ROOT)) {
            case "POST", "PUT" -> "create";
            case "DELETE" -> "delete";
            case "PATCH" -> "update";
            default -> object && path.indexOf("o") == path.size() - 1 ? "list" : "get";
        };
        return "storage." + (object ? "objects." : "buckets.") + verb;
    }

    /** Which permission a call of BigQuery needs. */
    public static @Nullable String bigquery(HttpCall call) {
        List<String> path = call.segments();
        String kind = path.contains("tables") ? "tables" : path.contains("datasets") ? "datasets" : "jobs";
        return "bigquery." + kind + "."
                + switch (call.method().toUpperCase(Locale.ROOT)) {
                    case "POST" -> "create";
                    case "DELETE" -> "delete";
                    case "PATCH", "PUT" -> "update";
                    default -> path.contains("data") ? "getData" : "get";
                };
    }
}
