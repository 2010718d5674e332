package dev.isobar.aws.kinesis;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * Asks for a shard's records: one call at a time, one answer ahead of what is shown, at most five calls a second, which is what Kinesis allows all readers
 * of a shard together.
 */
final class PollingFeed implements ShardFeed {
    private static final int AHEAD = 2;
    private static final int LIMIT = 10_000;
    private static final int CALLS_PER_SECOND = 5;
    private static final long REFILL_NANOS = Duration.ofSeconds(1).toNanos() / CALLS_PER_SECOND;
    private static final long THROTTLED_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long THROTTLED_PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    private final Kinesis kinesis;
    private final ShardStart start;
    private final Runnable wake;
    private final ArrayDeque<List<Record>> arrived = new ArrayDeque<>();
    private @Nullable CompletableFuture<GetRecordsResponse> pending;
    private @Nullable String iterator;
    private @Nullable String lastSeen;
    private List<String> children = List.of();
    private boolean closed;
    private long asked;
    private boolean proved;
    private long provedAt;
    private long notBefore = System.nanoTime();
    private long calls = notBefore - REFILL_NANOS * (CALLS_PER_SECOND - 1);
    private boolean throttled;
    private long throttledSince;

    PollingFeed(Kinesis kinesis, ShardStart start, Runnable wake) {
        this.kinesis = kinesis;
        this.start = start;
        this.wake = wake;
    }

    @Override
    public long pump(boolean proof) {
        CompletableFuture<GetRecordsResponse> answer = pending;
        if (answer != null && answer.isDone()) {
            pending = null;
            absorb(answer);
        }
        if (pending != null || closed || arrived.size() >= AHEAD) {
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
                : kinesis.client().getShardIterator(start.iterator(lastSeen)).thenApply(r -> r.shardIterator());
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
        throttled = false;
        iterator = answer.nextShardIterator();
        List<Record> records = answer.records();
        if (!records.isEmpty()) {
            arrived.add(records);
            lastSeen = records.get(records.size() - 1).sequenceNumber();
        }
        if (iterator == null) {
            closed = true;
            children = answer.childShards().stream().map(ChildShard::shardId).toList();
        }
        Long behind = answer.millisBehindLatest();
        if (behind == null ? records.isEmpty() : behind == 0) {
            proved = true;
            provedAt = asked;
        }
    }

    private void failed(CompletionException e) {
        if (AwsErrors.unwrap(e) instanceof ExpiredIteratorException) {
            iterator = null;
            return;
        }
        long now = System.nanoTime();
        if (AwsErrors.code(e) != ErrorCode.THROTTLED || throttled && now - throttledSince > THROTTLED_PATIENCE_NANOS) {
            throw kinesis.translate(e, "poll", start.stream());
        }
        // Other readers of the shard take its share. An empty poll would claim that there is nothing: the reader goes
        // on waiting.
        if (!throttled) {
            throttled = true;
            throttledSince = now;
        }
        notBefore = now + THROTTLED_PAUSE_NANOS;
    }

    @Override
    public @Nullable List<Record> peek() {
        return arrived.peek();
    }

    @Override
    public void advance() {
        arrived.remove();
    }

    @Override
    public boolean ended() {
        return closed && arrived.isEmpty();
    }

    @Override
    public List<String> children() {
        return new ArrayList<>(children);
    }

    @Override
    public boolean drained(long since, @Nullable String atLeast) {
        return arrived.isEmpty() && proved && provedAt - since >= 0 && start.covers(lastSeen, atLeast);
    }

    @Override
    public void close() {
        if (pending != null) {
            pending.cancel(true);
        }
    }
}
