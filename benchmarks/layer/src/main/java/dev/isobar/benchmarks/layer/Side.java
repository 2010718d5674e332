package dev.isobar.benchmarks.layer;

/** One of those that are compared. */
public interface Side {
    /** Name in the result. */
    String name();

    /**
     * Does the work once.
     *
     * @param judged whether to look at what came back; such a pass is not measured
     * @return what came back, as text to compare; empty if nothing does or it was not looked at
     */
    String pass(boolean judged) throws Exception;
}
