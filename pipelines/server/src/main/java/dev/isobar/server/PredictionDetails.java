package dev.isobar.server;

import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.workload.PredictionLog;
import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@code explain} shows: the log's entry, read back. Read only if somebody looks, because most do not. */
final class PredictionDetails extends AbstractMap<String, @Nullable Object> {
    private final Event event;
    private final Schema schema;
    private final FeaturePlan plan;

    PredictionDetails(Event event, Schema schema, FeaturePlan plan) {
        this.event = event;
        this.schema = schema;
        this.plan = plan;
    }

    @Override
    public Set<Entry<String, @Nullable Object>> entrySet() {
        Row row = new Row(schema);
        new RowCodec(schema).decode(event.payload(), row);
        Map<String, @Nullable Object> details = new LinkedHashMap<>();
        details.put("as_of", RowText.instant(event.eventTime()).toString());
        details.put("known_at", RowText.instant(event.availableTime()).toString());
        details.put("state_version", row.word(schema.require(PredictionLog.STATE_VERSION)));
        Map<String, @Nullable Object> frontiers = new LinkedHashMap<>();
        for (String stream : plan.streams()) {
            frontiers.put(stream, frontier(row.word(schema.require(PredictionLog.frontier(stream)))));
        }
        details.put("frontier", frontiers);
        Map<String, @Nullable Object> features = new LinkedHashMap<>();
        for (FeatureColumn column : plan.columns()) {
            int slot = schema.require(PredictionLog.feature(column.name()));
            features.put(column.name(), row.isNull(slot) ? null : (Object) row.float64(slot));
        }
        details.put("features", features);
        return details.entrySet();
    }

    /** Null where nothing is known yet, or nothing needs to be. */
    private static @Nullable String frontier(long micros) {
        return micros == Long.MIN_VALUE || micros == Long.MAX_VALUE
                ? null
                : RowText.instant(micros).toString();
    }
}
