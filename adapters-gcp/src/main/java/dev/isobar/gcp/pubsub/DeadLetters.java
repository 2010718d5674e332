package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.PubsubMessage;

/** Where messages go that cannot be shown. */
@FunctionalInterface
interface DeadLetters {
    /** Nowhere: a reader that meets one fails. */
    DeadLetters NONE = (message, why) -> false;

    /**
     * Stores a message with the reason, durably.
     *
     * @return false if there is no such place
     */
    boolean put(PubsubMessage message, String why);
}
