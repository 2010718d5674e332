package dev.isobar.event;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An ordered list of columns. Immutable; two schemas are equal when their columns are. The position of a column is its <em>slot</em>,
 * which is how hot code addresses it.
 *
 * @since 0.1
 */
public final class Schema {
    private final List<Field> fields;
    private final Map<String, Integer> slots;

    private Schema(List<Field> fields) {
        this.fields = List.copyOf(fields);
        this.slots = new HashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            if (slots.put(fields.get(i).name(), i) != null) {
                throw new IllegalArgumentException("column '" + fields.get(i).name() + "' appears twice");
            }
        }
    }

    /** A schema of these columns, in this order. */
    public static Schema of(List<Field> fields) {
        return new Schema(fields);
    }

    /** A schema of these columns, in this order. */
    public static Schema of(Field... fields) {
        return new Schema(List.of(fields));
    }

    /** The columns in order. */
    public List<Field> fields() {
        return fields;
    }

    /** How many columns there are. */
    public int size() {
        return fields.size();
    }

    /** The column at a slot. */
    public Field field(int slot) {
        return fields.get(slot);
    }

    /** The slot of a column, or −1 if there is none of that name. */
    public int slot(String name) {
        Integer slot = slots.get(name);
        return slot == null ? -1 : slot;
    }

    /** The slot of a column that is known to exist. */
    public int require(String name) {
        int slot = slot(name);
        if (slot < 0) {
            throw new IllegalArgumentException("no column '" + name + "' among " + slots.keySet());
        }
        return slot;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Schema other && other.fields.equals(fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    @Override
    public String toString() {
        return fields.toString();
    }
}
