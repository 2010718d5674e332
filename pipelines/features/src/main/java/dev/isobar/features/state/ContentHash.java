package dev.isobar.features.state;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.sketch.Murmur3;
import java.util.Set;

/**
 * The hash of what an event says, beside who says it and when: two copies of an id with equal key, event time and content are one event. A fold over the
 * columns in the order of the schema. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class ContentHash {
    private final int[] slots;
    private final boolean[] text;

    /** Over the columns of a schema without those that are compared themselves: id, key, both clocks. */
    public ContentHash(Schema schema, Set<String> identity) {
        this.slots = schema.fields().stream()
                .filter(f -> !identity.contains(f.name()))
                .mapToInt(f -> schema.require(f.name()))
                .toArray();
        this.text = new boolean[slots.length];
        for (int i = 0; i < slots.length; i++) {
            text[i] = schema.field(slots[i]).type() == FieldType.STRING;
        }
    }

    /** The columns that are hashed, as slots of the schema. */
    public int[] slots() {
        return slots.clone();
    }

    /** A row's hash. */
    public long of(Row row) {
        long h = 0;
        for (int i = 0; i < slots.length; i++) {
            int slot = slots[i];
            if (row.isNull(slot)) {
                h = none(h);
            } else {
                String t = text[i] ? row.text(slot) : null;
                h = word(h, t == null ? row.word(slot) : Murmur3.hash(t));
            }
        }
        return h;
    }

    static long none(long h) {
        return Murmur3.mix(~h);
    }

    static long word(long h, long word) {
        return Murmur3.mix(h ^ word);
    }
}
