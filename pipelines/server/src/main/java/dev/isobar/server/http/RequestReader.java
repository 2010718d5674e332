package dev.isobar.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import dev.isobar.config.Names;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.server.http.ScoringRequest.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decodes bodies straight into rows: one pass of a streaming parser, no tree. Whatever does not fit the schema is a {@link Refusal} that names the
 * instance and the field. Immutable and thread safe.
 */
final class RequestReader {
    private static final String PREDICTION_ID = "prediction_id";
    private static final String EXPLAIN = "explain";
    private static final int LONGEST_ID = 128;
    static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final List<@Nullable String> NO_ID = Collections.singletonList(null);
    /** Nothing to explain; nobody writes to it. */
    private static final boolean[] NOTHING = new boolean[1];

    private final Schema schema;
    private final int maxInstances;
    private final List<String> instanceFields;
    private final PlainInstance plain;

    RequestReader(Schema schema, int maxInstances) {
        this.schema = schema;
        this.maxInstances = maxInstances;
        this.plain = new PlainInstance(schema);
        List<String> names = new ArrayList<>();
        schema.fields().forEach(f -> names.add(f.name()));
        names.add(PREDICTION_ID);
        names.add(EXPLAIN);
        this.instanceFields = List.copyOf(names);
    }

    /** Rows under construction. */
    private final class Batch {
        final List<Row> rows = new ArrayList<>();
        final List<@Nullable String> ids = new ArrayList<>();
        boolean[] explain = new boolean[1];

        Row add() {
            if (rows.size() == maxInstances) {
                throw new Refusal(
                        413,
                        "INVALID_ARGUMENT",
                        "The request has more than " + maxInstances + " instances.",
                        "Send several requests.");
            }
            Row row = new Row(schema);
            rows.add(row);
            ids.add(null);
            if (explain.length < rows.size()) {
                explain = Arrays.copyOf(explain, 2 * explain.length);
            }
            return row;
        }

        ScoringRequest request(Form form, @Nullable String id, Set<String> outputs) {
            if (rows.isEmpty()) {
                throw Refusal.badRequest("The request has no instances.", "Send at least one.");
            }
            return new ScoringRequest(form, rows, ids, explain, id, outputs);
        }
    }

    /** JSON of any of the three forms, told apart by content. */
    ScoringRequest json(byte[] body, int offset, int length) {
        ScoringRequest request = plain(body, offset, length);
        return request == null ? general(body, offset, length) : request;
    }

    /** As {@link #json(byte[], int, int)}, or null for whatever is not plain. */
    @Nullable
    ScoringRequest plain(byte[] body, int offset, int length) {
        Row row = plain.read(body, offset, length);
        return row == null
                ? null
                : new ScoringRequest(Form.INSTANCE, Collections.singletonList(row), NO_ID, NOTHING, null, Set.of());
    }

    /** As {@link #json(byte[], int, int)}, for whatever is not plain. */
    ScoringRequest general(byte[] body, int offset, int length) {
        Form form;
        try (JsonParser p = JSON.createParser(body, offset, length)) {
            form = form(p);
        } catch (IOException e) {
            throw notJson(e);
        }
        return json(body, offset, length, form);
    }

    /** JSON of a known form. */
    ScoringRequest json(byte[] body, int offset, int length, Form form) {
        try (JsonParser p = JSON.createParser(body, offset, length)) {
            if (p.nextToken() != JsonToken.START_OBJECT) {
                throw notObject(p.currentToken());
            }
            ScoringRequest request = switch (form) {
                case INSTANCE -> {
                    Batch batch = new Batch();
                    instance(p, batch, new BitSet(schema.size()));
                    yield batch.request(form, null, Set.of());
                }
                case INSTANCES -> instances(p);
                case TENSORS -> tensors(p);
                case CSV -> throw new IllegalArgumentException("CSV is not JSON");
            };
            if (p.nextToken() != null) {
                throw Refusal.badRequest(
                        "Something follows the end of the JSON document at byte "
                                + p.currentTokenLocation().getByteOffset() + ".",
                        "Send one document per request.");
            }
            return request;
        } catch (IOException e) {
            throw notJson(e);
        }
    }

    private Form form(JsonParser p) throws IOException {
        if (p.nextToken() != JsonToken.START_OBJECT) {
            throw notObject(p.currentToken());
        }
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            JsonToken value = p.nextToken();
            // A schema with a column of that name holds no array there.
            if (value == JsonToken.START_ARRAY && name.equals("instances")) {
                return Form.INSTANCES;
            }
            if (value == JsonToken.START_ARRAY && name.equals("inputs")) {
                return Form.TENSORS;
            }
            if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
                p.skipChildren();
            } else if (schema.slot(name) >= 0) {
                // The common case is decided by its first field.
                return Form.INSTANCE;
            }
        }
        return Form.INSTANCE;
    }

    private static Refusal notObject(@Nullable JsonToken token) {
        return token == null
                ? Refusal.badRequest("The body is empty.", "Send a JSON object, or CSV as text/csv.")
                : Refusal.badRequest(
                        "The body is JSON, but not an object.",
                        "Send one instance as an object, several as {\"instances\":[...]}.");
    }

    private static Refusal notJson(IOException e) {
        if (e instanceof JsonProcessingException j) {
            long at = j.getLocation() == null ? -1 : j.getLocation().getByteOffset();
            String what = String.valueOf(j.getOriginalMessage());
            int line = what.indexOf('\n');
            return Refusal.badRequest(
                    "The body is not JSON: at byte " + at + ", "
                            + shorten(line < 0 ? what : what.substring(0, line), 200),
                    "Send a complete JSON document in UTF-8; for CSV set Content-Type: text/csv.");
        }
        return Refusal.badRequest("The body is not JSON: " + e.getMessage(), "Send a JSON document in UTF-8.");
    }

    private ScoringRequest instances(JsonParser p) throws IOException {
        Batch batch = new Batch();
        boolean explainAll = false;
        Set<String> seen = new HashSet<>();
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            once(seen, name);
            JsonToken value = p.nextToken();
            switch (name) {
                case "instances" -> {
                    if (value != JsonToken.START_ARRAY) {
                        throw Refusal.badRequest("'instances' is not an array.", null);
                    }
                    BitSet given = new BitSet(schema.size());
                    for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
                        if (t != JsonToken.START_OBJECT) {
                            throw Refusal.badRequest(
                                    "Instance " + batch.rows.size() + " is " + noun(t) + ", not an object.",
                                    "Give each instance as an object of named fields.");
                        }
                        instance(p, batch, given);
                    }
                }
                case "parameters" -> explainAll = parameters(p);
                default -> throw unknown("The request has", name, List.of("instances", "parameters"));
            }
        }
        if (explainAll) {
            Arrays.fill(batch.explain, true);
        }
        return batch.request(Form.INSTANCES, null, Set.of());
    }

    /** At the start of an instance; ends at its end. */
    private void instance(JsonParser p, Batch batch, BitSet given) throws IOException {
        Row row = batch.add();
        int index = batch.rows.size() - 1;
        given.clear();
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            int slot = schema.slot(name);
            JsonToken value = p.nextToken();
            if (slot >= 0) {
                if (given.get(slot)) {
                    throw Refusal.badRequest("Instance " + index + ": field '" + name + "' is given twice.", null);
                }
                given.set(slot);
                value(p, value, row, slot, index);
            } else if (name.equals(PREDICTION_ID)) {
                batch.ids.set(index, predictionId(p, value, index));
            } else if (name.equals(EXPLAIN)) {
                batch.explain[index] = bool(value, "Instance " + index + ": 'explain'");
            } else {
                throw unknown("Instance " + index + " has", name, instanceFields);
            }
        }
        if (p.currentToken() != JsonToken.END_OBJECT) {
            throw Refusal.badRequest("Instance " + index + " does not end.", "Send a complete JSON document.");
        }
        complete(given, index);
    }

    private void complete(BitSet given, int index) {
        List<String> missing = null;
        for (int slot = given.nextClearBit(0); slot < schema.size(); slot = given.nextClearBit(slot + 1)) {
            if (!schema.field(slot).nullable()) {
                missing = missing == null ? new ArrayList<>() : missing;
                missing.add("'" + schema.field(slot).name() + "'");
            }
        }
        if (missing != null) {
            throw Refusal.badRequest(
                    "Instance " + index + " lacks " + String.join(", ", missing) + ".",
                    "These fields must have a value: "
                            + String.join(
                                    ", ",
                                    schema.fields().stream()
                                            .filter(f -> !f.nullable())
                                            .map(Field::name)
                                            .toList())
                            + ".");
        }
    }

    private void value(JsonParser p, @Nullable JsonToken token, Row row, int slot, int index) throws IOException {
        Field field = schema.field(slot);
        FieldType type = field.type();
        if (token == JsonToken.VALUE_STRING) {
            String wrong = RowText.parse(row, slot, p.getText());
            if (wrong != null) {
                throw misfit(index, field, wrong);
            }
        } else if (token == JsonToken.VALUE_NULL) {
            if (!field.nullable()) {
                throw misfit(index, field, "is null, but must have a value");
            }
        } else if (token == JsonToken.VALUE_NUMBER_INT && type.isNumeric()) {
            if (type == FieldType.FLOAT64) {
                row.setFloat64(slot, finite(p.getDoubleValue(), p, index, field));
            } else {
                try {
                    whole(p.getLongValue(), p, row, slot, index);
                } catch (InputCoercionException e) {
                    throw outOfRange(p, index, field);
                }
            }
        } else if (token == JsonToken.VALUE_NUMBER_FLOAT && type.isNumeric()) {
            double d = p.getDoubleValue();
            if (type == FieldType.FLOAT64) {
                row.setFloat64(slot, finite(d, p, index, field));
            } else if (d == Math.rint(d) && Math.abs(d) <= 0x1p53) {
                // 3.0 is how some clients write 3
                whole((long) d, p, row, slot, index);
            } else {
                throw misfit(index, field, "is " + shorten(p.getText(), 40) + ", not a whole number");
            }
        } else if ((token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) && type == FieldType.BOOL) {
            row.setWord(slot, token == JsonToken.VALUE_TRUE ? 1 : 0);
        } else {
            throw misfit(index, field, "is " + noun(token) + ", not " + expected(type));
        }
    }

    private void whole(long value, JsonParser p, Row row, int slot, int index) throws IOException {
        if (schema.field(slot).type() == FieldType.INT32 && value != (int) value) {
            throw outOfRange(p, index, schema.field(slot));
        }
        row.setWord(slot, value);
    }

    private static double finite(double d, JsonParser p, int index, Field field) throws IOException {
        if (Double.isInfinite(d)) {
            throw outOfRange(p, index, field);
        }
        return d;
    }

    private static Refusal outOfRange(JsonParser p, int index, Field field) throws IOException {
        return misfit(
                index, field, "is " + shorten(p.getText(), 40) + ", out of the range of " + expected(field.type()));
    }

    private static Refusal misfit(int index, Field field, String wrong) {
        return Refusal.badRequest(
                "Instance " + index + ": field '" + field.name() + "' " + wrong + ".",
                "'" + field.name() + "' takes " + expected(field.type()) + (field.nullable() ? " or null." : "."));
    }

    private static String expected(FieldType type) {
        return switch (type) {
            case STRING -> "text";
            case INT32 -> "a 32-bit integer";
            case INT64 -> "a 64-bit integer";
            case FLOAT64 -> "a 64-bit float";
            case BOOL -> "true or false";
            case TIMESTAMP -> "an instant as text, such as \"2001-01-01T05:18:00Z\"";
            case LOCAL_TIMESTAMP -> "a local time as text, such as \"2001-01-01T00:18\"";
        };
    }

    private static String noun(@Nullable JsonToken token) {
        if (token == null) {
            return "cut off";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "text";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            default -> "not a value";
        };
    }

    private static Refusal unknown(String subject, String name, Collection<String> known) {
        String nearest = Names.nearest(name, known)
                .map(n -> ", did you mean '" + n + "'?")
                .orElse(".");
        return Refusal.badRequest(
                subject + " an unknown field '" + shorten(name, 80) + "'" + nearest,
                "Known: " + String.join(", ", known) + ".");
    }

    private static void once(Set<String> seen, String name) {
        if (!seen.add(name)) {
            throw Refusal.badRequest("Field '" + shorten(name, 80) + "' is given twice.", null);
        }
    }

    private static String predictionId(JsonParser p, @Nullable JsonToken token, int index) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            throw Refusal.badRequest("Instance " + index + ": 'prediction_id' is " + noun(token) + ", not text.", null);
        }
        return checkedId(p.getText(), index);
    }

    private static String checkedId(String id, int index) {
        boolean printable = id.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ',');
        if (id.isEmpty() || id.length() > LONGEST_ID || !printable) {
            throw Refusal.badRequest(
                    "Instance " + index + ": 'prediction_id' is not 1 to " + LONGEST_ID
                            + " printable ASCII characters without blank or comma.",
                    "Leave it out to be given one.");
        }
        return id;
    }

    private static boolean bool(@Nullable JsonToken token, String what) {
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw Refusal.badRequest(what + " is " + noun(token) + ", not true or false.", null);
        }
        return token == JsonToken.VALUE_TRUE;
    }

    private static boolean parameters(JsonParser p) throws IOException {
        if (p.currentToken() == JsonToken.VALUE_NULL) {
            return false;
        }
        if (p.currentToken() != JsonToken.START_OBJECT) {
            throw Refusal.badRequest("'parameters' is not an object.", null);
        }
        boolean explain = false;
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            JsonToken value = p.nextToken();
            if (!name.equals(EXPLAIN)) {
                throw unknown("'parameters' has", name, List.of(EXPLAIN));
            }
            explain = bool(value, "'explain'");
        }
        return explain;
    }

    // ---- Open Inference Protocol v2 ----

    private ScoringRequest tensors(JsonParser p) throws IOException {
        Batch batch = new Batch();
        BitSet given = new BitSet(schema.size() + 1);
        Set<String> seen = new HashSet<>();
        Set<String> outputs = new LinkedHashSet<>();
        String id = null;
        boolean explain = false;
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            once(seen, name);
            JsonToken value = p.nextToken();
            switch (name) {
                case "id" -> {
                    if (value != JsonToken.VALUE_STRING) {
                        throw Refusal.badRequest("'id' is " + noun(value) + ", not text.", null);
                    }
                    id = p.getText();
                }
                case "parameters" -> explain = parameters(p);
                case "inputs" -> {
                    if (value != JsonToken.START_ARRAY) {
                        throw Refusal.badRequest("'inputs' is not an array.", null);
                    }
                    for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
                        if (t != JsonToken.START_OBJECT) {
                            throw Refusal.badRequest("'inputs' holds " + noun(t) + ", not a tensor object.", null);
                        }
                        new Tensor(batch, given).read(p);
                    }
                }
                case "outputs" -> outputs(p, value, outputs);
                default -> throw unknown("The request has", name, List.of("id", "parameters", "inputs", "outputs"));
            }
        }
        if (!batch.rows.isEmpty()) {
            for (Field field : schema.fields()) {
                if (!field.nullable() && !given.get(schema.slot(field.name()))) {
                    throw Refusal.badRequest(
                            "There is no input tensor '" + field.name() + "'.",
                            "Send one tensor per column; GET /v2/models/{model} lists them.");
                }
            }
        }
        if (explain) {
            Arrays.fill(batch.explain, true);
        }
        return batch.request(Form.TENSORS, id, outputs);
    }

    private static void outputs(JsonParser p, @Nullable JsonToken token, Set<String> outputs) throws IOException {
        if (token != JsonToken.START_ARRAY) {
            throw Refusal.badRequest("'outputs' is not an array.", null);
        }
        for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
            if (t != JsonToken.START_OBJECT) {
                throw Refusal.badRequest("'outputs' holds " + noun(t) + ", not an object with a name.", null);
            }
            for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
                JsonToken value = p.nextToken();
                if (name.equals("name") && value == JsonToken.VALUE_STRING) {
                    if (!ResponseWriter.OUTPUTS.contains(p.getText())) {
                        throw unknown("'outputs' asks for", p.getText(), ResponseWriter.OUTPUTS);
                    }
                    outputs.add(p.getText());
                } else {
                    p.skipChildren();
                }
            }
        }
    }

    /** One column tensor. Its fields come in any order; data that comes before what describes it is kept until the end. */
    private final class Tensor {
        private final Batch batch;
        private final BitSet given;
        private @Nullable String name;
        private @Nullable String datatype;
        private int rows = -1;

        Tensor(Batch batch, BitSet given) {
            this.batch = batch;
            this.given = given;
        }

        void read(JsonParser p) throws IOException {
            TokenBuffer kept = null;
            boolean done = false;
            for (String key = p.nextFieldName(); key != null; key = p.nextFieldName()) {
                JsonToken value = p.nextToken();
                switch (key) {
                    case "name" -> name = text(p, value, "name");
                    case "datatype" -> datatype = text(p, value, "datatype");
                    case "shape" -> shape(p, value);
                    case "parameters" -> p.skipChildren();
                    case "data" -> {
                        if (done || kept != null) {
                            throw Refusal.badRequest("Tensor " + shown() + " has 'data' twice.", null);
                        }
                        if (name != null && datatype != null && rows >= 0) {
                            data(p, name, datatype);
                            done = true;
                        } else {
                            kept = new TokenBuffer(p);
                            kept.copyCurrentStructure(p);
                        }
                    }
                    default ->
                        throw unknown(
                                "Tensor " + shown() + " has",
                                key,
                                List.of("name", "shape", "datatype", "parameters", "data"));
                }
            }
            String n = name;
            String d = datatype;
            if (n == null || d == null || rows < 0 || (!done && kept == null)) {
                throw Refusal.badRequest(
                        "Tensor " + shown() + " lacks 'name', 'shape', 'datatype' or 'data'.",
                        "Example: {\"name\":\"distance\",\"shape\":[1],\"datatype\":\"INT32\",\"data\":[731]}.");
            }
            if (kept != null) {
                try (JsonParser replay = kept.asParser()) {
                    replay.nextToken();
                    data(replay, n, d);
                }
            }
        }

        private String shown() {
            return name == null ? "without a name" : "'" + shorten(name, 80) + "'";
        }

        private String text(JsonParser p, @Nullable JsonToken token, String what) throws IOException {
            if (token != JsonToken.VALUE_STRING) {
                throw Refusal.badRequest(
                        "Tensor " + shown() + ": '" + what + "' is " + noun(token) + ", not text.", null);
            }
            return p.getText();
        }

        private void shape(JsonParser p, @Nullable JsonToken token) throws IOException {
            int dimensions = 0;
            long first = -1;
            boolean column = token == JsonToken.START_ARRAY;
            if (column) {
                for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
                    if (t != JsonToken.VALUE_NUMBER_INT) {
                        throw Refusal.badRequest("Tensor " + shown() + ": 'shape' holds " + noun(t) + ".", null);
                    }
                    long size = p.getLongValue();
                    first = dimensions == 0 ? size : first;
                    column &= dimensions == 0 ? size > 0 : size == 1;
                    dimensions++;
                }
            }
            if (!column || dimensions < 1 || dimensions > 2) {
                throw Refusal.badRequest(
                        "Tensor " + shown() + " is not a column.",
                        "Its shape must be [n] or [n, 1] with n at least 1.");
            }
            if (first > maxInstances) {
                throw new Refusal(
                        413,
                        "INVALID_ARGUMENT",
                        "The request has more than " + maxInstances + " instances.",
                        "Send several requests.");
            }
            rows = (int) first;
        }

        private void data(JsonParser p, String tensor, String type) throws IOException {
            boolean isId = tensor.equals(PREDICTION_ID) && schema.slot(tensor) < 0;
            int slot = schema.slot(tensor);
            if (slot < 0 && !isId) {
                throw unknown("'inputs' has", tensor, instanceFields.subList(0, schema.size() + 1));
            }
            int bit = isId ? schema.size() : slot;
            if (given.get(bit)) {
                throw Refusal.badRequest("Tensor '" + tensor + "' is given twice.", null);
            }
            given.set(bit);
            fits(tensor, isId ? FieldType.STRING : schema.field(slot).type(), type);
            if (batch.rows.isEmpty()) {
                for (int i = 0; i < rows; i++) {
                    batch.add();
                }
            } else if (batch.rows.size() != rows) {
                throw Refusal.badRequest(
                        "Tensor '" + tensor + "' has " + rows + " rows, the first tensor " + batch.rows.size() + ".",
                        "All columns must have the same length.");
            }
            if (p.currentToken() != JsonToken.START_ARRAY) {
                throw Refusal.badRequest("Tensor '" + tensor + "': 'data' is not an array.", null);
            }
            int index = 0;
            int depth = 1;
            while (depth > 0) {
                JsonToken t = p.nextToken();
                if (t == null) {
                    throw Refusal.badRequest("Tensor '" + tensor + "' is cut off.", null);
                } else if (t == JsonToken.START_ARRAY && depth < 2) {
                    depth++;
                } else if (t == JsonToken.END_ARRAY) {
                    depth--;
                } else {
                    if (index < rows) {
                        if (isId) {
                            batch.ids.set(index, predictionId(p, t, index));
                        } else {
                            value(p, t, batch.rows.get(index), slot, index);
                        }
                    } else if (t == JsonToken.START_OBJECT || t == JsonToken.START_ARRAY) {
                        p.skipChildren();
                    }
                    index++;
                }
            }
            if (index != rows) {
                throw Refusal.badRequest(
                        "Tensor '" + tensor + "' has " + index + " values for a shape of " + rows + ".", null);
            }
        }

        private void fits(String tensor, FieldType type, String datatype) {
            boolean whole = datatype.startsWith("INT") || datatype.startsWith("UINT");
            boolean ok = switch (type) {
                case STRING, TIMESTAMP, LOCAL_TIMESTAMP -> datatype.equals("BYTES");
                case BOOL -> datatype.equals("BOOL");
                case INT32, INT64 -> whole || datatype.equals("FP64") || datatype.equals("FP32");
                case FLOAT64 -> whole || datatype.equals("FP64") || datatype.equals("FP32");
            };
            if (!ok) {
                throw Refusal.badRequest(
                        "Tensor '" + tensor + "' has datatype '" + shorten(datatype, 20) + "', which does not fit "
                                + expected(type) + ".",
                        "Send it as " + ResponseWriter.datatype(type) + ".");
            }
        }
    }

    // ---- CSV ----

    /** Lines of fields in the schema's order, with quotes as in RFC 4180. The first line may be the names. */
    ScoringRequest csv(byte[] body, int offset, int length) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body, offset, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Refusal.badRequest("The CSV is not UTF-8.", "Send it in UTF-8.");
        }
        Batch batch = new Batch();
        List<String> fields = new ArrayList<>();
        BitSet quoted = new BitSet();
        List<String> names = instanceFields.subList(0, schema.size());
        boolean first = true;
        boolean withId = false;
        int at = 0;
        int line = 0;
        while (at < text.length()) {
            fields.clear();
            quoted.clear();
            line++;
            at = csvLine(text, at, fields, quoted, line);
            if (first) {
                first = false;
                boolean plain = fields.equals(names);
                withId =
                        fields.size() == names.size() + 1 && fields.equals(instanceFields.subList(0, names.size() + 1));
                if (plain || withId) {
                    continue;
                }
            }
            csvRow(batch, fields, quoted, withId, line, names);
        }
        return batch.request(Form.CSV, null, Set.of());
    }

    private void csvRow(Batch batch, List<String> fields, BitSet quoted, boolean withId, int line, List<String> names) {
        int expected = schema.size() + (withId ? 1 : 0);
        if (fields.size() != expected) {
            throw Refusal.badRequest(
                    "Line " + line + " has " + fields.size() + " fields, not " + expected + ".",
                    "Columns in order: " + String.join(",", names) + ". A header is optional.");
        }
        Row row = batch.add();
        int index = batch.rows.size() - 1;
        for (int slot = 0; slot < schema.size(); slot++) {
            String value = fields.get(slot);
            Field field = schema.field(slot);
            if (value.isEmpty() && !quoted.get(slot)) {
                if (!field.nullable()) {
                    throw misfit(index, field, "is empty on line " + line + ", but must have a value");
                }
                continue;
            }
            String wrong = RowText.parse(row, slot, value);
            if (wrong != null) {
                throw misfit(index, field, wrong + " (line " + line + ")");
            }
        }
        if (withId && !fields.get(schema.size()).isEmpty()) {
            batch.ids.set(index, checkedId(fields.get(schema.size()), index));
        }
    }

    /** Reads one line's fields; returns where the next line begins. */
    private static int csvLine(String s, int from, List<String> fields, BitSet quoted, int line) {
        int at = from;
        while (true) {
            if (at < s.length() && s.charAt(at) == '"') {
                StringBuilder b = new StringBuilder();
                quoted.set(fields.size());
                for (at++; ; at++) {
                    if (at >= s.length()) {
                        throw Refusal.badRequest("Line " + line + ": a quoted field does not end.", null);
                    }
                    char c = s.charAt(at);
                    if (c != '"') {
                        b.append(c);
                    } else if (at + 1 < s.length() && s.charAt(at + 1) == '"') {
                        b.append('"');
                        at++;
                    } else {
                        at++;
                        break;
                    }
                }
                fields.add(b.toString());
            } else {
                int start = at;
                while (at < s.length() && s.charAt(at) != ',' && s.charAt(at) != '\n') {
                    at++;
                }
                boolean cr = at > start && s.charAt(at - 1) == '\r' && (at == s.length() || s.charAt(at) == '\n');
                fields.add(s.substring(start, cr ? at - 1 : at));
            }
            if (at < s.length() && s.charAt(at) == '\r') {
                at++;
            }
            if (at >= s.length() || s.charAt(at) == '\n') {
                return at + 1;
            }
            if (s.charAt(at) != ',') {
                throw Refusal.badRequest("Line " + line + ": text follows a quoted field.", null);
            }
            at++;
        }
    }

    static String shorten(String s, int most) {
        return s.length() <= most ? s : s.substring(0, most - 3) + "...";
    }
}
