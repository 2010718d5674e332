package dev.isobar.aws.dynamodb;

import dev.isobar.aws.dynamodb.Layout.Chunks;
import dev.isobar.aws.dynamodb.Layout.Head;
import dev.isobar.error.ErrorCode;
import dev.isobar.port.OnlineStore.KeyState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Reads states as of one committed write. A BatchGetItem gives each item as it is at some moment of the call, not all as of one; so the header in the
 * batch says which write to show, and the items count only if they were read after a header that names the same write: the one of the read before this
 * one does as long as nothing was committed in between, else the batch is read once more. A single key needs no such care. What was read so is
 * remembered, and good for as long as the header says the same. Thread safe.
 *
 * <p>Erasures are not part of that: an erased key is gone for every reader at once, also for one whose other keys are as of an earlier write.
 */
final class StateReader {
    private static final int KEYS_PER_BATCH = (OnlineTable.BATCH_GET - 1) / 2;

    private final OnlineTable table;
    private final ConcurrentMap<String, Header> seen = new ConcurrentHashMap<>();
    private final ReadStates known = new ReadStates();

    StateReader(OnlineTable table) {
        this.table = table;
    }

    /** In the order asked, null where there is none. */
    List<@Nullable KeyState> read(String namespace, List<String> keys) {
        List<String> distinct = List.copyOf(new LinkedHashSet<>(keys));
        if (distinct.isEmpty()) {
            return List.of();
        }
        Backoff backoff = new Backoff(ErrorCode.UNAVAILABLE, "The states are rewritten faster than they can be read");
        while (true) {
            Header before = seen.get(namespace);
            if (before == null || !before.live() || known.has(namespace, distinct)) {
                before = remember(namespace, table.header(namespace));
                if (before == null || !before.live()) {
                    return nulls(keys.size());
                }
            }
            Map<String, @Nullable KeyState> states = known.asOf(before, distinct);
            if (states == null) {
                states = attempt(before, distinct);
            }
            if (states != null) {
                List<@Nullable KeyState> answer = new ArrayList<>();
                for (String key : keys) {
                    answer.add(states.get(key));
                }
                return answer;
            }
            Header now = seen.get(namespace);
            if (now != null && now.change().equals(before.change())) {
                seen.remove(namespace);
            }
            backoff.pause();
        }
    }

    private static List<@Nullable KeyState> nulls(int count) {
        List<@Nullable KeyState> answer = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answer.add(null);
        }
        return answer;
    }

    private @Nullable Header remember(String namespace, @Nullable Header header) {
        if (header == null) {
            seen.remove(namespace);
        } else {
            seen.put(namespace, header);
        }
        return header;
    }

    /** Null if what was read is of no one moment. */
    private @Nullable Map<String, @Nullable KeyState> attempt(Header before, List<String> keys) {
        Layout layout = new Layout(before.name(), before.incarnation());
        List<String> first = keys.subList(0, Math.min(keys.size(), KEYS_PER_BATCH));
        List<Map<String, AttributeValue>> batch = slots(layout, first);
        Map<String, AttributeValue> headerKey = OnlineTable.key(Header.PARTITION, before.name());
        batch.add(headerKey);
        Map<Map<String, AttributeValue>, Map<String, AttributeValue>> items = table.get(batch, null);
        Header snapshot = remember(before.name(), Header.of(items.get(headerKey)));
        if (snapshot == null || !snapshot.live() || snapshot.incarnation() != before.incarnation()) {
            return null;
        }
        if (keys.size() > 1 && snapshot.lastWrite() != before.lastWrite()) {
            items = new HashMap<>(table.get(slots(layout, first), null));
        }
        for (int from = first.size(); from < keys.size(); from += KEYS_PER_BATCH) {
            items.putAll(table.get(
                    slots(layout, keys.subList(from, Math.min(keys.size(), from + KEYS_PER_BATCH))), null));
        }
        Map<String, @Nullable Head> heads = new HashMap<>();
        for (String key : keys) {
            Slots slots = Slots.of(layout, key, items);
            Head head = slots.visible(snapshot);
            if (head == null && slots.overtaken(snapshot)) {
                return null;
            }
            heads.put(key, head);
        }
        Map<String, @Nullable KeyState> states = withChunks(layout, heads);
        // One key of a batch may be older than the header in it. That is an answer for now, and nothing to remember.
        if (states != null && (keys.size() > 1 || snapshot.lastWrite() == before.lastWrite())) {
            known.keep(snapshot, states);
        }
        return states;
    }

    private static List<Map<String, AttributeValue>> slots(Layout layout, Collection<String> keys) {
        List<Map<String, AttributeValue>> both = new ArrayList<>();
        for (String key : keys) {
            both.add(OnlineTable.key(layout.slot(0), Layout.sort(key)));
            both.add(OnlineTable.key(layout.slot(1), Layout.sort(key)));
        }
        return both;
    }

    private @Nullable Map<String, @Nullable KeyState> withChunks(Layout layout, Map<String, @Nullable Head> heads) {
        List<Map<String, AttributeValue>> wanted = new ArrayList<>();
        heads.forEach((key, head) -> {
            Chunks chunks = head == null ? null : head.chunks();
            if (chunks != null) {
                wanted.addAll(layout.chunkKeys(key, chunks));
            }
        });
        Map<Map<String, AttributeValue>, Map<String, AttributeValue>> chunks = new HashMap<>();
        for (int from = 0; from < wanted.size(); from += OnlineTable.BATCH_GET) {
            chunks.putAll(table.get(wanted.subList(from, Math.min(wanted.size(), from + OnlineTable.BATCH_GET)), null));
        }
        if (chunks.size() < wanted.size()) {
            return null;
        }
        Map<String, @Nullable KeyState> states = new HashMap<>();
        heads.forEach((key, head) -> states.put(key, head == null ? null : whole(layout, key, head, chunks)));
        return states;
    }

    private static KeyState whole(
            Layout layout, String key, Head head, Map<Map<String, AttributeValue>, Map<String, AttributeValue>> items) {
        Chunks chunks = head.chunks();
        if (chunks == null) {
            return new KeyState(key, head.version(), head.bytes());
        }
        java.io.ByteArrayOutputStream bytes =
                new java.io.ByteArrayOutputStream(Layout.CHUNK_BYTES * (chunks.count() + 1));
        bytes.writeBytes(head.bytes());
        for (Map<String, AttributeValue> each : layout.chunkKeys(key, chunks)) {
            Map<String, AttributeValue> item = items.getOrDefault(each, Map.of());
            AttributeValue part = item.get(Layout.BYTES);
            if (part != null) {
                bytes.writeBytes(part.b().asByteArrayUnsafe());
            }
        }
        return new KeyState(key, head.version(), bytes.toByteArray());
    }

    /** What a writer must know of keys before it writes them: both slots, without the bytes. */
    Map<String, Slots> slots(Header header, List<String> keys) {
        Layout layout = new Layout(header.name(), header.incarnation());
        String projection =
                String.join(", ", OnlineTable.HASH, OnlineTable.SORT, Layout.VERSION, Layout.WRITE, Layout.CHUNKS);
        Map<String, Slots> found = new HashMap<>();
        for (int from = 0; from < keys.size(); from += KEYS_PER_BATCH) {
            List<String> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_BATCH));
            var items = table.get(slots(layout, some), projection);
            some.forEach(key -> found.put(key, Slots.of(layout, key, items)));
        }
        return found;
    }

    /** A key's two slots. */
    record Slots(@Nullable Head even, @Nullable Head odd) {
        static Slots of(
                Layout layout, String key, Map<Map<String, AttributeValue>, Map<String, AttributeValue>> items) {
            return new Slots(
                    Head.of(items.get(OnlineTable.key(layout.slot(0), Layout.sort(key)))),
                    Head.of(items.get(OnlineTable.key(layout.slot(1), Layout.sort(key)))));
        }

        @Nullable
        Head visible(Header header) {
            boolean left = even != null && header.shows(even.write());
            boolean right = odd != null && header.shows(odd.write());
            if (left && right && even != null && odd != null) {
                return even.write() > odd.write() ? even : odd;
            }
            return left ? even : right ? odd : null;
        }

        /** What is in the slot that is not visible. */
        @Nullable
        Head spare(@Nullable Head visible) {
            return visible == null ? (even == null ? odd : even) : visible == even ? odd : even;
        }

        /** Whether there may have been a state as of the header that two later writes have covered. */
        boolean overtaken(Header header) {
            return later(even, header) || later(odd, header);
        }

        private static boolean later(@Nullable Head head, Header header) {
            return head != null
                    && head.version() > 1
                    && head.write() > header.lastWrite()
                    && !header.aborted().contains(head.write());
        }
    }
}
