package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Folders;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A stream: its shards, consumers and tags. Whoever reads it or appends holds the lock for reading, whoever changes what is described here holds it for
 * writing.
 */
final class KinesisStream {
    static final String CREATING = "CREATING";
    static final String ACTIVE = "ACTIVE";
    static final String UPDATING = "UPDATING";
    static final String DELETING = "DELETING";
    static final String PROVISIONED = "PROVISIONED";
    static final String ON_DEMAND = "ON_DEMAND";

    /** Size at which a shard begins another file. */
    private static final int SEGMENT_BYTES = 64 << 20;

    private static final long HOUR = 3_600_000;
    /** Sequence numbers count in seconds: a child must be a second younger than its parent. */
    private static final long GENERATION = 1_000;

    private final String name;
    private final String arn;
    private final long created;
    private final Path folder;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final TreeMap<Integer, Shard> shards = new TreeMap<>();
    private final TreeMap<BigInteger, Shard> openByStart = new TreeMap<>();
    private final TreeMap<String, StreamConsumer> consumers = new TreeMap<>();
    private final TreeMap<String, String> tags = new TreeMap<>();
    private String status = CREATING;
    private String mode;
    private int retentionHours = 24;
    private int maxRecordKib;
    private int nextShard;

    KinesisStream(String name, String arn, long created, Path folder, String mode, int maxRecordKib) {
        this.name = name;
        this.arn = arn;
        this.created = created;
        this.folder = folder;
        this.mode = mode;
        this.maxRecordKib = maxRecordKib;
    }

    ReadWriteLock lock() {
        return lock;
    }

    String name() {
        return name;
    }

    String arn() {
        return arn;
    }

    long created() {
        return created;
    }

    Path folder() {
        return folder;
    }

    String status() {
        return status;
    }

    void status(String to) {
        status = to;
    }

    String mode() {
        return mode;
    }

    void mode(String to) {
        mode = to;
    }

    int retentionHours() {
        return retentionHours;
    }

    void retentionHours(int hours) {
        retentionHours = hours;
    }

    int maxRecordBytes() {
        return maxRecordKib << 10;
    }

    int maxRecordKib() {
        return maxRecordKib;
    }

    void maxRecordKib(int kib) {
        maxRecordKib = kib;
    }

    Map<String, String> tags() {
        return tags;
    }

    Map<String, StreamConsumer> consumers() {
        return consumers;
    }

    /** All that retention has left, by number. */
    TreeMap<Integer, Shard> shards() {
        return shards;
    }

    /** The open ones, by their ranges. */
    List<Shard> open() {
        return new ArrayList<>(openByStart.values());
    }

    int openCount() {
        return openByStart.size();
    }

    /** The shard that takes records with a hash key. */
    Shard shardOf(BigInteger hash) {
        return openByStart.floorEntry(hash).getValue();
    }

    /** When a record must have come to be kept still. */
    long keptSince(long now) {
        return now - retentionHours * HOUR;
    }

    /** Adds an open shard without parents. */
    void add(HashRange range, long now) throws IOException {
        add(range, Shard.NONE, Shard.NONE, now, now);
    }

    private Shard add(HashRange range, int parent, int adjacentParent, long born, long now) throws IOException {
        int number = nextShard;
        Shard shard = new Shard(number, parent, adjacentParent, range, born, now, 0, log(number));
        nextShard++;
        shards.put(number, shard);
        openByStart.put(range.start(), shard);
        return shard;
    }

    private ShardLog log(int number) throws IOException {
        return ShardLog.open(folder.resolve(Shard.id(number)), SEGMENT_BYTES);
    }

    /** Closes a shard; two take its place. */
    void split(Shard shard, BigInteger at, long now) throws IOException {
        long born = Math.max(now, shard.created() + GENERATION);
        close(shard, now);
        add(new HashRange(shard.range().start(), at.subtract(BigInteger.ONE)), shard.number(), Shard.NONE, born, now);
        add(new HashRange(at, shard.range().end()), shard.number(), Shard.NONE, born, now);
    }

    /** Closes two shards, the lower range first; one takes their place. */
    Shard merge(Shard low, Shard high, Shard asked, Shard adjacent, long now) throws IOException {
        long born = Math.max(now, Math.max(low.created(), high.created()) + GENERATION);
        close(low, now);
        close(high, now);
        return add(
                new HashRange(low.range().start(), high.range().end()), asked.number(), adjacent.number(), born, now);
    }

    private void close(Shard shard, long now) {
        shard.close(now);
        openByStart.remove(shard.range().start());
    }

    /** Tells subscriptions of shards that are closed now; after the change is saved. */
    void changed() {
        shards.values().forEach(Shard::changed);
    }

    /** The shards that a shard was split or merged into. */
    List<Shard> children(Shard of) {
        return shards.values().stream().filter(s -> s.isChildOf(of)).toList();
    }

    /** Deletes what is older than retention; true if shards went with it. */
    boolean trim(long now) throws IOException {
        long since = keptSince(now);
        for (Shard shard : shards.values()) {
            shard.log().trim(since);
        }
        List<Shard> gone = shards.values().stream()
                .filter(s -> !s.open() && s.closed() < since)
                .toList();
        for (Shard shard : gone) {
            shards.remove(shard.number());
            shard.log().close();
            Folders.delete(folder.resolve(shard.id()));
        }
        return !gone.isEmpty();
    }

    void close() throws IOException {
        for (Shard shard : shards.values()) {
            shard.log().close();
        }
    }

    /** What outlives a restart. */
    ObjectNode save() {
        ObjectNode saved = JsonNodeFactory.instance.objectNode();
        saved.put("name", name);
        saved.put("arn", arn);
        saved.put("created", created);
        saved.put("folder", String.valueOf(folder.getFileName()));
        saved.put("status", status);
        saved.put("mode", mode);
        saved.put("retentionHours", retentionHours);
        saved.put("maxRecordKib", maxRecordKib);
        saved.put("nextShard", nextShard);
        ArrayNode all = saved.putArray("shards");
        shards.values().forEach(shard -> shard.save(all.addObject()));
        ArrayNode readers = saved.putArray("consumers");
        consumers.values().forEach(consumer -> consumer.save(readers.addObject()));
        ObjectNode words = saved.putObject("tags");
        tags.forEach(words::put);
        return saved;
    }

    static KinesisStream of(ObjectNode saved, Path data) throws IOException {
        KinesisStream stream = new KinesisStream(
                saved.path("name").asText(),
                saved.path("arn").asText(),
                saved.path("created").asLong(),
                data.resolve(saved.path("folder").asText()),
                saved.path("mode").asText(),
                saved.path("maxRecordKib").asInt());
        stream.status = saved.path("status").asText();
        stream.retentionHours = saved.path("retentionHours").asInt();
        stream.nextShard = saved.path("nextShard").asInt();
        for (JsonNode node : saved.path("shards")) {
            ObjectNode s = (ObjectNode) node;
            int number = s.path("number").asInt();
            Shard shard = new Shard(
                    number,
                    s.path("parent").asInt(),
                    s.path("adjacentParent").asInt(),
                    HashRange.of(s),
                    s.path("created").asLong(),
                    s.path("opened").asLong(),
                    s.path("closed").asLong(),
                    stream.log(number));
            stream.shards.put(number, shard);
            if (shard.open()) {
                stream.openByStart.put(shard.range().start(), shard);
            }
        }
        for (JsonNode node : saved.path("consumers")) {
            StreamConsumer consumer = StreamConsumer.of((ObjectNode) node);
            stream.consumers.put(consumer.name(), consumer);
        }
        saved.path("tags")
                .properties()
                .forEach(tag -> stream.tags.put(tag.getKey(), tag.getValue().asText()));
        return stream;
    }
}
