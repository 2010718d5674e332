package dev.isobar.aws.kinesis;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;

/**
 * Where reading a shard begins.
 *
 * @param after events up to and including this place are not wanted; null for all that is retained
 */
record ShardStart(
        String stream,
        String physical,
        String shard,
        @Nullable Place after) {

    /** An iterator behind what was seen, or at the beginning. */
    GetShardIteratorRequest iterator(@Nullable String lastSeen) {
        StartingPosition at = position(lastSeen);
        return GetShardIteratorRequest.builder()
                .streamName(physical)
                .shardId(shard)
                .shardIteratorType(at.type())
                .startingSequenceNumber(at.sequenceNumber())
                .build();
    }

    /** The same for a subscription. */
    StartingPosition position(@Nullable String lastSeen) {
        if (lastSeen != null) {
            return StartingPosition.builder()
                    .type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .sequenceNumber(lastSeen)
                    .build();
        }
        if (after != null) {
            // At, not after: the record may hold more events than were wanted last time.
            return StartingPosition.builder()
                    .type(ShardIteratorType.AT_SEQUENCE_NUMBER)
                    .sequenceNumber(after.sequence())
                    .build();
        }
        return StartingPosition.builder().type(ShardIteratorType.TRIM_HORIZON).build();
    }

    /** Whether a reader that saw everything up to here has seen that sequence number. */
    boolean covers(@Nullable String lastSeen, @Nullable String sequence) {
        if (sequence == null || after != null && Place.compareSequences(after.sequence(), sequence) > 0) {
            return true;
        }
        return lastSeen != null && Place.compareSequences(lastSeen, sequence) >= 0;
    }
}
