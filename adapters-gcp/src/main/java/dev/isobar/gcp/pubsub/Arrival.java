package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.PubsubMessage;

/**
 * A message as a subscription delivered it.
 *
 * @param ack tells Pub/Sub that it need not come again; called once
 */
record Arrival(PubsubMessage message, Runnable ack) {}
