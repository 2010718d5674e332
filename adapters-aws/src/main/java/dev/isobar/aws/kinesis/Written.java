package dev.isobar.aws.kinesis;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** What this process wrote last in each shard, so that its readers do not take a shard for empty before that shows. Thread safe. */
final class Written {
    private static final long REMEMBERED_NANOS = Duration.ofMinutes(1).toNanos();

    private final Map<String, Map<String, Last>> streams = new HashMap<>();

    private static final class Last {
        private String sequence;
        private long at;

        Last(String sequence) {
            this.sequence = sequence;
        }
    }

    /** What an answer says of records that were stored; those that were refused have no place. */
    synchronized void note(String physical, List<PutRecordsResultEntry> results) {
        long now = System.nanoTime();
        Map<String, Last> shards = streams.computeIfAbsent(physical, s -> new HashMap<>());
        for (PutRecordsResultEntry result : results) {
            if (result.errorCode() == null) {
                String sequence = result.sequenceNumber();
                Last last = shards.get(result.shardId());
                if (last == null) {
                    last = new Last(sequence);
                    shards.put(result.shardId(), last);
                } else if (Place.compareSequences(last.sequence, sequence) < 0) {
                    last.sequence = sequence;
                }
                last.at = now;
            }
        }
    }

    /** The last sequence number of each shard that was written to lately. */
    synchronized Map<String, String> recent(String physical) {
        Map<String, Last> shards = streams.get(physical);
        if (shards == null) {
            return Map.of();
        }
        long now = System.nanoTime();
        shards.values().removeIf(last -> now - last.at > REMEMBERED_NANOS);
        Map<String, String> recent = new HashMap<>();
        shards.forEach((shard, last) -> recent.put(shard, last.sequence));
        return recent;
    }

    synchronized void forget(String physical) {
        streams.remove(physical);
    }
}
