package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.state.KeyTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a key from columns of a row: their texts joined by U+001F, as in {@code Event.key}. */
final class KeyReader {
    private final int[] slots;
    private final boolean numeric;

    KeyReader(Schema schema, List<String> columns) {
        this.slots = columns.stream().mapToInt(schema::require).toArray();
        FieldType first = schema.field(slots[0]).type();
        this.numeric = slots.length == 1 && (first == FieldType.INT64 || first == FieldType.INT32);
    }

    /** Whether the key is one integer column. */
    boolean numeric() {
        return numeric;
    }

    /** A row's key in a table; −1 if it is not there or the row has none. */
    int find(Row row, KeyTable keys) {
        if (keys.isNumeric()) {
            return row.isNull(slots[0]) ? -1 : keys.find(row.word(slots[0]));
        }
        String key = read(row);
        return key == null ? -1 : keys.find(key);
    }

    /** Adds a row's key, which is not null, to a table that does not have it. */
    int add(Row row, KeyTable keys) {
        return keys.isNumeric() ? keys.add(row.word(slots[0])) : keys.add(String.valueOf(read(row)));
    }

    /** Whether a row has a key. */
    boolean isPresent(Row row) {
        for (int slot : slots) {
            if (row.isNull(slot)) {
                return false;
            }
        }
        return true;
    }

    /** A row's key as text; null if it has none. */
    @Nullable
    String read(Row row) {
        return isPresent(row) ? RowText.key(row, slots) : null;
    }
}
