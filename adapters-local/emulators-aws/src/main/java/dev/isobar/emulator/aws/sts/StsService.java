package dev.isobar.emulator.aws.sts;

import dev.isobar.emulator.aws.wire.ServiceError;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * AssumeRole, over the AWS query protocol. The credentials it gives are as good as any: no service here verifies a signature. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html">AssumeRole</a>
 */
public final class StsService implements WireService {
    private static final Pattern SCOPE = Pattern.compile("Credential=[^,]+/sts/aws4_request");
    private static final Pattern ROLE =
            Pattern.compile("arn:aws[a-z-]*:iam::(\\d{12}):role/(?:.*/)?([\\w+=,.@-]{1,64})");
    private static final Duration LIFE = Duration.ofHours(1);

    private final String region;
    private final Predicate<String> assumable;
    private final Predicate<String> denied;
    private final Clock clock;

    /**
     * Stands for one region.
     *
     * @param assumable roles that the caller may assume
     * @param denied actions that the account may not do
     */
    public StsService(String region, Predicate<String> assumable, Predicate<String> denied, Clock clock) {
        this.region = region;
        this.assumable = assumable;
        this.denied = denied;
        this.clock = clock;
    }

    @Override
    public boolean takes(WireRequest request) {
        String authorization = request.header("authorization");
        return authorization != null && SCOPE.matcher(authorization).find();
    }

    @Override
    public WireResponse answer(WireRequest request) {
        try {
            SignedService.check(region, request, denied);
            return xml(200, assume(form(request)));
        } catch (ServiceError e) {
            // The query protocol says the same without "Exception".
            String code = e.type().replaceFirst("Exception$", "");
            return xml(
                    code.equals("AccessDenied") ? 403 : e.status(),
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>"
                            + code + "</Code><Message>" + escaped(String.valueOf(e.getMessage()))
                            + "</Message></Error><RequestId>" + UUID.randomUUID() + "</RequestId></ErrorResponse>");
        }
    }

    private String assume(Map<String, String> form) {
        String action = form.getOrDefault("Action", "");
        if (!action.equals("AssumeRole")) {
            throw new ServiceError(400, "InvalidAction", "Could not find operation " + action + " in this emulator");
        }
        String role = form.getOrDefault("RoleArn", "");
        String session = form.getOrDefault("RoleSessionName", "");
        Matcher arn = ROLE.matcher(role);
        if (!arn.matches()) {
            throw new ServiceError(400, "ValidationError", role + " is invalid");
        }
        if (!session.matches("[\\w+=,.@-]{2,64}")) {
            throw new ServiceError(400, "ValidationError", "Invalid role session name: " + session);
        }
        if (!assumable.test(role)) {
            throw new ServiceError(
                    403,
                    "AccessDenied",
                    "User: arn:aws:iam::000000000000:user/emulated is not authorized to perform: sts:AssumeRole on resource: "
                            + role);
        }
        String key =
                UUID.randomUUID().toString().replace("-", "").substring(0, 16).toUpperCase(Locale.ROOT);
        return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::"
                + arn.group(1) + ":assumed-role/" + escaped(arn.group(2)) + "/" + escaped(session)
                + "</Arn><AssumedRoleId>AROA" + key + ":" + escaped(session)
                + "</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIA" + key
                + "</AccessKeyId><SecretAccessKey>emulated</SecretAccessKey><SessionToken>emulated-" + key
                + "</SessionToken><Expiration>"
                + clock.instant().plus(LIFE).truncatedTo(ChronoUnit.SECONDS)
                + "</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>" + UUID.randomUUID()
                + "</RequestId></ResponseMetadata></AssumeRoleResponse>";
    }

    private static Map<String, String> form(WireRequest request) {
        Map<String, String> form = new HashMap<>();
        for (String pair : new String(request.body(), StandardCharsets.UTF_8).split("&", -1)) {
            String[] halves = pair.split("=", 2);
            form.put(halves[0], halves.length == 1 ? "" : URLDecoder.decode(halves[1], StandardCharsets.UTF_8));
        }
        return form;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static WireResponse xml(int status, String body) {
        return WireResponse.of(status, "text/xml", body.getBytes(StandardCharsets.UTF_8));
    }
}
