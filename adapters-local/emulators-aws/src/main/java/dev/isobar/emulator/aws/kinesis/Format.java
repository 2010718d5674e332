package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The two ways in which the service's documents are written. They differ in bytes (base64 in JSON) and in the unit of time. */
enum Format {
    /** Time is seconds with three decimals. */
    JSON("application/x-amz-json-1.1", JsonMapper.builder().build()) {
        @Override
        JsonNode time(long millis) {
            return DecimalNode.valueOf(BigDecimal.valueOf(millis, 3));
        }

        @Override
        long millis(JsonNode time) {
            return time.decimalValue().movePointRight(3).longValue();
        }
    },
    /** Time is milliseconds. */
    CBOR("application/x-amz-cbor-1.1", CBORMapper.builder().build()) {
        @Override
        JsonNode time(long millis) {
            return LongNode.valueOf(millis);
        }

        @Override
        long millis(JsonNode time) {
            return time.longValue();
        }
    };

    private final String contentType;
    private final ObjectMapper mapper;

    Format(String contentType, ObjectMapper mapper) {
        this.contentType = contentType;
        this.mapper = mapper;
    }

    /** The format that a content type names; JSON if it names none. */
    static Format of(@Nullable String contentType) {
        return contentType != null && contentType.startsWith(CBOR.contentType) ? CBOR : JSON;
    }

    String contentType() {
        return contentType;
    }

    /** Reads and writes it. */
    ObjectMapper mapper() {
        return mapper;
    }

    /** A point in time, as a value. */
    abstract JsonNode time(long millis);

    /** The same, written. */
    final void writeTime(JsonGenerator out, long millis) throws IOException {
        if (this == CBOR) {
            out.writeNumber(millis);
        } else {
            out.writeNumber(BigDecimal.valueOf(millis, 3));
        }
    }

    /** What such a value says. */
    abstract long millis(JsonNode time);

    /** Milliseconds of a member that may be missing; null if it is. */
    final @Nullable Long millis(ObjectNode in, String member) {
        JsonNode value = in.get(member);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isNumber()) {
            throw new ServiceError(400, "SerializationException", member + " is not a timestamp");
        }
        return millis(value);
    }

    /** A request's document. */
    ObjectNode read(byte[] body) {
        try {
            JsonNode node = mapper.readTree(body);
            if (node instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new ServiceError(400, "SerializationException", "The body is not " + this + ": " + e.getMessage());
        }
        throw new ServiceError(400, "SerializationException", "The body is no " + this + " object");
    }

    /** An answer's bytes. */
    byte[] write(ObjectNode document) {
        try {
            return mapper.writeValueAsBytes(document);
        } catch (IOException e) {
            throw new IllegalStateException("a document of our own cannot be written", e);
        }
    }
}
