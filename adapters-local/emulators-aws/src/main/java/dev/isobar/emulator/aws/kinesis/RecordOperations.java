package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.kinesis.Positions.Asked;
import dev.isobar.emulator.aws.kinesis.ShardLog.Appended;
import dev.isobar.emulator.aws.kinesis.ShardLog.Entry;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Records: put, and read by iterators. Thread safe. */
final class RecordOperations {
    private static final Rule KEY = Rule.pattern(1, 256, "[\\S\\s]*");
    private static final Rule ITERATOR = Rule.pattern(1, 512, "[\\S\\s]*");
    private static final int MAX_RECORDS = 500;
    private static final int MAX_PUT_BYTES = 10 << 20;
    private static final int MAX_READ_RECORDS = 10_000;
    private static final int MAX_READ_BYTES = 10 << 20;
    private static final int SMALL_ANSWER = 4 << 10;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "EEE MMM dd HH:mm:ss 'UTC' yyyy", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Streams streams;
    private final String account;

    RecordOperations(Streams streams) {
        this.streams = streams;
        this.account = streams.settings().account();
    }

    /** Where a record goes, and what it is. */
    private record Addressed(BigInteger hash, Entry entry) {}

    /** The records for one shard, and which of the request they are. */
    private record Share(List<Entry> entries, List<Integer> positions) {}

    ObjectNode put(ObjectNode request, Format format) {
        Members in = Members.of(request);
        Addressed record = addressed(in, "");
        in.optionalText("SequenceNumberForOrdering", Positions.SEQUENCE);
        KinesisStream stream = streams.named(in);
        return streams.records(stream, s -> {
            sized(s, record, "data");
            Shard shard = s.shardOf(record.hash());
            long now = System.currentTimeMillis();
            if (streams.settings().throttled() && !shard.mayWrite(bytes(record), now)) {
                throw throttled(s, shard);
            }
            Appended appended = shard.append(List.of(record.entry()), now);
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            out.put("ShardId", shard.id());
            out.put("SequenceNumber", shard.sequence(appended.first(), appended.millis()));
            return out;
        });
    }

    ObjectNode putAll(ObjectNode request, Format format) {
        Members in = Members.of(request);
        List<Addressed> records = new ArrayList<>();
        long total = 0;
        if (!in.has("Records")) {
            in.wrong("Records", "Member must not be null");
        }
        for (Members record : in.objects("Records", 1, MAX_RECORDS)) {
            Addressed addressed = addressed(record, "Records ");
            records.add(addressed);
            total += bytes(addressed);
        }
        KinesisStream stream = streams.named(in);
        if (total > MAX_PUT_BYTES) {
            throw Streams.invalid("Records size exceeds " + (MAX_PUT_BYTES >> 20) + " MB limit");
        }
        return streams.records(stream, s -> {
            for (int i = 0; i < records.size(); i++) {
                sized(s, records.get(i), "records." + (i + 1) + ".member.data");
            }
            return append(s, records);
        });
    }

    private ObjectNode append(KinesisStream s, List<Addressed> records) throws IOException {
        long now = System.currentTimeMillis();
        Map<Integer, Share> shares = new TreeMap<>();
        ObjectNode[] results = new ObjectNode[records.size()];
        int failed = 0;
        for (int i = 0; i < results.length; i++) {
            Addressed record = records.get(i);
            Shard shard = s.shardOf(record.hash());
            results[i] = JsonNodeFactory.instance.objectNode();
            if (streams.settings().throttled() && !shard.mayWrite(bytes(record), now)) {
                failed++;
                ServiceError error = throttled(s, shard);
                results[i].put("ErrorCode", error.type()).put("ErrorMessage", error.getMessage());
                continue;
            }
            Share share =
                    shares.computeIfAbsent(shard.number(), number -> new Share(new ArrayList<>(), new ArrayList<>()));
            share.entries().add(record.entry());
            share.positions().add(i);
        }
        for (Map.Entry<Integer, Share> to : shares.entrySet()) {
            Shard shard = s.shards().get(to.getKey());
            if (shard == null) {
                throw new IllegalStateException("an open shard is not among the shards");
            }
            Appended appended = shard.append(to.getValue().entries(), now);
            long index = appended.first();
            for (int position : to.getValue().positions()) {
                results[position]
                        .put("SequenceNumber", shard.sequence(index++, appended.millis()))
                        .put("ShardId", shard.id());
            }
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.put("FailedRecordCount", failed);
        ArrayNode all = out.putArray("Records");
        for (ObjectNode result : results) {
            all.add(result);
        }
        return out;
    }

    private static Addressed addressed(Members in, String where) {
        String key = in.text("PartitionKey", KEY);
        String explicit = in.optionalText("ExplicitHashKey", ShardOperations.HASH_KEY);
        byte[] data = data(in, where);
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        BigInteger hash;
        if (explicit == null) {
            hash = HashRange.hash(keyBytes);
        } else if (explicit.matches("\\d+")) {
            hash = new BigInteger(explicit);
            if (hash.compareTo(HashRange.SPACE) >= 0) {
                throw Streams.invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]."
                        + " Specified value was " + explicit);
            }
        } else {
            hash = BigInteger.ZERO;
        }
        return new Addressed(hash, new Entry(keyBytes, data));
    }

    private static byte[] data(Members in, String where) {
        JsonNode data = in.json().get("Data");
        if (data == null || data.isNull()) {
            in.text("Data", KEY);
            return new byte[0];
        }
        try {
            byte[] bytes = data.isTextual() || data.isBinary() ? data.binaryValue() : null;
            if (bytes != null) {
                return bytes;
            }
        } catch (IOException e) {
            throw new ServiceError(400, "SerializationException", where + "Data is not base64: " + e.getMessage());
        }
        throw new ServiceError(400, "SerializationException", where + "Data is not a blob");
    }

    private static void sized(KinesisStream stream, Addressed record, String where) {
        if (bytes(record) > stream.maxRecordBytes()) {
            throw ServiceError.validation("1 validation error detected: Value at '" + where
                    + "' failed to satisfy constraint: Member must have length less than or equal to "
                    + stream.maxRecordBytes() + " (data and partition key are "
                    + bytes(record) + " bytes)");
        }
    }

    private static int bytes(Addressed record) {
        return record.entry().key().length + record.entry().data().length;
    }

    private ServiceError throttled(KinesisStream stream, Shard shard) {
        return new ServiceError(
                400,
                "ProvisionedThroughputExceededException",
                "Rate exceeded for shard " + shard.id() + " in stream " + stream.name() + " under account " + account
                        + ".");
    }

    ObjectNode iterator(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String id = in.text("ShardId", ShardOperations.SHARD_ID);
        Asked asked = Asked.of(in, format, "GetShardIterator", "ShardIteratorType", "StartingSequenceNumber");
        KinesisStream stream = streams.named(in);
        return streams.records(stream, s -> {
            Shard shard = shard(s, Shard.number(id), id);
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            out.put(
                    "ShardIterator",
                    Positions.Iterator.at(s, shard, asked.index(s, shard, account))
                            .text());
            return out;
        });
    }

    /** The shard that a reader asks for. */
    Shard shard(KinesisStream stream, int number, String id) {
        Shard shard = stream.shards().get(number);
        if (shard == null) {
            throw Streams.notFound(
                    "Shard " + id + " in stream " + stream.name() + " under account " + account + " does not exist");
        }
        return shard;
    }

    byte[] get(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String text = in.text("ShardIterator", ITERATOR);
        int limit = (int) in.numberOr("Limit", MAX_READ_RECORDS, 1, MAX_READ_RECORDS);
        in.check();
        Positions.Iterator iterator = Positions.Iterator.parse(text);
        long now = System.currentTimeMillis();
        long life = streams.settings().iteratorLife().toMillis();
        if (now - iterator.issued() > life) {
            throw new ServiceError(
                    400,
                    "ExpiredIteratorException",
                    "Iterator expired. The iterator was created at time "
                            + TIME.format(Instant.ofEpochMilli(iterator.issued())) + " while right now it is "
                            + TIME.format(Instant.ofEpochMilli(now))
                            + " which is further in the future than the tolerated delay of " + life
                            + " milliseconds.");
        }
        KinesisStream stream = streams.find(iterator.stream());
        if (stream.created() != iterator.created()) {
            throw streams.missing(iterator.stream());
        }
        return streams.records(stream, s -> {
            Shard shard = shard(s, iterator.shard(), Shard.id(iterator.shard()));
            if (streams.settings().throttled() && !shard.mayRead(now)) {
                throw throttled(s, shard);
            }
            long from = Math.max(iterator.index(), shard.log().at(s.keptSince(now)));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(SMALL_ANSWER);
            try (JsonGenerator out = format.mapper().getFactory().createGenerator(bytes)) {
                out.writeStartObject();
                Page page = records(shard, from, limit, MAX_READ_BYTES, out, format);
                if (!page.atEnd() || shard.open()) {
                    out.writeStringField(
                            "NextShardIterator",
                            Positions.Iterator.at(s, shard, page.next()).text());
                } else {
                    out.writeFieldName("ChildShards");
                    format.mapper().writeTree(out, children(s, shard));
                }
                out.writeNumberField("MillisBehindLatest", page.behind());
                out.writeEndObject();
            }
            return bytes.toByteArray();
        });
    }

    /** The shards that follow a closed one. */
    static ArrayNode children(KinesisStream stream, Shard shard) {
        ArrayNode children = JsonNodeFactory.instance.arrayNode();
        stream.children(shard).forEach(child -> child.describeChild(children.addObject()));
        return children;
    }

    /**
     * What was read.
     *
     * @param next index of the first record that was not
     * @param lastMillis arrival of the last one; 0 if there was none
     * @param behind milliseconds to the shard's end; 0 at it
     */
    record Page(long next, int count, long lastMillis, boolean atEnd, long behind) {}

    /** Writes the member {@code Records}: at least one, if there is one, and then as many as the limits let through. */
    static Page records(Shard shard, long from, int limit, int maxBytes, JsonGenerator out, Format format)
            throws IOException {
        out.writeArrayFieldStart("Records");
        Writing writing = new Writing(shard, limit, maxBytes, out, format);
        long next = shard.log().read(from, writing);
        out.writeEndArray();
        boolean atEnd = next >= shard.log().next();
        long behind = atEnd ? 0 : Math.max(1, System.currentTimeMillis() - writing.lastMillis);
        return new Page(next, writing.count, writing.lastMillis, atEnd, behind);
    }

    private static final class Writing implements ShardLog.Visitor {
        private final Shard shard;
        private final int limit;
        private final int maxBytes;
        private final JsonGenerator out;
        private final Format format;
        private int count;
        private long size;
        private long lastMillis;

        Writing(Shard shard, int limit, int maxBytes, JsonGenerator out, Format format) {
            this.shard = shard;
            this.limit = limit;
            this.maxBytes = maxBytes;
            this.out = out;
            this.format = format;
        }

        @Override
        public boolean record(long index, long millis, byte[] bytes, int key, int keyLength, int data, int dataLength)
                throws IOException {
            if (count == limit || count > 0 && size + keyLength + dataLength > maxBytes) {
                return false;
            }
            out.writeStartObject();
            out.writeStringField("SequenceNumber", shard.sequence(index, millis));
            out.writeFieldName("ApproximateArrivalTimestamp");
            format.writeTime(out, millis);
            out.writeFieldName("Data");
            out.writeBinary(bytes, data, dataLength);
            out.writeStringField("PartitionKey", new String(bytes, key, keyLength, StandardCharsets.UTF_8));
            out.writeEndObject();
            count++;
            size += keyLength + dataLength;
            lastMillis = millis;
            return true;
        }
    }
}
