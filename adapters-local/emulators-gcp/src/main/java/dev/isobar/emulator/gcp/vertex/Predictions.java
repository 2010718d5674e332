package dev.isobar.emulator.gcp.vertex;

import com.google.api.HttpBody;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.PredictRequest;
import com.google.cloud.aiplatform.v1.PredictResponse;
import com.google.cloud.aiplatform.v1.PredictionServiceGrpc;
import com.google.cloud.aiplatform.v1.RawPredictRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Predictions. Seen from the service: what a container answers with another status than 200 is an error whose message is the container's body; "The request size
 * (N bytes) exceeds 1.500MB limit."; "The endpoint doesn't have traffic_split". Which deployed model answered is said in the call's headers, as the reference says of
 * rawPredict. Not verified: the gRPC code of each status (here the nearest of google/rpc/code.proto), and that errors carry the headers in their trailers.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rpc/google.cloud.aiplatform.v1#predictionservice">PredictionService</a>
 */
final class Predictions extends PredictionServiceGrpc.PredictionServiceImplBase {
    private static final Metadata.Key<String> ENDPOINT_ID =
            Metadata.Key.of("x-vertex-ai-endpoint-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> DEPLOYED_ID =
            Metadata.Key.of("x-vertex-ai-deployed-model-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Context.Key<Metadata> HEADERS = Context.key("headers of the answer");
    private static final int LARGEST = 1_500_000;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Account account;
    private final Endpoints endpoints;
    private final Deployments deployments;

    Predictions(Account account, Endpoints endpoints, Deployments deployments) {
        this.account = account;
        this.endpoints = endpoints;
        this.deployments = deployments;
    }

    /** Lets an answer have headers. */
    static ServerInterceptor headers() {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                Metadata added = new Metadata();
                return Contexts.interceptCall(
                        Context.current().withValue(HEADERS, added),
                        new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                            @Override
                            public void sendHeaders(Metadata sent) {
                                sent.merge(added);
                                super.sendHeaders(sent);
                            }
                        },
                        headers,
                        next);
            }
        };
    }

    @Override
    public void rawPredict(RawPredictRequest request, StreamObserver<HttpBody> to) {
        Answers.answer(to, () -> {
            HttpResponse<byte[]> answer = ask(
                    request.getEndpoint(),
                    request.getHttpBody().getContentType(),
                    request.getHttpBody().getData().toByteArray());
            return HttpBody.newBuilder()
                    .setContentType(answer.headers().firstValue("Content-Type").orElse("application/octet-stream"))
                    .setData(ByteString.copyFrom(answer.body()))
                    .build();
        });
    }

    @Override
    public void predict(PredictRequest request, StreamObserver<PredictResponse> to) {
        Answers.answer(to, () -> {
            Struct.Builder body = Struct.newBuilder()
                    .putFields(
                            "instances",
                            Value.newBuilder()
                                    .setListValue(ListValue.newBuilder().addAllValues(request.getInstancesList()))
                                    .build());
            if (request.hasParameters()) {
                body.putFields("parameters", request.getParameters());
            }
            try {
                HttpResponse<byte[]> answer = ask(
                        request.getEndpoint(),
                        "application/json",
                        JsonFormat.printer().print(body).getBytes(StandardCharsets.UTF_8));
                Struct.Builder said = Struct.newBuilder();
                JsonFormat.parser().merge(new String(answer.body(), StandardCharsets.UTF_8), said);
                if (!said.containsFields("predictions")) {
                    throw Refused.precondition(
                            "Invalid response from prediction server - the response field predictions"
                                    + " is missing.");
                }
                Metadata headers = HEADERS.get();
                return PredictResponse.newBuilder()
                        .addAllPredictions(said.getFieldsOrThrow("predictions")
                                .getListValue()
                                .getValuesList())
                        .setDeployedModelId(String.valueOf(headers.get(DEPLOYED_ID)))
                        .build();
            } catch (InvalidProtocolBufferException e) {
                throw Refused.precondition("Invalid response from prediction server: " + e.getMessage());
            }
        });
    }

    private HttpResponse<byte[]> ask(String name, String type, byte[] body) {
        String full = account.allow("aiplatform.endpoints.predict", "endpoint", name);
        Endpoint endpoint = endpoints.find(full).orElseThrow(() -> Refused.notFound("Endpoint", name));
        if (body.length > LARGEST) {
            throw Refused.precondition("The request size (" + body.length + " bytes) exceeds 1.500MB limit.");
        }
        String id = Deployments.draw(endpoint.getTrafficSplitMap())
                .orElseThrow(() -> Refused.precondition("The endpoint doesn't have traffic_split"));
        Optional<Deployments.Chosen> chosen = deployments.begin(full, id);
        if (chosen.isEmpty()) {
            throw Status.UNAVAILABLE
                    .withDescription("Service temporarily unavailable.")
                    .asRuntimeException();
        }
        HttpRequest.Builder question = HttpRequest.newBuilder(
                        chosen.get().replica().uri(chosen.get().route()))
                .timeout(LONGEST)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            question.header("Content-Type", type);
        }
        try {
            HttpResponse<byte[]> answer =
                    deployments.hosting().http().send(question.build(), HttpResponse.BodyHandlers.ofByteArray());
            Metadata headers = HEADERS.get();
            headers.put(ENDPOINT_ID, full.substring(full.lastIndexOf('/') + 1));
            headers.put(DEPLOYED_ID, id);
            if (answer.statusCode() != 200) {
                throw failure(answer, headers);
            }
            return answer;
        } catch (HttpTimeoutException e) {
            throw Status.DEADLINE_EXCEEDED
                    .withDescription("The prediction timed out.")
                    .withCause(e)
                    .asRuntimeException();
        } catch (IOException e) {
            throw Status.UNAVAILABLE
                    .withDescription("Service temporarily unavailable.")
                    .withCause(e)
                    .asRuntimeException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.UNAVAILABLE
                    .withDescription("The emulator goes down.")
                    .withCause(e)
                    .asRuntimeException();
        } finally {
            chosen.get().replica().end();
        }
    }

    private static StatusRuntimeException failure(HttpResponse<byte[]> answer, Metadata trailers) {
        Status status = switch (answer.statusCode()) {
            case 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 404 -> Status.NOT_FOUND;
            case 409 -> Status.ABORTED;
            case 429 -> Status.RESOURCE_EXHAUSTED;
            case 501 -> Status.UNIMPLEMENTED;
            case 503 -> Status.UNAVAILABLE;
            case 504 -> Status.DEADLINE_EXCEEDED;
            default -> answer.statusCode() < 500 ? Status.INVALID_ARGUMENT : Status.INTERNAL;
        };
        return status.withDescription(new String(answer.body(), StandardCharsets.UTF_8))
                .asRuntimeException(trailers);
    }
}
