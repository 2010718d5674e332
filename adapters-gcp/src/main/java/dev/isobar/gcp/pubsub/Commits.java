package dev.isobar.gcp.pubsub;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How far each group has dealt with each partition: an object per group and partition, changed by compare-and-set only, because Pub/Sub can be told what is
 * acknowledged and cannot be asked. An object has four lines: the form's version, the token and the name of the group's owner, the place; it is written for each
 * partition when the group is taken, so that a commit checks owner and direction in one conditional write. Thread safe.
 */
final class Commits {
    private static final String VERSION = "1";
    private static final int PAGE = 1_000;
    private static final int TRIES = 100;
    private static final String KEPT = ".message";

    private final String instance;
    private final ObjectStore store;
    private final Map<String, StoredObject> last = new ConcurrentHashMap<>();

    Commits(String instance, ObjectStore store) {
        this.instance = instance;
        this.store = store;
    }

    /** What an object says. */
    private record State(long token, String owner, String place) {
        byte[] bytes() {
            return String.join("\n", VERSION, Long.toString(token), owner, place)
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** A stream's commits, by group and partition. */
    record Row(String stream, String generation, String group) {
        private String start() {
            return stream + "/" + generation + "/" + group + "/";
        }

        private String key(int partition) {
            return start() + "p" + partition;
        }

        /** Of all groups together; no group's name begins so. */
        private String aside() {
            return stream + "/" + generation + "/_aside/";
        }
    }

    /**
     * Takes a group, from whomever has it. Of two that do so at once, who came second at the first partition has it.
     *
     * @throws IsobarException {@code FENCED} if somebody took it meanwhile
     */
    void take(Row row, int partitions, String owner) {
        long token = change(row, 0, state -> new State(state.token() + 1, owner, state.place()))
                .token();
        for (int partition = 1; partition < partitions; partition++) {
            change(row, partition, state -> {
                if (state.token() > token) {
                    throw fenced(row, state, owner);
                }
                return new State(token, owner, state.place());
            });
        }
    }

    /** Whether the group still belongs to an owner. */
    boolean isOwner(Row row, String owner) {
        return fresh(row.key(0)).owner().equals(owner);
    }

    /**
     * Moves a partition's commit forward; an older or equal place is ignored.
     *
     * @param owner the caller's name if it took the group, or null: then only the direction is checked
     * @throws IsobarException {@code FENCED} if somebody else has taken the group since
     */
    void commit(Row row, int partition, Place place, @Nullable String owner) {
        change(row, partition, state -> {
            if (owner != null && !state.owner().equals(owner)) {
                throw fenced(row, state, owner);
            }
            boolean forward = Place.parse(state.place())
                    .map(before -> before.compareTo(place) < 0)
                    .orElse(true);
            return forward ? new State(state.token(), state.owner(), place.token()) : state;
        });
    }

    /** How far each partition is committed. */
    Map<Integer, Place> committed(Row row) {
        Map<Integer, Place> found = new TreeMap<>();
        for (ObjectInfo object : list(row.start())) {
            String number = object.key().substring(row.start().length() + 1);
            if (number.matches("[0-9]{1,4}")) {
                Place.parse(fresh(object.key()).place()).ifPresent(p -> found.put(Integer.parseInt(number), p));
            }
        }
        return found;
    }

    /** Ids of the messages of a stream that were put aside, whatever the group. */
    Set<String> aside(Row row) {
        Set<String> ids = new HashSet<>();
        for (ObjectInfo object : list(row.aside())) {
            if (count(object.key()) > 0) {
                store.get(object.key())
                        .ifPresent(found -> new String(found.content(), StandardCharsets.UTF_8)
                                .lines()
                                .forEach(ids::add));
            }
        }
        return ids;
    }

    /** How many messages of a stream were put aside. */
    long countAside(Row row) {
        return list(row.aside()).stream()
                .mapToLong(object -> count(object.key()))
                .sum();
    }

    /** How many ids an object holds, which its name says; 0 for a message that was kept. */
    private static long count(String key) {
        String number = key.substring(key.lastIndexOf('-') + 1);
        return key.endsWith(KEPT) || !number.matches("[0-9]{1,9}") ? 0 : Long.parseLong(number);
    }

    /** Remembers that messages were put aside; to do it again changes nothing. */
    void putAside(Row row, List<String> ids) {
        once(row.aside() + ids.get(0) + "-" + ids.size(), String.join("\n", ids).getBytes(StandardCharsets.UTF_8));
    }

    /** Keeps a message that is put aside and is too large for a topic; gives the object's key. */
    String keep(Row row, String id, byte[] message) {
        String key = row.aside() + id + KEPT;
        once(key, message);
        return key;
    }

    private void once(String key, byte[] content) {
        try {
            store.put(key, content, Precondition.absent());
        } catch (IsobarException e) {
            // Another reader did the same.
            if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    /** Forgets every group of a stream, of every generation. */
    void forget(String stream) {
        for (ObjectInfo object : list(stream + "/")) {
            store.delete(object.key(), Precondition.none());
        }
        last.keySet().removeIf(key -> key.startsWith(stream + "/"));
    }

    private List<ObjectInfo> list(String prefix) {
        List<ObjectInfo> all = new ArrayList<>();
        List<ObjectInfo> page = store.list(prefix, null, PAGE);
        while (!page.isEmpty()) {
            all.addAll(page);
            page = page.size() < PAGE
                    ? List.of()
                    : store.list(prefix, page.get(page.size() - 1).key(), PAGE);
        }
        return all;
    }

    private State fresh(String key) {
        Optional<StoredObject> found = store.get(key);
        if (found.isEmpty()) {
            last.remove(key);
            return new State(0, "", "");
        }
        last.put(key, found.get());
        return state(key, found.get().content());
    }

    /** Changes an object by compare-and-set, beginning with what this session saw last of it. */
    private State change(Row row, int partition, UnaryOperator<State> to) {
        String key = row.key(partition);
        for (int attempt = 0; attempt < TRIES; attempt++) {
            StoredObject known = last.get(key);
            if (known == null || attempt > 0) {
                fresh(key);
                known = last.get(key);
            }
            State before = known == null ? new State(0, "", "") : state(key, known.content());
            State after = to.apply(before);
            if (after.equals(before)) {
                if (attempt == 0 && known != null) {
                    // What is remembered may be old; that it is unchanged is said of what is there now.
                    State there = fresh(key);
                    if (!there.equals(before)) {
                        continue;
                    }
                }
                return before;
            }
            byte[] content = after.bytes();
            try {
                ObjectInfo written = store.put(
                        key,
                        content,
                        known == null
                                ? Precondition.absent()
                                : Precondition.version(known.info().version()));
                last.put(key, new StoredObject(written, content));
                return after;
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
                // Somebody else was faster: look, and decide again.
            }
        }
        throw IsobarException.of(
                        ErrorCode.CONFLICT,
                        "The commit " + key + " was changed by somebody else " + TRIES + " times in a row")
                .adapter(instance)
                .at("EventStream", "commit")
                .resource(row.stream())
                .retryable(true)
                .build();
    }

    private State state(String key, byte[] content) {
        String[] lines = new String(content, StandardCharsets.UTF_8).split("\n", -1);
        if (lines.length != 4 || !lines[0].equals(VERSION) || !lines[1].matches("[0-9]{1,18}")) {
            throw IsobarException.of(ErrorCode.CORRUPT, "The object " + key + " is no commit of this version of Isobar")
                    .adapter(instance)
                    .at("EventStream", "commit")
                    .hint("Delete it: the group then reads that partition from its first retained event.")
                    .build();
        }
        return new State(Long.parseLong(lines[1]), lines[2], lines[3]);
    }

    private IsobarException fenced(Row row, State state, String owner) {
        return IsobarException.of(
                        ErrorCode.FENCED,
                        "The group " + row.group() + " of stream " + row.stream() + " now belongs to "
                                + (state.owner().isEmpty() ? "nobody: its commits were removed" : state.owner())
                                + "; this is " + owner)
                .adapter(instance)
                .at("EventStream", "commit")
                .resource(row.stream())
                .hint("Another reader went on where this one had committed. Stop this one.")
                .build();
    }
}
