package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.event.Field;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.Backfill;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.local.offline.LocalOfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.util.ArrayList;
import java.util.List;

/** Our backfill from Parquet to Parquet, through the local offline store. */
final class OursParquet implements TrainingSet {
    private static final String SET = "set";
    private static final String PART = "all";

    private final String name;
    private final FeaturePlan plan;
    private final ParquetFiles files;
    private final Schema schema;
    private final int labels;
    private final int events;

    OursParquet(String name, FeaturePlan plan, ParquetFiles files, int labels, int events) {
        this.name = name;
        this.plan = plan;
        this.files = files;
        this.labels = labels;
        this.events = events;
        List<Field> fields = new ArrayList<>(plan.decisionSchema().fields());
        plan.columns().forEach(c -> fields.add(Field.optional(c.feature(), dev.isobar.event.FieldType.FLOAT64)));
        this.schema = Schema.of(fields);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void make(PassClock clock) {
        try (LocalOfflineStore store = files.store()) {
            store.drop(SET);
            store.create(new TableDefinition(SET, schema, List.of()));
            clock.start();
            Backfill backfill = new Backfill(plan, Ours.THREADS, 1);
            backfill.expectDecisions(labels);
            backfill.expectEvents(0, events);
            List<Row> kept = new ArrayList<>();
            int width = plan.decisionSchema().size();
            try (RowCursor cursor = store.scan(new ScanRequest(ParquetFiles.LABELS, null, null, false))) {
                for (Row row = new Row(plan.decisionSchema()); cursor.next(row); ) {
                    backfill.decision(row, null, row.word(2), Long.MAX_VALUE);
                }
            }
            try (RowCursor cursor = store.scan(new ScanRequest(ParquetFiles.TRANSACTIONS, null, null, false))) {
                for (Row row = new Row(plan.streamSchema(0)); cursor.next(row); ) {
                    backfill.event(0, row);
                }
            }
            backfill.answer();
            FeatureVector vector = new FeatureVector(plan);
            // The labels again, in the order in which they were read before: nobody has to keep their other columns.
            try (PartWriter part = store.write(SET, PART);
                    RowCursor cursor = store.scan(new ScanRequest(ParquetFiles.LABELS, null, null, false))) {
                Row label = new Row(plan.decisionSchema());
                Row row = new Row(schema);
                for (int i = 0; cursor.next(label); i++) {
                    for (int c = 0; c < width; c++) {
                        row.setWord(c, label.word(c));
                    }
                    backfill.read(i, vector);
                    for (int c = 0; c < plan.size(); c++) {
                        if (vector.isNull(c)) {
                            row.setNull(width + c);
                        } else {
                            row.setFloat64(width + c, vector.value(c));
                        }
                    }
                    part.append(row);
                }
                part.commit();
            }
            clock.stop();
        }
    }

    @Override
    public Digest digest() throws Exception {
        return files.digest(files.part(SET, PART), plan.size());
    }

    @Override
    public String note() {
        return Ours.THREADS + " threads";
    }
}
