package dev.isobar.runtime.ingest;

import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.RowExpression;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.features.sketch.Murmur3;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.StreamSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the fields of a source's record into an event of one stream, or says why it cannot. Not thread safe. */
final class StreamParser {
    private final StreamSpec stream;
    private final Schema schema;
    private final int[] sourceField;
    private final List<Computed> computed;
    private final @Nullable Bounds[] bounds;
    private final int id;
    private final int[] key;
    private final int eventTime;
    private final int availableTime;
    private final Row row;
    private final RowCodec codec;
    private final Map<String, String> interned = new HashMap<>();

    private record Computed(int slot, RowExpression expression) {}

    private record Bounds(Row limits) {
        boolean admits(Row row, int slot) {
            boolean number = row.schema().field(slot).type() == FieldType.FLOAT64;
            boolean low = limits.isNull(0)
                    || (number ? row.float64(slot) >= limits.float64(0) : row.word(slot) >= limits.word(0));
            boolean high = limits.isNull(1)
                    || (number ? row.float64(slot) <= limits.float64(1) : row.word(slot) <= limits.word(1));
            return low && high;
        }
    }

    /**
     * What became of a record: an event, or a reason (few distinct ones, for counting) with its detail.
     *
     * @param detail a sentence for the dead letter
     */
    record Parsed(@Nullable Candidate event, String reason, String detail) {}

    /**
     * Binds a stream to a source's header.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} naming every column that the header lacks
     */
    StreamParser(StreamSpec stream, List<String> header, String where) {
        this.stream = stream;
        this.schema = stream.schema();
        this.sourceField = new int[schema.size()];
        @Nullable Bounds[] limits = new @Nullable Bounds[schema.size()];
        List<ColumnSpec> columns = stream.columns();
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            ColumnSpec c = columns.get(i);
            String from = c.from();
            sourceField[i] = from == null ? -1 : header.indexOf(from);
            if (from != null && sourceField[i] < 0) {
                missing.add("column '" + from + "' (for '" + c.name() + "' of stream '" + stream.name() + "')"
                        + Names.nearest(from, header)
                                .map(n -> "; the nearest is '" + n + "'")
                                .orElse(""));
            }
            limits[i] = bounds(c);
        }
        if (!missing.isEmpty()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            where + " does not have the columns that the pipeline reads:\n  - "
                                    + String.join("\n  - ", missing))
                    .resource(where)
                    .hint("Its header is: " + String.join(",", header)
                            + ". Use a file of that shape, or rename with .from(\"…\") in the pipeline.")
                    .build();
        }
        this.bounds = limits;
        this.computed = computedInOrder();
        this.id = schema.require(stream.id());
        this.key = stream.key().stream().mapToInt(schema::require).toArray();
        this.eventTime = schema.require(stream.eventTime());
        String available = stream.availableTime();
        this.availableTime = available == null ? -1 : schema.require(available);
        this.row = new Row(schema);
        this.codec = new RowCodec(schema);
    }

    Schema schema() {
        return schema;
    }

    /** Parses one record; {@code ingestMicros} stamps events whose stream has no available time. */
    Parsed parse(List<String> fields, long ingestMicros) {
        Parsed wrong = parse(fields, row);
        return wrong != null
                ? wrong
                : new Parsed(
                        new Candidate(
                                id(row),
                                key(row),
                                eventTime(row),
                                availableTime < 0 ? ingestMicros : row.word(availableTime),
                                codec.encode(row)),
                        "",
                        "");
    }

    /**
     * Parses one record into a row of {@link #schema()}.
     *
     * @return why it is no event; null if it is one
     */
    @Nullable
    Parsed parse(List<String> fields, Row into) {
        into.clear();
        for (int i = 0; i < sourceField.length; i++) {
            if (sourceField[i] < 0) {
                continue;
            }
            Parsed wrong = parse(into, i, fields.get(sourceField[i]));
            if (wrong != null) {
                return wrong;
            }
        }
        return complete(into);
    }

    /** The same for a record whose columns, those of the header, have types already. Checked before: {@link #reads}. */
    @Nullable
    Parsed parse(Row record, Row into) {
        into.clear();
        for (int i = 0; i < sourceField.length; i++) {
            int from = sourceField[i];
            if (from < 0 || record.isNull(from)) {
                continue;
            }
            FieldType given = record.schema().field(from).type();
            FieldType wanted = schema.field(i).type();
            if (given == FieldType.STRING && wanted == FieldType.STRING) {
                into.setText(i, String.valueOf(record.text(from)));
            } else if (given == wanted
                    || given == FieldType.INT32 && wanted == FieldType.INT64
                    || given == FieldType.LOCAL_TIMESTAMP && wanted == FieldType.TIMESTAMP) {
                into.setWord(i, record.word(from));
            } else {
                // Through text, so that what fits is what fits in a file of text.
                Parsed wrong = parse(into, i, RowText.format(record, from));
                if (wrong != null) {
                    return wrong;
                }
            }
        }
        return complete(into);
    }

    private @Nullable Parsed parse(Row into, int slot, String text) {
        if (text.isEmpty()) {
            return null;
        }
        String wrong = RowText.parse(into, slot, text);
        String name = schema.field(slot).name();
        return wrong == null ? null : dead("WRONG_TYPE: " + name, name + " " + wrong);
    }

    /** Computes columns and checks all. */
    private @Nullable Parsed complete(Row into) {
        for (Computed c : computed) {
            c.expression().evaluate(into, into, c.slot());
        }
        for (int i = 0; i < schema.size(); i++) {
            if (into.isNull(i)) {
                if (!schema.field(i).nullable()) {
                    return dead(
                            "MISSING: " + schema.field(i).name(),
                            schema.field(i).name() + " has no value");
                }
                continue;
            }
            Bounds b = bounds[i];
            if (b != null && !b.admits(into, i)) {
                ColumnSpec.RangeSpec range =
                        java.util.Objects.requireNonNull(stream.columns().get(i).expect());
                return dead(
                        "OUT_OF_RANGE: " + schema.field(i).name(),
                        schema.field(i).name() + " is " + RowText.format(into, i) + ", expected between " + range.min()
                                + " and " + range.max());
            }
        }
        return null;
    }

    /** Whether values of the file's type can become values of the column's. */
    static boolean reads(FieldType given, FieldType wanted) {
        return given == wanted
                || given == FieldType.STRING
                || given.isIntegral()
                        && (wanted.isIntegral() || wanted == FieldType.FLOAT64 || wanted == FieldType.STRING)
                || given == FieldType.LOCAL_TIMESTAMP && wanted == FieldType.TIMESTAMP;
    }

    /** Where in the header each column of the schema is; −1 for those that are computed. */
    int[] sourceFields() {
        return sourceField.clone();
    }

    /** The event's id as text. */
    String id(Row event) {
        return RowText.format(event, id);
    }

    /** A hash of the event's id. */
    long idHash(Row event) {
        return schema.field(id).type().isIntegral()
                ? Murmur3.hash(event.word(id))
                : Murmur3.hash(RowText.format(event, id));
    }

    long eventTime(Row event) {
        return event.word(eventTime);
    }

    /** When the event became available, or else. */
    long availableTime(Row event, long otherwise) {
        return availableTime < 0 ? otherwise : event.word(availableTime);
    }

    /** The event's key as text. */
    String key(Row event) {
        String text = RowText.key(event, key);
        // There are few keys and many events: sharing their text is most of what sorting in memory saves.
        String known = interned.putIfAbsent(text, text);
        return known == null ? text : known;
    }

    private static Parsed dead(String reason, String detail) {
        return new Parsed(null, reason, detail);
    }

    private static @Nullable Bounds bounds(ColumnSpec c) {
        ColumnSpec.RangeSpec range = c.expect();
        if (range == null) {
            return null;
        }
        Row limits = new Row(Schema.of(
                dev.isobar.event.Field.optional("min", c.type()), dev.isobar.event.Field.optional("max", c.type())));
        String min = range.min();
        String max = range.max();
        String wrongMin = min == null ? null : RowText.parse(limits, 0, min);
        String wrongMax = max == null ? null : RowText.parse(limits, 1, max);
        if (wrongMin != null || wrongMax != null) {
            throw new IllegalArgumentException("bounds of '" + c.name() + "' were not validated");
        }
        return new Bounds(limits);
    }

    /** Computed columns after those they read; the spec was checked to have no circle. */
    private List<Computed> computedInOrder() {
        List<Computed> order = new ArrayList<>();
        Set<String> done = new HashSet<>();
        for (ColumnSpec c : stream.columns()) {
            visit(c, done, order);
        }
        return order;
    }

    private void visit(ColumnSpec c, Set<String> done, List<Computed> order) {
        ExprSpec e = c.computed();
        if (e == null || !done.add(c.name())) {
            return;
        }
        Set<String> reads = new HashSet<>();
        columnsOf(e, reads);
        for (ColumnSpec other : stream.columns()) {
            if (reads.contains(other.name())) {
                visit(other, done, order);
            }
        }
        order.add(new Computed(schema.require(c.name()), RowExpression.compile(e, schema, stream.name())));
    }

    private static void columnsOf(ExprSpec e, Set<String> into) {
        if (e instanceof ExprSpec.Col c) {
            into.add(c.column());
        } else if (e instanceof ExprSpec.Call call) {
            call.args().forEach(a -> columnsOf(a, into));
        }
    }
}
