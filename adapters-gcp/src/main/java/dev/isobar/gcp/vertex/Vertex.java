package dev.isobar.gcp.vertex;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.rpc.StatusCode;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.api.gax.rpc.UnaryCallSettings;
import com.google.cloud.aiplatform.v1.EndpointServiceClient;
import com.google.cloud.aiplatform.v1.EndpointServiceSettings;
import com.google.cloud.aiplatform.v1.JobServiceClient;
import com.google.cloud.aiplatform.v1.JobServiceSettings;
import com.google.cloud.aiplatform.v1.ModelServiceClient;
import com.google.cloud.aiplatform.v1.ModelServiceSettings;
import com.google.cloud.aiplatform.v1.PredictionServiceClient;
import com.google.cloud.aiplatform.v1.PredictionServiceSettings;
import com.google.cloud.logging.v2.LoggingClient;
import com.google.cloud.logging.v2.LoggingSettings;
import com.google.longrunning.Operation;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.client.Repetition;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Google's clients of Vertex AI in one region, and of Cloud Logging, with their errors in Isobar's words. Calls that end the same when done twice are repeated in the
 * client until the patience is over; those that would make a second thing are not. Thread safe.
 */
public final class Vertex implements AutoCloseable {
    private static final Repetition REPETITION =
            new Repetition(Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(30));
    private static final Duration LONGEST_PREDICTION = Duration.ofSeconds(60);
    private static final int PREDICTION_BYTES = 32 << 20;
    private static final long FIRST_POLL = Duration.ofMillis(20).toNanos();
    private static final long LEAST_POLL = Duration.ofMillis(1).toNanos();

    private static final Set<StatusCode.Code> CALL_AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    private final String instance;
    private final String project;
    private final String location;
    private final Duration patience;
    private final Duration operationPatience;
    private final long poll;
    private final JobServiceClient jobs;
    private final ModelServiceClient models;
    private final EndpointServiceClient endpoints;
    private final PredictionServiceClient predictions;
    private final LoggingClient logging;

    private Vertex(GcpClients clients, Duration patience, VertexSettings settings) throws IOException {
        this.instance = clients.identity().instance();
        this.project = clients.identity().project();
        this.location = clients.identity().location();
        this.patience = patience;
        this.operationPatience = settings.patience();
        this.poll = settings.poll().toNanos();
        CredentialsProvider credentials = clients.credentialsProvider(GcpService.AIPLATFORM);
        String address = location + "-aiplatform.googleapis.com:443";
        JobServiceSettings.Builder job = JobServiceSettings.newBuilder()
                .setEndpoint(address)
                .setCredentialsProvider(credentials)
                .setTransportChannelProvider(
                        channels(clients, address, JobServiceSettings.defaultGrpcTransportProviderBuilder()));
        job.applyToAllUnaryMethods(this::again);
        once(job.createCustomJobSettings());
        this.jobs = JobServiceClient.create(job.build());
        ModelServiceSettings.Builder model = ModelServiceSettings.newBuilder()
                .setEndpoint(address)
                .setCredentialsProvider(credentials)
                .setTransportChannelProvider(
                        channels(clients, address, ModelServiceSettings.defaultGrpcTransportProviderBuilder()));
        model.applyToAllUnaryMethods(this::again);
        once(model.uploadModelSettings());
        this.models = ModelServiceClient.create(model.build());
        EndpointServiceSettings.Builder endpoint = EndpointServiceSettings.newBuilder()
                .setEndpoint(address)
                .setCredentialsProvider(credentials)
                .setTransportChannelProvider(
                        channels(clients, address, EndpointServiceSettings.defaultGrpcTransportProviderBuilder()));
        endpoint.applyToAllUnaryMethods(this::again);
        this.endpoints = EndpointServiceClient.create(endpoint.build());
        PredictionServiceSettings.Builder prediction = PredictionServiceSettings.newBuilder()
                .setEndpoint(address)
                .setCredentialsProvider(credentials)
                .setTransportChannelProvider(channels(
                        clients,
                        address,
                        PredictionServiceSettings.defaultGrpcTransportProviderBuilder()
                                .setMaxInboundMessageSize(PREDICTION_BYTES)));
        prediction
                .rawPredictSettings()
                .setRetryableCodes(Set.of())
                .setSimpleTimeoutNoRetriesDuration(LONGEST_PREDICTION);
        this.predictions = PredictionServiceClient.create(prediction.build());
        LoggingSettings.Builder log = LoggingSettings.newBuilder()
                .setCredentialsProvider(clients.credentialsProvider(GcpService.LOGGING))
                .setTransportChannelProvider(
                        clients.channels(GcpService.LOGGING, LoggingSettings.defaultGrpcTransportProviderBuilder()));
        log.applyToAllUnaryMethods(this::again);
        this.logging = LoggingClient.create(log.build());
    }

    /**
     * Makes clients; no call is made. They are closed with the session's.
     *
     * @param patience how long a call that failed in passing is repeated in all
     * @throws IsobarException {@code UNAUTHENTICATED} if there are no credentials
     */
    public static Vertex open(GcpClients clients, Duration patience, VertexSettings settings) {
        try {
            return clients.keep(new Vertex(clients, patience, settings));
        } catch (IOException e) {
            throw GcpErrors.translate(e, clients.identity().instance(), "TrainingJobs", "open", "aiplatform");
        }
    }

    private static TransportChannelProvider channels(
            GcpClients clients, String address, InstantiatingGrpcChannelProvider.Builder defaults) {
        // Vertex AI answers in the region's own name only.
        return clients.channels(GcpService.AIPLATFORM, defaults.setEndpoint(address));
    }

    private Void again(UnaryCallSettings.Builder<?, ?> settings) {
        settings.setRetryableCodes(CALL_AGAIN).setRetrySettings(REPETITION.within(patience));
        return null;
    }

    private static void once(UnaryCallSettings.Builder<?, ?> settings) {
        settings.setRetryableCodes(Set.of()).setSimpleTimeoutNoRetriesDuration(REPETITION.longestCall());
    }

    String instance() {
        return instance;
    }

    String project() {
        return project;
    }

    String location() {
        return location;
    }

    /** {@code projects/P/locations/L}. */
    String parent() {
        return "projects/" + project + "/locations/" + location;
    }

    /** How long a call is repeated in all. */
    Duration patience() {
        return patience;
    }

    JobServiceClient jobs() {
        return jobs;
    }

    ModelServiceClient models() {
        return models;
    }

    EndpointServiceClient endpoints() {
        return endpoints;
    }

    PredictionServiceClient predictions() {
        return predictions;
    }

    LoggingClient logging() {
        return logging;
    }

    /** The calls and errors of one port. */
    Calls calls(String port) {
        return new Calls(port);
    }

    /** What is behind the last slash of a resource's name: its project may be a number. */
    static String id(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** The calls and errors of one port. */
    final class Calls {
        private final String port;

        private Calls(String port) {
            this.port = port;
        }

        /** What a call gives; its errors in Isobar's words. */
        <T> T call(String operation, String resource, Supplier<T> call) {
            try {
                return call.get();
            } catch (RuntimeException e) {
                throw translate(e, operation, resource);
            }
        }

        /** Quotas of machines are no matter of speed, and what is missing is named by what to do about it. */
        IsobarException translate(Throwable e, String operation, String resource) {
            IsobarException plain = GcpErrors.translate(e, instance, port, operation, resource);
            String message = String.valueOf(plain.getMessage());
            if (e instanceof IsobarException) {
                return plain;
            }
            if (plain.code() == ErrorCode.THROTTLED
                    && message.toLowerCase(Locale.ROOT).contains("quota")) {
                return error(ErrorCode.RESOURCE_EXHAUSTED, operation, resource, message)
                        .hint("Ask for more of the quota that the message names, in " + location
                                + " (console: IAM & Admin, Quotas), wait until other jobs end, or set a smaller machine type"
                                + " (vertex.machine-type, vertex.serving-machine-type).")
                        .cause(e)
                        .build();
            }
            if (message.contains("location ID doesn't match")) {
                return error(ErrorCode.INVALID_CONFIGURATION, operation, resource, message)
                        .hint(
                                "This adapter instance is set to the location " + location
                                        + ": set `location` and endpoint.aiplatform to one and the same region, that of the lake's bucket.")
                        .cause(e)
                        .build();
            }
            if (plain.code() == ErrorCode.PERMISSION_DENIED && !message.contains("has not been used")) {
                return error(ErrorCode.PERMISSION_DENIED, operation, resource, message)
                        .hint(
                                "Give the identity of this adapter instance the role Vertex AI User (roles/aiplatform.user) in project "
                                        + project
                                        + ", and Service Account User on vertex.service-account if that is set.")
                        .cause(e)
                        .build();
            }
            if (message.contains("has not been used in project")) {
                return error(ErrorCode.PERMISSION_DENIED, operation, resource, message)
                        .hint("Enable the API: `gcloud services enable aiplatform.googleapis.com --project " + project
                                + "`.")
                        .cause(e)
                        .build();
            }
            return plain;
        }

        IsobarException.Builder error(ErrorCode code, String operation, String resource, String message) {
            return IsobarException.of(code, message)
                    .adapter(instance)
                    .at(port, operation)
                    .resource(resource);
        }

        IsobarException invalid(String operation, String resource, String message) {
            return error(ErrorCode.INVALID_ARGUMENT, operation, resource, message)
                    .build();
        }

        /** An operation as it stands. */
        Operation look(Operation operation) {
            return endpoints.getOperationsClient().getOperation(operation.getName());
        }

        /** Waits until an operation has ended; gives it, or throws what it ended with. */
        Operation done(Operation begun, String operation, String resource) {
            long deadline = System.nanoTime() + operationPatience.toNanos();
            Operation now = begun;
            long pause = Math.max(LEAST_POLL, Math.min(poll, FIRST_POLL));
            while (!now.getDone()) {
                if (System.nanoTime() > deadline) {
                    throw error(
                                    ErrorCode.TIMEOUT,
                                    operation,
                                    resource,
                                    "Vertex AI did not end " + begun.getName() + " within " + operationPatience)
                            .hint("It goes on; ask again later. vertex.operation-patience says how long is waited.")
                            .build();
                }
                pause(pause, operation, resource);
                pause = Math.max(LEAST_POLL, Math.min(poll, pause * 2));
                now = look(now);
            }
            if (now.hasError()) {
                throw translate(failure(now), operation, resource);
            }
            return now;
        }

        /** What an operation ended with, as a call would have. */
        RuntimeException failure(Operation operation) {
            return Status.fromCodeValue(operation.getError().getCode())
                    .withDescription(operation.getError().getMessage())
                    .asRuntimeException();
        }

        void pause(long nanos, String operation, String resource) {
            LockSupport.parkNanos(nanos);
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw error(ErrorCode.CANCELLED, operation, resource, "The thread was interrupted")
                        .build();
            }
        }
    }

    @Override
    public void close() {
        jobs.close();
        models.close();
        endpoints.close();
        predictions.close();
        logging.close();
    }
}
