package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shards: listed, split, merged. A reshard takes effect at once; the stream is {@code UPDATING} for a while as in the service. Thread safe. */
final class ShardOperations {
    static final Rule SHARD_ID = Rule.pattern(1, 128, "[a-zA-Z0-9_.-]+");
    static final Rule HASH_KEY = Rule.pattern(0, 39, "0|([1-9]\\d{0,38})");

    private static final Rule FILTER = Rule.oneOf(
            "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP");
    private static final Rule SCALING = Rule.oneOf("UNIFORM_SCALING");
    private static final Rule TOKEN = Rule.pattern(1, 1_048_576, "[\\S\\s]*");
    private static final long TOKEN_LIFE = 300_000;
    private static final int TOKEN_PARTS = 6;

    private final Streams streams;
    private final String account;

    ShardOperations(Streams streams) {
        this.streams = streams;
        this.account = streams.settings().account();
    }

    /** Which shards a list is to have; it travels in the list's token. */
    private record Wanted(String type, int after, long millis) {
        static Wanted of(Members in, Format format) {
            Members filter = in.optionalObject("ShardFilter");
            String after = in.optionalText("ExclusiveStartShardId", SHARD_ID);
            if (!in.has("ShardFilter")) {
                return new Wanted("", after == null ? Shard.NONE : Shard.number(after), 0);
            }
            String type = filter.text("Type", FILTER);
            String shard = filter.optionalText("ShardId", SHARD_ID);
            Long millis = format.millis(filter.json(), "Timestamp");
            in.check();
            if (type.equals("AFTER_SHARD_ID") != (shard != null)) {
                throw Streams.invalid("ShardFilter of type " + type
                        + (shard == null ? " needs a ShardId." : " does not take a ShardId."));
            }
            if (type.endsWith("_TIMESTAMP") != (millis != null)) {
                throw Streams.invalid("ShardFilter of type " + type
                        + (millis == null ? " needs a Timestamp." : " does not take a Timestamp."));
            }
            String from = shard == null ? after : shard;
            return new Wanted(type, from == null ? Shard.NONE : Shard.number(from), millis == null ? 0 : millis);
        }

        boolean takes(Shard shard, long horizon) {
            return switch (type) {
                case "AT_LATEST" -> shard.open();
                case "AT_TRIM_HORIZON" -> shard.openAt(horizon);
                case "AT_TIMESTAMP" -> shard.openAt(Math.max(millis, horizon));
                case "FROM_TIMESTAMP" -> shard.open() || shard.closed() >= millis;
                default -> true;
            };
        }
    }

    ObjectNode list(ObjectNode request, Format format) {
        Members in = Members.of(request);
        long limit = in.numberOr("MaxResults", 1_000, 1, 10_000);
        String token = in.optionalText("NextToken", TOKEN);
        Wanted wanted = Wanted.of(in, format);
        KinesisStream stream;
        if (token == null) {
            stream = streams.named(in);
        } else {
            in.check();
            for (String other :
                    List.of("StreamName", "ExclusiveStartShardId", "StreamCreationTimestamp", "ShardFilter")) {
                if (in.has(other)) {
                    throw Streams.invalid("NextToken and " + other + " cannot be provided together.");
                }
            }
            List<String> parts = Token.parts(token, TOKEN_PARTS);
            if (parts == null) {
                throw Streams.invalid("Invalid NextToken.");
            }
            if (System.currentTimeMillis() - Long.parseLong(parts.get(5)) > TOKEN_LIFE) {
                throw new ServiceError(400, "ExpiredNextTokenException", "NextToken has expired.");
            }
            stream = streams.find(parts.get(0));
            if (stream.created() != Long.parseLong(parts.get(1))) {
                throw streams.missing(parts.get(0));
            }
            wanted = new Wanted(parts.get(2), Integer.parseInt(parts.get(3)), Long.parseLong(parts.get(4)));
        }
        return page(stream, wanted, (int) limit);
    }

    private ObjectNode page(KinesisStream stream, Wanted wanted, int limit) {
        long now = System.currentTimeMillis();
        return streams.read(stream, s -> {
            if (s.status().equals(KinesisStream.CREATING) || s.status().equals(KinesisStream.DELETING)) {
                throw Streams.inUse("Stream " + s.name() + " under account " + account
                        + " not ACTIVE, instead in state " + s.status());
            }
            long horizon = Math.max(s.keptSince(now), s.created());
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            ArrayNode shards = out.putArray("Shards");
            int last = wanted.after();
            for (Shard shard : s.shards().tailMap(wanted.after(), false).values()) {
                if (!wanted.takes(shard, horizon)) {
                    continue;
                }
                if (shards.size() == limit) {
                    out.put("NextToken", Token.of(s.name(), s.created(), wanted.type(), last, wanted.millis(), now));
                    break;
                }
                shard.describe(shards.addObject());
                last = shard.number();
            }
            return out;
        });
    }

    @Nullable
    ObjectNode split(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String id = in.text("ShardToSplit", SHARD_ID);
        String start = in.text("NewStartingHashKey", HASH_KEY);
        KinesisStream stream = streams.named(in);
        reshard(stream, s -> {
            Shard shard = shard(s, id);
            open(s, shard);
            streams.room(1);
            BigInteger at = new BigInteger(start);
            if (at.compareTo(shard.range().start().add(BigInteger.ONE)) <= 0
                    || at.compareTo(shard.range().end()) >= 0) {
                throw Streams.invalid("NewStartingHashKey " + start + " used in SplitShard() on shard " + shard.id()
                        + " in stream " + s.name() + " under account " + account
                        + " is not both greater than one plus the shard's StartingHashKey "
                        + shard.range().start() + " and less than the shard's EndingHashKey "
                        + shard.range().end() + ".");
            }
            s.split(shard, at, System.currentTimeMillis());
        });
        return null;
    }

    @Nullable
    ObjectNode merge(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String id = in.text("ShardToMerge", SHARD_ID);
        String adjacentId = in.text("AdjacentShardToMerge", SHARD_ID);
        KinesisStream stream = streams.named(in);
        reshard(stream, s -> {
            Shard shard = shard(s, id);
            Shard adjacent = shard(s, adjacentId);
            open(s, shard);
            open(s, adjacent);
            boolean first = shard.range()
                    .end()
                    .add(BigInteger.ONE)
                    .equals(adjacent.range().start());
            if (!first
                    && !adjacent.range()
                            .end()
                            .add(BigInteger.ONE)
                            .equals(shard.range().start())) {
                throw Streams.invalid("Shards " + shard.id() + " and " + adjacent.id() + " in stream " + s.name()
                        + " under account " + account + " are not an adjacent pair of shards eligible for merging");
            }
            s.merge(first ? shard : adjacent, first ? adjacent : shard, shard, adjacent, System.currentTimeMillis());
        });
        return null;
    }

    ObjectNode updateCount(ObjectNode request, Format format) {
        Members in = Members.of(request);
        int target = (int) in.number("TargetShardCount", 1, Integer.MAX_VALUE);
        in.text("ScalingType", SCALING);
        KinesisStream stream = streams.named(in);
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        reshard(stream, s -> {
            if (s.mode().equals(KinesisStream.ON_DEMAND)) {
                throw ServiceError.validation("UpdateShardCount is not supported for streams in ON_DEMAND mode.");
            }
            int current = s.openCount();
            out.put("StreamName", s.name());
            out.put("StreamARN", s.arn());
            out.put("CurrentShardCount", current);
            out.put("TargetShardCount", target);
            String counts = " Current open shard count: " + current + " Target shard count: " + target;
            if (target > 2L * current) {
                throw limit("UpdateShardCount cannot scale up over double your current open shard count." + counts);
            }
            if (2L * target < current) {
                throw limit("UpdateShardCount cannot scale down below half your current open shard count." + counts);
            }
            if (target > current) {
                streams.room(target - current);
            }
            even(s, HashRange.uniform(target), System.currentTimeMillis());
        });
        return out;
    }

    /** Splits shards where a new range begins, then merges those that lie in one range. */
    private static void even(KinesisStream stream, List<HashRange> ranges, long now) throws IOException {
        for (HashRange range : ranges) {
            Shard shard = stream.shardOf(range.start());
            if (!shard.range().start().equals(range.start())) {
                stream.split(shard, range.start(), now);
            }
        }
        for (HashRange range : ranges) {
            Shard low = stream.shardOf(range.start());
            while (!low.range().end().equals(range.end())) {
                Shard high = stream.shardOf(low.range().end().add(BigInteger.ONE));
                low = stream.merge(low, high, low, high, now);
            }
        }
    }

    /** A change of a stream's shards. */
    @FunctionalInterface
    private interface Reshard {
        void of(KinesisStream stream) throws IOException;
    }

    private void reshard(KinesisStream stream, Reshard change) {
        streams.changeActive(stream, s -> {
            change.of(s);
            s.status(KinesisStream.UPDATING);
            return s;
        });
        stream.changed();
        streams.activate(stream);
    }

    private void open(KinesisStream stream, Shard shard) {
        if (!shard.open()) {
            throw Streams.invalid("Shard " + shard.id() + " in stream " + stream.name() + " under account " + account
                    + " has already been merged or split, and thus is not eligible for merging or splitting.");
        }
    }

    /** A shard that a reshard names. */
    private Shard shard(KinesisStream stream, String id) {
        Shard shard = stream.shards().get(Shard.number(id));
        if (shard == null) {
            throw Streams.notFound(
                    "Could not find shard " + id + " in stream " + stream.name() + " under account " + account + ".");
        }
        return shard;
    }

    private static ServiceError limit(String message) {
        return new ServiceError(400, "LimitExceededException", message);
    }
}
