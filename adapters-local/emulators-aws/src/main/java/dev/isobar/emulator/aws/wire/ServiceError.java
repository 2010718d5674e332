package dev.isobar.emulator.aws.wire;

/** The service refuses: what the SDK turns into its typed exception. */
public final class ServiceError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;

    /**
     * A refusal.
     *
     * @param type the error's short name, such as {@code ValidationException}
     */
    public ServiceError(int status, String type, String message) {
        super(message);
        this.status = status;
        this.type = type;
    }

    /** What SageMaker, Athena and most others say of a malformed request. */
    public static ServiceError validation(String message) {
        return new ServiceError(400, "ValidationException", message);
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** Short name. */
    public String type() {
        return type;
    }
}
