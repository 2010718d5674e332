package dev.isobar.aws.kinesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** What goes wrong between the SDK and a service, by chance with a known seed. Counts what it did. */
final class FaultyHttp implements SdkAsyncHttpClient, ExecutionInterceptor {
    private static final ExecutionAttribute<List<Integer>> REFUSED = new ExecutionAttribute<>("refused");

    private final SdkAsyncHttpClient network;
    private final Random random;
    private final Map<Fault, Double> rates = new EnumMap<>(Fault.class);
    private final Map<Fault, AtomicInteger> done = new EnumMap<>(Fault.class);
    private volatile String poison = "";

    /** Something that goes wrong. */
    enum Fault {
        /** A record of a PutRecords request is not stored, and the answer says so. */
        ENTRY_REFUSED("PutRecords"),
        /** The call took effect, its answer is lost. */
        PUT_ANSWER_LOST("PutRecords"),
        READ_THROTTLED("GetRecords"),
        ITERATOR_EXPIRED("GetRecords"),
        /** The connection breaks in the middle of the answer. */
        READ_CUT_OFF("GetRecords"),
        /** The same while records are pushed. */
        PUSH_CUT_OFF("SubscribeToShard");

        private final String operation;

        Fault(String operation) {
            this.operation = operation;
        }
    }

    FaultyHttp(SdkAsyncHttpClient network, long seed, Map<Fault, Double> rates) {
        this.network = network;
        this.random = new Random(seed);
        this.rates.putAll(rates);
        for (Fault fault : Fault.values()) {
            done.put(fault, new AtomicInteger());
        }
    }

    /** From now on records of this key are refused whenever they come. */
    void refuseAlways(String key) {
        poison = key;
    }

    int count(Fault fault) {
        return done.getOrDefault(fault, new AtomicInteger()).get();
    }

    private synchronized boolean strikes(Fault fault, String operation) {
        boolean strikes = operation.endsWith(fault.operation) && random.nextDouble() < rates.getOrDefault(fault, 0.0);
        if (strikes) {
            done.getOrDefault(fault, new AtomicInteger()).incrementAndGet();
        }
        return strikes;
    }

    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
        if (!(context.request() instanceof PutRecordsRequest put)) {
            return context.request();
        }
        List<PutRecordsRequestEntry> kept = new ArrayList<>();
        List<Integer> refused = new ArrayList<>();
        for (int i = 0; i < put.records().size(); i++) {
            // One must remain: the service does not take an empty request.
            boolean last = kept.isEmpty() && i == put.records().size() - 1;
            PutRecordsRequestEntry entry = put.records().get(i);
            if (entry.partitionKey().equals(poison) || !last && strikes(Fault.ENTRY_REFUSED, "PutRecords")) {
                refused.add(i);
            } else {
                kept.add(entry);
            }
        }
        if (kept.isEmpty()) {
            kept.add(PutRecordsRequestEntry.builder()
                    .partitionKey("filler")
                    .data(SdkBytes.fromUtf8String("filler"))
                    .build());
        }
        attributes.putAttribute(REFUSED, refused);
        return put.toBuilder().records(kept).build();
    }

    @Override
    public SdkResponse modifyResponse(Context.ModifyResponse context, ExecutionAttributes attributes) {
        List<Integer> refused = attributes.getAttribute(REFUSED);
        if (refused == null || !(context.response() instanceof PutRecordsResponse answer)) {
            return context.response();
        }
        List<PutRecordsResultEntry> results = new ArrayList<>(answer.records());
        if (context.request() instanceof PutRecordsRequest put
                && put.records().get(0).partitionKey().equals("filler")) {
            results.clear();
        }
        for (int index : new TreeSet<>(refused)) {
            results.add(
                    index,
                    PutRecordsResultEntry.builder()
                            .errorCode("ProvisionedThroughputExceededException")
                            .errorMessage("Rate exceeded for shard")
                            .build());
        }
        return answer.toBuilder()
                .records(results)
                .failedRecordCount(refused.size())
                .build();
    }

    @Override
    public CompletableFuture<Void> execute(AsyncExecuteRequest call) {
        String operation = call.request().firstMatchingHeader("X-Amz-Target").orElse("");
        SdkAsyncHttpResponseHandler handler = call.responseHandler();
        if (strikes(Fault.READ_THROTTLED, operation)) {
            return error(handler, "ProvisionedThroughputExceededException");
        }
        if (strikes(Fault.ITERATOR_EXPIRED, operation)) {
            return error(handler, "ExpiredIteratorException");
        }
        if (strikes(Fault.PUT_ANSWER_LOST, operation)) {
            CompletableFuture<Void> lost = new CompletableFuture<>();
            network.execute(with(call, new Lost())).whenComplete((v, e) -> {
                IOException broken = new IOException("connection reset (injected)");
                handler.onError(broken);
                lost.completeExceptionally(broken);
            });
            return lost;
        }
        if (strikes(Fault.READ_CUT_OFF, operation)) {
            return network.execute(with(call, new Cut(handler, 0)));
        }
        if (strikes(Fault.PUSH_CUT_OFF, operation)) {
            return network.execute(with(call, new Cut(handler, 2)));
        }
        return network.execute(call);
    }

    private static AsyncExecuteRequest with(AsyncExecuteRequest call, SdkAsyncHttpResponseHandler handler) {
        return AsyncExecuteRequest.builder()
                .request(call.request())
                .requestContentPublisher(call.requestContentPublisher())
                .fullDuplex(call.fullDuplex())
                .responseHandler(handler)
                .build();
    }

    private static CompletableFuture<Void> error(SdkAsyncHttpResponseHandler handler, String code) {
        handler.onHeaders(SdkHttpResponse.builder()
                .statusCode(400)
                .putHeader("x-amzn-ErrorType", code)
                .putHeader("Content-Length", "0")
                .build());
        handler.onStream(SdkPublisher.adapt(new Nothing()));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        network.close();
    }

    /** An empty body. */
    private static final class Nothing implements Publisher<ByteBuffer> {
        @Override
        public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
            subscriber.onSubscribe(new Subscription() {
                @Override
                public void request(long n) {
                    subscriber.onComplete();
                }

                @Override
                public void cancel() {}
            });
        }
    }

    /** Takes an answer that nobody sees. */
    private static final class Lost implements SdkAsyncHttpResponseHandler {
        @Override
        public void onHeaders(SdkHttpResponse headers) {}

        @Override
        public void onStream(Publisher<ByteBuffer> stream) {
            stream.subscribe(new Subscriber<>() {
                @Override
                public void onSubscribe(Subscription s) {
                    s.request(Long.MAX_VALUE);
                }

                @Override
                public void onNext(ByteBuffer b) {}

                @Override
                public void onError(Throwable t) {}

                @Override
                public void onComplete() {}
            });
        }

        @Override
        public void onError(Throwable error) {}
    }

    /** Passes on some buffers and half of the next, and then breaks. */
    private record Cut(SdkAsyncHttpResponseHandler handler, int whole) implements SdkAsyncHttpResponseHandler {
        @Override
        public void onHeaders(SdkHttpResponse headers) {
            handler.onHeaders(headers);
        }

        @Override
        public void onStream(Publisher<ByteBuffer> stream) {
            handler.onStream(subscriber -> stream.subscribe(new Subscriber<>() {
                private boolean broken;
                private int passed;
                private Subscription from = new Subscription() {
                    @Override
                    public void request(long n) {}

                    @Override
                    public void cancel() {}
                };

                @Override
                public void onSubscribe(Subscription s) {
                    from = s;
                    subscriber.onSubscribe(s);
                }

                @Override
                public void onNext(ByteBuffer bytes) {
                    if (passed++ < whole) {
                        subscriber.onNext(bytes);
                    } else if (!broken) {
                        broken = true;
                        subscriber.onNext(bytes.slice(0, bytes.remaining() / 2));
                        from.cancel();
                        subscriber.onError(new IOException("connection reset in the middle (injected)"));
                    }
                }

                @Override
                public void onError(Throwable t) {
                    subscriber.onError(t);
                }

                @Override
                public void onComplete() {
                    if (!broken) {
                        subscriber.onComplete();
                    }
                }
            }));
        }

        @Override
        public void onError(Throwable error) {
            handler.onError(error);
        }
    }
}
