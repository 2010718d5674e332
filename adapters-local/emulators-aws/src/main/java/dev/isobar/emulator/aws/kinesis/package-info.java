/**
 * Kinesis Data Streams: streams, shards, consumers, and the records themselves in append-only files, behind the service's own protocol. What another
 * service needs may not come in; the protocol's HTTP may not come into the log.
 */
@NullMarked
package dev.isobar.emulator.aws.kinesis;

import org.jspecify.annotations.NullMarked;
