package dev.isobar.event;

/** What an event does to the record of its id. */
public enum Operation {
    /** A new record. */
    INSERT,
    /** Replaces an earlier record of the same id. */
    CORRECT,
    /** Takes an earlier record of the same id back. */
    RETRACT
}
