package dev.isobar.error;

/**
 * What went wrong, in the only terms a caller may act on. The set is closed: an adapter maps every SDK error to one of these.
 *
 * @since 0.1
 */
public enum ErrorCode {
    /** The request itself is wrong: an argument, a size, a format. Trying again cannot help. */
    INVALID_ARGUMENT(false, true),
    /** A configuration key is unknown, missing, or has a value that cannot be used. */
    INVALID_CONFIGURATION(false, true),
    /** A pipeline definition breaks a rule that can be checked before running. */
    INVALID_PIPELINE(false, true),
    /** What was named does not exist. */
    NOT_FOUND(false, false),
    /** A create-if-absent found that the thing exists. */
    ALREADY_EXISTS(false, false),
    /** A compare-and-set lost: the version that was expected is not the current one. Read again, decide again. */
    CONFLICT(false, false),
    /** The writer's fencing token is older than the current owner's. This writer must stop. */
    FENCED(false, false),
    /** Somebody else holds a resource that only one may hold: a lock, a port. */
    IN_USE(false, false),
    /** The credentials are missing or expired. */
    UNAUTHENTICATED(false, false),
    /** The identity is known and may not do this. */
    PERMISSION_DENIED(false, false),
    /** The provider asks to slow down. */
    THROTTLED(true, false),
    /** No answer in time; the effect may or may not have happened. */
    TIMEOUT(true, false),
    /** The service cannot be reached or is not ready. */
    UNAVAILABLE(true, false),
    /** A quota or a physical resource (disk, memory) is used up. */
    RESOURCE_EXHAUSTED(false, false),
    /** The question lies before what is still retained. */
    OUT_OF_RETENTION(false, true),
    /** Stored bytes do not match their checksum or format. */
    CORRUPT(false, false),
    /** The adapter does not declare this capability. */
    UNSUPPORTED(false, true),
    /** A job, a process or a container that Isobar started ended badly. */
    WORKLOAD_FAILED(false, false),
    /** The work was stopped on request. */
    CANCELLED(false, false),
    /** A defect in Isobar. */
    INTERNAL(false, false);

    private final boolean retryable;
    private final boolean callersFault;

    ErrorCode(boolean retryable, boolean callersFault) {
        this.retryable = retryable;
        this.callersFault = callersFault;
    }

    /** Whether the same call may succeed later with nothing changed. */
    public boolean retryable() {
        return retryable;
    }

    /** Whether the request was wrong, as opposed to the work having failed; decides the exit code of the command. */
    public boolean callersFault() {
        return callersFault;
    }
}
