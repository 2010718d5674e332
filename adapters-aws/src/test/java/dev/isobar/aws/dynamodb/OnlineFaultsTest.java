package dev.isobar.aws.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.online.OnlineAgainstMap;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

@DisplayName("The online store on DynamoDB, when the network or the service fails,")
class OnlineFaultsTest {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    private enum Fault {
        NONE,
        NOT_SENT,
        RESPONSE_LOST,
        THROTTLED
    }

    /** An HTTP client that fails as it is told. */
    private static final class FaultyHttp implements SdkHttpClient {
        private final SdkHttpClient real = ApacheHttpClient.create();
        private final Supplier<Fault> faults;

        FaultyHttp(Supplier<Fault> faults) {
            this.faults = faults;
        }

        @Override
        public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            Fault fault = faults.get();
            ExecutableHttpRequest prepared = real.prepareRequest(request);
            return new ExecutableHttpRequest() {
                @Override
                public HttpExecuteResponse call() throws IOException {
                    switch (fault) {
                        case NOT_SENT -> throw new IOException("injected: not sent");
                        case THROTTLED -> {
                            return throttled();
                        }
                        default -> {
                            HttpExecuteResponse response = prepared.call();
                            if (fault == Fault.RESPONSE_LOST) {
                                response.responseBody().ifPresent(AbortableInputStream::abort);
                                throw new IOException("injected: the response is lost");
                            }
                            return response;
                        }
                    }
                }

                @Override
                public void abort() {
                    prepared.abort();
                }
            };
        }

        private static HttpExecuteResponse throttled() {
            byte[] body =
                    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\",\"message\":\"injected\"}"
                            .getBytes(StandardCharsets.UTF_8);
            return HttpExecuteResponse.builder()
                    .response(SdkHttpResponse.builder()
                            .statusCode(400)
                            .putHeader("Content-Type", "application/x-amz-json-1.0")
                            .putHeader("Content-Length", Integer.toString(body.length))
                            .build())
                    .responseBody(AbortableInputStream.create(new ByteArrayInputStream(body)))
                    .build();
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private static StatePut put(String key, long expected, String content) {
        return new StatePut(key, expected, content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @DisplayName("recognises its own write, whichever response of it was lost, with and without the SDK's retries")
    void lostResponses() {
        for (boolean retries : List.of(true, false)) {
            // One write of 2 requests or 5 in all, and none beyond.
            for (int lost = 1; lost <= 7; lost++) {
                AtomicInteger until = new AtomicInteger(Integer.MAX_VALUE);
                try (DynamoDbClient client = Clients.on(
                        DYNAMO.endpoint(),
                        new FaultyHttp(() -> until.decrementAndGet() == 0 ? Fault.RESPONSE_LOST : Fault.NONE),
                        retries)) {
                    for (int keys : List.of(2, 9)) {
                        String namespace = "lost-" + retries + lost + "-" + keys;
                        OnlineStore store = Clients.store(client, 4);
                        long token = store.acquire(namespace, "o");
                        List<StatePut> puts = new ArrayList<>();
                        for (int k = 0; k < keys; k++) {
                            puts.add(put("k" + k, 0, "x" + k));
                        }
                        until.set(lost);
                        List<Long> versions = OnlineAgainstMap.untilKnown(() -> store.putAll(namespace, token, puts));
                        until.set(Integer.MAX_VALUE);
                        assertThat(versions).hasSize(keys).containsOnly(1L);
                        assertThat(store.putAll(namespace, token, List.of(put("k1", 1, "y"))))
                                .containsExactly(2L);
                        assertThat(store.keys(namespace, null, 100)).hasSize(keys);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("agrees with a map while one request of three fails, and never says conflict for a write of its own")
    void random(boolean retries) {
        long seed = 20_261_123L;
        Random faults = new Random(seed + 1);
        boolean[] on = {true};
        try (DynamoDbClient client = Clients.on(
                DYNAMO.endpoint(),
                new FaultyHttp(() -> {
                    int die = on[0] ? faults.nextInt(9) : 9;
                    return die == 0
                            ? Fault.NOT_SENT
                            : die == 1 ? Fault.RESPONSE_LOST : die == 2 ? Fault.THROTTLED : Fault.NONE;
                }),
                retries)) {
            OnlineAgainstMap.agree(Clients.store(client, 5), "random-" + retries, seed, 50, () -> on[0] = false);
        }
    }

    @Test
    @DisplayName("says THROTTLED when the service does, after the SDK's retries and not before")
    void throttled() {
        AtomicInteger requests = new AtomicInteger();
        boolean[] on = {false};
        try (DynamoDbClient client = Clients.on(
                DYNAMO.endpoint(),
                new FaultyHttp(() -> {
                    requests.incrementAndGet();
                    return on[0] ? Fault.THROTTLED : Fault.NONE;
                }),
                true)) {
            OnlineStore store = Clients.store(client, 99);
            long token = store.acquire("throttled", "o");
            for (Runnable call : List.<Runnable>of(
                    () -> store.get("throttled", "k"),
                    () -> store.putAll("throttled", token, List.of(put("k", 0, "x"))),
                    () -> store.keys("throttled", null, 5),
                    () -> store.acquire("throttled", "p"))) {
                on[0] = true;
                requests.set(0);
                Throwable thrown = catchThrowable(call::run);
                on[0] = false;
                assertThat(thrown).isInstanceOfSatisfying(IsobarException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.THROTTLED);
                    assertThat(e.retryable()).isTrue();
                    assertThat(e.adapter()).isEqualTo("test");
                });
                assertThat(requests.get()).isGreaterThan(1);
            }
        }
    }

    private static KeysAndAttributes withKeys(KeysAndAttributes wanted, List<Map<String, AttributeValue>> keys) {
        return wanted.toBuilder().keys(keys).build();
    }

    @Test
    @DisplayName("takes what a batch left undone up again")
    void unprocessed() {
        AtomicInteger left = new AtomicInteger();
        try (DynamoDbClient real = Clients.plain(DYNAMO.endpoint());
                DynamoDbClient stingy = Intercepted.client(real, (request, answer) -> {
                    if (request instanceof BatchGetItemRequest get) {
                        String table = get.requestItems().keySet().iterator().next();
                        KeysAndAttributes wanted = get.requestItems().get(table);
                        List<Map<String, AttributeValue>> keys = wanted.keys();
                        int some = (keys.size() + 1) / 2;
                        left.addAndGet(keys.size() - some);
                        BatchGetItemResponse.Builder response = real
                                .batchGetItem(r ->
                                        r.requestItems(Map.of(table, withKeys(wanted, keys.subList(0, some)))))
                                .toBuilder();
                        return some == keys.size()
                                ? response.build()
                                : response.unprocessedKeys(
                                                Map.of(table, withKeys(wanted, keys.subList(some, keys.size()))))
                                        .build();
                    }
                    if (request instanceof BatchWriteItemRequest write) {
                        String table = write.requestItems().keySet().iterator().next();
                        List<WriteRequest> writes = write.requestItems().get(table);
                        int some = (writes.size() + 1) / 2;
                        left.addAndGet(writes.size() - some);
                        real.batchWriteItem(r -> r.requestItems(Map.of(table, writes.subList(0, some))));
                        return BatchWriteItemResponse.builder()
                                .unprocessedItems(
                                        some == writes.size()
                                                ? Map.of()
                                                : Map.of(table, writes.subList(some, writes.size())))
                                .build();
                    }
                    return answer.get();
                })) {
            OnlineStore store = Clients.store(stingy, 99);
            long token = store.acquire("unprocessed", "o");
            byte[] big = new byte[1_000_000];
            Arrays.fill(big, (byte) 7);
            List<StatePut> puts = new ArrayList<>();
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                keys.add("k" + i);
                puts.add(i == 5 ? new StatePut("k5", 0, big) : put("k" + i, 0, "v" + i));
            }
            store.putAll("unprocessed", token, puts);
            List<KeyState> states = new ArrayList<>(store.getAll("unprocessed", keys));
            assertThat(states).doesNotContainNull().hasSize(60);
            assertThat(states.get(5).bytes()).isEqualTo(big);
            store.delete("unprocessed");
            assertThat(left.get()).isGreaterThan(100);
            assertThat(real.scan(s -> s.tableName("isobar-online")).items())
                    .filteredOn(item -> item.get(OnlineTable.HASH).s().startsWith("unprocessed"))
                    .isEmpty();
        }
    }
}
