package dev.isobar.aws.client;

import static java.util.Map.entry;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;

/**
 * The one table from AWS's errors to Isobar's codes. Services share names ({@code AccessDeniedException} everywhere, {@code ResourceNotFoundException} in
 * most); where one means something else by a name, its package decides before it asks here.
 */
public final class AwsErrors {
    private static final Map<String, ErrorCode> CODES = Map.ofEntries(
            entry("AccessDenied", ErrorCode.PERMISSION_DENIED),
            entry("AccessDeniedException", ErrorCode.PERMISSION_DENIED),
            entry("AllAccessDisabled", ErrorCode.PERMISSION_DENIED),
            entry("Forbidden", ErrorCode.PERMISSION_DENIED),
            entry("KMSAccessDeniedException", ErrorCode.PERMISSION_DENIED),
            entry("NotAuthorized", ErrorCode.PERMISSION_DENIED),
            entry("OptInRequired", ErrorCode.PERMISSION_DENIED),
            entry("ExpiredToken", ErrorCode.UNAUTHENTICATED),
            entry("ExpiredTokenException", ErrorCode.UNAUTHENTICATED),
            entry("InvalidAccessKeyId", ErrorCode.UNAUTHENTICATED),
            entry("InvalidClientTokenId", ErrorCode.UNAUTHENTICATED),
            entry("InvalidSignatureException", ErrorCode.UNAUTHENTICATED),
            entry("MissingAuthenticationToken", ErrorCode.UNAUTHENTICATED),
            entry("SignatureDoesNotMatch", ErrorCode.UNAUTHENTICATED),
            entry("UnrecognizedClientException", ErrorCode.UNAUTHENTICATED),
            entry("NoSuchBucket", ErrorCode.NOT_FOUND),
            entry("NoSuchKey", ErrorCode.NOT_FOUND),
            entry("NoSuchUpload", ErrorCode.NOT_FOUND),
            entry("NotFound", ErrorCode.NOT_FOUND),
            entry("ResourceNotFound", ErrorCode.NOT_FOUND),
            entry("ResourceNotFoundException", ErrorCode.NOT_FOUND),
            entry("ObjectNotFoundException", ErrorCode.NOT_FOUND),
            entry("EntityAlreadyExists", ErrorCode.ALREADY_EXISTS),
            entry("ResourceInUse", ErrorCode.ALREADY_EXISTS),
            entry("ResourceInUseException", ErrorCode.ALREADY_EXISTS),
            entry("ConditionalCheckFailedException", ErrorCode.CONFLICT),
            entry("ConflictException", ErrorCode.CONFLICT),
            entry("PreconditionFailed", ErrorCode.CONFLICT),
            entry("TransactionCanceledException", ErrorCode.CONFLICT),
            entry("KMSThrottlingException", ErrorCode.THROTTLED),
            entry("LimitExceededException", ErrorCode.RESOURCE_EXHAUSTED),
            entry("ProvisionedThroughputExceededException", ErrorCode.THROTTLED),
            entry("RequestLimitExceeded", ErrorCode.THROTTLED),
            entry("RequestThrottled", ErrorCode.THROTTLED),
            entry("SlowDown", ErrorCode.THROTTLED),
            entry("Throttling", ErrorCode.THROTTLED),
            entry("ThrottlingException", ErrorCode.THROTTLED),
            entry("TooManyRequestsException", ErrorCode.THROTTLED),
            entry("ResourceLimitExceeded", ErrorCode.RESOURCE_EXHAUSTED),
            entry("ServiceQuotaExceededException", ErrorCode.RESOURCE_EXHAUSTED),
            entry("InternalServerException", ErrorCode.UNAVAILABLE),
            entry("ModelNotReadyException", ErrorCode.UNAVAILABLE),
            entry("ServiceUnavailable", ErrorCode.UNAVAILABLE),
            entry("RequestTimeout", ErrorCode.TIMEOUT));

    /** How IAM says which action it denies. */
    private static final Pattern ACTION = Pattern.compile("not authorized to perform: ([a-z0-9-]+:\\w+)");

    private AwsErrors() {}

    /**
     * Translates what the SDK threw. What is an {@link IsobarException} already comes back as it is.
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
                .hint(hint(code, e))
                .cause(e)
                .build();
    }

    /** The code that the table gives an error of the SDK. */
    public static ErrorCode code(Throwable thrown) {
        Throwable e = unwrap(thrown);
        if (e instanceof AwsServiceException service) {
            ErrorCode named = service.awsErrorDetails() == null
                    ? null
                    : CODES.get(String.valueOf(service.awsErrorDetails().errorCode()));
            return named == null ? byStatus(service) : named;
        }
        if (e instanceof ApiCallTimeoutException || e instanceof ApiCallAttemptTimeoutException) {
            return ErrorCode.TIMEOUT;
        }
        if (e instanceof AbortedException || e instanceof InterruptedException) {
            return ErrorCode.CANCELLED;
        }
        if (e instanceof SdkClientException) {
            String message = String.valueOf(e.getMessage());
            return message.contains("credentials") ? ErrorCode.UNAUTHENTICATED : ErrorCode.UNAVAILABLE;
        }
        return ErrorCode.INTERNAL;
    }

    /** What is inside the wrappers of futures. */
    public static Throwable unwrap(Throwable thrown) {
        Throwable e = thrown;
        while ((e instanceof CompletionException || e instanceof ExecutionException) && e.getCause() != null) {
            e = e.getCause();
        }
        return e;
    }

    private static ErrorCode byStatus(AwsServiceException e) {
        if (e.isThrottlingException()) {
            return ErrorCode.THROTTLED;
        }
        int status = e.statusCode();
        if (status >= 500) {
            return ErrorCode.UNAVAILABLE;
        }
        return switch (status) {
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 -> ErrorCode.PERMISSION_DENIED;
            case 404 -> ErrorCode.NOT_FOUND;
            case 408 -> ErrorCode.TIMEOUT;
            case 409, 412 -> ErrorCode.CONFLICT;
            case 429 -> ErrorCode.THROTTLED;
            default -> ErrorCode.INVALID_ARGUMENT;
        };
    }

    private static String sentence(Throwable e) {
        if (e instanceof AwsServiceException service && service.awsErrorDetails() != null) {
            return service.awsErrorDetails().serviceName().replace("Sts", "STS") + " answered "
                    + service.awsErrorDetails().errorCode() + ": "
                    + service.awsErrorDetails().errorMessage()
                    + (service.requestId() == null ? "" : " (request " + service.requestId() + ")");
        }
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                // The SDK's own message hides which host under four lines.
                String host = String.valueOf(cause.getMessage()).split(":", 2)[0];
                return "There is no host " + host + ", or its name cannot be looked up from here";
            }
        }
        return String.valueOf(e.getMessage());
    }

    private static String hint(ErrorCode code, Throwable e) {
        return switch (code) {
            case PERMISSION_DENIED -> permission(String.valueOf(e.getMessage()));
            case UNAUTHENTICATED ->
                "Check the credentials of this adapter instance: profile, keys or role in targets.aws; they may have expired.";
            case THROTTLED -> "The SDK has tried again several times already. Wait, or raise the service's quota.";
            case UNAVAILABLE ->
                "Check that the region and the endpoint are right and can be reached; `isobar emulators status` lists the local ones.";
            case RESOURCE_EXHAUSTED -> quota(String.valueOf(e.getMessage()));
            default -> "The service's own message says what it did not accept.";
        };
    }

    /** SageMaker's quotas are by type of instance and by what it is for. */
    private static String quota(String message) {
        String key = message.contains("for training job usage")
                ? "sagemaker.training-instance"
                : message.contains("for endpoint usage") ? "sagemaker.serving-instance" : null;
        return key == null
                ? "Remove what is no longer needed, or ask AWS to raise the quota."
                : "Set " + key
                        + " of this adapter instance to a type that the account has, or ask AWS to raise the quota; `isobar status` lists what runs.";
    }

    private static String permission(String message) {
        Matcher action = ACTION.matcher(message);
        String needed = action.find() ? action.group(1) : "";
        if (needed.equals("sts:AssumeRole")) {
            return "Let the trust policy of that role name the identity of this adapter instance and give it sts:AssumeRole, or set another role.arn.";
        }
        return "Give the identity of this adapter instance "
                + (needed.isEmpty() ? "the permission for this call" : "the permission " + needed)
                + ", or name another profile or role.";
    }
}
