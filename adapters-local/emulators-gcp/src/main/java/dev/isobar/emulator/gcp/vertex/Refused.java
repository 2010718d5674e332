package dev.isobar.emulator.gcp.vertex;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What the service answers to calls that it does not do. */
final class Refused {
    private Refused() {}

    /** As the service lists what is wrong with a request. */
    static StatusRuntimeException field(String field, String message) {
        return invalid("List of found errors:\t1.Field: " + field + "; Message: " + message + "\t");
    }

    static StatusRuntimeException invalid(String message) {
        return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
    }

    static StatusRuntimeException notFound(String kind, String name) {
        return Status.NOT_FOUND
                .withDescription("The " + kind + " \"" + name + "\" does not exist.")
                .asRuntimeException();
    }

    static StatusRuntimeException exists(String kind, String name) {
        return Status.ALREADY_EXISTS
                .withDescription(kind + " \"" + name + "\" already exists.")
                .asRuntimeException();
    }

    static StatusRuntimeException precondition(String message) {
        return Status.FAILED_PRECONDITION.withDescription(message).asRuntimeException();
    }

    static StatusRuntimeException notHere(String what) {
        return Status.UNIMPLEMENTED
                .withDescription(what + " is not part of this emulator.")
                .asRuntimeException();
    }
}
