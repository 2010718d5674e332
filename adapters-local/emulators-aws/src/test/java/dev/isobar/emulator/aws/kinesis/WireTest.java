package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

@DisplayName("The SDK's clients, in JSON and in CBOR, over HTTP/1.1 and HTTP/2")
class WireTest {
    private static final String CBOR = "aws.cborEnabled";
    private static final String SHARD = "shardId-000000000000";
    private static final Duration REFUSAL = Duration.ofMillis(700);

    private static KinesisServer server;

    @BeforeAll
    static void up(@TempDir Path folder) throws Exception {
        server = KinesisServer.start(
                0,
                KinesisSettings.of("us-east-1", "000000000000", folder)
                        .withSubscriptions(REFUSAL, Duration.ofMinutes(5)));
    }

    @AfterAll
    static void down() throws Exception {
        server.close();
    }

    @AfterEach
    void asItWas() {
        System.clearProperty(CBOR);
    }

    @ParameterizedTest(name = "CBOR {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("put and read what was put, in order, by every kind of iterator")
    void blocking(boolean cbor) {
        System.setProperty(CBOR, Boolean.toString(cbor));
        String stream = "blocking-" + cbor;
        try (KinesisClient client = Clients.sync(server.uri())) {
            Instant before = Instant.now();
            Clients.create(client, stream, 1);
            List<PutRecordsRequestEntry> entries = IntStream.range(0, 500)
                    .mapToObj(i -> PutRecordsRequestEntry.builder()
                            .partitionKey("kü-" + i)
                            .data(SdkBytes.fromByteArray(new byte[] {(byte) i, (byte) (i >> 8), -1, 0}))
                            .build())
                    .toList();
            PutRecordsResponse put = client.putRecords(r -> r.streamName(stream).records(entries));
            assertThat(put.failedRecordCount()).isZero();
            GetRecordsResponse got = read(client, stream, ShardIteratorType.TRIM_HORIZON, null, null);
            assertThat(got.millisBehindLatest()).isZero();
            assertThat(got.records()).hasSize(500);
            for (int i = 0; i < 500; i++) {
                Record r = got.records().get(i);
                assertThat(r.partitionKey()).isEqualTo("kü-" + i);
                assertThat(r.data()).isEqualTo(entries.get(i).data());
                assertThat(r.sequenceNumber())
                        .isEqualTo(put.records().get(i).sequenceNumber())
                        .hasSize(56);
                assertThat(r.approximateArrivalTimestamp())
                        .isBetween(before.minusMillis(1), Instant.now().plusMillis(1));
            }
            assertThat(got.records().stream().map(Record::sequenceNumber).sorted())
                    .containsExactlyElementsOf(
                            got.records().stream().map(Record::sequenceNumber).toList());

            String middle = got.records().get(100).sequenceNumber();
            assertThat(read(client, stream, ShardIteratorType.AT_SEQUENCE_NUMBER, middle, null)
                            .records())
                    .hasSize(400);
            assertThat(read(client, stream, ShardIteratorType.AFTER_SEQUENCE_NUMBER, middle, null)
                            .records())
                    .hasSize(399);
            assertThat(read(client, stream, ShardIteratorType.LATEST, null, null)
                            .records())
                    .isEmpty();
            Instant arrival = got.records().get(0).approximateArrivalTimestamp();
            assertThat(read(client, stream, ShardIteratorType.AT_TIMESTAMP, null, arrival)
                            .records())
                    .hasSize(500);
            assertThat(read(client, stream, ShardIteratorType.AT_TIMESTAMP, null, Instant.now())
                            .records())
                    .isEmpty();
            assertThatThrownBy(() -> client.describeStream(r -> r.streamName("none")))
                    .isInstanceOf(ResourceNotFoundException.class)
                    .hasMessageContaining("Stream none under account 000000000000 not found.");
        }
    }

    @ParameterizedTest(name = "{0}, CBOR {1}")
    @CsvSource({"HTTP1_1,true", "HTTP1_1,false", "HTTP2,true", "HTTP2,false"})
    @DisplayName("are pushed what is there and what comes, to the shard's end; one subscription at a time")
    void pushed(Protocol protocol, boolean cbor) {
        System.setProperty(CBOR, Boolean.toString(cbor));
        String stream = "pushed-" + protocol + cbor;
        try (KinesisClient sync = Clients.sync(server.uri());
                KinesisAsyncClient client = Clients.async(server.uri(), protocol)) {
            client.createStream(r -> r.streamName(stream).shardCount(1)).join();
            Clients.active(sync, stream);
            put(client, stream, 0, 20);
            String arn = sync.describeStreamSummary(r -> r.streamName(stream))
                    .streamDescriptionSummary()
                    .streamARN();
            String consumer = client.registerStreamConsumer(
                            r -> r.streamARN(arn).consumerName("reader"))
                    .join()
                    .consumer()
                    .consumerARN();
            Clients.await()
                    .until(() -> client.describeStreamConsumer(r -> r.consumerARN(consumer))
                                    .join()
                                    .consumerDescription()
                                    .consumerStatus()
                            == ConsumerStatus.ACTIVE);

            List<SubscribeToShardEvent> events = new CopyOnWriteArrayList<>();
            CompletableFuture<Void> first = subscribe(client, consumer, events);
            Clients.await().until(() -> texts(events).size() == 20);
            put(client, stream, 20, 40);
            Clients.await().until(() -> texts(events).size() == 40);
            assertThat(texts(events))
                    .isEqualTo(IntStream.range(0, 40).mapToObj(i -> "v" + i).toList());
            assertThat(events.get(events.size() - 1).continuationSequenceNumber())
                    .isNotNull();

            Clients.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(first.isDone()).isFalse());
            List<SubscribeToShardEvent> again = new CopyOnWriteArrayList<>();
            CompletableFuture<?>[] second = new CompletableFuture<?>[1];
            Clients.await().until(() -> {
                CompletableFuture<Void> attempt = subscribe(client, consumer, again);
                Clients.await().until(() -> attempt.isDone() || !again.isEmpty());
                second[0] = attempt;
                return !again.isEmpty();
            });
            assertThatThrownBy(first::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(ResourceInUseException.class);
            assertThatThrownBy(
                            () -> subscribe(client, consumer, new ArrayList<>()).join())
                    .hasCauseInstanceOf(ResourceInUseException.class)
                    .hasMessageContaining("Another active subscription exists for this consumer");

            sync.splitShard(r -> r.streamName(stream)
                    .shardToSplit(SHARD)
                    .newStartingHashKey("170141183460469231731687303715884105728"));
            second[0].join();
            SubscribeToShardEvent last = again.get(again.size() - 1);
            assertThat(last.continuationSequenceNumber()).isNull();
            assertThat(last.childShards().stream().map(ChildShard::shardId))
                    .containsExactly("shardId-000000000001", "shardId-000000000002");
            assertThat(texts(again)).hasSize(40);
        }
    }

    private static CompletableFuture<Void> subscribe(
            KinesisAsyncClient client, String consumer, List<SubscribeToShardEvent> into) {
        return client.subscribeToShard(
                r -> r.consumerARN(consumer)
                        .shardId(SHARD)
                        .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
                SubscribeToShardResponseHandler.builder()
                        .subscriber(event -> {
                            if (event instanceof SubscribeToShardEvent records) {
                                into.add(records);
                            }
                        })
                        .build());
    }

    private static List<String> texts(List<SubscribeToShardEvent> events) {
        return events.stream()
                .flatMap(e -> e.records().stream())
                .map(r -> r.data().asUtf8String())
                .toList();
    }

    private static void put(KinesisAsyncClient client, String stream, int from, int to) {
        client.putRecords(r -> r.streamName(stream)
                        .records(IntStream.range(from, to)
                                .mapToObj(i -> PutRecordsRequestEntry.builder()
                                        .partitionKey("k" + i)
                                        .data(SdkBytes.fromString("v" + i, StandardCharsets.UTF_8))
                                        .build())
                                .toList()))
                .join();
    }

    private static GetRecordsResponse read(
            KinesisClient client, String stream, ShardIteratorType type, String sequence, Instant time) {
        String iterator = client.getShardIterator(r -> r.streamName(stream)
                        .shardId(SHARD)
                        .shardIteratorType(type)
                        .startingSequenceNumber(sequence)
                        .timestamp(time))
                .shardIterator();
        return client.getRecords(r -> r.shardIterator(iterator));
    }
}
