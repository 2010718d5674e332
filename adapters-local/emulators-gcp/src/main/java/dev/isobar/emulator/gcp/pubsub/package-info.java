/**
 * Pub/Sub in process: topics, subscriptions, snapshots and seek over the service's own gRPC interface, kept in a folder. What the service refuses is refused.
 * Nothing of an adapter or of the kernel may come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.pubsub;

import org.jspecify.annotations.NullMarked;
