package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message that a reader sends to every partition when it has nothing to show: once it comes back, everything that was stored before it has come too. Nobody
 * else is shown it.
 *
 * @param reader who sent it
 * @param turn its reader's turns count up
 */
record Fence(String reader, long turn) {
    private static final String READER = "isobar_fence";
    private static final String TURN = "isobar_turn";

    PubsubMessage message(int partition) {
        return PubsubMessage.newBuilder()
                .setOrderingKey(Partitions.orderingKey(partition))
                .putAttributes(READER, reader)
                .putAttributes(TURN, Long.toString(turn))
                .build();
    }

    /** The filter of a reader's subscription: no fences but its own. */
    static String filter(String reader) {
        return "NOT attributes:" + READER + " OR attributes." + READER + " = \"" + reader + "\"";
    }

    /** The fence that a message is; null if it is none. */
    static @Nullable Fence of(Map<String, String> attributes) {
        String reader = attributes.get(READER);
        String turn = attributes.getOrDefault(TURN, "");
        if (reader == null) {
            return null;
        }
        return new Fence(reader, turn.matches("[0-9]{1,18}") ? Long.parseLong(turn) : -1);
    }
}
