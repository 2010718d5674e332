package dev.isobar.emulator.aws.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A service that is asked only by requests that are signed for its region, as behind a regional endpoint of AWS. The signature itself is not verified:
 * the emulator knows no secrets. A session token that begins with {@code expired} is expired. For JSON services.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html">credential scope errors</a>
 */
public final class SignedService implements WireService {
    private static final Pattern SCOPE = Pattern.compile("Credential=[^/,]+/\\d{8}/([^/]+)/([^/]+)/aws4_request");

    private final String region;
    private final WireService service;

    /** Stands before a service. */
    public SignedService(String region, WireService service) {
        this.region = region;
        this.service = service;
    }

    @Override
    public boolean takes(WireRequest request) {
        return service.takes(request);
    }

    @Override
    public WireResponse answer(WireRequest request) throws Exception {
        try {
            check(region, request);
        } catch (ServiceError e) {
            return refused(e.type(), String.valueOf(e.getMessage()));
        }
        return service.answer(request);
    }

    /**
     * The same for a service that speaks for itself.
     *
     * @throws ServiceError if the request is not signed for the region
     */
    public static void check(String region, WireRequest request) {
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
    }

    private static WireResponse refused(String type, String message) {
        return new WireResponse(
                403,
                "application/x-amz-json-1.1",
                Map.of("x-amzn-errortype", type),
                ("{\"__type\":\"" + type + "\",\"message\":\"" + message.replace("\"", "'") + "\"}")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
