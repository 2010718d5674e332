package dev.isobar.runtime;

/** Is told how a run gets on. Called from one thread at a time. */
public interface RunListener {
    /** Hears nothing. */
    RunListener SILENT = new RunListener() {};

    /** A run begins or is taken up. */
    default void runStarted(String runId, boolean resumed) {}

    /** A step begins. */
    default void stepStarted(String step) {}

    /**
     * A step gets on.
     *
     * @param what a plural noun: {@code rows}, {@code predictions}
     * @param total −1 if unknown
     */
    default void progress(String step, String what, long done, long total) {}

    /** Something that the user may want to know about a step, as a sentence without its full stop. */
    default void notice(String sentence) {}

    /** A step ended; {@code note} is one short sentence, possibly empty. */
    default void stepEnded(String step, String status, double seconds, String note) {}
}
