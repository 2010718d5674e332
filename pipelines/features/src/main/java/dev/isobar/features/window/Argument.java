package dev.isobar.features.window;

/**
 * How the words of an argument are read.
 *
 * @since 0.1
 */
public enum Argument {
    /** The event itself: always there, no word. */
    EVENT,
    /** A 64-bit integer, 0/1 or microseconds. */
    INTEGER,
    /** IEEE bits. */
    FLOAT,
    /** The hash of a text. */
    TEXT
}
