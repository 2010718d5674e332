package dev.isobar.spec;

import dev.isobar.event.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * A column of a stream.
 *
 * @param from the source's column it is read from; null if it is computed
 * @param computed the expression that gives it, over columns of the same stream; null if it is read
 * @param expect a condition on values; a row that breaks it goes to the dead letters; null for none
 * @param sensitivity who may see it; null for no restriction
 * @since 0.1
 */
public record ColumnSpec(
        String name,
        FieldType type,
        boolean nullable,
        @Nullable String from,
        @Nullable ExprSpec computed,
        @Nullable RangeSpec expect,
        @Nullable String sensitivity) {

    /** Inclusive bounds in the type's text form; null for open. */
    public record RangeSpec(@Nullable String min, @Nullable String max) {}
}
