package dev.isobar.emulator.aws.sagemaker;

/** A container did not start; the message is what DescribeEndpoint gives as the reason. */
final class StartFailure extends Exception {
    private static final long serialVersionUID = 1L;

    StartFailure(String reason) {
        super(reason);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
