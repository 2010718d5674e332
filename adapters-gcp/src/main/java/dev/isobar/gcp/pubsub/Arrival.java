package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.PubsubMessage;

/**
 * A message as a subscription delivered it.
 *
 * @param receipt what its feed acknowledges it by
 */
record Arrival(PubsubMessage message, Object receipt) {}
