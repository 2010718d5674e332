package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/** Bodies of Smithy's RPCv2 CBOR. A time is tag 1 with seconds; in a tree it is a {@link POJONode} of an {@link Instant}. */
final class CborCodec {
    private static final CBORMapper CBOR = new CBORMapper();
    private static final int EPOCH_TAG = 1;

    private CborCodec() {}

    static JsonNode read(byte[] body) throws IOException {
        return CBOR.readTree(body);
    }

    static byte[] write(JsonNode node) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (CBORGenerator out = new CBORFactory().createGenerator(bytes)) {
            write(node, out);
        }
        return bytes.toByteArray();
    }

    private static void write(JsonNode node, CBORGenerator out) throws IOException {
        if (node.isObject()) {
            out.writeStartObject();
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                out.writeFieldName(field.getKey());
                write(field.getValue(), out);
            }
            out.writeEndObject();
        } else if (node.isArray()) {
            out.writeStartArray();
            for (JsonNode each : node) {
                write(each, out);
            }
            out.writeEndArray();
        } else if (node instanceof POJONode pojo && pojo.getPojo() instanceof Instant instant) {
            out.writeTag(EPOCH_TAG);
            out.writeNumber(instant.toEpochMilli() / 1e3);
        } else if (node.isTextual()) {
            out.writeString(node.textValue());
        } else if (node.isBoolean()) {
            out.writeBoolean(node.booleanValue());
        } else if (node.isIntegralNumber()) {
            out.writeNumber(node.longValue());
        } else if (node.isNumber()) {
            out.writeNumber(node.doubleValue());
        } else {
            out.writeNull();
        }
    }
}
