package dev.isobar.error;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of Isobar. Its message says what happened and where; {@link #hint()} says what to do next. The SDK's own error is
 * the cause. Immutable, safe to share between threads.
 *
 * @since 0.1
 */
public final class IsobarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;
    private final @Nullable String adapter;
    private final @Nullable String port;
    private final @Nullable String operation;
    private final @Nullable String resource;
    private final @Nullable String hint;

    private IsobarException(Builder b) {
        super(b.message, b.cause);
        this.code = b.code;
        this.retryable = b.retryable;
        this.adapter = b.adapter;
        this.port = b.port;
        this.operation = b.operation;
        this.resource = b.resource;
        this.hint = b.hint;
    }

    /** Starts an exception with a code and the plain sentence that a user reads first. */
    public static Builder of(ErrorCode code, String message) {
        return new Builder(code, message);
    }

    /**
     * Translates an I/O failure of the local file system: a full disk becomes {@link ErrorCode#RESOURCE_EXHAUSTED}, a refused access
     * {@link ErrorCode#PERMISSION_DENIED}, anything else {@link ErrorCode#UNAVAILABLE}.
     *
     * @param doing what was being done, as a participle: {@code "writing lake/a.json"}
     */
    public static IsobarException io(String doing, IOException cause) {
        String detail = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        String lower = detail.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("disk quota")) {
            return of(ErrorCode.RESOURCE_EXHAUSTED, "The disk is full while " + doing + ": " + detail)
                    .hint(
                            "Free some space or set ISOBAR_HOME to a larger disk, then run the same command again: it resumes.")
                    .cause(cause)
                    .build();
        }
        if (cause instanceof java.nio.file.AccessDeniedException || lower.contains("permission denied")) {
            return of(ErrorCode.PERMISSION_DENIED, "Access was refused while " + doing + ": " + detail)
                    .hint("Check the owner and mode of that path.")
                    .cause(cause)
                    .build();
        }
        ErrorCode code =
                cause instanceof java.nio.file.NoSuchFileException || cause instanceof java.io.FileNotFoundException
                        ? ErrorCode.NOT_FOUND
                        : ErrorCode.UNAVAILABLE;
        String kind = cause instanceof FileSystemException ? cause.getClass().getSimpleName() + ": " : "";
        return of(code, "I/O failed while " + doing + ": " + kind + detail)
                .cause(cause)
                .build();
    }

    /** What went wrong, in terms a caller may act on. */
    public ErrorCode code() {
        return code;
    }

    /** Whether the same call may succeed later with nothing changed. */
    public boolean retryable() {
        return retryable;
    }

    /** The adapter instance that failed, if one did. */
    public @Nullable String adapter() {
        return adapter;
    }

    /** The port's name, such as {@code EventStream}. */
    public @Nullable String port() {
        return port;
    }

    /** The operation of the port, such as {@code append}. */
    public @Nullable String operation() {
        return operation;
    }

    /** What the operation was about: a stream, a key, a job. */
    public @Nullable String resource() {
        return resource;
    }

    /** What to do next, as one or two sentences. */
    public @Nullable String hint() {
        return hint;
    }

    /** The same failure, where an adapter's port knows better than the code below it what was being done. */
    public IsobarException located(String atAdapter, String atPort, String atOperation, String atResource) {
        Builder located = of(code, String.valueOf(getMessage()))
                .adapter(atAdapter)
                .at(atPort, atOperation)
                .resource(atResource)
                .cause(getCause())
                .retryable(retryable);
        return (hint == null ? located : located.hint(hint)).build();
    }

    /** Collects the parts of an {@link IsobarException}. Not thread safe. */
    public static final class Builder {
        private final ErrorCode code;
        private final String message;
        private boolean retryable;
        private @Nullable String adapter;
        private @Nullable String port;
        private @Nullable String operation;
        private @Nullable String resource;
        private @Nullable String hint;
        private @Nullable Throwable cause;

        private Builder(ErrorCode code, String message) {
            this.code = code;
            this.message = message;
            this.retryable = code.retryable();
        }

        /** Names the adapter instance. */
        public Builder adapter(String value) {
            this.adapter = value;
            return this;
        }

        /** Names the port and its operation. */
        public Builder at(String portName, String operationName) {
            this.port = portName;
            this.operation = operationName;
            return this;
        }

        /** Names what the operation was about. */
        public Builder resource(String value) {
            this.resource = value;
            return this;
        }

        /** Says what to do next. */
        public Builder hint(String value) {
            this.hint = value;
            return this;
        }

        /** Keeps the underlying error. */
        public Builder cause(@Nullable Throwable value) {
            this.cause = value;
            return this;
        }

        /** Overrides the code's default. */
        public Builder retryable(boolean value) {
            this.retryable = value;
            return this;
        }

        /** Makes the exception. */
        public IsobarException build() {
            return new IsobarException(this);
        }
    }
}
