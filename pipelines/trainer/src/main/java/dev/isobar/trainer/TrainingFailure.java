package dev.isobar.trainer;

/**
 * Why a training run ended badly, in words a user can act on: what happened, where (a file and line, or a key), and what to do next. The
 * trainer does not know core-api, so this takes the place of its exception.
 *
 * @since 0.1
 */
final class TrainingFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TrainingFailure(String what, String where, String next) {
        super(what + " [" + where + "] " + next);
    }

    TrainingFailure(String what, String where, String next, Throwable cause) {
        this(what, where, next);
        initCause(cause);
    }
}
