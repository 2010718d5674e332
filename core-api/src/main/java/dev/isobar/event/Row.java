package dev.isobar.event;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One row in flat form: a 64-bit word per column (integers, microseconds, IEEE bits, 0/1) and text beside it. Mutable and reusable so
 * that a scan allocates one row, not one per record. Not thread safe.
 *
 * <p>{@code FLOAT64} is kept as raw bits: −0 and the payload of a NaN survive a round trip.
 *
 * @since 0.1
 */
public final class Row {
    private final Schema schema;
    private final long[] words;
    private final boolean[] present;
    private final @Nullable String[] text;

    /** An all-null row. */
    public Row(Schema schema) {
        this.schema = schema;
        this.words = new long[schema.size()];
        this.present = new boolean[schema.size()];
        this.text = new @Nullable String[schema.size()];
    }

    /** The columns of this row. */
    public Schema schema() {
        return schema;
    }

    /** Makes every column null. */
    public Row clear() {
        Arrays.fill(words, 0);
        Arrays.fill(present, false);
        Arrays.fill(text, null);
        return this;
    }

    /** An independent copy. */
    public Row copy() {
        Row r = new Row(schema);
        r.copyFrom(this);
        return r;
    }

    /** Takes over every value of a row of an equal schema. */
    public void copyFrom(Row other) {
        System.arraycopy(other.words, 0, words, 0, words.length);
        System.arraycopy(other.present, 0, present, 0, present.length);
        System.arraycopy(other.text, 0, text, 0, text.length);
    }

    /** Whether the column has no value. */
    public boolean isNull(int slot) {
        return !present[slot];
    }

    /** The column's 64-bit word: integer, microseconds, 0/1 or raw IEEE bits; 0 for null and for text. */
    public long word(int slot) {
        return words[slot];
    }

    /** The column as binary64; only for {@code FLOAT64}. */
    public double float64(int slot) {
        return Double.longBitsToDouble(words[slot]);
    }

    /** The column's text, or null. */
    public @Nullable String text(int slot) {
        return text[slot];
    }

    /** Makes the column null. */
    public Row setNull(int slot) {
        words[slot] = 0;
        present[slot] = false;
        text[slot] = null;
        return this;
    }

    /** Sets an integer, microseconds, 0/1 or raw IEEE bits. */
    public Row setWord(int slot, long value) {
        words[slot] = value;
        present[slot] = true;
        return this;
    }

    /** Sets a binary64. */
    public Row setFloat64(int slot, double value) {
        return setWord(slot, Double.doubleToRawLongBits(value));
    }

    /** Sets text. */
    public Row setText(int slot, String value) {
        text[slot] = value;
        words[slot] = 0;
        present[slot] = true;
        return this;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Row other
                && schema.equals(other.schema)
                && Arrays.equals(words, other.words)
                && Arrays.equals(present, other.present)
                && Arrays.equals(text, other.text);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words) * 31 + Arrays.hashCode(text);
    }

    @Override
    public String toString() {
        StringBuilder b = new StringBuilder("{");
        for (int i = 0; i < schema.size(); i++) {
            b.append(i == 0 ? "" : ", ")
                    .append(schema.field(i).name())
                    .append('=')
                    .append(RowText.format(this, i));
        }
        return b.append('}').toString();
    }
}
