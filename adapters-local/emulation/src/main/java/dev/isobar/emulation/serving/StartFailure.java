package dev.isobar.emulation.serving;

/** A container did not start; the message is what a service's user is told. */
public final class StartFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** A failure for that reason. */
    public StartFailure(String reason) {
        super(reason);
    }

    /** What a service's user is told. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
