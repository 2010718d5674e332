package dev.isobar.gcp.pubsub;

import com.google.protobuf.Timestamp;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.event.Position;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a message stands in its partition: when Pub/Sub took it, and which it is. The order in which a partition is delivered is the order of its log; places are
 * compared only to keep a commit from moving backwards, and there an error of the size of Pub/Sub's clock skew means that something is read twice. Immutable.
 *
 * @param generation of the stream: a stream that is made again has other places
 * @param partition the number of its partition
 * @param published microseconds since the epoch
 * @param writer whose {@link Stamp} it has; 0 for somebody else's message
 * @param sequence the writer's; −1 for somebody else's message
 * @param messageId Pub/Sub's
 */
record Place(String generation, int partition, long published, long writer, long sequence, String messageId)
        implements Comparable<Place>, Supplier<String> {
    private static final Pattern FORM = Pattern.compile(
            "([a-z0-9]{1,40}):([0-9]{1,4}):(-?[0-9]{1,18}):([0-9a-f]{1,16}):(-1|[0-9]{1,18}):([^:\\s]{1,100})");

    /** When Pub/Sub took a message, microseconds since the epoch. */
    static long published(PubsubMessage message) {
        // Of a time that the service made: nothing to check.
        Timestamp time = message.getPublishTime();
        return time.getSeconds() * 1_000_000 + time.getNanos() / 1_000;
    }

    /**
     * The place of a message.
     *
     * @param stamp null for somebody else's
     */
    static Place of(String generation, int partition, PubsubMessage message, @Nullable Stamp stamp) {
        return new Place(
                generation,
                partition,
                published(message),
                stamp == null ? 0 : stamp.writer(),
                stamp == null ? -1 : stamp.sequence(),
                message.getMessageId());
    }

    Position position() {
        return Position.of(this);
    }

    /** {@link #token()}, for a position that makes it when it is asked for. */
    @Override
    public String get() {
        return token();
    }

    String token() {
        return generation + ":" + partition + ":" + published + ":" + Long.toHexString(writer) + ":" + sequence + ":"
                + messageId;
    }

    static Optional<Place> parse(String token) {
        Matcher m = FORM.matcher(token);
        return m.matches()
                ? Optional.of(new Place(
                        m.group(1),
                        Integer.parseInt(m.group(2)),
                        Long.parseLong(m.group(3)),
                        Long.parseUnsignedLong(m.group(4), 16),
                        Long.parseLong(m.group(5)),
                        m.group(6)))
                : Optional.empty();
    }

    /** Whether both are one event, also if it was stored twice. */
    boolean isSame(Place other) {
        return writer == 0
                ? other.writer == 0 && messageId.equals(other.messageId)
                : writer == other.writer && sequence == other.sequence;
    }

    @Override
    public int compareTo(Place other) {
        int byTime = Long.compare(published, other.published);
        if (byTime != 0) {
            return byTime;
        }
        if (writer != 0 && writer == other.writer) {
            return Long.compare(sequence, other.sequence);
        }
        // Ids are numbers that ascend.
        int byLength = Integer.compare(messageId.length(), other.messageId.length());
        return byLength != 0 ? byLength : messageId.compareTo(other.messageId);
    }
}
