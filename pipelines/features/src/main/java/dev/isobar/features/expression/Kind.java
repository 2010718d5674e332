package dev.isobar.features.expression;

import dev.isobar.event.FieldType;

/**
 * The types expressions compute in.
 *
 * @since 0.1
 */
public enum Kind {
    /** Integers, always in 64 bits. */
    INT,
    /** IEEE 754 binary64. */
    FLOAT,
    /** 1 or 0. */
    BOOL,
    /** Text. */
    STRING,
    /** Microseconds since the epoch. */
    TIMESTAMP,
    /** Microseconds on a local clock. */
    LOCAL;

    /** The kind of a column's type. */
    public static Kind of(FieldType type) {
        return switch (type) {
            case INT32, INT64 -> INT;
            case FLOAT64 -> FLOAT;
            case BOOL -> BOOL;
            case STRING -> STRING;
            case TIMESTAMP -> TIMESTAMP;
            case LOCAL_TIMESTAMP -> LOCAL;
        };
    }

    /** The column type that holds it. */
    public FieldType fieldType() {
        return switch (this) {
            case INT -> FieldType.INT64;
            case FLOAT -> FieldType.FLOAT64;
            case BOOL -> FieldType.BOOL;
            case STRING -> FieldType.STRING;
            case TIMESTAMP -> FieldType.TIMESTAMP;
            case LOCAL -> FieldType.LOCAL_TIMESTAMP;
        };
    }

    boolean numeric() {
        return this == INT || this == FLOAT;
    }

    boolean temporal() {
        return this == TIMESTAMP || this == LOCAL;
    }

    String noun() {
        return switch (this) {
            case INT -> "an integer";
            case FLOAT -> "a float64";
            case BOOL -> "a condition";
            case STRING -> "text";
            case TIMESTAMP -> "an instant";
            case LOCAL -> "a local time";
        };
    }
}
