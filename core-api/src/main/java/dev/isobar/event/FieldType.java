package dev.isobar.event;

/**
 * The types a column can have. Each has one flat representation, used in rows, in the kernel's state and in digests.
 *
 * @since 0.1
 */
public enum FieldType {
    /** UTF-8 text; compares by its UTF-8 bytes, unsigned. */
    STRING,
    /** 32-bit signed integer. */
    INT32,
    /** 64-bit signed integer. */
    INT64,
    /** IEEE 754 binary64. */
    FLOAT64,
    /** True or false, kept as 1 or 0. */
    BOOL,
    /** An instant: microseconds since 1970-01-01T00:00Z. */
    TIMESTAMP,
    /** A wall-clock reading without a zone: microseconds since 1970-01-01T00:00 on that clock. */
    LOCAL_TIMESTAMP;

    /** Whether arithmetic is defined on it. */
    public boolean isNumeric() {
        return this == INT32 || this == INT64 || this == FLOAT64;
    }

    /** Whether values are whole numbers, summed exactly in fixed point. */
    public boolean isIntegral() {
        return this == INT32 || this == INT64;
    }

    /** Whether values are microseconds on some clock. */
    public boolean isTemporal() {
        return this == TIMESTAMP || this == LOCAL_TIMESTAMP;
    }
}
