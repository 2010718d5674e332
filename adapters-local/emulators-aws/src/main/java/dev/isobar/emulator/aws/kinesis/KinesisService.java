package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.kinesis.Positions.Asked;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.ServiceError;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operations by their names, for requests in JSON 1.1 and CBOR; what is asked in one is answered in it. Encryption, resource policies and shard-level
 * metrics are not there. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html">the API's reference</a>
 */
final class KinesisService {
    private static final Logger LOG = LoggerFactory.getLogger(KinesisService.class);
    private static final String TARGET = "Kinesis_20131202.";
    private static final byte[] EMPTY = new byte[0];

    private final Streams streams;
    private final Executor workers;
    private final Predicate<String> denied;
    private final RecordOperations records;
    private final ConsumerOperations consumers;
    private final Map<String, Operation> operations = new TreeMap<>();
    private final Map<String, Subscription> subscriptions = new HashMap<>();

    /** Takes a request's document, gives the answer's bytes. */
    @FunctionalInterface
    private interface Operation {
        byte[] answer(ObjectNode request, Format format);
    }

    /** Takes a request's document, gives the answer's, or null for an empty body. */
    @FunctionalInterface
    private interface Handler {
        @Nullable
        ObjectNode answer(ObjectNode request, Format format);
    }

    KinesisService(Streams streams, Executor workers, Predicate<String> denied) {
        this.streams = streams;
        this.workers = workers;
        this.denied = denied;
        this.records = new RecordOperations(streams);
        this.consumers = new ConsumerOperations(streams);
        StreamOperations whole = new StreamOperations(streams);
        ShardOperations shards = new ShardOperations(streams);
        operation("CreateStream", whole::create);
        operation("DeleteStream", whole::delete);
        operation("DescribeStream", whole::describe);
        operation("DescribeStreamSummary", whole::describeSummary);
        operation("ListStreams", whole::list);
        operation("IncreaseStreamRetentionPeriod", whole::increaseRetention);
        operation("DecreaseStreamRetentionPeriod", whole::decreaseRetention);
        operation("UpdateStreamMode", whole::updateMode);
        operation("UpdateMaxRecordSize", whole::updateMaxRecordSize);
        operation("AddTagsToStream", whole::addTags);
        operation("RemoveTagsFromStream", whole::removeTags);
        operation("ListTagsForStream", whole::listTags);
        operation("TagResource", whole::addTags);
        operation("UntagResource", whole::removeTags);
        operation("ListTagsForResource", whole::listTags);
        operation("DescribeLimits", whole::limits);
        operation("ListShards", shards::list);
        operation("SplitShard", shards::split);
        operation("MergeShards", shards::merge);
        operation("UpdateShardCount", shards::updateCount);
        operation("RegisterStreamConsumer", consumers::register);
        operation("DescribeStreamConsumer", consumers::describe);
        operation("ListStreamConsumers", consumers::list);
        operation("DeregisterStreamConsumer", consumers::deregister);
        operation("PutRecord", records::put);
        operation("PutRecords", records::putAll);
        operation("GetShardIterator", records::iterator);
        operations.put("GetRecords", records::get);
    }

    private void operation(String name, Handler handler) {
        operations.put(name, (request, format) -> {
            ObjectNode answer = handler.answer(request, format);
            return answer == null ? EMPTY : format.write(answer);
        });
    }

    /** Whether a request asks for a subscription. */
    static boolean isSubscription(WireRequest request) {
        return (TARGET + "SubscribeToShard").equals(request.header("x-amz-target"));
    }

    /** Answers what is no subscription. */
    WireResponse answer(WireRequest request) {
        Format format = Format.of(request.header("content-type"));
        try {
            SignedService.check(streams.settings().region(), request, denied);
            String target = request.header("x-amz-target");
            Operation operation = target == null || !target.startsWith(TARGET)
                    ? null
                    : operations.get(target.substring(TARGET.length()));
            if (operation == null || !request.method().equals("POST")) {
                throw new ServiceError(
                        target == null ? 404 : 400,
                        "UnknownOperationException",
                        "This emulator of Kinesis has no operation " + target);
            }
            return WireResponse.of(200, format.contentType(), operation.answer(format.read(request.body()), format));
        } catch (RuntimeException e) {
            return refusal(format, e);
        }
    }

    /** An error's answer. */
    static WireResponse refusal(Format format, RuntimeException thrown) {
        ServiceError error;
        if (thrown instanceof ServiceError known) {
            error = known;
        } else {
            LOG.error("a request failed", thrown);
            error = new ServiceError(500, "InternalFailureException", String.valueOf(thrown));
        }
        ObjectNode body = format.mapper().createObjectNode();
        body.put("__type", error.type());
        body.put("message", error.getMessage());
        return new WireResponse(
                error.status(), format.contentType(), Map.of("x-amzn-errortype", error.type()), format.write(body));
    }

    /** Begins a subscription; it sends nothing before {@code start}. */
    Subscription subscribe(WireRequest request) {
        SignedService.check(streams.settings().region(), request, denied);
        Format format = Format.of(request.header("content-type"));
        Members in = Members.of(format.read(request.body()));
        String consumer = in.text("ConsumerARN", ConsumerOperations.ARN);
        String id = in.text("ShardId", ShardOperations.SHARD_ID);
        Members position = in.object("StartingPosition");
        Asked asked = Asked.of(position, format, "SubscribeToShard", "Type", "SequenceNumber");
        in.check();
        KinesisStream stream = consumers.active(consumer);
        String key = consumer + "/" + Shard.number(id);
        Subscription subscription = streams.records(stream, s -> {
            Shard shard = records.shard(s, Shard.number(id), id);
            long index = asked.index(s, shard, streams.settings().account());
            return new Subscription(streams, s, shard, consumer, index, format, workers);
        });
        Subscription before;
        synchronized (subscriptions) {
            before = subscriptions.get(key);
            if (before != null
                    && before.age() < streams.settings().resubscribe().toNanos()) {
                throw Streams.inUse("Another active subscription exists for this consumer: "
                        + streams.settings().account() + ":" + stream.name() + ":"
                        + consumer.substring(consumer.lastIndexOf('/') + 1) + ":" + id);
            }
            subscriptions
                    .values()
                    .removeIf(s -> s.isEnded()
                            && s.age() > streams.settings().resubscribe().toNanos());
            subscriptions.put(key, subscription);
        }
        if (before != null) {
            before.takeOver();
        }
        return subscription;
    }
}
