package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFuture;
import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedExecutorProvider;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ClientStream;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StatusCode;
import com.google.api.gax.rpc.TransportChannel;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.cloud.pubsub.v1.SubscriptionAdminClient;
import com.google.cloud.pubsub.v1.SubscriptionAdminSettings;
import com.google.cloud.pubsub.v1.TopicAdminClient;
import com.google.cloud.pubsub.v1.TopicAdminSettings;
import com.google.cloud.pubsub.v1.stub.PublisherStub;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.protobuf.Empty;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.client.Repetition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Google's Pub/Sub clients of one adapter instance on one channel, and their errors in Isobar's words. Retries live in the clients: every call that failed in
 * passing is repeated until the patience is over. Thread safe.
 */
public final class PubSub implements AutoCloseable {
    private static final int CALLBACKS = 2;
    private static final int TIMERS = 2;
    private static final Repetition REPETITION =
            new Repetition(Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(30));

    /** What a publish is repeated after; the same codes as in Google's own settings for it. */
    private static final Set<StatusCode.Code> PUBLISH_AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.CANCELLED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    /** What any other call is repeated after: all of them end the same when done twice, or say that they were done already. */
    private static final Set<StatusCode.Code> CALL_AGAIN = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    private final String instance;
    private final String project;
    private final Duration patience;
    private final ScheduledThreadPoolExecutor callbacks = pool("pubsub-callback", CALLBACKS);
    private final ScheduledThreadPoolExecutor timers = pool("pubsub-timer", TIMERS);
    private final StreamWatch streams = new StreamWatch();
    private final TransportChannel channel;
    private final CredentialsProvider credentials;
    private final TopicAdminClient topics;
    private final SubscriptionAdminClient subscriptions;
    private final PublisherStub publisher;

    private PubSub(GcpClients clients, Duration patience) throws IOException {
        this.instance = clients.identity().instance();
        this.project = clients.identity().project();
        this.patience = patience;
        this.credentials = clients.credentialsProvider(GcpService.PUBSUB);
        TransportChannelProvider provider = clients.channels(
                GcpService.PUBSUB,
                PublisherStubSettings.defaultGrpcTransportProviderBuilder()
                        .setInterceptorProvider(() -> List.of(streams)));
        // No executor of ours: a subscriber that is not asked for messages may block the thread that brings them.
        this.channel = clients.channel(
                GcpService.PUBSUB,
                provider,
                PublisherStubSettings.defaultGrpcApiClientHeaderProviderBuilder()
                        .build(),
                PublisherStubSettings.getDefaultEndpoint());
        RetrySettings retry = REPETITION.within(patience);
        TopicAdminSettings.Builder topicSettings = TopicAdminSettings.newBuilder()
                .setTransportChannelProvider(channels())
                .setCredentialsProvider(credentials)
                .setBackgroundExecutorProvider(timers());
        topicSettings.applyToAllUnaryMethods(settings -> {
            settings.setRetrySettings(retry).setRetryableCodes(CALL_AGAIN);
            return null;
        });
        this.topics = TopicAdminClient.create(topicSettings.build());
        SubscriptionAdminSettings.Builder subscriptionSettings = SubscriptionAdminSettings.newBuilder()
                .setTransportChannelProvider(channels())
                .setCredentialsProvider(credentials)
                .setBackgroundExecutorProvider(timers());
        subscriptionSettings.applyToAllUnaryMethods(settings -> {
            settings.setRetrySettings(retry).setRetryableCodes(CALL_AGAIN);
            return null;
        });
        this.subscriptions = SubscriptionAdminClient.create(subscriptionSettings.build());
        PublisherStubSettings.Builder publishSettings = PublisherStubSettings.newBuilder()
                .setTransportChannelProvider(channels())
                .setCredentialsProvider(credentials)
                .setBackgroundExecutorProvider(timers());
        publishSettings
                .publishSettings()
                .setRetrySettings(retry)
                .setRetryableCodes(PUBLISH_AGAIN)
                // An append is a batch already.
                .setBatchingSettings(
                        BatchingSettings.newBuilder().setIsEnabled(false).build());
        this.publisher = publishSettings.build().createStub();
    }

    /**
     * Makes clients; no call is made. They are closed with the session's.
     *
     * @param patience how long a call that failed in passing is repeated in all
     * @throws IsobarException {@code UNAUTHENTICATED} if there are no credentials
     */
    public static PubSub open(GcpClients clients, Duration patience) {
        try {
            return clients.keep(new PubSub(clients, patience));
        } catch (IOException e) {
            throw GcpErrors.translate(e, clients.identity().instance(), "EventStream", "open", "pubsub");
        }
    }

    String instance() {
        return instance;
    }

    String project() {
        return project;
    }

    /** How long a call is repeated in all. */
    Duration patience() {
        return patience;
    }

    /** The one channel, for another client that does not close it. */
    TransportChannelProvider channels() {
        return FixedTransportChannelProvider.create((GrpcTransportChannel) channel);
    }

    /** Says when streams end. */
    StreamWatch streams() {
        return streams;
    }

    CredentialsProvider credentials() {
        return credentials;
    }

    /** Threads that hand messages over. */
    FixedExecutorProvider callbacks() {
        return FixedExecutorProvider.create(callbacks);
    }

    /** Threads of deadlines and retries. */
    FixedExecutorProvider timers() {
        return FixedExecutorProvider.create(timers);
    }

    /** Google's client of subscriptions, for what it is needed for beside this adapter. */
    SubscriptionAdminClient subscriptions() {
        return subscriptions;
    }

    /** What a call about topics gives. */
    <T> T topics(String operation, String resource, Function<TopicAdminClient, T> call) {
        return call(operation, resource, () -> call.apply(topics));
    }

    /** What a call about subscriptions gives. */
    <T> T subscriptions(String operation, String resource, Function<SubscriptionAdminClient, T> call) {
        return call(operation, resource, () -> call.apply(subscriptions));
    }

    /** What a call about topics gives, or null if what it asks for does not exist. */
    <T> @Nullable T find(String operation, String resource, Function<TopicAdminClient, T> call) {
        try {
            return topics(operation, resource, call);
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    /** Publishes; the future fails with what the client throws. */
    ApiFuture<PublishResponse> publish(PublishRequest request) {
        return publisher.publishCallable().futureCall(request);
    }

    /** Opens a stream of messages; nothing is repeated. */
    ClientStream<StreamingPullRequest> pull(ResponseObserver<StreamingPullResponse> observer, GrpcCallContext context) {
        return subscriptions.getStub().streamingPullCallable().splitCall(observer, context);
    }

    /** Acknowledges; the future fails with what the client throws. */
    ApiFuture<Empty> acknowledge(AcknowledgeRequest request) {
        return subscriptions.getStub().acknowledgeCallable().futureCall(request);
    }

    /** Moves deadlines; the future fails with what the client throws. */
    ApiFuture<Empty> extend(ModifyAckDeadlineRequest request) {
        return subscriptions.getStub().modifyAckDeadlineCallable().futureCall(request);
    }

    private interface Call<T> {
        T run();
    }

    private <T> T call(String operation, String resource, Call<T> call) {
        try {
            return call.run();
        } catch (IsobarException e) {
            throw e;
        } catch (RuntimeException e) {
            throw translate(e, operation, resource);
        }
    }

    IsobarException translate(Throwable e, String operation, String resource) {
        return GcpErrors.translate(e, instance, "EventStream", operation, resource);
    }

    IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at("EventStream", operation)
                .resource(resource);
    }

    IsobarException cancelled(String operation, String resource) {
        return error(ErrorCode.CANCELLED, "The thread was interrupted", operation, resource)
                .build();
    }

    private static ScheduledThreadPoolExecutor pool(String name, int threads) {
        AtomicInteger number = new AtomicInteger();
        ThreadFactory daemons = task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(threads, daemons);
        pool.setRemoveOnCancelPolicy(true);
        return pool;
    }

    @Override
    public void close() {
        publisher.close();
        topics.close();
        subscriptions.close();
        channel.shutdownNow();
        callbacks.shutdownNow();
        timers.shutdownNow();
    }
}
