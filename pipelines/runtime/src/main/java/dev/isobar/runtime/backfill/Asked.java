package dev.isobar.runtime.backfill;

import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.RowText;
import dev.isobar.spec.StreamSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Decisions as they were read, by number, their rows one behind the other in large arrays. Not thread safe. */
final class Asked {
    private static final int FIRST = 1 << 10;
    private static final int CHUNK_SHIFT = 20;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    private final RowCodec codec;
    private final int id;
    private final int[] key;
    private final Row one;
    private final Row other;
    private final List<byte[]> chunks = new ArrayList<>();
    private final BitSet withdrawn = new BitSet();
    private int used = CHUNK;
    private int size;
    private long[] places = new long[FIRST];
    private int[] lengths = new int[FIRST];
    private long[] eventTimes = new long[FIRST];
    private long[] knownAt = new long[FIRST];
    private long[] hashes = new long[FIRST];

    /** Decisions of that shape. */
    Asked(StreamSpec stream) {
        this.codec = new RowCodec(stream.schema());
        this.id = stream.schema().require(stream.id());
        this.key = stream.key().stream().mapToInt(stream.schema()::require).toArray();
        this.one = new Row(stream.schema());
        this.other = new Row(stream.schema());
    }

    /** Adds the next decision. */
    void add(Row row, long eventTime, long known, long hash) {
        add(codec.encode(row), eventTime, known, hash);
    }

    /** Adds the next decision, encoded. */
    void add(byte[] row, long eventTime, long known, long hash) {
        if (size == eventTimes.length) {
            int more = size + (size >> 1);
            places = Arrays.copyOf(places, more);
            lengths = Arrays.copyOf(lengths, more);
            eventTimes = Arrays.copyOf(eventTimes, more);
            knownAt = Arrays.copyOf(knownAt, more);
            hashes = Arrays.copyOf(hashes, more);
        }
        if (used + row.length > CHUNK) {
            // A row that is larger than an array has one of its own.
            chunks.add(new byte[Math.max(CHUNK, row.length)]);
            used = 0;
        }
        System.arraycopy(row, 0, chunks.get(chunks.size() - 1), used, row.length);
        places[size] = (long) (chunks.size() - 1) << CHUNK_SHIFT | used;
        lengths[size] = row.length;
        used += row.length;
        eventTimes[size] = eventTime;
        knownAt[size] = known;
        hashes[size++] = hash;
    }

    /** Takes back all decisions whose ids have these hashes. */
    void withdraw(Copies copies, int stream) {
        for (int d = 0; d < size; d++) {
            if (copies.contains(stream, hashes[d])) {
                withdrawn.set(d);
            }
        }
    }

    /** Bytes that all of them take here, about. */
    long bytes() {
        return (long) chunks.size() * CHUNK + 40L * eventTimes.length;
    }

    long eventTime(int decision) {
        return eventTimes[decision];
    }

    long knownAt(int decision) {
        return knownAt[decision];
    }

    /** A row to {@link #read} into. */
    Row row() {
        return new Row(codec.schema());
    }

    /** Reads a decision's row. */
    void read(int decision, Row into) {
        codec.decode(
                chunks.get((int) (places[decision] >>> CHUNK_SHIFT)),
                (int) places[decision] & CHUNK - 1,
                lengths[decision],
                into);
    }

    /** The id of a decision that was read. */
    String id(Row row) {
        return RowText.format(row, id);
    }

    /** The key of a decision that was read. */
    String key(Row row) {
        return RowText.key(row, key);
    }

    /** Those that were not taken back, in a table's canonical order: event time, key bytes, id bytes. */
    int[] inOrder() {
        return IntStream.range(0, size)
                .filter(d -> !withdrawn.get(d))
                .boxed()
                .sorted(this::compare)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private int compare(int a, int b) {
        int c = Long.compare(eventTimes[a], eventTimes[b]);
        if (c != 0 || a == b) {
            return c;
        }
        read(a, one);
        read(b, other);
        c = compareBytes(key(one), key(other));
        return c == 0 ? compareBytes(id(one), id(other)) : c;
    }

    private static int compareBytes(String a, String b) {
        return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
}
