package dev.isobar.gcp.bigtable;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.protobuf.ByteString;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.bigtable.Layout.Mark;
import dev.isobar.gcp.bigtable.OnlineTable.Keyed;
import dev.isobar.port.OnlineStore.StatePut;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one namespace. The states go into columns that nobody looks at, then one replacement of the header shows all of them, on the condition that the header
 * is still the one this writer knows. Whoever changes the header meanwhile — a new owner, an erasure — thereby ends the write: what it has left in the rows is
 * never seen, whenever it arrives, and is deleted with the next write of the same key. One caller at a time.
 */
final class NamespaceWriter {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceWriter.class);
    // About 200 MB of keys; beyond it versions are read again.
    private static final int REMEMBERED_KEYS = 1_000_000;
    // The newest stretches are not compacted: a writer whose answer was lost may yet ask for its own.
    private static final int KEPT_STRETCHES = 8;
    private static final int COMPACTED_KEYS = 1_000;

    private final OnlineTable table;
    private final String namespace;
    private final Pace pace;
    private final Map<String, Known> known = new HashMap<>();
    private Write next = Write.first();
    private @Nullable Header header;
    // Whether a key that is not known has no state.
    private boolean complete;
    private @Nullable Uncertain uncertain;

    /**
     * How much at once.
     *
     * @param entries of one request
     * @param bytes of one request
     * @param stretches of a header, beyond which the next owner compacts them; a stretch is added by each owner that writes, and by each write that is begun anew
     */
    record Pace(int entries, int bytes, int stretches) {
        static final Pace USUAL = new Pace(OnlineTable.MOST_ENTRIES, OnlineTable.MOST_BYTES, 64);
    }

    NamespaceWriter(OnlineTable table, String namespace, Pace pace) {
        this.table = table;
        this.namespace = namespace;
        this.pace = pace;
    }

    synchronized long acquire(String owner, long firstToken) {
        Backoff backoff = table.backoff();
        Header there = table.header(namespace);
        while (true) {
            Header wanted = there == null ? Header.first(namespace, firstToken, owner) : there.acquired(owner);
            Header now;
            try {
                now = table.swap(there, wanted);
            } catch (NotFoundException e) {
                table.create();
                continue;
            }
            if (now != null && now.change().equals(wanted.change())) {
                forget();
                complete = there == null || !there.live();
                header = wanted;
                recover(wanted);
                return wanted.token();
            }
            there = now;
            backoff.pause(contended());
        }
    }

    synchronized List<Long> putAll(long token, List<StatePut> puts) {
        Backoff backoff = table.backoff();
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
            List<Long> done =
                    puts.stream().map(put -> put.expectedVersion() + 1).toList();
            if (uncertain != null && current.shows(uncertain.write())) {
                boolean same = uncertain.puts().equals(puts);
                uncertain = null;
                if (same) {
                    return done;
                }
            }
            if (current.token() != token) {
                throw IsobarException.of(
                                ErrorCode.FENCED,
                                "Token " + token + " of namespace '" + namespace + "' is not the newest; "
                                        + current.owner() + " owns it with " + current.token())
                        .hint("Another process has taken over. This one must stop writing.")
                        .build();
            }
            if (current.erasing() != null) {
                adopt(finishErasure(current));
            } else if (learn(current, puts)) {
                String conflict = conflict(puts);
                if (conflict != null) {
                    // What we remember may be old: an erasure, another session with the same token.
                    Header now = table.header(namespace);
                    if (now != null && now.change().equals(current.change())) {
                        throw IsobarException.of(ErrorCode.CONFLICT, conflict)
                                .hint("Nothing of this request was written. Read the key again.")
                                .build();
                    }
                    forget();
                    adopt(now);
                } else if (puts.isEmpty() || write(current, puts, backoff)) {
                    return done;
                }
            }
            backoff.pause(contended());
        }
    }

    private String contended() {
        return "Others change the namespace '" + namespace + "' all the time";
    }

    private @Nullable Header adopt(@Nullable Header now) {
        if (now == null
                || header == null
                || !now.states().equals(header.states())
                || now.incarnation() != header.incarnation()
                || now.token() != header.token()) {
            forget();
        }
        header = now;
        return now;
    }

    private void forget() {
        known.clear();
        complete = false;
    }

    /**
     * Finds out about the keys. Whether they are known now; else the header has changed, and was adopted. What a row has beside states that are or were visible may be
     * part of a write that is about to be committed by another session of the same owner: before it may be deleted, the header is changed, and so is every such write
     * prevented.
     */
    private boolean learn(Header current, List<StatePut> puts) {
        List<String> unknown = complete
                ? List.of()
                : puts.stream()
                        .map(StatePut::key)
                        .filter(key -> !known.containsKey(key))
                        .toList();
        if (unknown.isEmpty()) {
            return true;
        }
        Map<String, StateRow> rows = table.marks(new Layout(namespace, current.incarnation()), unknown);
        boolean leftovers = false;
        for (StateRow row : rows.values()) {
            leftovers |= row.marks().stream().anyMatch(mark -> !current.shows(mark.write()));
        }
        if (leftovers) {
            Header touched = current.touched();
            Header now = table.swap(current, touched);
            adopt(now);
            if (now == null || !now.change().equals(touched.change())) {
                return false;
            }
        }
        for (String key : unknown) {
            StateRow row = rows.getOrDefault(key, StateRow.NONE);
            Mark visible = row.visible(current);
            known.put(key, new Known(visible, row.without(visible)));
        }
        // After a touch, to go on under the header that is there now.
        return !leftovers;
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

    /** Whether it was written; else it is to be begun anew, or somebody has changed the header, which is adopted. */
    private boolean write(Header current, List<StatePut> puts, Backoff backoff) {
        Write write = next;
        Layout layout = new Layout(namespace, current.incarnation());
        Map<String, Mark> marks = new HashMap<>();
        Requests requests = new Requests(layout, pace);
        for (StatePut put : puts) {
            Mark mark = new Mark(write, put.expectedVersion() + 1, put.bytes().length);
            marks.put(put.key(), mark);
            requests.add(put.key(), mark, put.bytes(), known(put.key()).spare());
        }
        try {
            requests.all().forEach(table::mutate);
        } catch (NotFoundException e) {
            // The whole table is gone, and the namespace with it.
            next = Write.first();
            header = null;
            return false;
        } catch (ApiException e) {
            giveUp(marks);
            if (OnlineTable.inPassing(e) && backoff.again()) {
                return false;
            }
            throw e;
        }
        Header to = current.committed(write);
        Header now;
        try {
            now = table.swap(current, to);
        } catch (RuntimeException e) {
            // The answer is lost, and the effect may be there or be yet to come: the next call will see.
            uncertain = new Uncertain(write, List.copyOf(puts));
            next = Write.first();
            header = null;
            throw e;
        }
        if (now != null && now.change().equals(to.change())) {
            next = write.next();
            uncertain = null;
            header = to;
            marks.forEach((key, mark) -> known.put(key, known(key).followedBy(mark)));
            if (known.size() > REMEMBERED_KEYS) {
                forget();
            }
            return true;
        }
        boolean ours = now != null && now.shows(write);
        if (!ours) {
            giveUp(marks);
            unstage(layout, marks);
        }
        next = Write.first();
        adopt(now);
        return ours;
    }

    /** What that write has left is deleted with the next write of the same keys, which has another name. */
    private void giveUp(Map<String, Mark> marks) {
        next = Write.first();
        marks.forEach((key, mark) -> known.put(key, known(key).littered(mark)));
    }

    /** Deletes what will never be seen; that it stays is no harm to anybody but the bill. */
    private void unstage(Layout layout, Map<String, Mark> marks) {
        List<RowMutationEntry> entries = new ArrayList<>();
        marks.forEach((key, mark) -> {
            RowMutationEntry entry = RowMutationEntry.create(layout.row(key));
            mark.deleteFrom(entry);
            entries.add(entry);
        });
        try {
            table.delete(entries);
        } catch (ApiException e) {
            LOG.debug("{} keys of {} keep cells of a write that was never committed", marks.size(), namespace, e);
        }
    }

    /** What an owner finds that others left undone. If somebody else is at it, or takes over, it stays for them. */
    private void recover(Header found) {
        Header current = found;
        if (current.erasing() != null) {
            current = adopt(finishErasure(current));
        }
        if (current != null && !current.doomed().isEmpty()) {
            current = adopt(purge(current));
        }
        if (current != null
                && current.token() == found.token()
                && current.stretches().size() > pace.stretches()) {
            compact(current);
        }
    }

    /** Gives the header that is there then. */
    private @Nullable Header purge(Header current) {
        for (long incarnation : current.doomed()) {
            table.purge(new Layout(namespace, incarnation));
        }
        return table.swap(current, current.clean());
    }

    /**
     * Writes again, in one stretch, what is visible through old ones, and deletes what is not visible, so that the header does not grow for ever. Only right after
     * acquiring: then nobody else can be about to commit.
     */
    private void compact(Header current) {
        List<UUID> order = List.copyOf(current.stretches().keySet());
        Set<UUID> old = new HashSet<>(order.subList(0, Math.max(0, order.size() - KEPT_STRETCHES)));
        Layout layout = new Layout(namespace, current.incarnation());
        Write write = next;
        next = Write.first();
        try {
            String after = null;
            List<Keyed> page = table.page(layout, after, COMPACTED_KEYS);
            while (!page.isEmpty()) {
                after = page.get(page.size() - 1).key();
                Requests deletions = new Requests(layout, pace);
                Map<String, Mark> again = new LinkedHashMap<>();
                long bytes = 0;
                for (Keyed each : page) {
                    Mark visible = each.row().visible(current);
                    List<Mark> rest = each.row().without(visible);
                    if (!rest.isEmpty()) {
                        deletions.delete(each.key(), rest);
                    }
                    if (visible != null && old.contains(visible.write().stretch())) {
                        again.put(each.key(), visible);
                        bytes += visible.length();
                        if (bytes > pace.bytes()) {
                            rewrite(layout, again, write);
                            again.clear();
                            bytes = 0;
                        }
                    }
                }
                deletions.all().forEach(table::delete);
                rewrite(layout, again, write);
                page = table.page(layout, after, COMPACTED_KEYS);
            }
        } catch (ApiException e) {
            if (!OnlineTable.inPassing(e)) {
                throw e;
            }
            LOG.debug("The namespace {} is compacted by its next owner", namespace, e);
            return;
        }
        // Who else has changed it meanwhile will find as many stretches as we did.
        adopt(table.swap(current, current.compacted(write, old)));
    }

    private void rewrite(Layout layout, Map<String, Mark> states, Write write) {
        if (states.isEmpty()) {
            return;
        }
        Map<String, StateRow> rows = table.rows(layout, states.keySet());
        Requests requests = new Requests(layout, pace);
        states.forEach((key, mark) -> {
            byte[] bytes = rows.getOrDefault(key, StateRow.NONE).bytes(mark);
            if (bytes == null) {
                throw IsobarException.of(ErrorCode.CORRUPT, "A state in Bigtable lacks some of its bytes")
                        .hint("Somebody else has deleted cells of the table; delete that key's row.")
                        .build();
            }
            requests.add(key, new Mark(write, mark.version(), mark.length()), bytes, List.of());
        });
        requests.all().forEach(table::mutate);
    }

    synchronized boolean erase(String key) {
        if (!OnlineTable.fits(key)) {
            return false;
        }
        Backoff backoff = table.backoff();
        while (true) {
            Header current = table.header(namespace);
            if (current == null || !current.live()) {
                return false;
            }
            if (current.erasing() != null) {
                adopt(finishErasure(current));
                continue;
            }
            StateRow row = table.marks(new Layout(namespace, current.incarnation()), List.of(key))
                    .getOrDefault(key, StateRow.NONE);
            if (row.marks().isEmpty()) {
                return false;
            }
            Header erasing = current.erasing(key);
            Header now = table.swap(current, erasing);
            if (now != null && now.erasure().equals(erasing.erasure())) {
                // or somebody has finished it already
                adopt(now.erasing() == null ? now : finishErasure(now));
                return row.visible(current) != null;
            }
            backoff.pause(contended());
        }
    }

    /**
     * Deletes the cells of the key that a header says is being erased, also those of writes that can no longer be committed, and says so. Whoever finds such a
     * header does it, and more than one may: exactly the columns that are there now are deleted, which nobody ever writes again. Gives the header that is there then.
     */
    private @Nullable Header finishErasure(Header erasing) {
        String key = erasing.erasing();
        Backoff backoff = table.backoff();
        Header current = erasing;
        while (current != null && key != null && key.equals(current.erasing())) {
            Layout layout = new Layout(namespace, current.incarnation());
            StateRow row = table.marks(layout, List.of(key)).getOrDefault(key, StateRow.NONE);
            RowMutationEntry entry = RowMutationEntry.create(layout.row(key));
            row.marks().forEach(mark -> mark.deleteFrom(entry));
            if (!row.marks().isEmpty()) {
                table.delete(List.of(entry));
            }
            Header erased = current.erased();
            Header now = table.swap(current, erased);
            if (now == null || now.change().equals(erased.change())) {
                return now;
            }
            current = now;
            backoff.pause(contended());
        }
        return current;
    }

    synchronized void delete() {
        Backoff backoff = table.backoff();
        Header there = table.header(namespace);
        while (there != null && there.live()) {
            there = table.swap(there, there.deleted());
            if (there != null && there.live()) {
                backoff.pause(contended());
            }
        }
        forget();
        header = there;
        if (there != null && !there.doomed().isEmpty()) {
            header = purge(there);
        }
    }

    /**
     * What a writer remembers of a key's row.
     *
     * @param visible null for no state
     * @param spare what is to be deleted with the next write
     */
    private record Known(@Nullable Mark visible, List<Mark> spare) {
        static final Known NOTHING = new Known(null, List.of());

        long version() {
            return visible == null ? 0 : visible.version();
        }

        /** The state before stays until the write after: somebody may be reading it. */
        Known followedBy(Mark mark) {
            return new Known(mark, visible == null ? List.of() : List.of(visible));
        }

        Known littered(Mark mark) {
            List<Mark> more = new ArrayList<>(spare);
            more.add(mark);
            return new Known(visible, more);
        }
    }

    /** A write of which nobody knows whether it was committed. */
    private record Uncertain(Write write, List<StatePut> puts) {}

    /** Mutations of rows, in requests of a size that Bigtable takes. */
    private static final class Requests {
        private final Layout layout;
        private final Pace pace;
        private final List<List<RowMutationEntry>> all = new ArrayList<>();
        private List<RowMutationEntry> last = new ArrayList<>();
        private int bytes;
        private int mutations;

        Requests(Layout layout, Pace pace) {
            this.layout = layout;
            this.pace = pace;
        }

        void add(String key, Mark mark, byte[] state, List<Mark> spare) {
            List<ByteString> chunks = Layout.chunks(state);
            ByteString row = layout.row(key);
            RowMutationEntry entry =
                    room(row, chunks.isEmpty() ? 0 : chunks.get(0).size(), spare);
            // First of all, so that whoever deletes what is left of a write finds the rest by it.
            entry.setCell(Layout.MARKS, mark.qualifier(), Layout.TIMESTAMP, ByteString.EMPTY);
            spare.forEach(each -> each.deleteFrom(entry));
            for (int i = 0; i < chunks.size(); i++) {
                ByteString chunk = chunks.get(i);
                (i == 0 ? entry : room(row, chunk.size(), List.of()))
                        .setCell(Layout.CHUNKS, Layout.chunkQualifier(mark.write(), i), Layout.TIMESTAMP, chunk);
            }
        }

        void delete(String key, List<Mark> marks) {
            RowMutationEntry entry = room(layout.row(key), 0, marks);
            marks.forEach(each -> each.deleteFrom(entry));
        }

        private RowMutationEntry room(ByteString row, int size, List<Mark> deleted) {
            int columns =
                    2 + deleted.stream().mapToInt(mark -> 1 + mark.chunks()).sum();
            // a column's name is at most 40 bytes
            int needed = size + row.size() + 100 * columns;
            if (last.size() == pace.entries()
                    || (!last.isEmpty()
                            && (bytes + needed > pace.bytes() || mutations + columns > OnlineTable.MOST_MUTATIONS))) {
                last = new ArrayList<>();
                bytes = 0;
                mutations = 0;
            }
            if (last.isEmpty()) {
                all.add(last);
            }
            RowMutationEntry entry = RowMutationEntry.create(row);
            last.add(entry);
            bytes += needed;
            mutations += columns;
            return entry;
        }

        List<List<RowMutationEntry>> all() {
            return all;
        }
    }
}
