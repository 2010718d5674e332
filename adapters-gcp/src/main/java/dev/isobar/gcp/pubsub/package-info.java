/**
 * The event stream on Pub/Sub: partitions as ordering keys, what each message carries to prove its place, readers on subscriptions of their own, commits in an
 * object store. No configuration class and no other service's package may come in.
 */
@NullMarked
package dev.isobar.gcp.pubsub;

import org.jspecify.annotations.NullMarked;
