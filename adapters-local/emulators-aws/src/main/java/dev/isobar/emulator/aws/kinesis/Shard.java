package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.kinesis.ShardLog.Appended;
import dev.isobar.emulator.aws.kinesis.ShardLog.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A shard. Its stream's lock guards whether it is open; the log guards itself. */
final class Shard {
    /** What stands for no shard. */
    static final int NONE = -1;

    private static final String PREFIX = "shardId-";
    private static final int RECORDS_PER_SECOND = 1_000;
    private static final int BYTES_PER_SECOND = 1 << 20;
    private static final int READS_PER_SECOND = 5;

    private final int number;
    private final int parent;
    private final int adjacentParent;
    private final HashRange range;
    private final long created;
    private final long opened;
    private final ShardLog log;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private long closed;
    private long second;
    private int recordsInSecond;
    private long bytesInSecond;
    private int readsInSecond;

    /**
     * A shard.
     *
     * @param created in ms as its sequence numbers say it: a second later than the parents at least, so that its numbers are larger than theirs
     * @param opened in ms, when it really was
     * @param closed 0 while it is open
     */
    Shard(
            int number,
            int parent,
            int adjacentParent,
            HashRange range,
            long created,
            long opened,
            long closed,
            ShardLog log) {
        this.number = number;
        this.parent = parent;
        this.adjacentParent = adjacentParent;
        this.range = range;
        this.created = created;
        this.opened = opened;
        this.closed = closed;
        this.log = log;
    }

    static String id(int number) {
        return PREFIX + "%012d".formatted(number);
    }

    /** The number in an id; {@link #NONE} if it is no id. The service takes the bare number too. */
    static int number(String id) {
        String digits = id.startsWith(PREFIX) ? id.substring(PREFIX.length()) : id;
        return digits.matches("\\d{1,12}") && Long.parseLong(digits) <= Integer.MAX_VALUE
                ? Integer.parseInt(digits)
                : NONE;
    }

    String id() {
        return id(number);
    }

    int number() {
        return number;
    }

    HashRange range() {
        return range;
    }

    long created() {
        return created;
    }

    /** Whether it was open at that time. */
    boolean openAt(long millis) {
        return opened <= millis && (open() || closed >= millis);
    }

    long opened() {
        return opened;
    }

    ShardLog log() {
        return log;
    }

    boolean open() {
        return closed == 0;
    }

    /** When it was closed; 0 if it is open. */
    long closed() {
        return closed;
    }

    void close(long now) {
        closed = Math.max(now, 1);
    }

    boolean isChildOf(Shard other) {
        return parent == other.number || adjacentParent == other.number;
    }

    Appended append(List<Entry> entries, long now) throws IOException {
        Appended appended = log.append(entries, now);
        changed();
        return appended;
    }

    /** Tells whoever waits for records, or for the shard's end. */
    void changed() {
        listeners.forEach(Runnable::run);
    }

    void listen(Runnable listener) {
        listeners.add(listener);
    }

    void unlisten(Runnable listener) {
        listeners.remove(listener);
    }

    /** Sequence number of the record with an index of the log. */
    String sequence(long index, long millis) {
        return new SequenceNumber(seconds(created), index + 1, seconds(millis), number).text();
    }

    /** A sequence number behind which the record with that index of the log comes next. */
    String before(long index, long millis) {
        return new SequenceNumber(seconds(created), index, seconds(millis), number).text();
    }

    /** Where it begins. */
    String starting() {
        return before(0, created);
    }

    /** Whether a number was given by this shard. */
    boolean gave(SequenceNumber sequence) {
        return sequence.shard() == number && sequence.created() == seconds(created);
    }

    /** Index of the first record that retention has left. */
    long horizon(long millis) throws IOException {
        return log.at(millis);
    }

    /** Counts a record against what a shard takes in a second; false if that is used up. */
    synchronized boolean mayWrite(int bytes, long now) {
        begin(now);
        if (recordsInSecond >= RECORDS_PER_SECOND || bytesInSecond + bytes > BYTES_PER_SECOND) {
            return false;
        }
        recordsInSecond++;
        bytesInSecond += bytes;
        return true;
    }

    /** The same for reads. */
    synchronized boolean mayRead(long now) {
        begin(now);
        return ++readsInSecond <= READS_PER_SECOND;
    }

    private void begin(long now) {
        if (now / 1_000 != second) {
            second = now / 1_000;
            recordsInSecond = 0;
            bytesInSecond = 0;
            readsInSecond = 0;
        }
    }

    /** As DescribeStream and ListShards say it. */
    void describe(ObjectNode into) {
        into.put("ShardId", id());
        if (parent != NONE) {
            into.put("ParentShardId", id(parent));
        }
        if (adjacentParent != NONE) {
            into.put("AdjacentParentShardId", id(adjacentParent));
        }
        range.write(into.putObject("HashKeyRange"));
        ObjectNode sequences = into.putObject("SequenceNumberRange");
        sequences.put("StartingSequenceNumber", starting());
        if (!open()) {
            sequences.put("EndingSequenceNumber", before(SequenceNumber.END, closed));
        }
    }

    /** As GetRecords and SubscribeToShard name it at its parent's end. */
    void describeChild(ObjectNode into) {
        into.put("ShardId", id());
        ArrayNode parents = into.putArray("ParentShards");
        for (int p : parents()) {
            parents.add(id(p));
        }
        range.write(into.putObject("HashKeyRange"));
    }

    private List<Integer> parents() {
        List<Integer> parents = new ArrayList<>(2);
        if (parent != NONE) {
            parents.add(parent);
        }
        if (adjacentParent != NONE) {
            parents.add(adjacentParent);
        }
        return parents;
    }

    /** What outlives a restart. */
    void save(ObjectNode into) {
        into.put("number", number);
        into.put("parent", parent);
        into.put("adjacentParent", adjacentParent);
        into.put("created", created);
        into.put("opened", opened);
        into.put("closed", closed);
        range.write(into);
    }

    private static long seconds(long millis) {
        return millis / 1_000;
    }
}
