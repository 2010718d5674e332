package dev.isobar.benchmarks.aws;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.isobar.benchmarks.layer.Arrived;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What Kinesis would answer, in CBOR, as the SDK speaks to it: every record is taken, and each shard holds so many batches. One thread.
 *
 * @see <a href="https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html">the operations</a>
 */
final class KinesisAnswers {
    private static final CBORFactory CBOR = new CBORFactory();
    private static final String SEQUENCE = "4966%052d";
    private static final long CREATED_MILLIS = 1_700_000_000_000L;

    private final Map<Integer, byte[]> stored = new HashMap<>();
    private final Map<String, byte[]> batches = new HashMap<>();
    private final Function<Event, byte[]> envelope;

    /** @param envelope how events stand in records */
    KinesisAnswers(Function<Event, byte[]> envelope) {
        this.envelope = envelope;
    }

    private interface Document {
        void write(JsonGenerator out) throws IOException;
    }

    private static byte[] document(Document content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = CBOR.createGenerator(bytes)) {
            out.writeStartObject();
            content.write(out);
            out.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /** The answer to one call; what PutRecords brings is noted. */
    byte[] answer(String operation, byte[] body, Arrived arrived) throws IOException {
        switch (operation) {
            case "PutRecords":
                return put(body, arrived);
            case "GetRecords":
                return records(text(body, "ShardIterator"));
            case "GetShardIterator":
                String shard = text(body, "ShardId");
                return document(
                        out -> out.writeStringField("ShardIterator", shard.substring(shard.length() - 1) + ":0"));
            case "ListShards":
                return document(KinesisAnswers::shards);
            case "DescribeStreamSummary":
                String name = text(body, "StreamName");
                return document(out -> summary(out, name));
            default:
                throw new IOException("nothing is prepared for " + operation);
        }
    }

    private byte[] put(byte[] body, Arrived arrived) throws IOException {
        int count = 0;
        try (JsonParser in = CBOR.createParser(body)) {
            byte[] data = new byte[0];
            String key = "";
            int depth = 0;
            for (JsonToken t = in.nextToken(); t != null; t = in.nextToken()) {
                if (t == JsonToken.START_OBJECT) {
                    depth++;
                } else if (t == JsonToken.END_OBJECT && depth-- == 2) {
                    Records.note(key, data, arrived);
                    count++;
                } else if (t == JsonToken.FIELD_NAME && depth == 2) {
                    String field = in.currentName();
                    in.nextToken();
                    if (field.equals("Data")) {
                        data = in.getBinaryValue();
                    } else {
                        key = in.getText();
                    }
                }
            }
        }
        byte[] answer = stored.get(count);
        if (answer == null) {
            int records = count;
            answer = document(out -> {
                out.writeNumberField("FailedRecordCount", 0);
                out.writeArrayFieldStart("Records");
                for (int i = 0; i < records; i++) {
                    out.writeStartObject();
                    out.writeStringField("SequenceNumber", String.format(SEQUENCE, i));
                    out.writeStringField("ShardId", shardId(i % Content.PARTITIONS));
                    out.writeEndObject();
                }
                out.writeEndArray();
            });
            stored.put(count, answer);
        }
        return answer;
    }

    /** An iterator is SHARD:CALL. */
    private byte[] records(String iterator) throws IOException {
        byte[] batch = batches.get(iterator);
        if (batch == null) {
            int shard = iterator.charAt(0) - '0';
            int call = Integer.parseInt(iterator.substring(2));
            boolean end = call >= Content.CALLS;
            List<Event> events =
                    end ? List.of() : Content.events(Content.BATCH, Content.BATCH, shard * Content.CALLS + call);
            batch = document(out -> {
                out.writeNumberField("MillisBehindLatest", end ? 0L : 60_000L);
                out.writeStringField("NextShardIterator", shard + ":" + Math.min(call + 1, Content.CALLS));
                out.writeArrayFieldStart("Records");
                int i = 0;
                for (Event event : events) {
                    out.writeStartObject();
                    out.writeNumberField("ApproximateArrivalTimestamp", CREATED_MILLIS + i);
                    out.writeBinaryField("Data", envelope.apply(event));
                    out.writeStringField("PartitionKey", event.key());
                    out.writeStringField("SequenceNumber", String.format(SEQUENCE, call * Content.BATCH + i++));
                    out.writeEndObject();
                }
                out.writeEndArray();
            });
            batches.put(iterator, batch);
        }
        return batch;
    }

    private static void shards(JsonGenerator out) throws IOException {
        out.writeArrayFieldStart("Shards");
        for (int i = 0; i < Content.PARTITIONS; i++) {
            out.writeStartObject();
            out.writeStringField("ShardId", shardId(i));
            out.writeObjectFieldStart("HashKeyRange");
            out.writeStringField("StartingHashKey", "" + i);
            out.writeStringField("EndingHashKey", "" + i);
            out.writeEndObject();
            out.writeObjectFieldStart("SequenceNumberRange");
            out.writeStringField("StartingSequenceNumber", "1");
            out.writeEndObject();
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void summary(JsonGenerator out, String name) throws IOException {
        out.writeObjectFieldStart("StreamDescriptionSummary");
        out.writeStringField("StreamName", name);
        out.writeStringField("StreamARN", "arn:aws:kinesis:eu-central-1:000000000000:stream/" + name);
        out.writeStringField("StreamStatus", "ACTIVE");
        out.writeNumberField("RetentionPeriodHours", 24);
        out.writeNumberField("StreamCreationTimestamp", CREATED_MILLIS);
        out.writeNumberField("OpenShardCount", Content.PARTITIONS);
        out.writeEndObject();
    }

    static String shardId(int number) {
        return String.format("shardId-%012d", number);
    }

    private static String text(byte[] body, String field) throws IOException {
        try (JsonParser in = CBOR.createParser(body)) {
            for (JsonToken t = in.nextToken(); t != null; t = in.nextToken()) {
                if (t == JsonToken.FIELD_NAME && in.currentName().equals(field)) {
                    return in.nextTextValue();
                }
            }
        }
        throw new IOException("the request has no " + field);
    }
}
