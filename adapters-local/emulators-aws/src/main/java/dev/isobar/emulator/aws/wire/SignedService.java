package dev.isobar.emulator.aws.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service that is asked only by requests that are signed for its region, as behind a regional endpoint of AWS. The signature itself is not verified:
 * the emulator knows no secrets. A session token that begins with {@code expired} is expired. An action that the account denies, such as {@code sagemaker:CreateTrainingJob},
 * is refused. For JSON services.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html">words of a denial</a>
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html">credential scope errors</a>
 */
public final class SignedService implements WireService {
    private static final Pattern SCOPE = Pattern.compile("Credential=[^/,]+/\\d{8}/([^/]+)/([^/]+)/aws4_request");

    private static final Pattern ACTION = Pattern.compile("(?:^|&)Action=(\\w+)");

    private final String region;
    private final WireService service;
    private final Predicate<String> denied;

    /** Stands before a service that denies nothing. */
    public SignedService(String region, WireService service) {
        this(region, service, action -> false);
    }

    /**
     * Stands before a service.
     *
     * @param denied actions that the account may not do
     */
    public SignedService(String region, WireService service, Predicate<String> denied) {
        this.region = region;
        this.service = service;
        this.denied = denied;
    }

    @Override
    public boolean takes(WireRequest request) {
        return service.takes(request);
    }

    @Override
    public WireResponse answer(WireRequest request) throws Exception {
        try {
            check(region, request, denied);
        } catch (ServiceError e) {
            return refused(e);
        }
        return service.answer(request);
    }

    /**
     * The same for a service that speaks for itself.
     *
     * @throws ServiceError if the request is not signed for the region, its token is expired, or its action is denied
     */
    public static void check(String region, WireRequest request, Predicate<String> denied) {
        String authorization = request.header("authorization");
        if (authorization == null) {
            throw new ServiceError(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
        }
        Matcher scope = SCOPE.matcher(authorization);
        if (!scope.find()) {
            throw new ServiceError(
                    403,
                    "IncompleteSignatureException",
                    "Authorization header requires 'Credential' parameter with a scope.");
        }
        if (!region.equals(scope.group(1))) {
            throw new ServiceError(
                    403,
                    "InvalidSignatureException",
                    "Credential should be scoped to a valid region, not '" + scope.group(1)
                            + "'. (This emulator stands for " + region + ".)");
        }
        String token = request.header("x-amz-security-token");
        if (token != null && token.toLowerCase(Locale.ROOT).startsWith("expired")) {
            throw new ServiceError(
                    403, "ExpiredTokenException", "The security token included in the request is expired");
        }
        String action = action(scope.group(2), request);
        if (denied.test(action)) {
            throw new ServiceError(400, "AccessDeniedException", denial(action));
        }
    }

    /** What IAM says when no policy allows an action. */
    public static String denial(String action) {
        return "User: arn:aws:iam::000000000000:user/emulated is not authorized to perform: " + action
                + " because no identity-based policy allows the " + action + " action";
    }

    /** As policies name it: {@code service:Operation}. */
    private static String action(String signedFor, WireRequest request) {
        String target = request.header("x-amz-target");
        String operation;
        if (target != null) {
            operation = target.substring(target.lastIndexOf('.') + 1);
        } else if (request.path().contains("/operation/")) {
            operation = request.path().substring(request.path().lastIndexOf('/') + 1);
        } else if (request.path().endsWith("/invocations")) {
            operation = "InvokeEndpoint";
        } else {
            Matcher form = ACTION.matcher(new String(request.body(), StandardCharsets.UTF_8));
            operation = form.find() ? form.group(1) : "";
        }
        return (signedFor.equals("monitoring") ? "cloudwatch" : signedFor) + ":" + operation;
    }

    private static WireResponse refused(ServiceError e) {
        return new WireResponse(
                e.status(),
                "application/x-amz-json-1.1",
                Map.of("x-amzn-errortype", e.type()),
                ("{\"__type\":\"" + e.type() + "\",\"message\":\""
                                + String.valueOf(e.getMessage()).replace("\"", "'") + "\"}")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
