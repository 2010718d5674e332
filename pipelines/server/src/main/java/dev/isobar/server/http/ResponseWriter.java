package dev.isobar.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.NumberOutput;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.server.http.Scorer.Scored;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Encodes answers straight into buffers. Numbers are the shortest text that reads back to the same bits, on every JDK. Stateless. */
final class ResponseWriter {
    /** Output tensors of an inference. */
    static final List<String> OUTPUTS = List.of("probability", "prediction_id", "provisional", "details");

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .build();

    private ResponseWriter() {}

    /** Writes one JSON document. */
    interface Body {
        void write(JsonGenerator g) throws IOException;
    }

    static ByteBuf json(ByteBufAllocator allocator, Body body) {
        ByteBuf buffer = allocator.buffer(256);
        try {
            try (OutputStream out = new ByteBufOutputStream(buffer);
                    JsonGenerator g = JSON.createGenerator(out)) {
                body.write(g);
            }
            return buffer;
        } catch (IOException e) {
            buffer.release();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            buffer.release();
            throw e;
        }
    }

    static ByteBuf scores(ByteBufAllocator allocator, ScoringRequest request, List<Scored> scores, Scorer scorer) {
        return switch (request.form()) {
            case CSV -> csv(allocator, scores);
            case INSTANCE ->
                json(allocator, g -> {
                    g.writeStartObject();
                    prediction(g, scores.get(0), request.explain()[0]);
                    g.writeStringField("model", scorer.modelName());
                    g.writeStringField("model_version", scorer.modelVersion());
                    g.writeEndObject();
                });
            case INSTANCES ->
                json(allocator, g -> {
                    g.writeStartObject();
                    g.writeArrayFieldStart("predictions");
                    for (int i = 0; i < scores.size(); i++) {
                        g.writeStartObject();
                        prediction(g, scores.get(i), request.explain()[i]);
                        g.writeEndObject();
                    }
                    g.writeEndArray();
                    g.writeEndObject();
                });
            case TENSORS -> json(allocator, g -> tensors(g, request, scores, scorer));
        };
    }

    private static void prediction(JsonGenerator g, Scored scored, boolean explain) throws IOException {
        g.writeStringField("prediction_id", scored.predictionId());
        g.writeNumberField("probability", scored.probability());
        g.writeBooleanField("provisional", scored.provisional());
        if (explain) {
            g.writeFieldName("details");
            value(g, scored.details());
        }
    }

    private static ByteBuf csv(ByteBufAllocator allocator, List<Scored> scores) {
        StringBuilder b = new StringBuilder(24 * scores.size());
        for (Scored s : scores) {
            b.append(NumberOutput.toString(s.probability(), true)).append('\n');
        }
        byte[] bytes = b.toString().getBytes(StandardCharsets.US_ASCII);
        return allocator.buffer(bytes.length).writeBytes(bytes);
    }

    private static void tensors(JsonGenerator g, ScoringRequest request, List<Scored> scores, Scorer scorer)
            throws IOException {
        int n = scores.size();
        g.writeStartObject();
        g.writeStringField("model_name", scorer.modelName());
        g.writeStringField("model_version", scorer.modelVersion());
        if (request.id() != null) {
            g.writeStringField("id", request.id());
        }
        g.writeArrayFieldStart("outputs");
        if (wanted(request, "probability")) {
            tensor(g, "probability", "FP64", n);
            for (Scored s : scores) {
                g.writeNumber(s.probability());
            }
            endTensor(g);
        }
        if (wanted(request, "prediction_id")) {
            tensor(g, "prediction_id", "BYTES", n);
            for (Scored s : scores) {
                g.writeString(s.predictionId());
            }
            endTensor(g);
        }
        if (wanted(request, "provisional")) {
            tensor(g, "provisional", "BOOL", n);
            for (Scored s : scores) {
                g.writeBoolean(s.provisional());
            }
            endTensor(g);
        }
        // A tensor holds no objects: each instance's details are one JSON text.
        if (request.outputs().contains("details")
                || (request.explain()[0] && request.outputs().isEmpty())) {
            tensor(g, "details", "BYTES", n);
            for (Scored s : scores) {
                java.io.StringWriter text = new java.io.StringWriter();
                try (JsonGenerator inner = JSON.createGenerator(text)) {
                    value(inner, s.details());
                }
                g.writeString(text.toString());
            }
            endTensor(g);
        }
        g.writeEndArray();
        g.writeEndObject();
    }

    private static boolean wanted(ScoringRequest request, String output) {
        return request.outputs().isEmpty() || request.outputs().contains(output);
    }

    private static void tensor(JsonGenerator g, String name, String datatype, int n) throws IOException {
        g.writeStartObject();
        g.writeStringField("name", name);
        g.writeStringField("datatype", datatype);
        g.writeArrayFieldStart("shape");
        g.writeNumber(n);
        g.writeEndArray();
        g.writeArrayFieldStart("data");
    }

    private static void endTensor(JsonGenerator g) throws IOException {
        g.writeEndArray();
        g.writeEndObject();
    }

    /** The protocol's metadata of the model. */
    static void metadata(JsonGenerator g, Scorer scorer) throws IOException {
        g.writeStartObject();
        g.writeStringField("name", scorer.modelName());
        g.writeArrayFieldStart("versions");
        g.writeString(scorer.modelVersion());
        g.writeEndArray();
        g.writeStringField("platform", "isobar_xgboost");
        g.writeObjectFieldStart("parameters");
        evaluator(g, scorer);
        g.writeEndObject();
        g.writeArrayFieldStart("inputs");
        for (Field field : scorer.schema().fields()) {
            column(g, field.name(), datatype(field.type()));
        }
        g.writeEndArray();
        g.writeArrayFieldStart("outputs");
        column(g, "probability", "FP64");
        column(g, "prediction_id", "BYTES");
        column(g, "provisional", "BOOL");
        column(g, "details", "BYTES");
        g.writeEndArray();
        g.writeEndObject();
    }

    static void evaluator(JsonGenerator g, @Nullable Scorer scorer) throws IOException {
        g.writeStringField("evaluator", scorer == null ? null : scorer.evaluator());
        g.writeStringField("evaluator_reason", scorer == null ? null : scorer.evaluatorReason());
    }

    private static void column(JsonGenerator g, String name, String datatype) throws IOException {
        g.writeStartObject();
        g.writeStringField("name", name);
        g.writeStringField("datatype", datatype);
        g.writeArrayFieldStart("shape");
        g.writeNumber(-1);
        g.writeEndArray();
        g.writeEndObject();
    }

    static String datatype(FieldType type) {
        return switch (type) {
            case STRING, TIMESTAMP, LOCAL_TIMESTAMP -> "BYTES";
            case INT32 -> "INT32";
            case INT64 -> "INT64";
            case FLOAT64 -> "FP64";
            case BOOL -> "BOOL";
        };
    }

    static void error(JsonGenerator g, String code, String message, @Nullable String hint) throws IOException {
        g.writeStartObject();
        g.writeObjectFieldStart("error");
        g.writeStringField("code", code);
        g.writeStringField("message", message);
        if (hint == null) {
            g.writeNullField("hint");
        } else {
            g.writeStringField("hint", hint);
        }
        g.writeEndObject();
        g.writeEndObject();
    }

    private static void value(JsonGenerator g, @Nullable Object value) throws IOException {
        if (value == null) {
            g.writeNull();
        } else if (value instanceof String s) {
            g.writeString(s);
        } else if (value instanceof Double || value instanceof Float) {
            double d = ((Number) value).doubleValue();
            if (!Double.isFinite(d)) {
                // JSON has no word for these
                g.writeString(Double.toString(d));
            } else if (value instanceof Float f) {
                g.writeNumber(f);
            } else {
                g.writeNumber(d);
            }
        } else if (value instanceof Integer
                || value instanceof Long
                || value instanceof Short
                || value instanceof Byte) {
            g.writeNumber(((Number) value).longValue());
        } else if (value instanceof Boolean b) {
            g.writeBoolean(b);
        } else if (value instanceof Map<?, ?> map) {
            g.writeStartObject();
            for (Map.Entry<?, ?> e : map.entrySet()) {
                g.writeFieldName(String.valueOf(e.getKey()));
                value(g, e.getValue());
            }
            g.writeEndObject();
        } else if (value instanceof Iterable<?> items) {
            g.writeStartArray();
            for (Object item : items) {
                value(g, item);
            }
            g.writeEndArray();
        } else {
            g.writeString(value.toString());
        }
    }
}
