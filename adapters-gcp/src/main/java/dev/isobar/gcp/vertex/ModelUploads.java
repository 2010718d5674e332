package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.DeleteModelRequest;
import com.google.cloud.aiplatform.v1.ListModelsRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import com.google.cloud.aiplatform.v1.UploadModelResponse;
import com.google.longrunning.Operation;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Models of Vertex AI, as the registry and endpoints both make, find and delete them. Thread safe. */
final class ModelUploads {
    private final Vertex vertex;
    private final Vertex.Calls calls;

    ModelUploads(Vertex vertex, Vertex.Calls calls) {
        this.vertex = vertex;
        this.calls = calls;
    }

    String name(String id) {
        return vertex.parent() + "/models/" + id;
    }

    /**
     * Uploads, and waits until that is done.
     *
     * @throws IsobarException {@code UNAVAILABLE} or {@code TIMEOUT} also if it may have been done
     */
    UploadModelResponse upload(UploadModelRequest.Builder request, String operation, String resource) {
        Operation begun = calls.call(
                operation,
                resource,
                () -> vertex.models()
                        .uploadModelCallable()
                        .call(request.setParent(vertex.parent()).build()));
        Operation done = calls.done(begun, operation, resource);
        try {
            return done.getResponse().unpack(UploadModelResponse.class);
        } catch (InvalidProtocolBufferException e) {
            throw calls.translate(e, operation, resource);
        }
    }

    /** A model, or a version of it behind {@code @}. */
    Optional<Model> find(String operation, String resource, String id) {
        try {
            return Optional.of(
                    calls.call(operation, resource, () -> vertex.models().getModel(name(id))));
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** All models that carry a label. */
    List<Model> list(String label, String value) {
        return calls.call("list", value, () -> {
            List<Model> all = new ArrayList<>();
            vertex.models()
                    .listModels(ListModelsRequest.newBuilder()
                            .setParent(vertex.parent())
                            .setFilter("labels." + label + "=\"" + value + "\"")
                            .build())
                    .iterateAll()
                    .forEach(all::add);
            return all;
        });
    }

    /** Deletes a model with all its versions; none is fine. */
    void delete(String id, String operation, String resource) {
        try {
            calls.done(
                    calls.call(
                            operation,
                            resource,
                            () -> vertex.models()
                                    .deleteModelCallable()
                                    .call(DeleteModelRequest.newBuilder()
                                            .setName(name(id))
                                            .build())),
                    operation,
                    resource);
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
        }
    }
}
