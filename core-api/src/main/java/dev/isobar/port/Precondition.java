package dev.isobar.port;

/**
 * What must hold for a write to happen. The check and the write are one atomic act.
 *
 * @since 0.1
 */
public sealed interface Precondition {
    /** No condition. */
    record None() implements Precondition {}

    /** Nothing may be there; else {@code ALREADY_EXISTS}. */
    record Absent() implements Precondition {}

    /** The current version must be this one; else {@code CONFLICT}, also when nothing is there. */
    record Version(String version) implements Precondition {}

    /** No condition. */
    static Precondition none() {
        return new None();
    }

    /** Nothing may be there. */
    static Precondition absent() {
        return new Absent();
    }

    /** The current version must be this one. */
    static Precondition version(String version) {
        return new Version(version);
    }
}
