package dev.isobar.runtime.table;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.util.ArrayList;
import java.util.List;

/**
 * Vectors as rows: of every decision ({@link #vectors}), or of those with a label ({@link #training}). Canonical order is event time, key, id.
 *
 * @since 0.1
 */
public final class FeatureTable {
    /** Columns before the features: event time, key, id, known at. */
    public static final int VECTOR_HEAD = 4;

    /** Columns before the features in a training set: the same, and label time, label, part. */
    public static final int TRAINING_HEAD = 7;

    /** Part of rows to train on. */
    public static final String TRAIN = "train";

    /** Part of rows to accept on. */
    public static final String ACCEPT = "accept";

    private final String table;
    private final Schema schema;
    private final int head;

    private FeatureTable(String table, FeaturePlan plan, List<Field> labels) {
        this.table = table;
        List<Field> fields = new ArrayList<>(List.of(
                Field.required("_event_time", FieldType.TIMESTAMP),
                Field.required("_key", FieldType.STRING),
                Field.required("_id", FieldType.STRING),
                Field.required("_known_at", FieldType.TIMESTAMP)));
        fields.addAll(labels);
        this.head = fields.size();
        for (FeatureColumn c : plan.columns()) {
            fields.add(Field.optional(c.name(), FieldType.FLOAT64));
        }
        this.schema = Schema.of(fields);
    }

    /** The vectors of all decisions. */
    public static FeatureTable vectors(String table, FeaturePlan plan) {
        return new FeatureTable(table, plan, List.of());
    }

    /** The vectors of decisions whose label is known. */
    public static FeatureTable training(String table, FeaturePlan plan) {
        return new FeatureTable(
                table,
                plan,
                List.of(
                        Field.required("_label_time", FieldType.TIMESTAMP),
                        Field.required("_label", FieldType.FLOAT64),
                        Field.required("_part", FieldType.STRING)));
    }

    /** The vectors of decisions that bring columns of their own along, which stand at {@link #VECTOR_HEAD} and behind it. */
    public static FeatureTable with(List<Field> columns, String table, FeaturePlan plan) {
        return new FeatureTable(table, plan, columns);
    }

    /** Its name. */
    public String table() {
        return table;
    }

    /** Its columns. */
    public Schema schema() {
        return schema;
    }

    /** Its definition. */
    public TableDefinition definition() {
        return new TableDefinition(table, schema, List.of("_event_time", "_key", "_id"));
    }

    /** Fills a row but for label and part. */
    public void fill(Row row, String key, String id, FeatureVector vector) {
        row.setWord(0, vector.asOf()).setText(1, key).setText(2, id).setWord(3, vector.knownAt());
        for (int i = 0; i < vector.size(); i++) {
            if (vector.isNull(i)) {
                row.setNull(head + i);
            } else {
                row.setWord(head + i, vector.bits(i));
            }
        }
    }

    /** Adds label and part to a training row. */
    public void label(Row row, long labelTime, double label, String part) {
        row.setWord(4, labelTime).setFloat64(5, label).setText(6, part);
    }
}
