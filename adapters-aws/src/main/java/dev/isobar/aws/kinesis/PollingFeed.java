package dev.isobar.aws.kinesis;

import dev.isobar.aws.client.AwsErrors;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/**
 * Asks for a shard's records: one call at a time, one answer ahead of what is shown, at most five calls a second, which is what Kinesis allows all readers
 * of a shard together.
 */
final class PollingFeed extends ShardFeed {
    private static final int AHEAD = 2;
    private static final int LIMIT = 10_000;
    private static final int CALLS_PER_SECOND = 5;
    private static final long REFILL_NANOS = Duration.ofSeconds(1).toNanos() / CALLS_PER_SECOND;
    private static final long FAILED_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long FAILED_PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    private final Kinesis kinesis;
    private final Runnable wake;
    private @Nullable CompletableFuture<GetRecordsResponse> pending;
    private @Nullable String iterator;
    private long asked;
    private long notBefore = System.nanoTime();
    private long calls = notBefore - REFILL_NANOS * (CALLS_PER_SECOND - 1);
    private boolean failing;
    private long failingSince;

    PollingFeed(Kinesis kinesis, ShardStart start, Runnable wake) {
        super(start);
        this.kinesis = kinesis;
        this.wake = wake;
    }

    @Override
    long pump() {
        CompletableFuture<GetRecordsResponse> answer = pending;
        if (answer != null && answer.isDone()) {
            pending = null;
            absorb(answer);
        }
        if (pending != null || closed() || ahead() >= AHEAD) {
            return NEVER;
        }
        long now = System.nanoTime();
        long earliest = Math.max(0, notBefore - now);
        if (earliest > 0) {
            return earliest;
        }
        // A bucket of five calls that fills in a second: a fresh reader gets through at once, a waiting one asks five
        // times a second.
        calls = Math.max(calls, now - REFILL_NANOS * (CALLS_PER_SECOND - 1)) + REFILL_NANOS;
        notBefore = calls;
        asked = now;
        ask();
        return NEVER;
    }

    private void ask() {
        String next = iterator;
        CompletableFuture<String> from = next != null
                ? CompletableFuture.completedFuture(next)
                : kinesis.client()
                        .getShardIterator(start().iterator(lastSeen()))
                        .thenApply(r -> r.shardIterator());
        CompletableFuture<GetRecordsResponse> call = from.thenCompose(
                i -> kinesis.client().getRecords(g -> g.shardIterator(i).limit(LIMIT)));
        pending = call;
        call.whenComplete((r, e) -> wake.run());
    }

    private void absorb(CompletableFuture<GetRecordsResponse> done) {
        GetRecordsResponse answer;
        try {
            answer = done.join();
        } catch (CompletionException e) {
            failed(e);
            return;
        }
        failing = false;
        iterator = answer.nextShardIterator();
        arrive(answer.records(), iterator == null, answer.childShards(), answer.millisBehindLatest(), asked);
    }

    private void failed(CompletionException e) {
        if (AwsErrors.unwrap(e) instanceof ExpiredIteratorException) {
            iterator = null;
            return;
        }
        long now = System.nanoTime();
        if (!AwsErrors.code(e).retryable() || failing && now - failingSince > FAILED_PATIENCE_NANOS) {
            throw kinesis.translate(e, "poll", start().stream());
        }
        // Other readers of the shard take its share. An empty poll would claim that there is nothing: the reader goes
        // on waiting.
        if (!failing) {
            failing = true;
            failingSince = now;
        }
        notBefore = now + FAILED_PAUSE_NANOS;
    }

    @Override
    public void close() {
        if (pending != null) {
            pending.cancel(true);
        }
    }
}
