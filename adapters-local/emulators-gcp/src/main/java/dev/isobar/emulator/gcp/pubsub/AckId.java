package dev.isobar.emulator.gcp.pubsub;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which delivery of which message is acknowledged.
 *
 * @param subscription uid of the subscription
 * @param delivery another one for every delivery of a subscription
 */
record AckId(String subscription, int offset, long delivery) {
    private static final Pattern FORM = Pattern.compile("([a-z0-9-]+):([0-9]{1,9}):([0-9]{1,18})");

    String text() {
        byte[] plain = (subscription + ":" + offset + ":" + delivery).getBytes(StandardCharsets.UTF_8);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain);
    }

    /** Reads one; {@code INVALID_ARGUMENT} if it never was one. */
    static AckId parse(String text) {
        try {
            Matcher m = FORM.matcher(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
            if (m.matches()) {
                return new AckId(m.group(1), Integer.parseInt(m.group(2)), Long.parseLong(m.group(3)));
            }
        } catch (IllegalArgumentException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static RuntimeException invalid(String text) {
        return Refused.invalid("You have passed an invalid ack ID to the service (ack_id=" + text + ").");
    }
}
