package dev.isobar.aws.kinesis;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What this process wrote last in each shard, so that its readers do not take a shard for empty before that shows. Thread safe. */
final class Written {
    private static final long REMEMBERED_NANOS = Duration.ofMinutes(1).toNanos();

    private final Map<String, Map<String, Last>> streams = new HashMap<>();

    private record Last(String sequence, long at) {}

    synchronized void note(String physical, String shard, String sequence) {
        long now = System.nanoTime();
        streams.computeIfAbsent(physical, s -> new HashMap<>())
                .merge(
                        shard,
                        new Last(sequence, now),
                        (a, b) -> Place.compareSequences(a.sequence(), b.sequence()) < 0 ? b : a);
    }

    /** The last sequence number of each shard that was written to lately. */
    synchronized Map<String, String> recent(String physical) {
        Map<String, Last> shards = streams.get(physical);
        if (shards == null) {
            return Map.of();
        }
        long now = System.nanoTime();
        shards.values().removeIf(last -> now - last.at() > REMEMBERED_NANOS);
        Map<String, String> recent = new HashMap<>();
        shards.forEach((shard, last) -> recent.put(shard, last.sequence()));
        return recent;
    }

    synchronized void forget(String physical) {
        streams.remove(physical);
    }
}
