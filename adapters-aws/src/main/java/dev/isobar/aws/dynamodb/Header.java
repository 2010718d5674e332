package dev.isobar.aws.dynamodb;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A namespace's header: the one item that decides what of the others is to be seen. It is only ever replaced whole, on the condition that it is still the
 * one that was read. Immutable.
 *
 * @param change names the replacement that made it: what the next one is conditional on, and what a writer whose answer was lost recognises
 * @param live false after a delete; the item stays, so that no token is given twice
 * @param incarnation part of the partition keys of its states: those of a deleted namespace are out of sight at once
 * @param lastWrite the last committed write; a state is visible if its write is not later and was not aborted
 * @param lastAttempt the last write number given out
 * @param writeId names the last committed write
 * @param staging the write that is being staged by the owner; 0 for none
 * @param aborted writes that never were committed, some time back
 * @param unswept those whose states may still be there
 * @param doomed deleted incarnations whose states may still be there
 */
record Header(
        String name,
        String change,
        boolean live,
        long incarnation,
        long token,
        String owner,
        long lastWrite,
        long lastAttempt,
        String writeId,
        long staging,
        long erasures,
        SortedSet<Long> aborted,
        SortedSet<Long> unswept,
        SortedSet<Long> doomed) {
    static final String CHANGE = "changeId";

    /** The partition key of all headers; no namespace's own has its name, they all have a slash. */
    static final String PARTITION = "namespaces";

    static final String LIVE = "isLive";
    // A read that began before a write was aborted may see its states after they were swept: the number is remembered
    // for this many further aborted writes, each of which takes a crash.
    private static final int REMEMBERED = 64;

    /** The header of a namespace that is acquired for the first time. */
    static Header first(String name, long token, String owner) {
        return new Header(
                name,
                fresh(),
                true,
                1,
                token,
                owner,
                0,
                0,
                "",
                0,
                0,
                new TreeSet<>(),
                new TreeSet<>(),
                new TreeSet<>());
    }

    Header acquired(String newOwner) {
        Header h = withoutStaging();
        return h.next(
                true,
                incarnation,
                token + 1,
                newOwner,
                lastWrite,
                lastAttempt,
                writeId,
                0,
                erasures,
                h.unswept,
                doomed);
    }

    /** A write begins that takes several requests. */
    Header staging(long write) {
        return next(true, incarnation, token, owner, lastWrite, write, writeId, write, erasures, unswept, doomed);
    }

    Header committed(long write, String id) {
        return next(true, incarnation, token, owner, write, write, id, 0, erasures, unswept, doomed);
    }

    /** What is staged will never be seen. */
    Header withoutStaging() {
        if (staging == 0) {
            return this;
        }
        SortedSet<Long> more = new TreeSet<>(unswept);
        more.add(staging);
        return next(live, incarnation, token, owner, lastWrite, lastAttempt, writeId, 0, erasures, more, doomed);
    }

    Header erased() {
        Header h = withoutStaging();
        return h.next(
                live, incarnation, token, owner, lastWrite, lastAttempt, writeId, 0, erasures + 1, h.unswept, doomed);
    }

    Header deleted() {
        SortedSet<Long> more = new TreeSet<>(doomed);
        more.add(incarnation);
        return next(
                false,
                incarnation + 1,
                token,
                owner,
                lastWrite,
                lastAttempt,
                writeId,
                0,
                erasures,
                new TreeSet<>(),
                more);
    }

    Header clean() {
        return next(
                live,
                incarnation,
                token,
                owner,
                lastWrite,
                lastAttempt,
                writeId,
                staging,
                erasures,
                new TreeSet<>(),
                new TreeSet<>());
    }

    private Header next(
            boolean nextLive,
            long nextIncarnation,
            long nextToken,
            String nextOwner,
            long nextWrite,
            long nextAttempt,
            String nextId,
            long nextStaging,
            long nextErasures,
            SortedSet<Long> nextUnswept,
            SortedSet<Long> nextDoomed) {
        SortedSet<Long> all = new TreeSet<>(aborted);
        all.addAll(nextUnswept);
        while (all.size() > REMEMBERED && !nextUnswept.contains(all.first())) {
            all.remove(all.first());
        }
        return new Header(
                name,
                fresh(),
                nextLive,
                nextIncarnation,
                nextToken,
                nextOwner,
                nextWrite,
                nextAttempt,
                nextId,
                nextStaging,
                nextErasures,
                all,
                nextUnswept,
                nextDoomed);
    }

    static String fresh() {
        return UUID.randomUUID().toString();
    }

    /** Whether what that write left is to be seen. */
    boolean shows(long write) {
        return write <= lastWrite && !aborted.contains(write);
    }

    /** Whether something that a writer knew under the other header still holds under this one. */
    boolean sameStates(Header other) {
        return incarnation == other.incarnation && lastWrite == other.lastWrite && erasures == other.erasures;
    }

    Map<String, AttributeValue> item() {
        Map<String, AttributeValue> item = new HashMap<>(OnlineTable.key(PARTITION, name));
        item.put(CHANGE, AttributeValue.fromS(change));
        item.put(LIVE, AttributeValue.fromBool(live));
        item.put("incarnation", number(incarnation));
        item.put("fencingToken", number(token));
        item.put("ownedBy", AttributeValue.fromS(owner));
        item.put("lastWrite", number(lastWrite));
        item.put("lastAttempt", number(lastAttempt));
        item.put("writeId", AttributeValue.fromS(writeId));
        item.put("stagedWrite", number(staging));
        item.put("erasures", number(erasures));
        putNumbers(item, "abortedWrites", aborted);
        putNumbers(item, "unsweptWrites", unswept);
        putNumbers(item, "doomedIncarnations", doomed);
        return item;
    }

    /** Null for no item. */
    static @Nullable Header of(@Nullable Map<String, AttributeValue> item) {
        if (item == null || item.isEmpty()) {
            return null;
        }
        return new Header(
                text(item, OnlineTable.SORT),
                text(item, CHANGE),
                Boolean.TRUE.equals(
                        item.getOrDefault(LIVE, AttributeValue.fromBool(false)).bool()),
                number(item, "incarnation"),
                number(item, "fencingToken"),
                text(item, "ownedBy"),
                number(item, "lastWrite"),
                number(item, "lastAttempt"),
                text(item, "writeId"),
                number(item, "stagedWrite"),
                number(item, "erasures"),
                numbers(item, "abortedWrites"),
                numbers(item, "unsweptWrites"),
                numbers(item, "doomedIncarnations"));
    }

    private static void putNumbers(Map<String, AttributeValue> item, String name, SortedSet<Long> values) {
        if (!values.isEmpty()) {
            item.put(
                    name,
                    AttributeValue.fromNs(values.stream().map(String::valueOf).toList()));
        }
    }

    private static SortedSet<Long> numbers(Map<String, AttributeValue> item, String name) {
        SortedSet<Long> values = new TreeSet<>();
        AttributeValue value = item.get(name);
        if (value != null) {
            value.ns().forEach(n -> values.add(Long.valueOf(n)));
        }
        return values;
    }

    private static AttributeValue number(long value) {
        return AttributeValue.fromN(Long.toString(value));
    }

    private static long number(Map<String, AttributeValue> item, String name) {
        AttributeValue value = item.get(name);
        return value == null ? 0 : Long.parseLong(value.n());
    }

    private static String text(Map<String, AttributeValue> item, String name) {
        AttributeValue value = item.get(name);
        return value == null ? "" : value.s();
    }
}
