package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a key from columns of a row: their texts joined by U+001F, as in {@code Event.key}. */
final class KeyReader {
    private final int[] slots;
    private final boolean plainText;

    KeyReader(Schema schema, List<String> columns) {
        this.slots = columns.stream().mapToInt(schema::require).toArray();
        this.plainText = slots.length == 1 && schema.field(slots[0]).type() == FieldType.STRING;
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
