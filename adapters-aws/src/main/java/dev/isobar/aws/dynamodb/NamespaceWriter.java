package dev.isobar.aws.dynamodb;

import dev.isobar.aws.dynamodb.Layout.Chunks;
import dev.isobar.aws.dynamodb.Layout.Head;
import dev.isobar.aws.dynamodb.OnlineTable.Lost;
import dev.isobar.aws.dynamodb.StateReader.Slots;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore.StatePut;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * Writes one namespace. What fits a transaction is one request: the states together with the header that shows them, on the condition that the header is
 * still the one this writer knows. What does not fit is staged in transactions that each check the header, in the slots nobody looks at, and one
 * replacement of the header shows all of it. Whoever changes the header meanwhile — a new owner, an erasure — thereby ends the staging: no state of a
 * writer that was fenced can arrive later. One caller at a time.
 */
final class NamespaceWriter {
    // About 100 MB of keys; beyond it versions are read again.
    private static final int REMEMBERED_KEYS = 1_000_000;

    private final OnlineTable table;
    private final StateReader reader;
    private final String namespace;
    private final Map<String, Known> known = new HashMap<>();
    private @Nullable Header header;
    // Whether a key that is not known has no state.
    private boolean complete;
    private @Nullable Uncertain uncertain;

    NamespaceWriter(OnlineTable table, StateReader reader, String namespace) {
        this.table = table;
        this.reader = reader;
        this.namespace = namespace;
    }

    synchronized long acquire(String owner, long firstToken) {
        Backoff backoff = contended();
        Header there = table.header(namespace);
        while (true) {
            Header next = there == null ? Header.first(namespace, firstToken, owner) : there.acquired(owner);
            Header now;
            try {
                now = table.swap(there, next);
            } catch (ResourceNotFoundException e) {
                table.create();
                continue;
            }
            if (now != null && now.change().equals(next.change())) {
                forget();
                complete = there == null || !there.live();
                header = recover(next);
                return next.token();
            }
            there = now;
            backoff.pause();
        }
    }

    synchronized List<Long> putAll(long token, List<StatePut> puts) {
        Backoff backoff = contended();
        while (true) {
            Header current = header;
            if (current == null || current.token() != token || !current.live()) {
                current = adopt(table.header(namespace));
            }
            if (current == null || !current.live()) {
                throw IsobarException.of(ErrorCode.NOT_FOUND, "There is no namespace '" + namespace + "'")
                        .hint("Acquire it first.")
                        .build();
            }
            List<Long> done = versions(puts);
            if (uncertain != null && uncertain.was(current, puts)) {
                uncertain = null;
                forget();
                return done;
            }
            if (current.token() != token) {
                throw IsobarException.of(
                                ErrorCode.FENCED,
                                "Token " + token + " of namespace '" + namespace + "' is not the newest; "
                                        + current.owner() + " owns it with " + current.token())
                        .hint("Another process has taken over. This one must stop writing.")
                        .build();
            }
            learn(current, puts);
            String conflict = conflict(puts);
            if (current.staging() != 0 || !current.unswept().isEmpty()) {
                adopt(recover(current));
            } else if (conflict != null) {
                // What we remember may be old: an erasure, another session with the same token.
                Header now = table.header(namespace);
                if (now != null && now.change().equals(current.change())) {
                    throw IsobarException.of(ErrorCode.CONFLICT, conflict)
                            .hint("Nothing of this request was written. Read the key again.")
                            .build();
                }
                forget();
                adopt(now);
            } else if (puts.isEmpty() || write(current, puts)) {
                return done;
            }
            backoff.pause();
        }
    }

    private Backoff contended() {
        return new Backoff(ErrorCode.UNAVAILABLE, "Others change the namespace '" + namespace + "' all the time");
    }

    private static List<Long> versions(List<StatePut> puts) {
        return puts.stream().map(p -> p.expectedVersion() + 1).toList();
    }

    private @Nullable Header adopt(@Nullable Header now) {
        if (now == null || header == null || !now.sameStates(header) || now.token() != header.token()) {
            forget();
        }
        header = now;
        return now;
    }

    private void forget() {
        known.clear();
        complete = false;
    }

    private void learn(Header current, List<StatePut> puts) {
        if (complete) {
            return;
        }
        List<String> unknown = puts.stream()
                .map(StatePut::key)
                .filter(key -> !known.containsKey(key))
                .toList();
        reader.slots(current, unknown).forEach((key, slots) -> known.put(key, Known.of(slots, current)));
    }

    private Known known(String key) {
        return known.getOrDefault(key, Known.NOTHING);
    }

    private @Nullable String conflict(List<StatePut> puts) {
        for (StatePut put : puts) {
            long there = known(put.key()).version();
            if (there != put.expectedVersion()) {
                return "The state of a key in namespace '" + namespace + "' has version " + there + ", not "
                        + put.expectedVersion();
            }
        }
        return null;
    }

    /** Whether it was written; else somebody has changed the header, which is adopted. */
    private boolean write(Header current, List<StatePut> puts) {
        long write = current.lastAttempt() + 1;
        String id = Header.fresh();
        Layout layout = new Layout(namespace, current.incarnation());
        List<Group> groups = groups(layout, write, puts);
        Header from = current;
        boolean small = groups.size() == 1;
        if (!small) {
            from = current.staging(write);
            Header now = table.swap(current, from);
            if (now == null || !now.change().equals(from.change())) {
                adopt(now);
                return false;
            }
        }
        Header to = from.committed(write, id);
        try {
            for (Group group : groups) {
                Lost lost = table.transact(from, small ? to : null, group.puts(), group.deletes());
                if (lost != null) {
                    return settled(lost.header(), to, puts);
                }
            }
            if (!small) {
                Header now = table.swap(from, to);
                if (now == null || !now.change().equals(to.change())) {
                    return settled(now, to, puts);
                }
            }
        } catch (SdkException | IsobarException e) {
            return afterwards(e, from, to, puts);
        }
        return settled(to, to, puts);
    }

    /** Takes notice of the header that is there. Whether it says that the write was committed. */
    private boolean settled(@Nullable Header now, Header to, List<StatePut> puts) {
        boolean ours = now != null && now.writeId().equals(to.writeId());
        if (ours && now != null && now.change().equals(to.change())) {
            header = to;
            for (StatePut put : puts) {
                Known before = known(put.key());
                int chunks = Layout.chunkCount(put.bytes().length);
                known.put(
                        put.key(),
                        new Known(
                                put.expectedVersion() + 1,
                                chunks == 0 ? null : new Chunks(to.lastWrite(), chunks),
                                before.current()));
            }
            if (known.size() > REMEMBERED_KEYS) {
                forget();
            }
        } else {
            adopt(now);
        }
        return ours;
    }

    /** The answer is lost, and the effect may be there: asks the header, which names the write. */
    private boolean afterwards(RuntimeException failure, Header from, Header to, List<StatePut> puts) {
        uncertain = new Uncertain(to.writeId(), puts);
        header = null;
        try {
            Header now = table.header(namespace);
            if (now != null && now.writeId().equals(to.writeId())) {
                uncertain = null;
                return settled(now, to, puts);
            }
            if (now != null && now.staging() != 0 && now.change().equals(from.change())) {
                // Or the commit may still arrive.
                table.swap(now, now.withoutStaging());
            }
        } catch (SdkException | IsobarException e) {
            failure.addSuppressed(e);
        }
        throw failure;
    }

    private List<Group> groups(Layout layout, long write, List<StatePut> puts) {
        List<Group> groups = new ArrayList<>();
        Group group = new Group();
        groups.add(group);
        for (StatePut put : puts) {
            List<Map<String, AttributeValue>> items =
                    layout.items(put.key(), put.expectedVersion() + 1, write, put.bytes());
            Chunks spare = known(put.key()).spare();
            List<Map<String, AttributeValue>> deletes = spare == null ? List.of() : layout.chunkKeys(put.key(), spare);
            for (Map<String, AttributeValue> item : items) {
                AttributeValue bytes = item.get(Layout.BYTES);
                group = roomFor(bytes == null ? 0 : bytes.b().asByteArrayUnsafe().length, group, groups);
                group.puts.add(item);
            }
            for (Map<String, AttributeValue> key : deletes) {
                group = roomFor(0, group, groups);
                group.deletes.add(key);
            }
        }
        return groups;
    }

    private Group roomFor(int bytes, Group group, List<Group> groups) {
        Group room = group;
        // keys and names, of at most 2 KB
        int size = bytes + 2_100;
        if (room.puts.size() + room.deletes.size() == table.transactionItems()
                || room.bytes + size > OnlineTable.TRANSACTION_BYTES) {
            room = new Group();
            groups.add(room);
        }
        room.bytes += size;
        return room;
    }

    /** Removes what was staged and never committed, and what a delete left. Gives the header that is there then; null if there is none. */
    private @Nullable Header recover(Header found) {
        Header current = found;
        if (current.staging() != 0) {
            Header next = current.withoutStaging();
            Header now = table.swap(current, next);
            if (now == null || !now.change().equals(next.change())) {
                return now;
            }
            current = next;
        }
        if (current.unswept().isEmpty() && current.doomed().isEmpty()) {
            return current;
        }
        for (long incarnation : current.doomed()) {
            for (String partition : new Layout(namespace, incarnation).partitions()) {
                table.delete(table.keysWhere(partition, "", item -> true));
            }
        }
        if (!current.unswept().isEmpty()) {
            Header sweeper = current;
            for (String partition : new Layout(namespace, current.incarnation()).partitions()) {
                List<Map<String, AttributeValue>> keys = table.keysWhere(
                        partition, "", item -> sweeper.unswept().contains(Layout.number(item, Layout.WRITE)));
                for (int i = 0; i < keys.size(); i += table.transactionItems()) {
                    Lost lost = table.transact(
                            current,
                            null,
                            List.of(),
                            keys.subList(i, Math.min(keys.size(), i + table.transactionItems())));
                    if (lost != null) {
                        return lost.header();
                    }
                }
            }
        }
        return table.swap(current, current.clean());
    }

    synchronized boolean erase(String key) {
        Backoff backoff = contended();
        while (true) {
            Header current = table.header(namespace);
            if (current == null || !current.live()) {
                return false;
            }
            Layout layout = new Layout(namespace, current.incarnation());
            Slots slots = reader.slots(current, List.of(key)).getOrDefault(key, new Slots(null, null));
            Header next = current.erased();
            Lost lost = table.transact(
                    current,
                    next,
                    List.of(),
                    List.of(
                            OnlineTable.key(layout.slot(0), Layout.sort(key)),
                            OnlineTable.key(layout.slot(1), Layout.sort(key)),
                            OnlineTable.key(layout.index(), Layout.sort(key))));
            if (lost == null || (lost.header() != null && lost.header().change().equals(next.change()))) {
                adopt(next);
                // Also of writes that were staged: none of them can arrive any more.
                table.delete(table.keysWhere(layout.chunks(), Layout.chunkPrefix(key), item -> {
                    String sort = Layout.sortOf(item);
                    return Layout.isChunkOf(sort, key) && Layout.writeOfChunk(sort) <= next.lastAttempt();
                }));
                return slots.visible(current) != null;
            }
            backoff.pause();
        }
    }

    synchronized void delete() {
        Backoff backoff = contended();
        Header there = table.header(namespace);
        while (there != null && there.live()) {
            there = table.swap(there, there.deleted());
            if (there != null && there.live()) {
                backoff.pause();
            }
        }
        forget();
        header = there == null ? null : recover(there);
    }

    /** What a writer remembers of a key: its version, and which chunks hang on each slot. */
    private record Known(
            long version,
            @Nullable Chunks current,
            @Nullable Chunks spare) {
        static final Known NOTHING = new Known(0, null, null);

        static Known of(Slots slots, Header header) {
            Head visible = slots.visible(header);
            Head spare = slots.spare(visible);
            return new Known(
                    visible == null ? 0 : visible.version(),
                    visible == null ? null : visible.chunks(),
                    spare == null ? null : spare.chunks());
        }
    }

    /** A write of which nobody knows whether it was committed. */
    private record Uncertain(String writeId, List<StatePut> puts) {
        boolean was(Header there, List<StatePut> again) {
            return there.writeId().equals(writeId) && puts.equals(again);
        }
    }

    /** What goes in one transaction. */
    private static final class Group {
        private final List<Map<String, AttributeValue>> puts = new ArrayList<>();
        private final List<Map<String, AttributeValue>> deletes = new ArrayList<>();
        private int bytes;

        List<Map<String, AttributeValue>> puts() {
            return puts;
        }

        List<Map<String, AttributeValue>> deletes() {
            return deletes;
        }
    }
}
