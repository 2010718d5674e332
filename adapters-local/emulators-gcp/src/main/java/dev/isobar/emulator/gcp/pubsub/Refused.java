package dev.isobar.emulator.gcp.pubsub;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What the service answers to calls that it does not do, by status as its error reference lists them: cloud.google.com/pubsub/docs/reference/error-codes. */
final class Refused {
    private Refused() {}

    static StatusRuntimeException invalid(String why) {
        return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }

    static StatusRuntimeException notFound(String id) {
        return Status.NOT_FOUND
                .withDescription("Resource not found (resource=" + id + ").")
                .asRuntimeException();
    }

    static StatusRuntimeException exists(String id) {
        return Status.ALREADY_EXISTS
                .withDescription("Resource already exists in the project (resource=" + id + ").")
                .asRuntimeException();
    }

    static StatusRuntimeException precondition(String why) {
        return Status.FAILED_PRECONDITION.withDescription(why).asRuntimeException();
    }

    static StatusRuntimeException notHere(String what) {
        return Status.UNIMPLEMENTED
                .withDescription(what + " is not part of this emulator.")
                .asRuntimeException();
    }
}
