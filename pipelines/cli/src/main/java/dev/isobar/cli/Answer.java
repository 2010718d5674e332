package dev.isobar.cli;

import java.util.function.Supplier;

/**
 * What a command has to say: one document, the same as text, and how it ends.
 *
 * @param document becomes the one JSON document
 * @param text made only when text is wanted
 */
record Answer(Object document, Supplier<String> text, int exit) {
    /** Done: exit code 0. */
    static Answer done(Object document, Supplier<String> text) {
        return new Answer(document, text, Program.DONE);
    }
}
