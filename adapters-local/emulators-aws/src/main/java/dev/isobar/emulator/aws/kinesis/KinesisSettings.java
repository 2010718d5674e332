package dev.isobar.emulator.aws.kinesis;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the emulated account is like.
 *
 * @param home the folder that keeps everything
 * @param transition how long a stream or a consumer takes to change its state
 * @param heartbeat how often a subscription without records sends an empty event
 * @param resubscribe how long after a subscription another one of the same consumer to the same shard is refused; 5 s in the service
 * @param subscription how long a subscription lasts; 5 minutes in the service
 * @param iteratorLife how long an iterator can be used; 5 minutes in the service
 * @param shardLimit open shards of the account
 * @param throttled whether a shard takes 1 MiB and 1,000 records a second and 5 reads a second, as in the service, or all it can
 * @param segmentBytes size at which a shard begins another file
 */
public record KinesisSettings(
        String region,
        String account,
        Path home,
        Duration transition,
        Duration heartbeat,
        Duration resubscribe,
        Duration subscription,
        Duration iteratorLife,
        int shardLimit,
        boolean throttled,
        int segmentBytes) {
    private static final int SEGMENT_BYTES = 64 << 20;

    /** The service's times and limits, but states change at once and a shard takes all it can. */
    public static KinesisSettings of(String region, String account, Path home) {
        return new KinesisSettings(
                region,
                account,
                home,
                Duration.ofMillis(30),
                Duration.ofMillis(500),
                Duration.ofSeconds(5),
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                10_000,
                false,
                SEGMENT_BYTES);
    }

    /** The same, but a change of state takes another time. */
    public KinesisSettings withTransition(Duration time) {
        return new KinesisSettings(
                region,
                account,
                home,
                time,
                heartbeat,
                resubscribe,
                subscription,
                iteratorLife,
                shardLimit,
                throttled,
                segmentBytes);
    }

    /** The same, but with other times for subscriptions: refusal of another one, and life. */
    public KinesisSettings withSubscriptions(Duration refusal, Duration life) {
        return new KinesisSettings(
                region,
                account,
                home,
                transition,
                heartbeat,
                refusal,
                life,
                iteratorLife,
                shardLimit,
                throttled,
                segmentBytes);
    }

    /** The same, but iterators live for another time. */
    public KinesisSettings withIteratorLife(Duration life) {
        return new KinesisSettings(
                region,
                account,
                home,
                transition,
                heartbeat,
                resubscribe,
                subscription,
                life,
                shardLimit,
                throttled,
                segmentBytes);
    }

    /** The same, but with another limit of open shards. */
    public KinesisSettings withShardLimit(int shards) {
        return new KinesisSettings(
                region,
                account,
                home,
                transition,
                heartbeat,
                resubscribe,
                subscription,
                iteratorLife,
                shards,
                throttled,
                segmentBytes);
    }

    /** The same, but with the service's limits for each shard. */
    public KinesisSettings withThrottling() {
        return new KinesisSettings(
                region,
                account,
                home,
                transition,
                heartbeat,
                resubscribe,
                subscription,
                iteratorLife,
                shardLimit,
                true,
                segmentBytes);
    }

    /** The same, but with files of another size. */
    public KinesisSettings withSegmentBytes(int bytes) {
        return new KinesisSettings(
                region,
                account,
                home,
                transition,
                heartbeat,
                resubscribe,
                subscription,
                iteratorLife,
                shardLimit,
                throttled,
                bytes);
    }
}
