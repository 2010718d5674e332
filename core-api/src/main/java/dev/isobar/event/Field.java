package dev.isobar.event;

/**
 * One column of a schema.
 *
 * @param name the column's name, unique in its schema
 * @param type its type
 * @param nullable whether a row may lack a value
 * @since 0.1
 */
public record Field(String name, FieldType type, boolean nullable) {
    /** A column whose value must be present. */
    public static Field required(String name, FieldType type) {
        return new Field(name, type, false);
    }

    /** A column whose value may be null. */
    public static Field optional(String name, FieldType type) {
        return new Field(name, type, true);
    }
}
