package dev.isobar.runtime.history;

import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.runtime.ingest.EventSorter;
import dev.isobar.workload.PredictionLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run's prediction log in known-time order, each prediction once: a question that was asked again after a death was logged twice under one id. Sorted in bounded
 * memory. Not thread safe.
 *
 * @since 0.1
 */
public final class LoggedPredictions implements AutoCloseable {
    private static final int POLL = 4_096;
    private static final long SORT_MEMORY = 160L << 20;

    private final Schema schema;
    private final EventSorter sorter;
    private final Iterator<Candidate> sorted;
    private final RowCodec codec;
    private final Row row;
    private final int vector;
    private @Nullable String last;

    /** Reads a whole prediction log. */
    public LoggedPredictions(EventStream log, String stream, FeaturePlan plan, Path scratch) {
        this.schema = schema(plan);
        this.codec = new RowCodec(schema);
        this.row = new Row(schema);
        this.vector = schema.size() - plan.size();
        this.sorter = new EventSorter(scratch, StreamAdmission.BY_ENVELOPE, SORT_MEMORY);
        if (log.describe(stream).isPresent()) {
            try (EventReader reader = log.read(new ReadRequest(stream, "audit", new Start.Earliest()))) {
                for (List<Delivery> batch = reader.poll(POLL, Duration.ZERO);
                        !batch.isEmpty();
                        batch = reader.poll(POLL, Duration.ZERO)) {
                    for (Delivery d : batch) {
                        Event e = d.event();
                        sorter.add(new Candidate(e.id(), e.key(), e.eventTime(), e.availableTime(), e.payload()));
                    }
                }
            }
        }
        this.sorted = sorter.sorted();
    }

    /** The columns of a logged prediction. */
    public static Schema schema(FeaturePlan plan) {
        return PredictionLog.schema(
                plan.decisionSchema(),
                plan.columns().stream().map(c -> c.name()).toList(),
                plan.streams());
    }

    /** The row that {@link #next} fills. */
    public Row row() {
        return row;
    }

    /** The slot of the vector's first column. */
    public int vector() {
        return vector;
    }

    /** The next prediction, its payload in {@link #row}; null at the end. */
    public @Nullable Candidate next() {
        while (sorted.hasNext()) {
            Candidate c = sorted.next();
            if (!c.id().equals(last)) {
                last = c.id();
                codec.decode(c.payload(), row);
                return c;
            }
        }
        return null;
    }

    @Override
    public void close() {
        sorter.close();
    }
}
