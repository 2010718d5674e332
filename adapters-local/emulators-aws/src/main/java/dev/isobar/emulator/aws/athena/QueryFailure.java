package dev.isobar.emulator.aws.athena;

/** A query ends as FAILED. */
final class QueryFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The user's fault, in the numbers of AthenaError.ErrorCategory. */
    static final int USER = 2;

    /** Athena's. */
    static final int SYSTEM = 1;

    private final int category;

    private QueryFailure(int category, String reason) {
        super(reason);
        this.category = category;
    }

    int category() {
        return category;
    }

    static QueryFailure syntax(int at, String what) {
        return new QueryFailure(USER, "SYNTAX_ERROR: line 1:" + (at + 1) + ": " + what);
    }

    static QueryFailure user(String name, String what) {
        return new QueryFailure(USER, name + ": " + what);
    }

    static QueryFailure system(String what) {
        return new QueryFailure(SYSTEM, "GENERIC_INTERNAL_ERROR: " + what);
    }
}
