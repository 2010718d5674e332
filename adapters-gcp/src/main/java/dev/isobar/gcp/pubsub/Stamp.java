package dev.isobar.gcp.pubsub;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of its writer's events in a partition this is. With it a reader tells a message that was stored or delivered twice from a new one, and sees that one is
 * missing. Immutable.
 *
 * @param session the writer; another one for every session of an adapter
 * @param sequence from 0 in each partition
 * @param behind the newest sequence that was surely stored before this was sent, so that this stands behind it; −1 for none
 */
record Stamp(String session, long sequence, long behind) {
    /** The message attribute that holds it, as {@code session:sequence:behind}. */
    static final String ATTRIBUTE = "isobar_stamp";

    static final Pattern SESSION = Pattern.compile("[A-Za-z0-9_-]{1,40}");

    String text() {
        return session + ":" + sequence + ":" + behind;
    }

    /** The stamp among a message's attributes; null if there is none that can be read. */
    static @Nullable Stamp of(Map<String, String> attributes) {
        String text = attributes.get(ATTRIBUTE);
        if (text == null) {
            return null;
        }
        int first = text.indexOf(':');
        int second = text.indexOf(':', first + 1);
        if (first < 1
                || second < 0
                || !SESSION.matcher(text.substring(0, first)).matches()) {
            return null;
        }
        try {
            long sequence = Long.parseLong(text, first + 1, second, 10);
            long behind = Long.parseLong(text, second + 1, text.length(), 10);
            return sequence >= 0 && behind >= -1 && behind < sequence
                    ? new Stamp(text.substring(0, first), sequence, behind)
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
