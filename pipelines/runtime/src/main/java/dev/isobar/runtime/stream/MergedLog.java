package dev.isobar.runtime.stream;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Position;
import dev.isobar.event.RowCodec;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Several streams and all their partitions as one sequence by available time. Within a partition the writer kept that order; an event is shown only when no partition
 * can still hold an earlier one, or when a poll said that there is nothing more for now. Not thread safe.
 */
final class MergedLog implements AutoCloseable {
    private static final int POLL = 1_024;

    private final List<Reading> readings = new ArrayList<>();
    private final PartitionQueue[] queues;

    /** One stream's reader and its queues by partition. */
    private static final class Reading {
        private final EventReader reader;
        private final PartitionQueue[] queues;
        private boolean dry;

        Reading(EventReader reader, PartitionQueue[] queues) {
            this.reader = reader;
            this.queues = queues;
        }

        boolean poll(Duration wait) {
            int got = reader.poll(POLL, wait, e -> queues[e.partition()].offer(e));
            dry = got == 0;
            return !dry;
        }

        // Two, so that whether the next is of the same instant is known before the first is taken.
        boolean wantsMore() {
            if (dry) {
                return false;
            }
            for (PartitionQueue q : queues) {
                if (q.size() < 2 && !q.isDone()) {
                    return true;
                }
            }
            return false;
        }
    }

    MergedLog(EventStream log, List<SourceStream> sources, Map<String, Map<Integer, Position>> after) {
        List<PartitionQueue> all = new ArrayList<>();
        try {
            for (SourceStream source : sources) {
                int partitions = log.describe(source.log())
                        .orElseThrow(() -> IsobarException.of(
                                        ErrorCode.NOT_FOUND, "There is no stream '" + source.log() + "' in the log")
                                .resource(source.log())
                                .hint("Create it, or name another for '" + source.name() + "'.")
                                .build())
                        .partitions();
                Map<Integer, Position> from = new HashMap<>(after.getOrDefault(source.name(), Map.of()));
                PartitionQueue[] own = new PartitionQueue[partitions];
                for (int p = 0; p < partitions; p++) {
                    own[p] = new PartitionQueue(source, p, new RowCodec(source.schema()), from.get(p));
                    all.add(own[p]);
                }
                readings.add(new Reading(
                        log.read(new ReadRequest(source.log(), "isobar-stream", new Start.After(from))), own));
            }
        } catch (IsobarException e) {
            close();
            throw e;
        }
        this.queues = all.toArray(new PartitionQueue[0]);
    }

    PartitionQueue[] queues() {
        return queues;
    }

    /** Looks again whether there is more. */
    void wake() {
        readings.forEach(r -> r.dry = false);
    }

    /** The queue whose head is next; null if there is nothing now. */
    @Nullable
    PartitionQueue next(Duration wait) {
        for (Reading r : readings) {
            while (r.wantsMore() && r.poll(Duration.ZERO)) {
                // until every partition shows its next two
            }
        }
        PartitionQueue first = smallest();
        if (first == null && !wait.isZero()) {
            for (Reading r : readings) {
                r.poll(wait);
            }
            first = smallest();
        }
        return first;
    }

    private @Nullable PartitionQueue smallest() {
        PartitionQueue first = null;
        for (PartitionQueue q : queues) {
            if (q.size() > 0 && !q.isDone() && (first == null || q.availableTime() < first.availableTime())) {
                first = q;
            }
        }
        return first;
    }

    /** Whether another event than the head of this queue is available at the same time. */
    boolean hasCompany(PartitionQueue of) {
        long at = of.availableTime();
        for (PartitionQueue q : queues) {
            if (q == of ? q.secondIsAt(at) : q.size() > 0 && !q.isDone() && q.availableTime() == at) {
                return true;
            }
        }
        return false;
    }

    /** Where every partition stands, by stream. */
    Map<String, Map<Integer, Position>> taken() {
        Map<String, Map<Integer, Position>> taken = new HashMap<>();
        for (PartitionQueue q : queues) {
            Position at = q.taken();
            if (at != null) {
                taken.computeIfAbsent(q.source().name(), n -> new HashMap<>()).put(q.partition(), at);
            }
        }
        return taken;
    }

    @Override
    public void close() {
        readings.forEach(r -> r.reader.close());
    }
}
