package dev.isobar.aws.kinesis;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * Where the records of one shard come from, and what has come of them. Its reader's thread calls it; what arrives on other threads only wakes the reader.
 */
abstract class ShardFeed implements AutoCloseable {
    /** Never, as a time. */
    static final long NEVER = Long.MAX_VALUE;

    private final ShardStart start;
    private final ArrayDeque<List<Record>> arrived = new ArrayDeque<>();
    private @Nullable String lastSeen;
    private List<String> children = List.of();
    private boolean closed;
    private boolean proved;
    private long provedAt;

    ShardFeed(ShardStart start) {
        this.start = start;
    }

    /**
     * Takes in what arrived and starts what is due.
     *
     * @return how many nanoseconds from now it wants to be called again at the latest; {@link #NEVER} if it will wake the reader
     */
    abstract long pump();

    /** The records to show next; null if none are here. */
    final @Nullable List<Record> peek() {
        return arrived.peek();
    }

    /** The records that {@link #peek} gave are shown. */
    void advance() {
        arrived.remove();
    }

    /** Whether the shard is closed and all of it was shown. */
    final boolean ended() {
        return closed && arrived.isEmpty();
    }

    /** Shards that follow a closed one, as far as the service named them. */
    final List<String> children() {
        return children;
    }

    /**
     * Whether everything was shown that the shard held at a moment.
     *
     * @param since that moment, as {@link System#nanoTime}
     * @param atLeast a sequence number that it is known to hold; null if none is known
     */
    final boolean drained(long since, @Nullable String atLeast) {
        return arrived.isEmpty() && proved && provedAt - since >= 0 && start.covers(lastSeen, atLeast);
    }

    @Override
    public abstract void close();

    /**
     * Takes in what the service said.
     *
     * @param records those that follow the ones before; may be empty
     * @param last whether the shard is closed and has no more
     * @param next the shards that follow then
     * @param behind how many milliseconds of records are still to come; null if the service did not say
     * @param at a moment, as {@link System#nanoTime}, until which it holds if nothing is
     */
    final void arrive(List<Record> records, boolean last, List<ChildShard> next, @Nullable Long behind, long at) {
        if (!records.isEmpty()) {
            arrived.add(records);
            lastSeen = records.get(records.size() - 1).sequenceNumber();
        }
        if (last) {
            closed = true;
            children = next.stream().map(ChildShard::shardId).toList();
        }
        if (behind == null ? records.isEmpty() : behind == 0) {
            proved = true;
            provedAt = at;
        }
    }

    /** Notes that there is nothing more up to this sequence number. */
    final void passed(String sequence) {
        lastSeen = sequence;
    }

    /** The shard and where in it reading began. */
    final ShardStart start() {
        return start;
    }

    /** Sequence number up to which everything has arrived; null at the start. */
    final @Nullable String lastSeen() {
        return lastSeen;
    }

    /** Whether all of the shard has arrived, and no more is to come. */
    final boolean closed() {
        return closed;
    }

    /** How many answers are here that were not shown yet. */
    final int ahead() {
        return arrived.size();
    }
}
