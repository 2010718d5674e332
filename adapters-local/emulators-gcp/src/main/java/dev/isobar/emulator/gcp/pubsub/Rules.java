package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.Duration;
import com.google.pubsub.v1.PubsubMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What names, labels, durations and messages may be. Numbers are those of cloud.google.com/pubsub/quotas (resource limits) and of the comments in
 * google/pubsub/v1/pubsub.proto.
 */
final class Rules {
    static final int MAX_MESSAGES = 1_000;
    static final long MAX_REQUEST_BYTES = 10_000_000;
    static final long MINUTE = 60;
    static final long DAY = 86_400;
    private static final Pattern NAME =
            Pattern.compile("projects/([a-z][a-z0-9.:-]{4,61}[a-z0-9])/(topics|subscriptions|snapshots)/(.+)");
    private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9._~+%-]{2,254}");
    private static final Pattern LABEL_KEY = Pattern.compile("[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}");
    private static final Pattern LABEL_VALUE = Pattern.compile("[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}");

    private Rules() {}

    /** Checks a resource's name and gives its last part. */
    static String id(String name, String kind) {
        Matcher m = NAME.matcher(name);
        if (!m.matches() || !m.group(2).equals(kind) || !ID.matcher(m.group(3)).matches()) {
            throw invalidName(name);
        }
        if (m.group(3).startsWith("goog")) {
            throw invalidName(name);
        }
        return m.group(3);
    }

    /** Checks {@code projects/P}. */
    static String project(String name) {
        if (!name.matches("projects/[a-z][a-z0-9.:-]{4,61}[a-z0-9]")) {
            throw invalidName(name);
        }
        return name;
    }

    private static RuntimeException invalidName(String name) {
        return Refused.invalid(
                "Invalid resource name given (name=" + name
                        + "). Refer to https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names for more information.");
    }

    static void labels(Map<String, String> labels) {
        if (labels.size() > 64) {
            throw Refused.invalid("A resource can have at most 64 labels; got " + labels.size() + ".");
        }
        labels.forEach((key, value) -> {
            if (!LABEL_KEY.matcher(key).matches() || !LABEL_VALUE.matcher(value).matches()) {
                throw Refused.invalid("Invalid label (key=" + key + ", value=" + value + ").");
            }
        });
    }

    /** A duration between two bounds, in seconds. */
    static void within(Duration given, long least, long most, String what) {
        boolean under = given.getSeconds() < least;
        boolean over = given.getSeconds() > most || given.getSeconds() == most && given.getNanos() > 0;
        if (under || over) {
            throw Refused.invalid("Invalid " + what + " given: " + given.getSeconds() + "s. The value must be between "
                    + least + "s and " + most + "s.");
        }
    }

    /** Zero means the default. */
    static int ackDeadline(int seconds) {
        if (seconds == 0) {
            return 10;
        }
        if (seconds < 10 || seconds > 600) {
            throw Refused.invalid("Invalid ack deadline given: " + seconds + ". The value must be between 10 and 600.");
        }
        return seconds;
    }

    /** A publish request's messages, as they come from the publisher. */
    static void messages(List<PubsubMessage> messages, int requestBytes) {
        if (messages.isEmpty()) {
            throw Refused.invalid("The value for message_count is too small. You passed 0 in the request, but the"
                    + " minimum value is 1.");
        }
        if (messages.size() > MAX_MESSAGES) {
            throw Refused.invalid("The value for message_count is too large. You passed " + messages.size()
                    + " in the request, but the maximum value is " + MAX_MESSAGES + ".");
        }
        if (requestBytes > MAX_REQUEST_BYTES) {
            throw Refused.invalid("The value for request_size is too large. You passed " + requestBytes
                    + " in the request, but the maximum value is " + MAX_REQUEST_BYTES + ".");
        }
        String orderingKey = messages.get(0).getOrderingKey();
        for (PubsubMessage message : messages) {
            message(message);
            if (!message.getOrderingKey().equals(orderingKey)) {
                throw Refused.invalid(
                        "In a single publish request, all messages must have no ordering key or they must all have the"
                                + " same ordering key.");
            }
        }
    }

    private static void message(PubsubMessage message) {
        if (message.getData().isEmpty() && message.getAttributesCount() == 0) {
            throw Refused.invalid(
                    "One or more messages in the publish request is empty. Each message must contain either non-empty"
                            + " data, or at least one attribute.");
        }
        if (utf8(message.getOrderingKey()) > 1_024) {
            throw Refused.invalid("The ordering key is longer than 1024 bytes.");
        }
        if (message.getAttributesCount() > 100) {
            throw Refused.invalid(
                    "A message can have at most 100 attributes; got " + message.getAttributesCount() + ".");
        }
        message.getAttributesMap().forEach((key, value) -> {
            if (key.isEmpty() || key.startsWith("goog") || utf8(key) > 256 || utf8(value) > 1_024) {
                throw Refused.invalid("Invalid attribute (key=" + key + "): a key has 1 to 256 bytes and does not begin"
                        + " with goog, a value has at most 1024 bytes.");
            }
        });
    }

    private static int utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
