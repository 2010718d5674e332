package dev.isobar.features.expression;

import org.jspecify.annotations.Nullable;

/**
 * A compiled expression. Immutable, thread safe; what changes is in the frame.
 *
 * @since 0.1
 */
public abstract class Node {
    private final Kind kind;

    Node(Kind kind) {
        this.kind = kind;
    }

    /** What it evaluates to. */
    public final Kind kind() {
        return kind;
    }

    /** Evaluates it to a word; sets whether the frame's result is null, and is 0 then. Texts have no word. */
    public abstract long word(Frame f);

    /** The slot of the column that it is nothing but; −1 if it is more. */
    public int column() {
        return -1;
    }

    /** Evaluates it to text. Only for {@code STRING}. */
    public @Nullable String text(Frame f) {
        throw new IllegalStateException(kind + " is not text");
    }

    /** Evaluates a number to binary64. */
    public final double number(Frame f) {
        long w = word(f);
        return kind == Kind.FLOAT ? Double.longBitsToDouble(w) : (double) w;
    }

    static long none(Frame f) {
        f.nil = true;
        return 0;
    }
}
