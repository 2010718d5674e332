package dev.isobar.gcp;

import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.emulator.gcp.wire.HttpService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Stands before BigQuery's two interfaces and Cloud Storage, and answers some calls otherwise. */
final class BigQueryFaults implements ServerInterceptor {
    private static final int ALIVE = -1;
    private static final int DEAD = -2;

    /** What becomes of one call: it is not made at all, or it is made and its answer lost. */
    private record GrpcFault(String method, Status status, boolean made, UnaryOperator<Object> answer) {}

    private record RestFault(Predicate<HttpCall> which, int status, String reason, boolean made) {}

    private final Deque<GrpcFault> grpc = new ArrayDeque<>();
    private final Deque<RestFault> rest = new ArrayDeque<>();

    /** How many more calls are answered. */
    private final AtomicInteger left = new AtomicInteger(ALIVE);

    /** The next call of that method is refused. */
    synchronized BigQueryFaults refuse(String method, Status status) {
        grpc.add(new GrpcFault(method, status, false, a -> a));
        return this;
    }

    /** The next call of that method is made, and its first answer is replaced by an error. */
    synchronized BigQueryFaults lose(String method, Status status) {
        grpc.add(new GrpcFault(method, status, true, a -> a));
        return this;
    }

    /** The first answer of the next call of that method is another one. */
    synchronized BigQueryFaults change(String method, UnaryOperator<Object> answer) {
        grpc.add(new GrpcFault(method, Status.OK, true, answer));
        return this;
    }

    /** The next such REST call is refused. */
    synchronized BigQueryFaults refuse(Predicate<HttpCall> which, int status, String reason) {
        rest.add(new RestFault(which, status, reason, false));
        return this;
    }

    /** The next such REST call is made, and its answer replaced by an error. */
    synchronized BigQueryFaults lose(Predicate<HttpCall> which, int status) {
        rest.add(new RestFault(which, status, "backendError", true));
        return this;
    }

    /** Answers so many more calls; the next is made but not answered, and no other is made: as for a process that is killed there. */
    void dieAfter(int answered) {
        left.set(answered);
    }

    /** A new process. */
    void live() {
        left.set(ALIVE);
    }

    /** Whether every fault has struck. */
    synchronized boolean isSpent() {
        return grpc.isEmpty() && rest.isEmpty();
    }

    private enum Fate {
        ANSWERED,
        MADE,
        NOTHING
    }

    private synchronized Fate fate() {
        int before = left.get();
        if (before == ALIVE) {
            return Fate.ANSWERED;
        }
        if (before > 0) {
            left.set(before - 1);
            return Fate.ANSWERED;
        }
        left.set(DEAD);
        return before == DEAD ? Fate.NOTHING : Fate.MADE;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        Fate fate = fate();
        GrpcFault fault = fate == Fate.ANSWERED
                ? take(method)
                : new GrpcFault(method, Status.PERMISSION_DENIED.withDescription("dead"), fate == Fate.MADE, a -> a);
        if (fault == null) {
            return next.startCall(call, headers);
        }
        if (!fault.made()) {
            call.close(fault.status(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    private boolean struck;

                    @Override
                    @SuppressWarnings("unchecked")
                    public void sendMessage(A message) {
                        if (struck && !fault.status().isOk()) {
                            return;
                        }
                        if (struck || fault.status().isOk()) {
                            super.sendMessage(
                                    struck ? message : (A) fault.answer().apply(message));
                            struck = true;
                            return;
                        }
                        struck = true;
                        super.close(fault.status(), new Metadata());
                    }

                    @Override
                    public void close(Status status, Metadata trailers) {
                        if (!struck || fault.status().isOk()) {
                            super.close(status, trailers);
                        }
                    }
                },
                headers);
    }

    private synchronized GrpcFault take(String method) {
        if (!grpc.isEmpty() && grpc.element().method().equals(method)) {
            return grpc.remove();
        }
        return null;
    }

    /** Stands before a service that speaks HTTP. */
    HttpService around(HttpService service) {
        return call -> {
            Fate fate = fate();
            RestFault fault = fate == Fate.ANSWERED
                    ? take(call)
                    : new RestFault(c -> true, 403, "accessDenied", fate == Fate.MADE);
            if (fault == null) {
                return service.answer(call);
            }
            if (fault.made()) {
                service.answer(call).body().close();
            }
            String body = "{\"error\":{\"code\":" + fault.status()
                    + ",\"message\":\"Said by a test\",\"errors\":[{\"message\":\"Said by a test\",\"domain\":\"global\",\"reason\":\""
                    + fault.reason() + "\"}]}}";
            return HttpAnswer.of(fault.status(), "application/json", Map.of(), body.getBytes(StandardCharsets.UTF_8));
        };
    }

    private synchronized RestFault take(HttpCall call) {
        if (!rest.isEmpty() && rest.element().which().test(call)) {
            return rest.remove();
        }
        return null;
    }
}
