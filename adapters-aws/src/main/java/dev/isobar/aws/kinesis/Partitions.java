package dev.isobar.aws.kinesis;

import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Partitions are shards by their number: {@code shardId-000000000007} is partition 7. Numbers are never used again, so a split adds two. */
final class Partitions {
    private static final String START = "shardId-";

    private Partitions() {}

    static int number(String shardId) {
        return Integer.parseInt(shardId.substring(START.length()));
    }

    /** One more than the highest number so far. */
    static int count(List<Shard> shards) {
        return shards.stream().mapToInt(s -> number(s.shardId()) + 1).max().orElse(0);
    }

    /** How many take records. */
    static long open(List<Shard> shards) {
        return shards.stream()
                .filter(s -> s.sequenceNumberRange().endingSequenceNumber() == null)
                .count();
    }

    static Optional<Shard> find(List<Shard> shards, int partition) {
        return shards.stream().filter(s -> number(s.shardId()) == partition).findFirst();
    }
}
