package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.wire.RawCalls;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamMode;

@DisplayName("What the service refuses, and what it limits")
class RefusalsTest {
    private static final int MIB = 1 << 20;

    private static KinesisServer server;
    private static KinesisClient client;
    private static RawCalls raw;
    private static Path root;

    @BeforeAll
    static void up(@TempDir Path folder) throws Exception {
        root = folder;
        server = KinesisServer.start(0, folder.resolve("shared"));
        client = Clients.sync(server.uri());
        raw = new RawCalls(server.uri(), "Kinesis_20131202", "kinesis");
        Clients.create(client, "s", 1);
    }

    @AfterAll
    static void down() throws Exception {
        client.close();
        server.close();
    }

    @Test
    @DisplayName("is unsigned, for another region, no JSON, of another type or of another service")
    void malformed() throws Exception {
        raw.refused(
                403,
                "MissingAuthenticationTokenException",
                Map.of("X-Amz-Target", "Kinesis_20131202.ListStreams"),
                "{}");
        raw.refused(
                403,
                "InvalidSignatureException",
                Map.of(
                        "X-Amz-Target",
                        "Kinesis_20131202.ListStreams",
                        "Authorization",
                        raw.signed().replace("us-east-1", "eu-west-1")),
                "{}");
        raw.refused("SerializationException", "ListStreams", "");
        raw.refused("SerializationException", "ListStreams", "{");
        raw.refused("SerializationException", "ListStreams", "[]");
        raw.refused("SerializationException", "ListStreams", "{\"Limit\":\"1\"}");
        raw.refused(
                "SerializationException", "PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"%\"}");
        raw.refused("SerializationException", "PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":1}");
        raw.refused("SerializationException", "SubscribeToShard", "nothing");
        raw.refused("ValidationException", "SubscribeToShard", "{}");
        raw.refused("UnknownOperationException", "Shout", "{}");
        raw.refused(404, "UnknownOperationException", Map.of("Authorization", raw.signed()), "{}");
        assertThat(raw.refused("ValidationException", "PutRecord", "{\"StreamName\":\"s/\",\"Data\":\"\"}")
                        .body())
                .contains(
                        "2 validation errors detected: Value null at 'partitionKey' failed to satisfy constraint: Member"
                                + " must not be null; Value 's/' at 'streamName' failed to satisfy constraint: Member must"
                                + " satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
        raw.refused("ValidationException", "PutRecords", "{\"StreamName\":\"s\",\"Records\":[]}");
        raw.refused("ValidationException", "PutRecords", "{\"StreamName\":\"s\"}");
        try (Socket socket = new Socket("127.0.0.1", server.uri().getPort())) {
            socket.getOutputStream().write("PRIVATE NONSENSE\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            in.readAllBytes();
        }
        assertThat(client.listStreams().streamNames()).contains("s");
    }

    @Test
    @DisplayName("is a record of more than 1 MiB with its key, more than 10 MiB together, or more than 500 records")
    void sizes() {
        byte[] most = new byte[MIB - 1];
        client.putRecord(r -> r.streamName("s").partitionKey("k").data(SdkBytes.fromByteArray(most)));
        assertThatThrownBy(() -> client.putRecord(
                        r -> r.streamName("s").partitionKey("kk").data(SdkBytes.fromByteArray(most))))
                .hasMessageContaining(
                        "failed to satisfy constraint: Member must have length less than or equal to 1048576");
        assertThatThrownBy(() -> puts(11, most))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("Records size exceeds 10 MB limit");
        assertThatThrownBy(() -> puts(501, new byte[1]))
                .hasMessageContaining(
                        "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500");
        assertThat(puts(500, new byte[1]).failedRecordCount()).isZero();
    }

    @Test
    @DisplayName("is an iterator that was altered, and a sequence number of another shard or stream")
    void places() {
        String iterator = iterator(client, "s");
        client.getRecords(r -> r.shardIterator(iterator).limit(1));
        String altered = (iterator.charAt(0) == 'A' ? 'B' : 'A') + iterator.substring(1);
        for (String bad : new String[] {altered, "x", "%%", iterator.substring(4)}) {
            assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator(bad)))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("Invalid ShardIterator.");
        }
        for (String bad : new String[] {"0", "12345", "9".repeat(56), new SequenceNumber(1, 1, 1, 0).text()}) {
            assertThatThrownBy(() -> client.getShardIterator(r -> r.streamName("s")
                            .shardId("shardId-000000000000")
                            .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                            .startingSequenceNumber(bad)))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining(bad);
        }
        assertThatThrownBy(() -> client.getShardIterator(r -> r.streamName("s")
                        .shardId("shardId-000000000000")
                        .shardIteratorType(ShardIteratorType.LATEST)
                        .startingSequenceNumber("0")))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    @DisplayName("is an iterator that is too old")
    void expired() throws Exception {
        try (KinesisServer hasty = KinesisServer.start(
                        0,
                        KinesisSettings.of("us-east-1", "000000000000", root.resolve("hasty"))
                                .withIteratorLife(Duration.ofMillis(1)));
                KinesisClient one = Clients.sync(hasty.uri())) {
            Clients.create(one, "s", 1);
            String iterator = iterator(one, "s");
            Clients.await()
                    .untilAsserted(() -> assertThatThrownBy(() -> one.getRecords(r -> r.shardIterator(iterator)))
                            .isInstanceOf(ExpiredIteratorException.class)
                            .hasMessageContaining("further in the future than the tolerated delay of 1 milliseconds"));
        }
    }

    @Test
    @DisplayName("are more than 1,000 records a second and shard, entry by entry, when that is switched on")
    void throttled() throws Exception {
        try (KinesisServer strict = KinesisServer.start(
                        0,
                        KinesisSettings.of("us-east-1", "000000000000", root.resolve("strict"))
                                .withThrottling());
                KinesisClient one = Clients.sync(strict.uri())) {
            Clients.create(one, "s", 1);
            byte[] data = new byte[3_000];
            PutRecordsResponse response = one.putRecords(r -> r.streamName("s")
                    .records(IntStream.range(0, 500)
                            .mapToObj(i -> PutRecordsRequestEntry.builder()
                                    .partitionKey("k")
                                    .data(SdkBytes.fromByteArray(data))
                                    .build())
                            .toList()));
            assertThat(response.failedRecordCount()).isEqualTo(500 - MIB / 3_001);
            assertThat(response.records().get(499).errorCode()).isEqualTo("ProvisionedThroughputExceededException");
            assertThat(response.records().get(499).errorMessage())
                    .isEqualTo("Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.");
            assertThat(one.getRecords(r -> r.shardIterator(iterator(one, "s"))).records())
                    .hasSize(MIB / 3_001);
        }
    }

    @Test
    @DisplayName("streams are listed by pages, limited, tagged, kept for longer, made on demand")
    void streams() {
        client.createStream(r -> r.streamName("on-demand").streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)));
        assertThatThrownBy(() -> client.putRecord(
                        r -> r.streamName("gone").partitionKey("k").data(SdkBytes.fromUtf8String("x"))))
                .hasMessageContaining("Stream gone under account 000000000000 not found.");
        assertThatThrownBy(() -> client.createStream(r -> r.streamName("s").shardCount(1)))
                .hasMessageContaining("Stream s under account 000000000000 already exists.");
        Clients.active(client, "on-demand");
        assertThat(client.describeStream(r -> r.streamName("on-demand"))
                        .streamDescription()
                        .shards())
                .hasSize(4);
        ListStreamsResponse first = client.listStreams(r -> r.limit(1));
        assertThat(first.hasMoreStreams()).isTrue();
        assertThat(client.listStreams(r -> r.limit(1).nextToken(first.nextToken()))
                        .streamNames())
                .isNotEqualTo(first.streamNames());
        client.increaseStreamRetentionPeriod(r -> r.streamName("s").retentionPeriodHours(48));
        assertThatThrownBy(() -> client.increaseStreamRetentionPeriod(
                        r -> r.streamName("s").retentionPeriodHours(24)))
                .isInstanceOf(InvalidArgumentException.class);
        client.decreaseStreamRetentionPeriod(r -> r.streamName("s").retentionPeriodHours(24));
        client.addTagsToStream(r -> r.streamName("s").tags(Map.of("a", "1", "b", "2")));
        client.removeTagsFromStream(r -> r.streamName("s").tagKeys("a"));
        assertThat(client.listTagsForStream(r -> r.streamName("s")).tags()).hasSize(1);
        assertThat(client.describeLimits().openShardCount()).isEqualTo(5);
        client.deleteStream(r -> r.streamName("on-demand"));
    }

    private static PutRecordsResponse puts(int count, byte[] data) {
        return client.putRecords(r -> r.streamName("s")
                .records(IntStream.range(0, count)
                        .mapToObj(i -> PutRecordsRequestEntry.builder()
                                .partitionKey("k")
                                .data(SdkBytes.fromByteArray(data))
                                .build())
                        .toList()));
    }

    private static String iterator(KinesisClient of, String stream) {
        return of.getShardIterator(r -> r.streamName(stream)
                        .shardId("shardId-000000000000")
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .shardIterator();
    }
}
