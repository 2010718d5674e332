/**
 * The event stream on Kinesis Data Streams: the record's form, the producer, and the two readers. Commits live next door in the lease package; no
 * configuration class and no other service's package may come in.
 */
@NullMarked
package dev.isobar.aws.kinesis;

import org.jspecify.annotations.NullMarked;
