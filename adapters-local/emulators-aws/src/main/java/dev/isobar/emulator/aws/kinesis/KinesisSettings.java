package dev.isobar.emulator.aws.kinesis;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What the emulated account is like.
 *
 * @param home the folder that keeps everything
 * @param resubscribe how long after a subscription another one of the same consumer to the same shard is refused; 5 s in the service
 * @param subscription how long a subscription lasts; 5 minutes in the service
 * @param iteratorLife how long an iterator can be used; 5 minutes in the service
 * @param shardLimit open shards of the account
 * @param throttled whether a shard takes 1 MiB and 1,000 records a second and 5 reads a second, as in the service, or all it can
 */
public record KinesisSettings(
        String region,
        String account,
        Path home,
        Duration resubscribe,
        Duration subscription,
        Duration iteratorLife,
        int shardLimit,
        boolean throttled) {
    /** The service's times and limits, but a shard takes all it can. */
    public static KinesisSettings of(String region, String account, Path home) {
        return new KinesisSettings(
                region,
                account,
                home,
                Duration.ofSeconds(5),
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                10_000,
                false);
    }

    /** The same, but with other times for subscriptions: refusal of another one, and life. */
    public KinesisSettings withSubscriptions(Duration refusal, Duration life) {
        return new KinesisSettings(region, account, home, refusal, life, iteratorLife, shardLimit, throttled);
    }

    /** The same, but iterators live for another time. */
    public KinesisSettings withIteratorLife(Duration life) {
        return new KinesisSettings(region, account, home, resubscribe, subscription, life, shardLimit, throttled);
    }

    /** The same, but with another limit of open shards. */
    public KinesisSettings withShardLimit(int shards) {
        return new KinesisSettings(region, account, home, resubscribe, subscription, iteratorLife, shards, throttled);
    }

    /** The same, but with the service's limits for each shard. */
    public KinesisSettings withThrottling() {
        return new KinesisSettings(region, account, home, resubscribe, subscription, iteratorLife, shardLimit, true);
    }
}
