package dev.isobar.gcp.bigtable;

import dev.isobar.gcp.bigtable.Layout.Mark;
import dev.isobar.gcp.bigtable.OnlineTable.Found;
import dev.isobar.port.OnlineStore.KeyState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads states as of one commit. A request for several rows gives each as it is at some moment of the call, not all as of one; so the header in it says which
 * cells to show, and the rows count only if they were read after a header that names the same states: the one of the read before this one does as long as
 * nothing was committed in between, else the rows are read once more. A single key needs no such care. Thread safe.
 */
final class StateReader {
    private final OnlineTable table;
    private final ConcurrentMap<String, Header> seen = new ConcurrentHashMap<>();

    StateReader(OnlineTable table) {
        this.table = table;
    }

    /** In the order asked, null where there is none. */
    List<@Nullable KeyState> read(String namespace, List<String> keys) {
        List<String> distinct =
                new LinkedHashSet<>(keys).stream().filter(OnlineTable::fits).toList();
        if (distinct.isEmpty()) {
            return new ArrayList<>(Collections.nCopies(keys.size(), null));
        }
        Backoff backoff = table.backoff();
        while (true) {
            Header before = seen.get(namespace);
            if (before == null || !before.live()) {
                before = remember(namespace, table.header(namespace));
                if (before == null || !before.live()) {
                    return new ArrayList<>(Collections.nCopies(keys.size(), null));
                }
            }
            Map<String, KeyState> states = attempt(before, distinct);
            if (states != null) {
                List<@Nullable KeyState> answer = new ArrayList<>();
                for (String key : keys) {
                    answer.add(states.get(key));
                }
                return answer;
            }
            backoff.pause("The states of namespace '" + namespace + "' are rewritten faster than they can be read");
        }
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
    private @Nullable Map<String, KeyState> attempt(Header before, List<String> keys) {
        Layout layout = new Layout(before.name(), before.incarnation());
        Found found = table.read(layout, keys);
        Header snapshot = remember(before.name(), found.header());
        if (snapshot == null || !snapshot.live() || snapshot.incarnation() != before.incarnation()) {
            seen.remove(before.name());
            return null;
        }
        Map<String, StateRow> rows = found.rows();
        boolean behind = !snapshot.states().equals(before.states());
        if (behind && keys.size() > 1) {
            rows = table.rows(layout, keys);
            behind = false;
        }
        Map<String, KeyState> states = new HashMap<>();
        List<StateRow> open = new ArrayList<>();
        for (Map.Entry<String, StateRow> each : rows.entrySet()) {
            String key = each.getKey();
            StateRow row = each.getValue();
            if (key.equals(snapshot.erasing())) {
                continue;
            }
            Mark mark = row.visible(snapshot);
            if (mark == null) {
                open.add(row);
                continue;
            }
            byte[] bytes = row.bytes(mark);
            if (bytes == null) {
                return null;
            }
            states.put(key, new KeyState(key, mark.version(), bytes));
        }
        return open.isEmpty() || (!behind && noneOfThem(snapshot, open)) ? states : null;
    }

    /**
     * Whether rows that show nothing under one header have nothing to show. Two commits later the state that the header shows is deleted; but then the row has the one
     * that followed, and a header that is read now shows that.
     */
    private boolean noneOfThem(Header snapshot, List<StateRow> rows) {
        Header now = remember(snapshot.name(), table.header(snapshot.name()));
        return now != null
                && now.incarnation() == snapshot.incarnation()
                && rows.stream().allMatch(row -> row.visible(now) == null);
    }
}
