package dev.isobar.gcp.vertex;

import com.google.api.HttpBody;
import com.google.api.gax.grpc.GrpcResponseMetadata;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.aiplatform.v1.RawPredictRequest;
import com.google.protobuf.ByteString;
import dev.isobar.port.Endpoints.Response;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Predictions, with what Vertex AI says beside them: the header {@code X-Vertex-AI-Deployed-Model-Id} names the deployed model that answered. What a container
 * answers with another status than 200 is an error of the call whose message is the container's body; its status is then told by the gRPC code, which stands for
 * several. Thread safe.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rpc/google.cloud.aiplatform.v1#predictionservice">RawPredict</a>
 */
final class Predictor {
    private static final Metadata.Key<String> DEPLOYED =
            Metadata.Key.of("x-vertex-ai-deployed-model-id", Metadata.ASCII_STRING_MARSHALLER);

    private final Vertex vertex;

    Predictor(Vertex vertex) {
        this.vertex = vertex;
    }

    /**
     * An answer of a container.
     *
     * @param id of the deployed model, if it was said
     */
    record Answer(
            int status,
            String contentType,
            byte[] body,
            @Nullable String id) {
        Response response(@Nullable String deployment) {
            return new Response(status, contentType, Map.of(), body, deployment);
        }
    }

    /**
     * Asks once.
     *
     * @throws ApiException if no container answered
     */
    Answer ask(String endpoint, String contentType, byte[] body) {
        GrpcResponseMetadata said = new GrpcResponseMetadata();
        RawPredictRequest request = RawPredictRequest.newBuilder()
                .setEndpoint(endpoint)
                .setHttpBody(HttpBody.newBuilder().setContentType(contentType).setData(ByteString.copyFrom(body)))
                .build();
        try {
            HttpBody answer = vertex.predictions().rawPredictCallable().call(request, said.createContextWithHandlers());
            Metadata headers = said.getMetadata();
            return new Answer(
                    200,
                    answer.getContentType().isEmpty() ? "application/octet-stream" : answer.getContentType(),
                    answer.getData().toByteArray(),
                    headers == null ? null : headers.get(DEPLOYED));
        } catch (ApiException e) {
            return containersOwn(e, contentType).orElseThrow(() -> e);
        }
    }

    /** Vertex AI's own errors name no deployed model. */
    private static Optional<Answer> containersOwn(ApiException e, String contentType) {
        if (!(e.getCause() instanceof StatusRuntimeException cause) || cause.getTrailers() == null) {
            return Optional.empty();
        }
        String id = cause.getTrailers().get(DEPLOYED);
        if (id == null) {
            return Optional.empty();
        }
        String message = cause.getStatus().getDescription() == null
                ? ""
                : cause.getStatus().getDescription();
        return Optional.of(new Answer(
                status(e.getStatusCode().getCode()),
                message.startsWith("{") ? "application/json" : contentType,
                message.getBytes(StandardCharsets.UTF_8),
                id));
    }

    /** As google/rpc/code.proto maps them to HTTP. */
    private static int status(StatusCode.Code code) {
        return switch (code) {
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, ABORTED -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            default -> 500;
        };
    }
}
