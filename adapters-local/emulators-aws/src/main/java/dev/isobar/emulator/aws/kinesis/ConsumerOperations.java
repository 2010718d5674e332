package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Consumers with a throughput of their own: registered, described, deregistered. Thread safe. */
final class ConsumerOperations {
    /** A consumer's ARN. */
    static final Rule ARN = Rule.pattern(
            1, 2048, "(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+");

    private static final Rule NAME = Rule.pattern(1, 128, "[a-zA-Z0-9_.-]+");
    private static final Rule TOKEN = Rule.pattern(1, 1_048_576, "[\\S\\s]*");
    private static final int MAX_CONSUMERS = 20;
    private static final int TOKEN_PARTS = 2;

    private final Streams streams;
    private final String account;

    ConsumerOperations(Streams streams) {
        this.streams = streams;
        this.account = streams.settings().account();
    }

    ObjectNode register(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String arn = in.text("StreamARN", Streams.ARN);
        String name = in.text("ConsumerName", NAME);
        in.check();
        KinesisStream stream = streams.find(streams.ofArn(arn));
        StreamConsumer made = streams.change(stream, s -> {
            if (s.status().equals(KinesisStream.CREATING) || s.status().equals(KinesisStream.DELETING)) {
                throw Streams.inUse("Stream " + s.name() + " under account " + account
                        + " not ACTIVE, instead in state " + s.status());
            }
            if (s.consumers().containsKey(name)) {
                throw Streams.inUse("Consumer " + name + " of stream " + s.name() + " under account " + account
                        + " already exists.");
            }
            if (s.consumers().size() >= MAX_CONSUMERS) {
                throw new ServiceError(
                        400,
                        "LimitExceededException",
                        "Stream " + s.name() + " under account " + account + " has reached the limit of "
                                + MAX_CONSUMERS + " registered consumers.");
            }
            long now = System.currentTimeMillis();
            StreamConsumer consumer = new StreamConsumer(
                    name, s.arn() + "/consumer/" + name + ":" + now / 1_000, now, StreamConsumer.CREATING);
            s.consumers().put(name, consumer);
            return consumer;
        });
        streams.settle(stream, made);
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        made.describe(out.putObject("Consumer"), format);
        return out;
    }

    ObjectNode describe(ObjectNode request, Format format) {
        Named named = named(request);
        return streams.read(named.stream(), s -> {
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            ObjectNode description = out.putObject("ConsumerDescription");
            consumer(named).describe(description, format);
            description.put("StreamARN", s.arn());
            return out;
        });
    }

    @Nullable
    ObjectNode deregister(ObjectNode request, Format format) {
        Named named = named(request);
        StreamConsumer leaving = streams.change(named.stream(), s -> {
            StreamConsumer consumer = consumer(named);
            if (!consumer.status().equals(StreamConsumer.ACTIVE)) {
                throw Streams.inUse("Consumer " + consumer.name() + " of stream " + s.name() + " under account "
                        + account + " not ACTIVE, instead in state " + consumer.status());
            }
            StreamConsumer gone = consumer.in(StreamConsumer.DELETING);
            s.consumers().put(gone.name(), gone);
            return gone;
        });
        named.stream().changed();
        streams.settle(named.stream(), leaving);
        return null;
    }

    ObjectNode list(ObjectNode request, Format format) {
        Members in = Members.of(request);
        String arn = in.text("StreamARN", Streams.ARN);
        long limit = in.numberOr("MaxResults", 100, 1, 10_000);
        String token = in.optionalText("NextToken", TOKEN);
        in.check();
        KinesisStream stream = streams.find(streams.ofArn(arn));
        String after = "";
        if (token != null) {
            List<String> parts = Token.parts(token, TOKEN_PARTS);
            if (parts == null || !parts.get(0).equals(stream.name())) {
                throw Streams.invalid("Invalid NextToken.");
            }
            after = parts.get(1);
        }
        String from = after;
        return streams.read(stream, s -> {
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            ArrayNode consumers = out.putArray("Consumers");
            String last = from;
            for (StreamConsumer consumer : s.consumers().values()) {
                if (consumer.name().compareTo(from) <= 0) {
                    continue;
                }
                if (consumers.size() == limit) {
                    out.put("NextToken", Token.of(s.name(), last));
                    break;
                }
                consumer.describe(consumers.addObject(), format);
                last = consumer.name();
            }
            return out;
        });
    }

    /** A consumer as a request names it: by its ARN, or by its stream's and its name. */
    private record Named(
            KinesisStream stream,
            @Nullable String name,
            @Nullable String arn) {}

    private Named named(ObjectNode request) {
        Members in = Members.of(request);
        String consumerArn = in.optionalText("ConsumerARN", ARN);
        String arn = in.optionalText("StreamARN", Streams.ARN);
        String name = in.optionalText("ConsumerName", NAME);
        in.check();
        if (consumerArn != null) {
            return new Named(streams.find(streams.ofArn(consumerArn)), null, consumerArn);
        }
        if (arn == null || name == null) {
            throw Streams.invalid("Either ConsumerARN or both StreamARN and ConsumerName must be provided.");
        }
        return new Named(streams.find(streams.ofArn(arn)), name, null);
    }

    private StreamConsumer consumer(Named named) {
        for (StreamConsumer consumer : named.stream().consumers().values()) {
            if (named.arn() == null
                    ? consumer.name().equals(named.name())
                    : consumer.arn().equals(named.arn())) {
                return consumer;
            }
        }
        throw Streams.notFound("Consumer " + (named.arn() == null ? named.name() : named.arn()) + " of stream "
                + named.stream().name() + " under account " + account + " not found.");
    }

    /** An active consumer's stream. */
    KinesisStream active(String arn) {
        Named named = new Named(streams.find(streams.ofArn(arn)), null, arn);
        return streams.records(named.stream(), s -> {
            StreamConsumer consumer = consumer(named);
            if (!consumer.status().equals(StreamConsumer.ACTIVE)) {
                throw Streams.inUse("Consumer " + arn + " not ACTIVE, instead in state " + consumer.status());
            }
            return s;
        });
    }
}
