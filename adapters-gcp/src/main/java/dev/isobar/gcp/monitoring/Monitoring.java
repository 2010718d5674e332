package dev.isobar.gcp.monitoring;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.monitoring.v3.MetricServiceClient;
import com.google.cloud.monitoring.v3.MetricServiceSettings;
import com.google.cloud.monitoring.v3.stub.MetricServiceStubSettings;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.client.Repetition;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/** Google's client of Cloud Monitoring. */
public final class Monitoring {
    private static final Repetition REPETITION =
            new Repetition(Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(30));

    /** Also of a write: a point that is there already is refused, and that is known to be no failure. */
    private static final Set<StatusCode.Code> AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    private Monitoring() {}

    /**
     * Makes a client; no call is made. It is closed with the session's.
     *
     * @param patience how long a call that failed in passing is repeated in all
     */
    public static MetricServiceClient open(GcpClients clients, Duration patience) {
        try {
            InstantiatingGrpcChannelProvider.Builder channels =
                    MetricServiceStubSettings.defaultGrpcTransportProviderBuilder();
            CredentialsProvider credentials = clients.credentialsProvider(GcpService.MONITORING);
            MetricServiceSettings.Builder settings = MetricServiceSettings.newBuilder()
                    .setTransportChannelProvider(clients.channels(GcpService.MONITORING, channels))
                    .setCredentialsProvider(credentials);
            RetrySettings retry = REPETITION.within(patience);
            settings.createTimeSeriesSettings().setRetryableCodes(AGAIN).setRetrySettings(retry);
            settings.listTimeSeriesSettings().setRetryableCodes(AGAIN).setRetrySettings(retry);
            return clients.keep(MetricServiceClient.create(settings.build()));
        } catch (IOException e) {
            throw GcpErrors.translate(e, clients.identity().instance(), "Metrics", "open", "monitoring");
        }
    }
}
