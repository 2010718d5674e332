package dev.isobar.server.http;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A model that anybody can work out by hand; it can be made to fail or to wait. */
class TrivialScorer implements Scorer {
    static final Schema SCHEMA = Schema.of(
            Field.required("origin", FieldType.STRING),
            Field.required("event_time", FieldType.TIMESTAMP),
            Field.required("distance_mi", FieldType.INT32),
            Field.optional("fuel", FieldType.FLOAT64),
            Field.optional("urgent", FieldType.BOOL));

    final AtomicInteger entered = new AtomicInteger();
    private final AtomicInteger ids = new AtomicInteger();
    volatile RuntimeException failure;
    volatile CountDownLatch gate;
    volatile Row last;

    double of(long distance, double fuel) {
        return 1 / (1 + Math.exp(-(distance / 1000.0 + fuel)));
    }

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public String modelName() {
        return "flights";
    }

    @Override
    public String modelVersion() {
        return "3";
    }

    @Override
    public String modelDigest() {
        return "sha256:abc";
    }

    @Override
    public Scoring score(List<Row> rows, List<String> predictionIds) {
        entered.incrementAndGet();
        CountDownLatch wait = gate;
        try {
            if (wait != null && !wait.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("nobody opened the gate");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw failure;
        }
        List<Scored> scores = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            last = row;
            String id = predictionIds.get(i) == null ? "g" + ids.incrementAndGet() : predictionIds.get(i);
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("distance_mi", row.word(2));
            details.put("values", Arrays.asList(row.float64(3), Double.NaN, null));
            scores.add(new Scored(id, of(row.word(2), row.float64(3)), false, details));
        }
        return Scoring.unrecorded(scores);
    }
}
