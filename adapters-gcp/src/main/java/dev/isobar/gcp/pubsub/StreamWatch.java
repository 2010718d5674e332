package dev.isobar.gcp.pubsub;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Tells when a StreamingPull ends. Google's subscriber opens it again by itself and says nothing; but messages that were on their way are then missing until their
 * deadline has passed, while what follows them is delivered to the same client. Within one stream nothing is missing. Thread safe.
 */
final class StreamWatch implements ClientInterceptor {
    /** Where Google's subscriber says which subscription a stream is of. */
    private static final Metadata.Key<String> PARAMETERS =
            Metadata.Key.of("x-goog-request-params", Metadata.ASCII_STRING_MARSHALLER);

    private final Map<String, Consumer<Status>> watched = new ConcurrentHashMap<>();

    /** Calls back at the end of every stream of a subscription, before another is opened. */
    void watch(String subscription, Consumer<Status> ended) {
        watched.put("subscription=" + subscription, ended);
    }

    void forget(String subscription) {
        watched.remove("subscription=" + subscription);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        ClientCall<Q, A> call = next.newCall(method, options);
        if (method.getType() != MethodDescriptor.MethodType.BIDI_STREAMING) {
            return call;
        }
        return new SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                String parameters = String.valueOf(headers.get(PARAMETERS));
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                Consumer<Status> ended = watched.get(parameters);
                                if (ended != null) {
                                    ended.accept(status);
                                }
                                super.onClose(status, trailers);
                            }
                        },
                        headers);
            }
        };
    }
}
