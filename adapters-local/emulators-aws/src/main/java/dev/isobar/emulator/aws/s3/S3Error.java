package dev.isobar.emulator.aws.s3;

import java.util.Map;

/** S3 refuses. */
final class S3Error extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final transient Map<String, String> more;

    S3Error(int status, String code, String message) {
        this(status, code, message, Map.of());
    }

    /** With further elements beside code and message. */
    S3Error(int status, String code, String message, Map<String, String> more) {
        super(message);
        this.status = status;
        this.code = code;
        this.more = more;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    Map<String, String> more() {
        return more;
    }

    static S3Error noSuchKey() {
        return new S3Error(404, "NoSuchKey", "The specified key does not exist.");
    }

    static S3Error preconditionFailed() {
        return new S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    }

    static S3Error invalid(String message) {
        return new S3Error(400, "InvalidArgument", message);
    }

    static S3Error notImplemented(String what) {
        return new S3Error(
                501,
                "NotImplemented",
                "A header or parameter you provided implies functionality that is not implemented: " + what);
    }
}
