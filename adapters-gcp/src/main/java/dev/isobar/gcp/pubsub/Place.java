package dev.isobar.gcp.pubsub;

import dev.isobar.event.Position;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a message stands in its partition: when Pub/Sub took it, and which it is. The order in which a partition is delivered is the order of its log; places are
 * compared only to keep a commit from moving backwards, and there an error of the size of Pub/Sub's clock skew means that something is read twice. Immutable.
 *
 * @param generation of the stream: a stream that is made again has other places
 * @param partition the number of its partition
 * @param published microseconds since the epoch
 * @param session the writer; empty for somebody else's message
 * @param sequence the writer's; −1 for somebody else's message
 * @param messageId Pub/Sub's
 */
record Place(String generation, int partition, long published, String session, long sequence, String messageId)
        implements Comparable<Place>, Supplier<String> {
    private static final Pattern FORM = Pattern.compile(
            "([a-z0-9]{1,40}):([0-9]{1,4}):(-?[0-9]{1,18}):([A-Za-z0-9_-]{0,40}):(-1|[0-9]{1,18}):([^:\\s]{1,100})");

    Position position() {
        return Position.of(this);
    }

    /** {@link #token()}, for a position that makes it when it is asked for. */
    @Override
    public String get() {
        return token();
    }

    String token() {
        return generation + ":" + partition + ":" + published + ":" + session + ":" + sequence + ":" + messageId;
    }

    static Optional<Place> parse(String token) {
        Matcher m = FORM.matcher(token);
        return m.matches()
                ? Optional.of(new Place(
                        m.group(1),
                        Integer.parseInt(m.group(2)),
                        Long.parseLong(m.group(3)),
                        m.group(4),
                        Long.parseLong(m.group(5)),
                        m.group(6)))
                : Optional.empty();
    }

    /** Whether both are one event, also if it was stored twice. */
    boolean isSame(Place other) {
        return session.isEmpty()
                ? other.session.isEmpty() && messageId.equals(other.messageId)
                : session.equals(other.session) && sequence == other.sequence;
    }

    @Override
    public int compareTo(Place other) {
        int byTime = Long.compare(published, other.published);
        if (byTime != 0) {
            return byTime;
        }
        if (!session.isEmpty() && session.equals(other.session)) {
            return Long.compare(sequence, other.sequence);
        }
        // Ids are numbers that ascend.
        int byLength = Integer.compare(messageId.length(), other.messageId.length());
        return byLength != 0 ? byLength : messageId.compareTo(other.messageId);
    }
}
