package dev.isobar.emulator.gcp.bigquery;

import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.protobuf.Any;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/**
 * What the Storage Write API refuses, with its own codes and words.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/write-api-best-practices">error handling</a>
 */
final class Refused {
    private Refused() {}

    static StatusRuntimeException invalid(String why) {
        return io.grpc.Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }

    static StatusRuntimeException notFound(String entity) {
        return io.grpc.Status.NOT_FOUND
                .withDescription("Requested entity was not found. Entity: " + entity)
                .asRuntimeException();
    }

    static StatusRuntimeException noStream(String stream) {
        return StatusProto.toStatusRuntimeException(
                status(Code.NOT_FOUND, StorageErrorCode.STREAM_NOT_FOUND, stream, "Requested entity was not found."));
    }

    static StatusRuntimeException extraFields(String why) {
        return StatusProto.toStatusRuntimeException(
                status(Code.INVALID_ARGUMENT, StorageErrorCode.SCHEMA_MISMATCH_EXTRA_FIELDS, "", why));
    }

    static StatusRuntimeException notHere(String what) {
        return io.grpc.Status.UNIMPLEMENTED
                .withDescription(what + " is not part of this emulator.")
                .asRuntimeException();
    }

    static Status offset(boolean exists, String stream, long expected, long received) {
        return status(
                exists ? Code.ALREADY_EXISTS : Code.OUT_OF_RANGE,
                exists ? StorageErrorCode.OFFSET_ALREADY_EXISTS : StorageErrorCode.OFFSET_OUT_OF_RANGE,
                stream,
                (exists ? "The offset is within stream, " : "The offset is beyond stream, ") + "expected offset "
                        + expected + ", received " + received + " Entity: " + stream);
    }

    static Status finalized(String stream) {
        return status(
                Code.INVALID_ARGUMENT,
                StorageErrorCode.STREAM_FINALIZED,
                stream,
                "Stream has been finalized and cannot be appended. Entity: " + stream);
    }

    private static Status status(Code code, StorageErrorCode reason, String entity, String message) {
        return Status.newBuilder()
                .setCode(code.value())
                .setMessage(message)
                .addDetails(Any.pack(StorageError.newBuilder()
                        .setCode(reason)
                        .setEntity(entity)
                        .setErrorMessage(message)
                        .build()))
                .build();
    }
}
