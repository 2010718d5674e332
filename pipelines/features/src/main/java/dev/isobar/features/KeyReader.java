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
    private final boolean plainText;
    private final boolean numeric;

    KeyReader(Schema schema, List<String> columns) {
        this.slots = columns.stream().mapToInt(schema::require).toArray();
        FieldType first = schema.field(slots[0]).type();
        this.plainText = slots.length == 1 && first == FieldType.STRING;
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

    @Nullable
    String read(Row row) {
        if (plainText) {
            return row.isNull(slots[0]) ? null : row.text(slots[0]);
        }
        StringBuilder key = new StringBuilder();
        for (int i = 0; i < slots.length; i++) {
            if (row.isNull(slots[i])) {
                return null;
            }
            if (i > 0) {
                key.append('\u001f');
            }
            key.append(RowText.format(row, slots[i]));
        }
        return key.toString();
    }
}
