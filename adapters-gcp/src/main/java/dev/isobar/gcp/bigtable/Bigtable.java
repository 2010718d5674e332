package dev.isobar.gcp.bigtable;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.grpc.ChannelPoolSettings;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminClient;
import com.google.cloud.bigtable.admin.v2.BigtableTableAdminSettings;
import com.google.cloud.bigtable.admin.v2.stub.BigtableTableAdminStubSettings;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.BigtableDataSettings;
import com.google.cloud.bigtable.data.v2.stub.EnhancedBigtableStubSettings;
import com.google.cloud.bigtable.data.v2.stub.metrics.NoopMetricsProvider;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.client.Repetition;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Google's Bigtable clients of one adapter instance. Reads are repeated by the client until the patience is over; nothing else is ever sent twice by it, see {@link OnlineTable}. Thread safe.
 */
public final class Bigtable implements AutoCloseable {
    private static final Repetition REPETITION =
            new Repetition(Duration.ofMillis(10), Duration.ofSeconds(2), Duration.ofSeconds(20));

    private static final Set<StatusCode.Code> READ_AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE);

    private final GcpClients clients;
    private final String bigtableInstance;
    private final Duration patience;
    private final List<ClientInterceptor> interceptors;
    private final BigtableDataClient data;
    private @Nullable BigtableTableAdminClient admin;

    private Bigtable(
            GcpClients clients,
            String bigtableInstance,
            @Nullable String appProfile,
            Duration patience,
            List<ClientInterceptor> interceptors)
            throws IOException {
        this.clients = clients;
        this.bigtableInstance = bigtableInstance;
        this.patience = patience;
        this.interceptors = List.copyOf(interceptors);
        BigtableDataSettings.Builder settings = BigtableDataSettings.newBuilder()
                .setProjectId(clients.identity().project())
                .setInstanceId(bigtableInstance)
                // The client would export metrics of its own to Cloud Monitoring, which takes a role that nothing else
                // here needs.
                .setMetricsProvider(NoopMetricsProvider.INSTANCE)
                .disableInternalMetrics();
        if (appProfile != null) {
            settings.setAppProfileId(appProfile);
        }
        boolean emulated = clients.isEmulated(GcpService.BIGTABLE);
        CredentialsProvider credentials = clients.credentialsProvider(GcpService.BIGTABLE);
        EnhancedBigtableStubSettings.Builder stub = settings.stubSettings();
        stub.setCredentialsProvider(credentials)
                .setTransportChannelProvider(clients.channels(
                        GcpService.BIGTABLE,
                        configured(EnhancedBigtableStubSettings.defaultGrpcTransportProviderBuilder(), emulated)));
        // An answer may say to try again whatever the code; what must not be sent twice must not be sent twice then
        // either.
        stub.setEnableRetryInfo(false);
        if (emulated) {
            stub.setRefreshingChannel(false);
        }
        RetrySettings retry = REPETITION.within(patience);
        stub.readRowsSettings().setRetryableCodes(READ_AGAIN).setRetrySettings(retry);
        stub.readRowSettings().setRetryableCodes(READ_AGAIN).setRetrySettings(retry);
        stub.bulkReadRowsSettings().setRetryableCodes(READ_AGAIN).setRetrySettings(retry);
        stub.checkAndMutateRowSettings().setRetryableCodes(Set.of()).setRetrySettings(REPETITION.once());
        stub.bulkMutateRowsSettings().setRetryableCodes(Set.of()).setRetrySettings(REPETITION.once());
        this.data = BigtableDataClient.create(settings.build());
    }

    /**
     * Makes clients; no call is made. They are closed with the session's.
     *
     * @param bigtableInstance the Bigtable instance's id
     * @param appProfile an application profile with single-cluster routing and single-row transactions; null for the instance's default
     * @param patience how long a call that failed in passing is repeated in all
     */
    public static Bigtable open(
            GcpClients clients, String bigtableInstance, @Nullable String appProfile, Duration patience) {
        return open(clients, bigtableInstance, appProfile, patience, List.of());
    }

    static Bigtable open(
            GcpClients clients,
            String bigtableInstance,
            @Nullable String appProfile,
            Duration patience,
            List<ClientInterceptor> interceptors) {
        try {
            return clients.keep(new Bigtable(clients, bigtableInstance, appProfile, patience, interceptors));
        } catch (IOException e) {
            throw GcpErrors.translate(e, clients.identity().instance(), "OnlineStore", "open", bigtableInstance);
        }
    }

    private InstantiatingGrpcChannelProvider.Builder configured(
            InstantiatingGrpcChannelProvider.Builder defaults, boolean emulated) {
        if (emulated) {
            defaults.setChannelPoolSettings(ChannelPoolSettings.staticallySized(1));
        }
        return interceptors.isEmpty() ? defaults : defaults.setInterceptorProvider(() -> interceptors);
    }

    BigtableDataClient data() {
        return data;
    }

    Duration patience() {
        return patience;
    }

    /** What the adapter instance is called in errors. */
    String adapter() {
        return clients.identity().instance();
    }

    /** The Bigtable instance's id. */
    String instance() {
        return bigtableInstance;
    }

    /** For making the table: most sessions never need it. */
    synchronized BigtableTableAdminClient admin() {
        if (admin == null) {
            try {
                BigtableTableAdminSettings.Builder settings = BigtableTableAdminSettings.newBuilder()
                        .setProjectId(clients.identity().project())
                        .setInstanceId(bigtableInstance);
                settings.stubSettings()
                        .setCredentialsProvider(clients.credentialsProvider(GcpService.BIGTABLE_ADMIN))
                        .setTransportChannelProvider(clients.channels(
                                GcpService.BIGTABLE_ADMIN,
                                configured(
                                        BigtableTableAdminStubSettings.defaultGrpcTransportProviderBuilder(),
                                        clients.isEmulated(GcpService.BIGTABLE_ADMIN))));
                admin = BigtableTableAdminClient.create(settings.build());
            } catch (IOException e) {
                throw GcpErrors.translate(e, adapter(), "OnlineStore", "open", bigtableInstance);
            }
        }
        return admin;
    }

    @Override
    public synchronized void close() {
        data.close();
        if (admin != null) {
            admin.close();
        }
    }
}
