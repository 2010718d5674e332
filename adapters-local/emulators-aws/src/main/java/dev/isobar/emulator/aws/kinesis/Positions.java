package dev.isobar.emulator.aws.kinesis;

import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where reading begins: what GetShardIterator and SubscribeToShard accept, and the iterators themselves. */
final class Positions {
    static final Rule TYPE =
            Rule.oneOf("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP");
    static final Rule SEQUENCE = Rule.pattern(0, 129, "0|([1-9]\\d{0,128})");

    private static final int PARTS = 5;

    private Positions() {}

    /**
     * What a request asks for.
     *
     * @param operation and {@code field}, for messages
     */
    record Asked(
            String operation,
            String field,
            String type,
            @Nullable String sequence,
            @Nullable Long millis) {
        /** Reads the members; they are not checked yet. */
        static Asked of(Members in, Format format, String operation, String typeField, String sequenceField) {
            return new Asked(
                    operation,
                    sequenceField,
                    in.text(typeField, TYPE),
                    in.optionalText(sequenceField, SEQUENCE),
                    format.millis(in.json(), "Timestamp"));
        }

        /** Index in the shard's log. */
        long index(KinesisStream stream, Shard shard, String account) throws IOException {
            long now = System.currentTimeMillis();
            boolean bySequence = type.endsWith("_SEQUENCE_NUMBER");
            if (bySequence != (sequence != null)) {
                throw Streams.invalid("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
                        + field + " or (2) TRIM_HORIZON or LATEST and no " + field + ". Request specified " + type
                        + " and " + (sequence == null ? "no " : "also a ") + field + ".");
            }
            if (sequence != null) {
                SequenceNumber number = ours(sequence, stream, shard, account);
                // The first record has number 1; 0 is the shard's own beginning.
                long index = type.startsWith("AFTER") ? number.index() : Math.max(0, number.index() - 1);
                return Math.min(index, shard.log().next());
            }
            if (type.equals("AT_TIMESTAMP")) {
                if (millis == null) {
                    throw Streams.invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP."
                            + " Current request has no timestamp parameter.");
                }
                if (millis > now) {
                    throw Streams.invalid(
                            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."
                                    + " timestampInMillis: " + millis + ", currentTimestampInMillis: " + now);
                }
                return shard.log().at(Math.max(millis, stream.keptSince(now)));
            }
            return type.equals("LATEST") ? shard.log().next() : shard.log().at(stream.keptSince(now));
        }

        private SequenceNumber ours(String text, KinesisStream stream, Shard shard, String account) {
            SequenceNumber number = SequenceNumber.parse(text);
            String subject = field + " " + text + " used in " + operation + " on shard " + shard.id() + " in stream "
                    + stream.name() + " under account " + account + " is invalid";
            if (number == null) {
                throw Streams.invalid(subject + ".");
            }
            if (number.shard() != shard.number()) {
                throw Streams.invalid("Invalid " + field + ". It encodes " + Shard.id(number.shard())
                        + ", while it was used in a call to a shard with " + shard.id());
            }
            if (!shard.gave(number)) {
                throw Streams.invalid(subject + " because it did not come from this stream.");
            }
            return number;
        }
    }

    /** A shard iterator. */
    record Iterator(String stream, long created, int shard, long index, long issued) {
        static Iterator at(KinesisStream stream, Shard shard, long index) {
            return new Iterator(stream.name(), stream.created(), shard.number(), index, System.currentTimeMillis());
        }

        String text() {
            return Token.of(stream, created, shard, index, issued);
        }

        static Iterator parse(String text) {
            List<String> parts = Token.parts(text, PARTS);
            if (parts == null) {
                throw Streams.invalid("Invalid ShardIterator.");
            }
            try {
                return new Iterator(
                        parts.get(0),
                        Long.parseLong(parts.get(1)),
                        Integer.parseInt(parts.get(2)),
                        Long.parseLong(parts.get(3)),
                        Long.parseLong(parts.get(4)));
            } catch (NumberFormatException e) {
                ServiceError error = Streams.invalid("Invalid ShardIterator.");
                error.initCause(e);
                throw error;
            }
        }
    }
}
