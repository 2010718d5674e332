package dev.isobar.features;

import dev.isobar.features.state.ByteReader;
import dev.isobar.features.state.ByteWriter;
import dev.isobar.features.state.EventLayout;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.KeyTable;
import java.util.Arrays;

/**
 * What happened to a partition's state, noted as it happens: the bytes of an incremental checkpoint. Every note can be redone on a state that has it already, so
 * notes may overlap with each other and with what they are redone on. Not thread safe.
 *
 * <p>A note names its key by the number that the key has in these bytes, where its text stands before the first note of it.
 */
final class Changes {
    static final char KIND = 'C';

    private static final int INSERT = 0;
    private static final int REMOVE = 1;
    private static final int ERASE = 2;
    private static final int KEY = 3;
    private static final int OPERATIONS = 4;

    private final FeaturePlan plan;
    private final KeyTable names;
    private ByteWriter out;
    // Per key's number: in which bytes its text was written last, and its number there.
    private int[] written = new int[16];
    private int[] numbers = new int[16];
    private int keys;
    private int epoch = 1;
    private long lastTime;
    private long lastId;

    Changes(FeaturePlan plan, KeyTable names) {
        this.plan = plan;
        this.names = names;
        this.out = begin();
    }

    private ByteWriter begin() {
        keys = 0;
        lastTime = 0;
        lastId = 0;
        epoch++;
        return new ByteWriter(KIND, plan.stateFingerprint());
    }

    void insert(
            int stream,
            int key,
            long eventTime,
            long available,
            long idHigh,
            long idLow,
            long content,
            long[] masks,
            long[] words) {
        EventLayout layout = plan.state(stream).layout();
        event(INSERT, stream, key, eventTime, available, idHigh, idLow);
        layout.write(out, content, masks, words);
    }

    /** Notes every event of a log. */
    void all(int stream, int key, EventLog log) {
        EventLayout layout = plan.state(stream).layout();
        long[] masks = new long[(layout.slots() + 63) >> 6];
        long[] words = new long[layout.slots()];
        for (int i = log.start(); i < log.end(); i++) {
            log.read(i, masks, words);
            event(INSERT, stream, key, log.eventTime(i), log.availableTime(i), log.idHigh(i), log.idLow(i));
            layout.write(out, log.content(i), masks, words);
        }
    }

    void remove(int stream, int key, long eventTime, long available, long idHigh, long idLow) {
        event(REMOVE, stream, key, eventTime, available, idHigh, idLow);
    }

    void erase(int key) {
        int number = number(key);
        out.unsigned(ERASE);
        out.unsigned(number);
    }

    private void event(int operation, int stream, int key, long eventTime, long available, long idHigh, long idLow) {
        int number = number(key);
        out.unsigned(operation + (long) OPERATIONS * stream);
        out.unsigned(number);
        out.signed(eventTime - lastTime);
        out.signed(available - eventTime);
        lastTime = eventTime;
        if (plan.state(stream).layout().numericIds()) {
            out.signed(idHigh - lastId);
            lastId = idHigh;
        } else {
            out.word(idHigh);
            out.word(idLow);
        }
    }

    private int number(int key) {
        if (key >= written.length) {
            int capacity = Math.max(key + 1, 2 * written.length);
            written = Arrays.copyOf(written, capacity);
            numbers = Arrays.copyOf(numbers, capacity);
        }
        if (written[key] != epoch) {
            written[key] = epoch;
            numbers[key] = keys++;
            out.unsigned(KEY);
            out.text(names.name(key));
        }
        return numbers[key];
    }

    /** A key's number is free: whoever gets it next is another key. */
    void release(int key) {
        if (key < written.length) {
            written[key] = 0;
        }
    }

    /** The bytes of what was noted, which are begun anew. */
    byte[] drain() {
        byte[] bytes = out.finish();
        out = begin();
        return bytes;
    }

    /** Redoes what bytes say. */
    static void redo(FeaturePlan plan, byte[] bytes, FeatureKernel on) {
        ByteReader in = new ByteReader(bytes, KIND, plan.stateFingerprint());
        int streams = plan.streams().size();
        long[][] masks = new long[streams][];
        long[][] words = new long[streams][];
        for (int s = 0; s < streams; s++) {
            int slots = plan.state(s).layout().slots();
            masks[s] = new long[(slots + 63) >> 6];
            words[s] = new long[slots];
        }
        String[] keys = new String[16];
        // The kernel's numbers of the keys, once they are known.
        int[] numbers = new int[16];
        int count = 0;
        long lastTime = 0;
        long lastId = 0;
        while (in.remaining() > 0) {
            long head = in.unsigned();
            int operation = (int) (head % OPERATIONS);
            if (operation == KEY) {
                if (count == keys.length) {
                    keys = Arrays.copyOf(keys, 2 * count);
                    numbers = Arrays.copyOf(numbers, 2 * count);
                }
                numbers[count] = -1;
                keys[count++] = in.text();
                continue;
            }
            long number = in.unsigned();
            long stream = head / OPERATIONS;
            if (number < 0 || number >= count || stream < 0 || stream >= streams) {
                throw in.corrupt("a note is of key " + number + " of " + count + ", stream " + stream);
            }
            int k = (int) number;
            if (operation == ERASE) {
                on.erase(keys[k]);
                numbers[k] = -1;
                continue;
            }
            if (numbers[k] < 0) {
                numbers[k] = on.number(keys[k]);
            }
            int s = (int) stream;
            EventLayout layout = plan.state(s).layout();
            long eventTime = lastTime + in.signed();
            long available = eventTime + in.signed();
            lastTime = eventTime;
            long high;
            long low = 0;
            if (layout.numericIds()) {
                high = lastId + in.signed();
                lastId = high;
            } else {
                high = in.word();
                low = in.word();
            }
            if (operation == REMOVE) {
                on.redoRemove(s, numbers[k], eventTime, available, high, low);
            } else {
                long content = layout.read(in, masks[s], words[s]);
                on.redoInsert(s, numbers[k], eventTime, available, high, low, content, masks[s], words[s]);
            }
        }
    }
}
