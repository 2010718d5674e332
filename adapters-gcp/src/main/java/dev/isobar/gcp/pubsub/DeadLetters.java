package dev.isobar.gcp.pubsub;

import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where messages of a stream go that cannot be shown: a topic, with reason, place, attributes and bytes. Which have gone is on record beside the commits, so that
 * no reader sends one again and everybody can see how many there are. They are sent together when a poll ends, or when many wait. Not thread safe.
 */
final class DeadLetters {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
    private static final int AT_ONCE = 500;
    private static final long BYTES_AT_ONCE = 4_000_000;
    /** Pub/Sub takes 100 attributes and 10 MB; what is larger goes into the object store. */
    private static final int MOST_ATTRIBUTES = 90;

    private static final int LONGEST_REASON = 200;

    private final PubSub pubsub;
    private final Commits commits;
    private final Commits.Row row;
    private final @Nullable String topic;
    private final List<PubsubMessage> letters = new ArrayList<>();
    private final List<String> ids = new ArrayList<>();
    private long bytes;
    private @Nullable Set<String> known;

    /**
     * Those of a stream.
     *
     * @param topic path of the topic that gets them; null for none
     */
    DeadLetters(PubSub pubsub, Commits commits, Commits.Row row, @Nullable String topic) {
        this.pubsub = pubsub;
        this.commits = commits;
        this.row = row;
        this.topic = topic;
    }

    /**
     * Takes a message, which is not stored before the next {@link #settle}.
     *
     * @return false if there is no topic for it: then its reader fails
     */
    boolean put(PubsubMessage message, String why) {
        if (topic == null) {
            return false;
        }
        Set<String> aside = known;
        if (aside == null) {
            aside = new HashSet<>(commits.aside(row));
            known = aside;
        }
        if (aside.add(message.getMessageId())) {
            PubsubMessage letter = letter(message, why);
            letters.add(letter);
            ids.add(message.getMessageId());
            bytes += letter.getSerializedSize();
            if (letters.size() >= AT_ONCE || bytes >= BYTES_AT_ONCE) {
                settle();
            }
        }
        return true;
    }

    private PubsubMessage letter(PubsubMessage message, String why) {
        PubsubMessage.Builder letter = PubsubMessage.newBuilder();
        if (message.getAttributesCount() > MOST_ATTRIBUTES || message.getSerializedSize() > BYTES_AT_ONCE) {
            letter.putAttributes("isobar_object", commits.keep(row, message.getMessageId(), message.toByteArray()));
        } else {
            letter.setData(message.getData()).putAllAttributes(message.getAttributesMap());
        }
        return letter.putAttributes("isobar_stream", row.stream())
                .putAttributes("isobar_ordering_key", message.getOrderingKey())
                .putAttributes("isobar_message_id", message.getMessageId())
                .putAttributes("isobar_published", Timestamps.toString(message.getPublishTime()))
                .putAttributes("isobar_reason", why.substring(0, Math.min(LONGEST_REASON, why.length())))
                .build();
    }

    /** Stores what was taken, durably. Who is killed in it sends some again; they are told by {@code isobar_message_id}. */
    void settle() {
        if (letters.isEmpty() || topic == null) {
            return;
        }
        try {
            pubsub.publish(PublishRequest.newBuilder()
                            .setTopic(topic)
                            .addAllMessages(letters)
                            .build())
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("poll", row.stream());
        } catch (ExecutionException e) {
            throw pubsub.translate(e, "poll", topic);
        }
        commits.putAside(row, ids);
        LOG.warn(
                "Stream {}: {} messages that cannot be shown are in {}; the first: {}",
                row.stream(),
                ids.size(),
                topic,
                letters.get(0).getAttributesOrDefault("isobar_reason", ""));
        letters.clear();
        ids.clear();
        bytes = 0;
    }
}
