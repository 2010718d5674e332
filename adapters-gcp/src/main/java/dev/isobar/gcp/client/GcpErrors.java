package dev.isobar.gcp.client;

import static java.util.Map.entry;

import com.google.api.client.http.HttpResponseException;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.BaseServiceException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.http.ConnectionClosedException;
import org.apache.http.NoHttpResponseException;
import org.jspecify.annotations.Nullable;

/**
 * The one table from Google's errors to Isobar's codes: gRPC's status codes, and HTTP's with the reasons that Google's JSON adds where a status means more than one
 * thing. Where a service means something else by one of them, its package decides before it asks here.
 *
 * @see <a href="https://cloud.google.com/apis/design/errors">errors of Google's APIs</a>
 */
public final class GcpErrors {
    private static final Map<StatusCode.Code, ErrorCode> CODES = Map.ofEntries(
            entry(StatusCode.Code.CANCELLED, ErrorCode.CANCELLED),
            entry(StatusCode.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT),
            entry(StatusCode.Code.OUT_OF_RANGE, ErrorCode.INVALID_ARGUMENT),
            entry(StatusCode.Code.DEADLINE_EXCEEDED, ErrorCode.TIMEOUT),
            entry(StatusCode.Code.NOT_FOUND, ErrorCode.NOT_FOUND),
            entry(StatusCode.Code.ALREADY_EXISTS, ErrorCode.ALREADY_EXISTS),
            entry(StatusCode.Code.PERMISSION_DENIED, ErrorCode.PERMISSION_DENIED),
            entry(StatusCode.Code.UNAUTHENTICATED, ErrorCode.UNAUTHENTICATED),
            entry(StatusCode.Code.RESOURCE_EXHAUSTED, ErrorCode.THROTTLED),
            entry(StatusCode.Code.FAILED_PRECONDITION, ErrorCode.CONFLICT),
            entry(StatusCode.Code.ABORTED, ErrorCode.CONFLICT),
            entry(StatusCode.Code.UNIMPLEMENTED, ErrorCode.UNSUPPORTED),
            entry(StatusCode.Code.INTERNAL, ErrorCode.UNAVAILABLE),
            entry(StatusCode.Code.UNKNOWN, ErrorCode.UNAVAILABLE),
            entry(StatusCode.Code.UNAVAILABLE, ErrorCode.UNAVAILABLE),
            entry(StatusCode.Code.DATA_LOSS, ErrorCode.CORRUPT));

    /** Reasons of 403 that are no matter of permission. */
    private static final Set<String> TOO_FAST =
            Set.of("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED");

    private static final Set<String> USED_UP =
            Set.of("quotaExceeded", "dailyLimitExceeded", "billingNotEnabled", "accountDisabled");

    /** What Google says when an API was never enabled in the project. */
    private static final Set<String> NOT_ENABLED = Set.of("accessNotConfigured", "SERVICE_DISABLED");

    private static final Pattern OVERVIEW =
            Pattern.compile("/apis/api/([a-z0-9.-]+)/overview\\?project=([a-z0-9:.-]+)");

    private static final Pattern PERMISSION = Pattern.compile(
            "\\b(pubsub|storage|bigquery|bigtable|aiplatform|monitoring|logging)\\.[A-Za-z]+\\.[A-Za-z]+\\b");

    /** A predefined role of each service that has all that this adapter asks for. */
    private static final Map<String, String> ROLES = Map.of(
            "pubsub", "roles/pubsub.editor",
            "storage", "roles/storage.objectAdmin on the bucket",
            "bigquery", "roles/bigquery.dataEditor on the dataset and roles/bigquery.jobUser",
            "bigtable", "roles/bigtable.admin on the instance",
            "aiplatform", "roles/aiplatform.user",
            "monitoring", "roles/monitoring.editor",
            "logging", "roles/logging.viewer");

    private GcpErrors() {}

    /** Whether an HTTP connection ended before the answer did: in the words of our HTTP client, which Google's own rules of retrying do not know. */
    public static boolean isBrokenOff(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof NoHttpResponseException || e instanceof ConnectionClosedException) {
                return true;
            }
        }
        return false;
    }

    /**
     * Translates what a client threw. What is an {@link IsobarException} already comes back as it is.
     *
     * @param thrown also wrapped in the exceptions of a future
     * @param port the port's name, such as {@code EventStream}
     * @param resource what the call was about, as its user calls it
     */
    public static IsobarException translate(
            Throwable thrown, String instance, String port, String operation, String resource) {
        Throwable e = unwrap(thrown);
        if (e instanceof IsobarException own) {
            return own;
        }
        ErrorCode code = code(e);
        return IsobarException.of(code, sentence(e))
                .adapter(instance)
                .at(port, operation)
                .resource(resource)
                .hint(isNotEnabled(e) ? enable(e) : hint(code, e))
                .cause(e)
                .build();
    }

    /** The code that the table gives an error of a client. */
    public static ErrorCode code(Throwable thrown) {
        Throwable e = unwrap(thrown);
        if (e instanceof ApiException api) {
            return CODES.getOrDefault(api.getStatusCode().getCode(), ErrorCode.INTERNAL);
        }
        if (e instanceof StatusRuntimeException grpc) {
            return ofGrpc(grpc.getStatus());
        }
        if (e instanceof StatusException grpc) {
            return ofGrpc(grpc.getStatus());
        }
        if (e instanceof BaseServiceException http) {
            ErrorCode answered = http.getCode() >= 400 ? ofHttp(http.getCode(), http.getReason()) : null;
            return answered != null ? answered : ofCause(http);
        }
        if (e instanceof HttpResponseException http) {
            return ofHttp(http.getStatusCode(), null);
        }
        if (e instanceof InterruptedException || e instanceof CancellationException) {
            return ErrorCode.CANCELLED;
        }
        if (e instanceof TimeoutException) {
            return ErrorCode.TIMEOUT;
        }
        return e instanceof IOException io ? ofIo(io) : ErrorCode.INTERNAL;
    }

    /** What is inside the wrappers of futures. */
    public static Throwable unwrap(Throwable thrown) {
        Throwable e = thrown;
        while ((e instanceof CompletionException || e instanceof ExecutionException) && e.getCause() != null) {
            e = e.getCause();
        }
        return e;
    }

    private static ErrorCode ofGrpc(Status status) {
        return CODES.getOrDefault(StatusCode.Code.valueOf(status.getCode().name()), ErrorCode.INTERNAL);
    }

    private static ErrorCode ofHttp(int status, @Nullable String reason) {
        if (status >= 500) {
            return status == 504 ? ErrorCode.TIMEOUT : status == 501 ? ErrorCode.UNSUPPORTED : ErrorCode.UNAVAILABLE;
        }
        String why = reason == null ? "" : reason;
        return switch (status) {
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 ->
                TOO_FAST.contains(why)
                        ? ErrorCode.THROTTLED
                        : USED_UP.contains(why) ? ErrorCode.RESOURCE_EXHAUSTED : ErrorCode.PERMISSION_DENIED;
            case 404, 410 -> ErrorCode.NOT_FOUND;
            case 408 -> ErrorCode.TIMEOUT;
            case 409 -> why.equals("alreadyExists") ? ErrorCode.ALREADY_EXISTS : ErrorCode.CONFLICT;
            case 412 -> ErrorCode.CONFLICT;
            case 429 -> ErrorCode.THROTTLED;
            default -> ErrorCode.INVALID_ARGUMENT;
        };
    }

    /** No answer arrived: the reason is somewhere below. */
    private static ErrorCode ofCause(Throwable e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof IsobarException own) {
                return own.code();
            }
            if (cause instanceof HttpResponseException http) {
                return ofHttp(http.getStatusCode(), null);
            }
            if (cause instanceof InterruptedException) {
                return ErrorCode.CANCELLED;
            }
            if (cause instanceof IOException io) {
                return ofIo(io);
            }
        }
        return ErrorCode.UNAVAILABLE;
    }

    private static ErrorCode ofIo(IOException e) {
        if (e instanceof SocketTimeoutException) {
            return ErrorCode.TIMEOUT;
        }
        if (e instanceof InterruptedIOException) {
            return ErrorCode.CANCELLED;
        }
        String message = String.valueOf(e.getMessage());
        // google-auth throws plain IOExceptions for a token that it could not get.
        return message.contains("access token") || message.contains("credentials")
                ? ErrorCode.UNAUTHENTICATED
                : ErrorCode.UNAVAILABLE;
    }

    /** Whether Google says that an API was never enabled in the project. */
    public static boolean isNotEnabled(Throwable e) {
        if (e instanceof BaseServiceException http) {
            return http.getReason() != null && NOT_ENABLED.contains(http.getReason());
        }
        return e instanceof ApiException api && api.getReason() != null && NOT_ENABLED.contains(api.getReason());
    }

    private static String sentence(Throwable e) {
        if (e instanceof BaseServiceException http && http.getCode() >= 400) {
            return "Google Cloud answered " + http.getCode() + (http.getReason() == null ? "" : " " + http.getReason())
                    + ": " + http.getMessage();
        }
        if (e instanceof ApiException api) {
            // The library puts gRPC's exception and its code, which stands here already, before the service's words.
            Status said = api.getCause() == null ? Status.OK : Status.fromThrowable(api.getCause());
            return "Google Cloud answered " + api.getStatusCode().getCode() + ": "
                    + (said.getDescription() == null ? api.getMessage() : said.getDescription());
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** The service's message names API and project in the address where a person would enable it. */
    private static String enable(Throwable e) {
        Matcher address = OVERVIEW.matcher(String.valueOf(e.getMessage()));
        String command = address.find()
                ? "gcloud services enable " + address.group(1) + " --project " + address.group(2)
                : "gcloud services enable NAME --project PROJECT";
        return "Enable the API: `" + command
                + "`. It takes some minutes to be known everywhere; then run the same command again.";
    }

    private static String permission(Throwable e) {
        Matcher named = PERMISSION.matcher(String.valueOf(e.getMessage()));
        if (!named.find()) {
            return "Give the identity of this adapter instance a role with this permission, or name another service account to impersonate.";
        }
        return "Give the identity of this adapter instance a role with " + named.group() + ", such as "
                + ROLES.get(named.group(1)) + ", or name another service account to impersonate.";
    }

    private static String hint(ErrorCode code, Throwable e) {
        return switch (code) {
            case PERMISSION_DENIED -> permission(e);
            case UNAUTHENTICATED ->
                "Check the credentials of this adapter instance: Application Default Credentials, key file, federation or impersonation; they may have expired.";
            case THROTTLED -> "The client has tried again several times already. Wait, or ask for a higher quota.";
            case UNAVAILABLE ->
                "Check that the service and its endpoint can be reached; `isobar emulators status` lists the local ones.";
            case RESOURCE_EXHAUSTED ->
                "Remove what is no longer needed, ask for a higher quota, or check the project's billing.";
            default -> "The service's own message says what it did not accept.";
        };
    }
}
