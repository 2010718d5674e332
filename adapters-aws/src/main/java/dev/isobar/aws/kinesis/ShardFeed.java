package dev.isobar.aws.kinesis;

import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;

/** Where the records of one shard come from. Its reader's thread calls it; what arrives on other threads only wakes the reader. */
interface ShardFeed extends AutoCloseable {
    /** Never, as a time. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Takes in what arrived and starts what is due.
     *
     * @param proof whether the reader has nothing to show and needs to know that there is nothing
     * @return how many nanoseconds from now it wants to be called again at the latest; {@link #NEVER} if it will wake the reader
     */
    long pump(boolean proof);

    /** The records to show next; null if none are here. */
    @Nullable
    List<Record> peek();

    /** The records that {@link #peek} gave are shown. */
    void advance();

    /** Whether the shard is closed and all of it was shown. */
    boolean ended();

    /** Shards that follow a closed one, as far as the service named them. */
    List<String> children();

    /**
     * Whether everything was shown that the shard held at a moment.
     *
     * @param since that moment, as {@link System#nanoTime}
     * @param atLeast a sequence number that it is known to hold; null if none is known
     */
    boolean drained(long since, @Nullable String atLeast);

    @Override
    void close();
}
