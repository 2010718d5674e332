package dev.isobar.features;

import org.jspecify.annotations.Nullable;

/**
 * The result of a row expression: a typed word, a text, or null. Reusable. Not thread safe.
 *
 * @since 0.1
 */
public final class Value {
    private boolean isNull = true;
    private long word;
    private @Nullable String text;

    /** Whether there is no value. */
    public boolean isNull() {
        return isNull;
    }

    /** Integer, microseconds, 0/1 or IEEE bits, by the expression's type; 0 for null and for text. */
    public long word() {
        return word;
    }

    /** The value of a {@code FLOAT64} expression; 0.0 for null. */
    public double float64() {
        return Double.longBitsToDouble(word);
    }

    /** The value of a {@code STRING} expression; null for null. */
    public @Nullable String text() {
        return text;
    }

    /** Whether it is a {@code BOOL} that is true; false for null. */
    public boolean isTrue() {
        return !isNull && word != 0;
    }

    void set(boolean nil, long newWord, @Nullable String newText) {
        isNull = nil;
        word = nil ? 0 : newWord;
        text = nil ? null : newText;
    }
}
