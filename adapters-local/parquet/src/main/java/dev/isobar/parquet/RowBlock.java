package dev.isobar.parquet;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.Arrays;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/** Some rows, column by column, between whoever appends them and DuckDB. Not thread safe. */
final class RowBlock {
    /** As many rows as DuckDB takes at once. */
    static final int ROWS = 2_048;

    private final FieldType[] types;
    private final long[][] words;
    private final @Nullable String[][] texts;
    private final boolean[][] nulls;
    private int rows;

    RowBlock(Schema schema) {
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.words = new long[types.length][];
        this.texts = new @Nullable String[types.length][];
        this.nulls = new boolean[types.length][ROWS];
        for (int i = 0; i < types.length; i++) {
            boolean text = types[i] == FieldType.STRING;
            words[i] = new long[text ? 0 : ROWS];
            texts[i] = new @Nullable String[text ? ROWS : 0];
        }
    }

    int rows() {
        return rows;
    }

    boolean isFull() {
        return rows == ROWS;
    }

    void add(Row row) {
        int at = rows++;
        for (int i = 0; i < types.length; i++) {
            nulls[i][at] = row.isNull(i);
            if (types[i] == FieldType.STRING) {
                texts[i][at] = row.text(i);
            } else {
                words[i][at] = row.word(i);
            }
        }
    }

    void clear() {
        rows = 0;
    }

    /** Copies everything into DuckDB's vectors. Times go as their words; the query makes times of them. */
    void copyTo(DuckDBDataChunkWriter out) {
        for (int i = 0; i < types.length; i++) {
            DuckDBWritableVector vector = out.vector(i);
            if (types[i] == FieldType.STRING) {
                vector.setStrings(0, Arrays.copyOf(texts[i], rows));
            } else {
                copy(types[i], words[i], nulls[i], vector);
            }
        }
    }

    private void copy(FieldType type, long[] from, boolean[] isNull, DuckDBWritableVector to) {
        // A loop of its own for each type: one switch a column, not one a value.
        switch (type) {
            case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> {
                for (int r = 0; r < rows; r++) {
                    if (isNull[r]) {
                        to.setNull(r);
                    } else {
                        to.setLong(r, from[r]);
                    }
                }
            }
            case FLOAT64 -> {
                for (int r = 0; r < rows; r++) {
                    if (isNull[r]) {
                        to.setNull(r);
                    } else {
                        to.setDouble(r, Double.longBitsToDouble(from[r]));
                    }
                }
            }
            case INT32 -> {
                for (int r = 0; r < rows; r++) {
                    if (isNull[r]) {
                        to.setNull(r);
                    } else {
                        to.setInt(r, (int) from[r]);
                    }
                }
            }
            case BOOL -> {
                for (int r = 0; r < rows; r++) {
                    if (isNull[r]) {
                        to.setNull(r);
                    } else {
                        to.setBoolean(r, from[r] != 0);
                    }
                }
            }
            case STRING -> throw new IllegalArgumentException("texts go all at once");
        }
    }
}
