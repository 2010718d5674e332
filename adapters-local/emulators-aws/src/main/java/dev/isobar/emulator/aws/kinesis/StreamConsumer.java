package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A registered consumer. Immutable. */
record StreamConsumer(String name, String arn, long created, String status) {
    static final String CREATING = "CREATING";
    static final String ACTIVE = "ACTIVE";
    static final String DELETING = "DELETING";

    StreamConsumer in(String state) {
        return new StreamConsumer(name, arn, created, state);
    }

    void describe(ObjectNode into, Format format) {
        into.put("ConsumerName", name);
        into.put("ConsumerARN", arn);
        into.put("ConsumerStatus", status);
        into.set("ConsumerCreationTimestamp", format.time(created));
    }

    void save(ObjectNode into) {
        into.put("name", name);
        into.put("arn", arn);
        into.put("created", created);
        into.put("status", status);
    }

    static StreamConsumer of(ObjectNode saved) {
        return new StreamConsumer(
                saved.path("name").asText(),
                saved.path("arn").asText(),
                saved.path("created").asLong(),
                saved.path("status").asText());
    }
}
