package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

@DisplayName("Shards")
class ShardsTest {
    private static final String FIRST = "shardId-000000000000";
    private static final String HALF = BigInteger.ONE.shiftLeft(127).toString();

    @TempDir
    Path home;

    private KinesisServer server;
    private KinesisClient client;

    @BeforeEach
    void up() throws Exception {
        server = KinesisServer.start(
                0, KinesisSettings.of("us-east-1", "000000000000", home).withShardLimit(20));
        client = Clients.sync(server.uri());
    }

    @AfterEach
    void down() throws Exception {
        client.close();
        server.close();
    }

    @Test
    @DisplayName("are chosen by the MD5 of the key, or by the explicit hash key")
    void byKey() {
        Clients.create(client, "s", 4);
        for (int i = 0; i < 50; i++) {
            String key = "user-" + i;
            BigInteger quarter = HashRange.hash(key).shiftRight(126);
            assertThat(put(key, null).shardId()).isEqualTo("shardId-00000000000" + quarter);
        }
        assertThat(put("x", "0").shardId()).isEqualTo(FIRST);
        assertThat(put(
                                "x",
                                BigInteger.ONE
                                        .shiftLeft(128)
                                        .subtract(BigInteger.ONE)
                                        .toString())
                        .shardId())
                .isEqualTo("shardId-000000000003");
        assertThatThrownBy(() -> put("x", BigInteger.ONE.shiftLeft(128).toString()))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    @DisplayName(
            "split and merged: parents end with their children's names, sequence numbers go on growing, no record is lost")
    void reshard() {
        Clients.create(client, "s", 1);
        List<String> sequences = new ArrayList<>();
        sequences.add(put("a", "7").sequenceNumber());
        client.splitShard(r -> r.streamName("s").shardToSplit(FIRST).newStartingHashKey(HALF));
        assertThatThrownBy(() -> client.splitShard(r ->
                        r.streamName("s").shardToSplit("shardId-000000000001").newStartingHashKey("9")))
                .isInstanceOf(ResourceInUseException.class)
                .hasMessageContaining("Stream s under account 000000000000 not ACTIVE, instead in state UPDATING");
        Clients.active(client, "s");
        sequences.add(put("b", "7").sequenceNumber());
        client.mergeShards(r ->
                r.streamName("s").shardToMerge("shardId-000000000002").adjacentShardToMerge("shardId-000000000001"));
        Clients.active(client, "s");
        sequences.add(put("c", "7").sequenceNumber());
        assertThat(sequences).isSorted();

        List<Shard> shards = client.listShards(r -> r.streamName("s")).shards();
        assertThat(shards.stream().map(Shard::shardId))
                .containsExactly(FIRST, "shardId-000000000001", "shardId-000000000002", "shardId-000000000003");
        assertThat(shards.get(3).parentShardId()).isEqualTo("shardId-000000000002");
        assertThat(shards.get(3).adjacentParentShardId()).isEqualTo("shardId-000000000001");
        assertThat(shards.get(3).sequenceNumberRange().endingSequenceNumber()).isNull();
        assertThat(shards.get(0).sequenceNumberRange().endingSequenceNumber()).isGreaterThan(sequences.get(0));

        GetRecordsResponse end = page(FIRST);
        assertThat(end.records()).hasSize(1);
        assertThat(end.nextShardIterator()).isNull();
        assertThat(end.childShards()).hasSize(2);
        assertThat(end.childShards().get(0).parentShards()).containsExactly(FIRST);
        assertThat(page("shardId-000000000001").childShards().get(0).parentShards())
                .containsExactlyInAnyOrder("shardId-000000000001", "shardId-000000000002");
        assertThat(page("shardId-000000000003").nextShardIterator()).isNotNull();

        assertThatThrownBy(() -> client.splitShard(
                        r -> r.streamName("s").shardToSplit(FIRST).newStartingHashKey(HALF)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("has already been merged or split");
        assertThatThrownBy(() -> client.splitShard(r ->
                        r.streamName("s").shardToSplit("shardId-000000000003").newStartingHashKey("1")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("is not both greater than one plus the shard's StartingHashKey");
    }

    @Test
    @DisplayName("are listed by filter and by pages")
    void listed() {
        Clients.create(client, "s", 3);
        client.splitShard(r -> r.streamName("s").shardToSplit(FIRST).newStartingHashKey("1000"));
        Clients.active(client, "s");
        assertThat(list(ShardFilterType.AT_LATEST)).containsExactly(1, 2, 3, 4);
        assertThat(list(ShardFilterType.AT_TRIM_HORIZON)).containsExactly(0, 1, 2);
        assertThat(list(ShardFilterType.FROM_TRIM_HORIZON)).containsExactly(0, 1, 2, 3, 4);
        List<Shard> all = new ArrayList<>();
        ListShardsResponse page = client.listShards(r -> r.streamName("s").maxResults(2));
        all.addAll(page.shards());
        while (page.nextToken() != null) {
            String token = page.nextToken();
            assertThatThrownBy(() -> client.listShards(r -> r.nextToken(token).streamName("s")))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("NextToken and StreamName cannot be provided together.");
            page = client.listShards(r -> r.nextToken(token).maxResults(2));
            all.addAll(page.shards());
        }
        assertThat(all).hasSize(5);
    }

    @Test
    @DisplayName("become as many as asked for, of equal size, at most twice and at least half as many")
    void count() {
        Clients.create(client, "s", 2);
        Map<String, String> put = new HashMap<>();
        for (int target : new int[] {3, 5, 4, 8, 5, 3}) {
            for (int i = 0; i < 20; i++) {
                put.put(put("k" + i, null).sequenceNumber(), "k" + i);
            }
            client.updateShardCount(
                    r -> r.streamName("s").targetShardCount(target).scalingType(ScalingType.UNIFORM_SCALING));
            Clients.active(client, "s");
            List<HashRange> open = client
                    .listShards(r -> r.streamName("s").shardFilter(f -> f.type(ShardFilterType.AT_LATEST)))
                    .shards()
                    .stream()
                    .map(s -> new HashRange(
                            new BigInteger(s.hashKeyRange().startingHashKey()),
                            new BigInteger(s.hashKeyRange().endingHashKey())))
                    .sorted((a, b) -> a.start().compareTo(b.start()))
                    .toList();
            assertThat(open).isEqualTo(HashRange.uniform(target));
        }
        Map<String, String> read = new HashMap<>();
        for (Shard shard : client.listShards(r -> r.streamName("s")).shards()) {
            for (Record record : page(shard.shardId()).records()) {
                read.put(record.sequenceNumber(), record.partitionKey());
            }
        }
        assertThat(read).isEqualTo(put);
        assertThatThrownBy(() -> client.updateShardCount(
                        r -> r.streamName("s").targetShardCount(7).scalingType(ScalingType.UNIFORM_SCALING)))
                .isInstanceOf(LimitExceededException.class)
                .hasMessageContaining("cannot scale up over double");
        assertThatThrownBy(() -> client.createStream(r -> r.streamName("t").shardCount(18)))
                .isInstanceOf(LimitExceededException.class)
                .hasMessageContaining("Current shard count for the account: 3. Limit: 20.");
    }

    private TreeSet<Integer> list(ShardFilterType type) {
        TreeSet<Integer> numbers = new TreeSet<>();
        client.listShards(r -> r.streamName("s").shardFilter(f -> f.type(type)))
                .shards()
                .forEach(s -> numbers.add(dev.isobar.emulator.aws.kinesis.Shard.number(s.shardId())));
        return numbers;
    }

    private PutRecordResponse put(String key, String hash) {
        return client.putRecord(
                r -> r.streamName("s").partitionKey(key).explicitHashKey(hash).data(SdkBytes.fromUtf8String(key)));
    }

    private GetRecordsResponse page(String shard) {
        String iterator = client.getShardIterator(
                        r -> r.streamName("s").shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .shardIterator();
        return client.getRecords(r -> r.shardIterator(iterator));
    }
}
