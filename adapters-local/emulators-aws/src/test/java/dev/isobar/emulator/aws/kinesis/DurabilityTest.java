package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

@DisplayName("What was acknowledged")
@Tag("slow")
class DurabilityTest {
    private static final int BATCH = 50;
    private static final int KILLS = 3;

    @TempDir
    Path home;

    @Test
    @DisplayName("is there after a restart, with its shards, consumers, tags and iterators' places")
    void restart() throws Exception {
        List<Shard> shards;
        Map<String, String> before;
        try (KinesisServer server = KinesisServer.start(0, home);
                KinesisClient client = Clients.sync(server.uri())) {
            Clients.create(client, "s", 2);
            client.addTagsToStream(r -> r.streamName("s").tags(Map.of("a", "b")));
            put(client, 0);
            client.splitShard(
                    r -> r.streamName("s").shardToSplit("shardId-000000000000").newStartingHashKey("1000"));
            Clients.active(client, "s");
            put(client, 1);
            client.registerStreamConsumer(r -> r.streamARN(arn(client)).consumerName("c"));
            shards = client.listShards(r -> r.streamName("s")).shards();
            before = read(client);
        }
        try (KinesisServer server = KinesisServer.start(0, home);
                KinesisClient client = Clients.sync(server.uri())) {
            assertThat(client.listShards(r -> r.streamName("s")).shards()).isEqualTo(shards);
            assertThat(read(client)).isEqualTo(before).hasSize(2 * BATCH);
            assertThat(client.listTagsForStream(r -> r.streamName("s"))
                            .tags()
                            .get(0)
                            .value())
                    .isEqualTo("b");
            Clients.await()
                    .until(() -> client.listStreamConsumers(r -> r.streamARN(arn(client)))
                            .consumers()
                            .get(0)
                            .consumerStatusAsString()
                            .equals("ACTIVE"));
            put(client, 2);
            assertThat(read(client)).containsAllEntriesOf(before).hasSize(3 * BATCH);
            client.deleteStream(r -> r.streamName("s").enforceConsumerDeletion(true));
            Clients.await().until(() -> client.listStreams().streamNames().isEmpty());
            assertThat(home.resolve("records")).isEmptyDirectory();
        }
    }

    @Test
    @DisplayName("is there after kill -9 in the middle of appending")
    void killed() throws Exception {
        AtomicInteger next = new AtomicInteger();
        Map<String, String> acknowledged = new ConcurrentHashMap<>();
        for (int kill = 0; kill < KILLS; kill++) {
            try (ServerProcess server = ServerProcess.start(home);
                    KinesisClient client = Clients.sync(server.uri())) {
                if (kill == 0) {
                    Clients.create(client, "s", 2);
                } else {
                    assertThat(read(client)).containsAllEntriesOf(acknowledged);
                }
                int enough = acknowledged.size() + 20 * BATCH;
                Thread killer = new Thread(() -> {
                    Clients.await().until(() -> acknowledged.size() >= enough);
                    server.close();
                });
                killer.start();
                while (killer.isAlive()) {
                    try {
                        acknowledged.putAll(put(client, next.getAndIncrement()));
                    } catch (SdkException e) {
                        break; // the process is gone
                    }
                }
                killer.join();
            }
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(KILLS * 20 * BATCH);
        try (KinesisServer server = KinesisServer.start(0, home);
                KinesisClient client = Clients.sync(server.uri())) {
            assertThat(read(client)).containsAllEntriesOf(acknowledged);
        }
    }

    private static String arn(KinesisClient client) {
        return client.describeStreamSummary(r -> r.streamName("s"))
                .streamDescriptionSummary()
                .streamARN();
    }

    /** Puts one batch; the text of each record by its sequence number. */
    private static Map<String, String> put(KinesisClient client, int batch) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("k" + i)
                    .data(SdkBytes.fromUtf8String(batch + "/" + i + "/" + "x".repeat(i * 10)))
                    .build());
        }
        PutRecordsResponse response = client.putRecords(r -> r.streamName("s").records(entries));
        Map<String, String> put = new TreeMap<>();
        for (int i = 0; i < BATCH; i++) {
            put.put(
                    response.records().get(i).sequenceNumber(),
                    entries.get(i).data().asUtf8String());
        }
        return put;
    }

    private static Map<String, String> read(KinesisClient client) {
        Map<String, String> all = new TreeMap<>();
        for (Shard shard : client.listShards(r -> r.streamName("s")).shards()) {
            String iterator = client.getShardIterator(r -> r.streamName("s")
                            .shardId(shard.shardId())
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .shardIterator();
            while (iterator != null) {
                String from = iterator;
                GetRecordsResponse page =
                        client.getRecords(r -> r.shardIterator(from).limit(700));
                for (Record record : page.records()) {
                    assertThat(all.put(record.sequenceNumber(), record.data().asUtf8String()))
                            .isNull();
                }
                iterator = page.millisBehindLatest() == 0 ? null : page.nextShardIterator();
            }
        }
        return all;
    }
}
