package dev.isobar.gcp.bigtable;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Requests that are not sent, and answers that are lost, as a test says. */
final class Faults implements ClientInterceptor {
    /** What happens to one request. */
    enum Fault {
        NONE,
        NOT_SENT,
        ANSWER_LOST
    }

    private final Function<String, Fault> next;
    private final Function<String, Status> status;

    /**
     * Faults that are asked for with the method's name.
     *
     * @param status what the caller is told then
     */
    Faults(Function<String, Fault> next, Function<String, Status> status) {
        this.next = next;
        this.status = status;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel channel) {
        String name = String.valueOf(method.getBareMethodName());
        Fault fault = next.apply(name);
        if (fault == Fault.NONE) {
            return channel.newCall(method, options);
        }
        Status told = status.apply(name).withDescription("injected");
        return fault == Fault.NOT_SENT
                ? new Unsent<>(told)
                : new SimpleForwardingClientCall<Q, A>(channel.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        super.start(
                                new SimpleForwardingClientCallListener<A>(listener) {
                                    @Override
                                    public void onMessage(A message) {
                                        // is lost; the next one too
                                        request(1);
                                    }

                                    @Override
                                    public void onClose(Status real, Metadata trailers) {
                                        super.onClose(told, new Metadata());
                                    }
                                },
                                headers);
                    }
                };
    }

    private static final class Unsent<Q, A> extends ClientCall<Q, A> {
        private final Status status;
        private @Nullable Listener<A> listener;

        Unsent(Status status) {
            this.status = status;
        }

        @Override
        public void start(Listener<A> responses, Metadata headers) {
            listener = responses;
        }

        @Override
        public void halfClose() {
            if (listener != null) {
                listener.onClose(status, new Metadata());
            }
        }

        @Override
        public void request(int count) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void sendMessage(Q message) {}
    }
}
