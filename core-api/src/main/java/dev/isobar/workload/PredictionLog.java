package dev.isobar.workload;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of logged predictions. An entry is an event whose id is the prediction's, whose event time is the vector's as-of time and whose available
 * time is its known time; its payload is a row of {@link #schema}: the request, the vector as served and the coordinates that let an audit recompute
 * exactly it.
 *
 * @since 0.1
 */
public final class PredictionLog {
    /** Text: the decision's event id; null for a question that no event asked. */
    public static final String DECISION_ID = "decision_id";

    /** True if nothing that may still become known can change the vector. */
    public static final String FINAL = "final";

    /** What the model answered. */
    public static final String SCORE = "score";

    /** Digest of the model that answered. */
    public static final String MODEL_DIGEST = "model_digest";

    /** Version of the partition's state in the online store. */
    public static final String STATE_VERSION = "state_version";

    private PredictionLog() {}

    /**
     * The columns.
     *
     * @param decision columns of the decision, logged as {@code in.NAME}
     * @param features the vector's columns in order, logged as {@code f.NAME}
     * @param streams streams with state, whose frontiers are logged as {@code frontier.NAME}, microseconds
     */
    public static Schema schema(Schema decision, List<String> features, List<String> streams) {
        List<Field> fields = new ArrayList<>();
        fields.add(Field.optional(DECISION_ID, FieldType.STRING));
        fields.add(Field.required(FINAL, FieldType.BOOL));
        fields.add(Field.required(SCORE, FieldType.FLOAT64));
        fields.add(Field.required(MODEL_DIGEST, FieldType.STRING));
        fields.add(Field.required(STATE_VERSION, FieldType.INT64));
        streams.forEach(s -> fields.add(Field.required(frontier(s), FieldType.INT64)));
        decision.fields().forEach(f -> fields.add(Field.optional(input(f.name()), f.type())));
        features.forEach(f -> fields.add(Field.optional(feature(f), FieldType.FLOAT64)));
        return Schema.of(fields);
    }

    /** The column with a stream's frontier. */
    public static String frontier(String stream) {
        return "frontier." + stream;
    }

    /** The column with one of the decision's columns. */
    public static String input(String column) {
        return "in." + column;
    }

    /** The column with one of the vector's columns. */
    public static String feature(String column) {
        return "f." + column;
    }
}
