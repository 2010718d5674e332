package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Streams: made, described, changed, tagged, deleted. Thread safe. */
final class StreamOperations {
    private static final Rule MODE = Rule.oneOf(KinesisStream.PROVISIONED, KinesisStream.ON_DEMAND);
    private static final Rule TAG_KEY = Rule.pattern(1, 128, "[\\S\\s]*");
    private static final Rule TAG_VALUE = Rule.length(256);
    private static final Rule TOKEN = Rule.pattern(1, 1_048_576, "[\\S\\s]*");
    private static final int ON_DEMAND_SHARDS = 4;
    private static final int ON_DEMAND_LIMIT = 50;
    private static final int MAX_TAGS = 50;
    private static final int MIN_RETENTION = 24;
    private static final int MAX_RETENTION = 8_760;
    private static final int KIB = 1_024;

    private final Streams streams;
    private final String account;

    StreamOperations(Streams streams) {
        this.streams = streams;
        this.account = streams.settings().account();
    }

    @Nullable
    ObjectNode create(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String name = in.text("StreamName", Streams.NAME);
        long shards = in.numberOr("ShardCount", 0, 1, Integer.MAX_VALUE);
        String mode = in.optionalObject("StreamModeDetails").textOr("StreamMode", KinesisStream.PROVISIONED, MODE);
        long kib = in.numberOr("MaxRecordSizeInKiB", KIB, KIB, 10 * KIB);
        Map<String, String> tags = in.map("Tags", MAX_TAGS, TAG_KEY, TAG_VALUE);
        in.check();
        if (mode.equals(KinesisStream.ON_DEMAND)) {
            if (shards != 0) {
                throw ServiceError.validation("ShardCount must not be provided for a stream in ON_DEMAND mode.");
            }
            shards = ON_DEMAND_SHARDS;
        } else if (shards == 0) {
            throw ServiceError.validation("ShardCount must be provided for a stream in PROVISIONED mode.");
        }
        if (shards > streams.settings().shardLimit()) {
            streams.room((int) shards);
        }
        streams.create(name, mode, (int) shards, (int) kib, tags);
        return null;
    }

    @Nullable
    ObjectNode delete(ObjectNode request, Format format) {
        Members in = Members.of(request);
        boolean enforce = in.flag("EnforceConsumerDeletion");
        KinesisStream stream = streams.named(in);
        streams.read(stream, s -> {
            if (s.status().equals(KinesisStream.CREATING) || s.status().equals(KinesisStream.DELETING)) {
                throw Streams.inUse("Stream " + s.name() + " under account " + account
                        + " not ACTIVE, instead in state " + s.status());
            }
            if (!enforce && !s.consumers().isEmpty()) {
                throw Streams.inUse("Stream " + s.name() + " under account " + account + " has "
                        + s.consumers().size()
                        + " registered consumers: deregister them, or set EnforceConsumerDeletion.");
            }
            return s;
        });
        streams.delete(stream);
        return null;
    }

    ObjectNode describe(ObjectNode request, Format format) {
        Members in = Members.of(request);
        long limit = in.numberOr("Limit", 100, 1, 10_000);
        String after = in.optionalText("ExclusiveStartShardId", ShardOperations.SHARD_ID);
        return streams.read(streams.named(in), s -> {
            ObjectNode out = object();
            ObjectNode description = out.putObject("StreamDescription");
            common(s, description, format);
            ArrayNode shards = description.putArray("Shards");
            boolean more = false;
            if (!s.status().equals(KinesisStream.CREATING)) {
                for (Shard shard : s.shards()
                        .tailMap(after == null ? Shard.NONE : Shard.number(after), false)
                        .values()) {
                    if (shards.size() == limit) {
                        more = true;
                        break;
                    }
                    shard.describe(shards.addObject());
                }
            }
            description.put("HasMoreShards", more);
            return out;
        });
    }

    ObjectNode describeSummary(ObjectNode request, Format format) {
        return streams.read(streams.named(Members.of(request)), s -> {
            ObjectNode out = object();
            ObjectNode summary = out.putObject("StreamDescriptionSummary");
            common(s, summary, format);
            summary.put("OpenShardCount", s.openCount());
            summary.put("ConsumerCount", s.consumers().size());
            summary.put("MaxRecordSizeInKiB", s.maxRecordKib());
            return out;
        });
    }

    private static void common(KinesisStream s, ObjectNode into, Format format) {
        into.put("StreamName", s.name());
        into.put("StreamARN", s.arn());
        into.put("StreamStatus", s.status());
        into.putObject("StreamModeDetails").put("StreamMode", s.mode());
        into.put("RetentionPeriodHours", s.retentionHours());
        into.set("StreamCreationTimestamp", format.time(s.created()));
        into.putArray("EnhancedMonitoring").addObject().putArray("ShardLevelMetrics");
        into.put("EncryptionType", "NONE");
    }

    ObjectNode list(ObjectNode request, Format format) {
        Members in = Members.of(request);
        long limit = in.numberOr("Limit", 100, 1, 10_000);
        String after = in.optionalText("ExclusiveStartStreamName", Streams.NAME);
        String token = in.optionalText("NextToken", TOKEN);
        in.check();
        if (token != null) {
            List<String> parts = Token.parts(token, 1);
            if (parts == null) {
                throw Streams.invalid("Invalid NextToken.");
            }
            after = parts.get(0);
        }
        ObjectNode out = object();
        ArrayNode names = out.putArray("StreamNames");
        ArrayNode summaries = out.putArray("StreamSummaries");
        boolean more = false;
        String last = "";
        for (KinesisStream stream : streams.all()) {
            if (after != null && stream.name().compareTo(after) <= 0) {
                continue;
            }
            if (names.size() == limit) {
                more = true;
                break;
            }
            last = stream.name();
            names.add(last);
            ObjectNode summary = summaries.addObject();
            stream.lock().readLock().lock();
            try {
                summary.put("StreamName", stream.name());
                summary.put("StreamARN", stream.arn());
                summary.put("StreamStatus", stream.status());
                summary.putObject("StreamModeDetails").put("StreamMode", stream.mode());
                summary.set("StreamCreationTimestamp", format.time(stream.created()));
            } finally {
                stream.lock().readLock().unlock();
            }
        }
        out.put("HasMoreStreams", more);
        if (more) {
            out.put("NextToken", Token.of(last));
        }
        return out;
    }

    @Nullable
    ObjectNode increaseRetention(ObjectNode request, Format format) {
        return retention(request, true);
    }

    @Nullable
    ObjectNode decreaseRetention(ObjectNode request, Format format) {
        return retention(request, false);
    }

    private @Nullable ObjectNode retention(ObjectNode request, boolean up) {
        Members in = Members.of(request);
        int hours = (int) in.number("RetentionPeriodHours", Integer.MIN_VALUE, Integer.MAX_VALUE);
        streams.changeActive(streams.named(in), s -> {
            if (hours < MIN_RETENTION) {
                throw Streams.invalid("Minimum allowed retention period is " + MIN_RETENTION
                        + " hours. Requested retention period (" + hours + " hours) is too short.");
            }
            if (hours > MAX_RETENTION) {
                throw Streams.invalid("Maximum allowed retention period is " + MAX_RETENTION
                        + " hours. Requested retention period (" + hours + " hours) is too long.");
            }
            if (up ? hours < s.retentionHours() : hours > s.retentionHours()) {
                throw Streams.invalid("Requested retention period (" + hours + " hours) for stream " + s.name()
                        + " can not be " + (up ? "shorter" : "longer") + " than existing retention period ("
                        + s.retentionHours() + " hours). Use " + (up ? "Decrease" : "Increase")
                        + "RetentionPeriod API.");
            }
            s.retentionHours(hours);
            return s;
        });
        return null;
    }

    @Nullable
    ObjectNode updateMode(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String mode = in.object("StreamModeDetails").text("StreamMode", MODE);
        change(in, s -> s.mode(mode));
        return null;
    }

    @Nullable
    ObjectNode updateMaxRecordSize(ObjectNode request, Format format) {
        Members in = Members.of(request);
        int kib = (int) in.number("MaxRecordSizeInKiB", KIB, 10 * KIB);
        change(in, s -> s.maxRecordKib(kib));
        return null;
    }

    private void change(Members in, java.util.function.Consumer<KinesisStream> change) {
        KinesisStream stream = streams.named(in);
        streams.changeActive(stream, s -> {
            change.accept(s);
            s.status(KinesisStream.UPDATING);
            return s;
        });
        streams.activate(stream);
    }

    @Nullable
    ObjectNode addTags(ObjectNode request, Format format) {
        Members in = Members.of(request);
        Map<String, String> tags = in.map("Tags", MAX_TAGS, TAG_KEY, TAG_VALUE);
        tag(tagged(in), tags);
        return null;
    }

    @Nullable
    ObjectNode removeTags(ObjectNode request, Format format) {
        Members in = Members.of(request);
        List<String> keys = in.texts("TagKeys", 1, MAX_TAGS, TAG_KEY);
        streams.change(tagged(in), s -> s.tags().keySet().removeAll(keys));
        return null;
    }

    private KinesisStream tagged(Members in) {
        String arn = in.optionalText("ResourceARN", Streams.ARN);
        if (arn == null) {
            return streams.named(in);
        }
        in.check();
        return streams.find(streams.ofArn(arn));
    }

    private void tag(KinesisStream stream, Map<String, String> tags) {
        streams.change(stream, s -> {
            Map<String, String> all = new TreeMap<>(s.tags());
            all.putAll(tags);
            if (all.size() > MAX_TAGS) {
                throw Streams.invalid("Failed to add tags to stream " + s.name() + " under account " + account
                        + " because a given stream cannot have more than " + MAX_TAGS + " tags associated with it.");
            }
            s.tags().putAll(tags);
            return s;
        });
    }

    ObjectNode listTags(ObjectNode request, Format format) {
        Members in = Members.of(request);
        long limit = in.numberOr("Limit", MAX_TAGS, 1, MAX_TAGS);
        String after = in.optionalText("ExclusiveStartTagKey", TAG_KEY);
        boolean byResource = in.has("ResourceARN");
        return streams.read(tagged(in), s -> {
            ObjectNode out = object();
            ArrayNode tags = out.putArray("Tags");
            List<String> left = new ArrayList<>();
            s.tags().forEach((key, value) -> {
                if (after != null && key.compareTo(after) <= 0) {
                    return;
                }
                if (tags.size() == limit) {
                    left.add(key);
                    return;
                }
                tags.addObject().put("Key", key).put("Value", value);
            });
            if (!byResource) {
                out.put("HasMoreTags", !left.isEmpty());
            }
            return out;
        });
    }

    ObjectNode limits(ObjectNode request, Format format) {
        int open = 0;
        int onDemand = 0;
        for (KinesisStream stream : streams.all()) {
            stream.lock().readLock().lock();
            try {
                open += stream.openCount();
                onDemand += stream.mode().equals(KinesisStream.ON_DEMAND) ? 1 : 0;
            } finally {
                stream.lock().readLock().unlock();
            }
        }
        ObjectNode out = object();
        out.put("ShardLimit", streams.settings().shardLimit());
        out.put("OpenShardCount", open);
        out.put("OnDemandStreamCount", onDemand);
        out.put("OnDemandStreamCountLimit", ON_DEMAND_LIMIT);
        return out;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
