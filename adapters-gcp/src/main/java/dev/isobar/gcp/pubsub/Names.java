package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.ProjectName;
import com.google.pubsub.v1.SubscriptionName;
import com.google.pubsub.v1.TopicName;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * What streams and readers are called in Pub/Sub. The stream {@code flights.departures} of the prefix {@code isobar} is the topic
 * {@code isobar.flights.departures}: a prefix has no dot, so two prefixes never share a name. A reader's subscription is named after the topic, its group and its
 * session. Immutable.
 */
final class Names {
    private static final Pattern STREAM = Pattern.compile("[a-z0-9][a-z0-9.-]{0,119}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,119}");

    private final String instance;
    private final String project;
    private final String start;

    Names(String instance, String project, String prefix) {
        this.instance = instance;
        this.project = project;
        this.start = prefix + ".";
    }

    /** The project's path. */
    String projectPath() {
        return ProjectName.of(project).toString();
    }

    /** The topic of a stream, as a path. */
    String topic(String stream, String operation) {
        if (!STREAM.matcher(stream).matches()) {
            throw error("'" + stream + "' cannot be a stream's name", operation, stream)
                    .hint(
                            "Lower-case letters, digits, '.' and '-', at most 120 characters, beginning with a letter or digit.")
                    .build();
        }
        return TopicName.of(project, start + stream).toString();
    }

    /** The stream of a topic's path; empty if it is none of ours. */
    Optional<String> stream(String topicPath) {
        String id = TopicName.parse(topicPath).getTopic();
        String stream = id.startsWith(start) ? id.substring(start.length()) : "";
        return STREAM.matcher(stream).matches() ? Optional.of(stream) : Optional.empty();
    }

    void checkGroup(String group, String operation) {
        if (!GROUP.matcher(group).matches()) {
            throw error("'" + group + "' cannot be a group's name", operation, group)
                    .hint("Letters, digits, '.', '_' and '-', at most 120 characters.")
                    .build();
        }
    }

    /** How the names of all readers begin that go on where a group has committed, as a path. */
    String committedReaders(String stream, String group) {
        return SubscriptionName.of(project, start + stream).toString() + ".c." + hash(group) + ".";
    }

    /** A reader's subscription, as a path; another one each time. */
    String reader(String stream, String group, boolean committed, String session) {
        String begin = committed
                ? committedReaders(stream, group)
                : SubscriptionName.of(project, start + stream).toString() + ".r." + hash(group) + ".";
        return begin + session + "." + UUID.randomUUID().toString().substring(0, 8);
    }

    /** What a text is as the value of a label. */
    static String label(String text) {
        String safe = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "_");
        return safe.substring(0, Math.min(63, safe.length()));
    }

    private static String hash(String group) {
        CRC32C crc = new CRC32C();
        crc.update(group.getBytes(StandardCharsets.UTF_8));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    private IsobarException.Builder error(String message, String operation, String resource) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .adapter(instance)
                .at("EventStream", operation)
                .resource(resource);
    }
}
