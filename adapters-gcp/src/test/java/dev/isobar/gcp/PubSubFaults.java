package dev.isobar.gcp;

import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Refuses calls, or does them and loses the answer, or breaks streams; by chance, with a seed. */
final class PubSubFaults implements ServerInterceptor {
    private static final Status[] KINDS = {
        Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED, Status.ABORTED
    };

    static final long SEED = 20261123;

    private final Random random = new Random(SEED);
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger broken = new AtomicInteger();
    private volatile double share;
    private volatile Set<String> methods = Set.of();
    private volatile Status always = Status.OK;
    private final AtomicReference<Status> once = new AtomicReference<>(Status.OK);

    /** Disturbs this share of the calls of these methods from now on. */
    void disturb(double part, String... of) {
        methods = Set.of(of);
        share = part;
    }

    /** Refuses every call of a method; {@code OK} ends it. */
    void refuse(String method, Status with) {
        methods = Set.of(method);
        always = with;
    }

    /** Refuses the next call of a method. */
    void refuseOnce(String method, Status with) {
        methods = Set.of(method);
        once.set(with);
    }

    /** Disturbs nothing any more. */
    void quiet() {
        share = 0;
    }

    int refused() {
        return refused.get();
    }

    int lost() {
        return lost.get();
    }

    int broken() {
        return broken.get();
    }

    @Override
    public String toString() {
        return refused + " calls refused, " + lost + " answers lost, " + broken + " streams broken";
    }

    private synchronized double chance() {
        return random.nextDouble();
    }

    private synchronized Status kind() {
        return KINDS[random.nextInt(KINDS.length)];
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        if (!methods.contains(method)) {
            return next.startCall(call, headers);
        }
        Status refusal = always.isOk() ? once.getAndSet(Status.OK) : always;
        if (!refusal.isOk()) {
            call.close(refusal, new Metadata());
            return new ServerCall.Listener<>() {};
        }
        boolean streams = method.equals("StreamingPull");
        double chance = chance();
        if (chance < share / 2) {
            refused.incrementAndGet();
            call.close(kind(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        boolean loses = chance < share;
        return next.startCall(
                new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                    private boolean over;

                    @Override
                    public void sendMessage(A message) {
                        if (over) {
                            return;
                        }
                        // The call has been done; its answer, or the rest of the stream, does not arrive.
                        if (!streams && loses || streams && chance() < share) {
                            over = true;
                            (streams ? broken : lost).incrementAndGet();
                            super.close(kind(), new Metadata());
                            return;
                        }
                        super.sendMessage(message);
                    }

                    @Override
                    public void close(Status status, Metadata trailers) {
                        if (!over) {
                            over = true;
                            super.close(status, trailers);
                        }
                    }
                },
                headers);
    }
}
