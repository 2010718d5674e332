package dev.isobar.gcp;

import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Disturbs unary calls of a gRPC server: refuses them, loses their answers, or empties them; counts all. Thread safe. */
final class CallFaults implements ServerInterceptor {
    static final long SEED = 20261123;
    private static final Status[] KINDS = {Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED};

    private final ConcurrentMap<String, Deque<Fault>> planned = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Random random = new Random(SEED);
    private final AtomicInteger done = new AtomicInteger();
    private volatile double share;

    private enum Kind {
        REFUSE,
        LOSE,
        EMPTY
    }

    private record Fault(Kind kind, Status status) {}

    /** The next calls of a method are done, and their answer does not arrive. */
    void lose(String method, Status... statuses) {
        for (Status status : statuses) {
            plan(method, new Fault(Kind.LOSE, status));
        }
    }

    /** The next calls of a method are refused. */
    void refuse(String method, Status... statuses) {
        for (Status status : statuses) {
            plan(method, new Fault(Kind.REFUSE, status));
        }
    }

    /** The next calls of a method answer nothing, as a list does that does not know yet. */
    void empty(String method, int times) {
        for (int i = 0; i < times; i++) {
            plan(method, new Fault(Kind.EMPTY, Status.OK));
        }
    }

    /** This share of all calls, half of them refused and half of them lost. */
    void all(double part) {
        share = part;
    }

    private void plan(String method, Fault fault) {
        Deque<Fault> faults = planned.computeIfAbsent(method, m -> new ArrayDeque<>());
        synchronized (faults) {
            faults.add(fault);
        }
    }

    /** How many calls there were of a method. */
    long count(String method) {
        return calls.stream().filter(method::equals).count();
    }

    /** How many faults there were. */
    int done() {
        return done.get();
    }

    void clear() {
        planned.clear();
        calls.clear();
        share = 0;
        done.set(0);
    }

    private synchronized Fault next(String method) {
        Deque<Fault> faults = planned.getOrDefault(method, new ArrayDeque<>());
        synchronized (faults) {
            Fault fault = faults.poll();
            if (fault != null) {
                return fault;
            }
        }
        double chance = share == 0 ? 1 : random.nextDouble();
        return new Fault(
                chance < share / 2 ? Kind.REFUSE : Kind.LOSE,
                chance < share ? KINDS[random.nextInt(KINDS.length)] : Status.OK);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        calls.add(method);
        Fault fault = next(method);
        if (fault.kind() != Kind.EMPTY && fault.status().isOk()) {
            return next.startCall(call, headers);
        }
        done.incrementAndGet();
        if (fault.kind() == Kind.REFUSE) {
            call.close(fault.status(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(
                new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                    private boolean over;

                    @Override
                    @SuppressWarnings("unchecked")
                    public void sendMessage(A message) {
                        if (fault.kind() == Kind.EMPTY) {
                            super.sendMessage((A) ((Message) message).getDefaultInstanceForType());
                        } else {
                            over = true;
                            super.close(fault.status(), new Metadata());
                        }
                    }

                    @Override
                    public void close(Status status, Metadata trailers) {
                        if (!over) {
                            super.close(status, trailers);
                        }
                    }
                },
                headers);
    }

    /** What a test says of its faults. */
    @Override
    public String toString() {
        return Map.of("seed", SEED, "faults", done.get(), "calls", calls.size()).toString();
    }
}
