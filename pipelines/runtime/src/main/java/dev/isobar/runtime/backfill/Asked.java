package dev.isobar.runtime.backfill;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Decisions as they were read, by number. Not thread safe. */
final class Asked {
    private static final int FIRST = 1 << 10;

    private final List<String> ids = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final List<byte[]> payloads = new ArrayList<>();
    private final BitSet withdrawn = new BitSet();
    private long[] eventTimes = new long[FIRST];
    private long[] knownAt = new long[FIRST];
    private long[] hashes = new long[FIRST];

    /** Bytes that a decision takes here, about: two short texts, three words, and a payload. */
    static long bytes(int columns) {
        return 200 + 10L * columns;
    }

    /** Adds the next decision. */
    void add(String id, String key, long eventTime, long known, long hash, byte[] payload) {
        int at = ids.size();
        if (at == eventTimes.length) {
            int more = at + (at >> 1);
            eventTimes = Arrays.copyOf(eventTimes, more);
            knownAt = Arrays.copyOf(knownAt, more);
            hashes = Arrays.copyOf(hashes, more);
        }
        eventTimes[at] = eventTime;
        knownAt[at] = known;
        hashes[at] = hash;
        ids.add(id);
        keys.add(key);
        payloads.add(payload);
    }

    /** Takes back all decisions whose ids have these hashes. */
    void withdraw(Copies copies, int stream) {
        for (int d = 0; d < ids.size(); d++) {
            if (copies.contains(stream, hashes[d])) {
                withdrawn.set(d);
            }
        }
    }

    /** How many were not taken back. */
    int standing() {
        return ids.size() - withdrawn.cardinality();
    }

    String id(int decision) {
        return ids.get(decision);
    }

    String key(int decision) {
        return keys.get(decision);
    }

    long eventTime(int decision) {
        return eventTimes[decision];
    }

    long knownAt(int decision) {
        return knownAt[decision];
    }

    byte[] payload(int decision) {
        return payloads.get(decision);
    }

    /** Those that were not taken back, in a table's canonical order: event time, key bytes, id bytes. */
    int[] inOrder() {
        return IntStream.range(0, ids.size())
                .filter(d -> !withdrawn.get(d))
                .boxed()
                .sorted(this::compare)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private int compare(int a, int b) {
        int c = Long.compare(eventTimes[a], eventTimes[b]);
        c = c == 0 ? compareBytes(keys.get(a), keys.get(b)) : c;
        return c == 0 ? compareBytes(ids.get(a), ids.get(b)) : c;
    }

    private static int compareBytes(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                // UTF-16 orders as UTF-8 does, but for surrogates.
                return Character.isSurrogate(x) || Character.isSurrogate(y)
                        ? Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8))
                        : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
