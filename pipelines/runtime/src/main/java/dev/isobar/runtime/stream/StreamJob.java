package dev.isobar.runtime.stream;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import dev.isobar.port.EventStream;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OnlineStore;
import dev.isobar.runtime.spill.FileSpill;
import dev.isobar.runtime.stream.PartitionQueue.Unreadable;
import dev.isobar.runtime.stream.Rejected.Reason;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.StreamSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine's streaming feature path: a log in, the kernel, vectors to a feature table, key states to the online store, checkpoints. Not thread safe; {@link #close} may come from the
 * thread that runs it only.
 *
 * <p><b>Order.</b> Events of all streams and partitions are taken by available time; every event available at k is in before a decision at k is evaluated. So a vector is a function of the
 * recorded events alone, provided that each partition is in the order of available time, which their writer sees to. A partition of which a poll brings nothing is taken to
 * have nothing: an event that then still comes with an earlier available time is handed to the side output as {@link Reason#BEHIND_FRONTIER}. Events of one instant are held in memory together.
 *
 * <p><b>Identity.</b> Each decision has one vector: copies and late ones have none. The kernel knows ids of the streams that a window reads; if none reads the decisions' stream, its
 * copies must have been settled before they came into the log.
 *
 * <p><b>Death.</b> At any moment. What was committed with the last checkpoint stands: position of the log, state, vectors, counts. A part of the table is named by its checkpoint's number and ends where the checkpoint ends, so
 * vectors that are written again are the same and appear once.
 *
 * <p><b>Online state</b> lags: keys that changed are written at every k-th checkpoint ({@link StreamSettings#onlineEvery}) and when the job is closed in peace. In between a reader finds each key as of the last such checkpoint;
 * its frontier says so, which is that of the partition's state. A vector known at a later time is {@linkplain FeatureVector#isFinal() provisional} there, and says up to where its streams are known. While
 * a write is under way, in batches, a key's state may already be newer than the partition's, never older.
 *
 * <p><b>Errors</b> end the job; nothing that was committed is lost, and a new one goes on from the last checkpoint. {@code RESOURCE_EXHAUSTED}: a disk is full. {@code CORRUPT}: a checkpoint is
 * damaged. {@code CONFLICT}: the checkpoints or the table are of another plan. {@code IN_USE}: another job has the checkpoints. {@code FENCED}: another has the online namespace.
 *
 * @since 0.1
 */
public final class StreamJob implements AutoCloseable {
    private static final int EVENTS_PER_ADVANCE = 256;

    private final FeaturePlan plan;
    private final @Nullable FileSpill spill;
    private final FeatureKernel kernel;
    private final FeatureVector vector;
    private final StreamSettings settings;
    private final OfflineStore offline;
    private final OnlineWriter online;
    private final FeatureTable table;
    private final Row tableRow;
    private final CheckpointStore checkpoints;
    private final MergedLog log;
    private final Consumer<Rejected> sideOutput;
    private final Set<String> notOnline;
    private final List<Held> group = new ArrayList<>();

    private @Nullable Checkpoint last;
    private @Nullable Checkpoint boundary;
    private @Nullable PartWriter part;
    private boolean tableMade;
    private boolean failed;
    private long now = Long.MIN_VALUE;
    private long checkpointAt;
    private long onlineThrough;

    private long events;
    private long admitted;
    private long duplicates;
    private long late;
    private long deadLetters;
    private long behind;
    private long withoutKey;
    private long vectors;

    /** An event of an instant that has several. */
    private static final class Held {
        private final PartitionQueue queue;
        private final Row row;
        private final String id;
        private final String key;
        private final long eventTime;
        private final long availableTime;
        private final Position position;
        private boolean decides;

        Held(PartitionQueue q) {
            queue = q;
            row = q.row().copy();
            id = q.id();
            key = q.key();
            eventTime = q.eventTime();
            availableTime = q.availableTime();
            position = q.position();
        }
    }

    /**
     * What a job works with.
     *
     * @param events the log that is read
     * @param offline where vectors go
     * @param online where key states go
     * @since 0.1
     */
    public record Ports(EventStream events, OfflineStore offline, OnlineStore online) {}

    /** Opens a job where its last checkpoint is, or at the start of the log. */
    public static StreamJob open(
            PipelineSpec spec, FeaturePlan plan, Ports ports, StreamSettings settings, Consumer<Rejected> sideOutput) {
        return open(spec, plan, ports, settings, sideOutput, Disk.REAL);
    }

    static StreamJob open(
            PipelineSpec spec,
            FeaturePlan plan,
            Ports ports,
            StreamSettings settings,
            Consumer<Rejected> sideOutput,
            Disk disk) {
        CheckpointStore checkpoints = new CheckpointStore(settings.checkpoints(), fingerprint(spec, plan), disk);
        FileSpill spill = null;
        try {
            if (settings.stateBytes() != StreamSettings.ALL_IN_MEMORY) {
                spill = new FileSpill(settings.checkpoints().resolve("spilled"));
            }
            return new StreamJob(spec, plan, ports, settings, sideOutput, checkpoints, spill);
        } catch (RuntimeException e) {
            if (spill != null) {
                spill.close();
            }
            checkpoints.close();
            throw e;
        }
    }

    private StreamJob(
            PipelineSpec spec,
            FeaturePlan plan,
            Ports ports,
            StreamSettings settings,
            Consumer<Rejected> sideOutput,
            CheckpointStore checkpoints,
            @Nullable FileSpill spill) {
        this.plan = plan;
        this.settings = settings;
        this.offline = ports.offline();
        this.sideOutput = sideOutput;
        this.table = FeatureTable.vectors(settings.table(), plan);
        this.checkpoints = checkpoints;
        this.tableRow = new Row(table.schema());
        this.vector = new FeatureVector(plan);
        StreamSpec decisions = spec.stream(plan.decisions());
        this.spill = spill;
        this.kernel = new FeatureKernel(
                plan, Retention.ofMicros(decisions.allowedLatenessMicros()), spill, settings.stateBytes());
        this.online = new OnlineWriter(ports.online(), settings.namespace(), settings.owner());
        CheckpointStore.Recovered found = checkpoints.recover(kernel);
        this.last = found.last();
        this.boundary = found.boundary();
        this.notOnline = new LinkedHashSet<>(found.notOnline());
        if (last != null) {
            restoreCounts(last.counts());
            onlineThrough = last.onlineThrough();
        }
        kernel.noteChanges();
        if (last != null && onlineThrough > 0 && !online.isThere()) {
            // Emptied since: only changes would be written from here on, as if the others had no state.
            notOnline.addAll(kernel.allKeys());
            writeOnline();
        }
        this.log = new MergedLog(
                ports.events(), sources(spec, plan, settings), last == null ? Map.of() : last.positions());
        this.checkpointAt = this.events + settings.checkpointEvents();
        if (boundary != null) {
            for (PartitionQueue q : log.queues()) {
                q.bind(boundary.positions()
                        .getOrDefault(q.source().name(), Map.of())
                        .get(q.partition()));
            }
        }
    }

    /** Of what the vectors are made of, not only of the state: one table has vectors of one plan. Names of the whole, training and monitors do not matter. */
    private static String fingerprint(PipelineSpec spec, FeaturePlan plan) {
        PipelineSpec vectors = new PipelineSpec(
                "vectors",
                Map.of(),
                List.of(),
                spec.streams(),
                spec.entities(),
                spec.views(),
                spec.decisions(),
                spec.features(),
                null,
                null,
                null);
        return plan.stateFingerprint() + "-" + SpecJson.version(vectors);
    }

    private static List<SourceStream> sources(PipelineSpec spec, FeaturePlan plan, StreamSettings settings) {
        List<SourceStream> sources = new ArrayList<>();
        for (StreamSpec s : spec.streams()) {
            if (s.name().equals(plan.decisions()) || plan.statesOf(s.name()).length > 0) {
                String log = settings.logs().get(s.name());
                if (log == null) {
                    throw IsobarException.of(
                                    ErrorCode.INVALID_ARGUMENT,
                                    "Nothing says which log has the events of '" + s.name() + "'.")
                            .resource(s.name())
                            .hint("Name a log for each of: " + plan.streams() + " and " + plan.decisions() + ".")
                            .build();
                }
                sources.add(new SourceStream(s, log, plan));
            }
        }
        return sources;
    }

    /**
     * Takes in what the log holds, until a poll brings nothing within this time.
     *
     * @return how many events were taken
     */
    public long run(Duration wait) {
        if (failed) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "This job has failed; it cannot go on.")
                    .hint("Open another: it goes on from the last checkpoint.")
                    .build();
        }
        failed = true;
        long before = events;
        log.wake();
        while (true) {
            PartitionQueue q = log.next(wait);
            if (q == null) {
                if (boundary == null) {
                    break;
                }
                reachBoundary();
                log.wake();
                continue;
            }
            q.announce(kernel);
            now = q.availableTime();
            if (log.hasCompany(q)) {
                instant(q);
            } else {
                single(q);
            }
            if ((events & EVENTS_PER_ADVANCE - 1) == 0) {
                advance();
            }
            if (events >= checkpointAt && boundary == null) {
                checkpoint();
            }
        }
        failed = false;
        return events - before;
    }

    private void advance() {
        for (int s = 0; s < plan.streams().size(); s++) {
            kernel.advance(s, now);
        }
    }

    private void single(PartitionQueue q) {
        events++;
        Unreadable unreadable = q.unreadable();
        if (unreadable != null) {
            unreadable(q, unreadable);
            q.take();
            return;
        }
        Row row = q.row();
        long eventTime = q.eventTime();
        boolean decides = q.source().decides() && !q.source().isLate(eventTime, now);
        if (decides) {
            // Its own event is not in yet, and would be outside every window that does not ask for it.
            kernel.evaluate(row, null, eventTime, now, vector);
        }
        Admission admission = accept(q, row, q.id(), eventTime, now, q.position());
        if (decides && (admission == null || admission == Admission.ADMITTED)) {
            write(q.key(), q.id());
        }
        q.take();
    }

    /** Everything of one instant: what is known then, and only then what is decided. */
    private void instant(PartitionQueue first) {
        group.clear();
        long at = first.availableTime();
        Map<String, Held> deciding = new HashMap<>();
        for (PartitionQueue q = first; q != null && q.availableTime() == at; q = log.next(Duration.ZERO)) {
            events++;
            Unreadable unreadable = q.unreadable();
            if (unreadable != null) {
                unreadable(q, unreadable);
                q.take();
                continue;
            }
            Held held = new Held(q);
            q.take();
            Admission admission = accept(q, held.row, held.id, held.eventTime, at, held.position);
            held.decides = q.source().decides()
                    && !q.source().isLate(held.eventTime, at)
                    && (admission == null
                            || admission == Admission.ADMITTED
                            || admission == Admission.CONFLICT_REPLACED);
            if (held.decides) {
                Held loser = deciding.put(held.id, held);
                if (loser != null && admission == Admission.CONFLICT_REPLACED) {
                    loser.decides = false;
                }
                group.add(held);
            }
        }
        for (Held held : group) {
            if (held.decides) {
                kernel.evaluate(held.row, held.id, held.eventTime, held.availableTime, vector);
                write(held.key, held.id);
            }
        }
        group.clear();
    }

    private @Nullable Admission accept(
            PartitionQueue q, Row row, String id, long eventTime, long availableTime, Position position) {
        Admission admission;
        try {
            admission = q.source().accept(kernel, plan, row, id, eventTime, availableTime);
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.INVALID_ARGUMENT) {
                throw e;
            }
            deadLetters++;
            reject(q, row, id, position, Reason.UNREADABLE, String.valueOf(e.getMessage()));
            return Admission.EXPIRED;
        }
        if (admission == null) {
            withoutKey++;
            return null;
        }
        switch (admission) {
            case ADMITTED -> admitted++;
            case DUPLICATE -> duplicates++;
            case LATE -> {
                late++;
                reject(q, row, id, position, Reason.LATE, (availableTime - eventTime) + " µs after it happened");
            }
            case CONFLICT_REJECTED, CONFLICT_REPLACED -> {
                deadLetters++;
                reject(
                        q,
                        row,
                        id,
                        position,
                        Reason.CONFLICTING_PAYLOAD,
                        admission == Admission.CONFLICT_REJECTED ? "this copy" : "the copy that came before this one");
            }
            case EXPIRED -> {
                behind++;
                reject(q, row, id, position, Reason.BEHIND_FRONTIER, "events known later had been taken");
            }
        }
        return admission;
    }

    private void unreadable(PartitionQueue q, Unreadable unreadable) {
        deadLetters++;
        sideOutput.accept(new Rejected(
                q.source().name(),
                q.partition(),
                q.position(),
                unreadable.event().id(),
                Reason.UNREADABLE,
                unreadable.why(),
                unreadable.event()));
    }

    private void reject(PartitionQueue q, Row row, String id, Position position, Reason reason, String detail) {
        String named = id.isEmpty() ? RowText.format(row, q.source().idSlot()) : id;
        sideOutput.accept(new Rejected(q.source().name(), q.partition(), position, named, reason, detail, null));
    }

    private void write(String key, String id) {
        PartWriter out = part;
        if (out == null) {
            if (!tableMade) {
                offline.create(table.definition());
                tableMade = true;
            }
            out = offline.write(settings.table(), partName());
            part = out;
        }
        table.fill(tableRow, key, id, vector);
        out.append(tableRow);
        vectors++;
    }

    private String partName() {
        return "%012d".formatted(number());
    }

    private long number() {
        return last == null ? 1 : last.number() + 1;
    }

    private void reachBoundary() {
        for (PartitionQueue q : log.queues()) {
            if (!q.isDone()) {
                throw IsobarException.of(
                                ErrorCode.CONFLICT,
                                "The log of '" + q.source().name() + "', partition " + q.partition()
                                        + ", ends before or no longer has the event up to which vectors were written when the last job died.")
                        .resource(q.source().log())
                        .hint(
                                "Remove the checkpoints, the feature table and the online namespace, and run again: everything is made anew from the log.")
                        .build();
            }
        }
        checkpoint();
        for (PartitionQueue q : log.queues()) {
            q.unbind();
        }
        boundary = null;
    }

    /** Makes what was taken in so far durable. Nothing happens if nothing was. */
    public void checkpoint() {
        Map<String, Map<Integer, Position>> positions = log.taken();
        if (last == null ? positions.isEmpty() : positions.equals(last.positions())) {
            return;
        }
        boolean before = failed;
        failed = true;
        advance();
        List<String> changed = kernel.drainDirtyKeys();
        notOnline.addAll(changed);
        Checkpoint next = new Checkpoint(
                number(),
                checkpoints.fingerprint(),
                positions,
                kernel.partitionState(),
                counts(),
                onlineThrough,
                changed);
        checkpoints.prepare(next, kernel.drainChanges());
        PartWriter out = part;
        if (out != null) {
            out.commit();
            out.close();
            part = null;
        }
        checkpoints.commit(next);
        last = next;
        checkpointAt = events + settings.checkpointEvents();
        checkpoints.makeBase(kernel, next);
        if (next.number() - onlineThrough >= settings.onlineEvery()) {
            writeOnline();
        }
        failed = before;
    }

    /** Brings the online store to the last checkpoint, where the kernel is. */
    private void writeOnline() {
        Checkpoint at = last;
        if (at == null || onlineThrough == at.number() && notOnline.isEmpty()) {
            return;
        }
        online.flush(kernel, notOnline);
        notOnline.clear();
        // On the disk with the next checkpoint; until then a new job writes these once more.
        onlineThrough = at.number();
    }

    /** What became of the events. */
    public StreamCounts counts() {
        return new StreamCounts(events, admitted, duplicates, late, deadLetters, behind, withoutKey, vectors);
    }

    private void restoreCounts(StreamCounts counts) {
        events = counts.events();
        admitted = counts.admitted();
        duplicates = counts.duplicates();
        late = counts.late();
        deadLetters = counts.deadLetters();
        behind = counts.behind();
        withoutKey = counts.withoutKey();
        vectors = counts.vectors();
    }

    /** How many keys have state. */
    public int keys() {
        return kernel.keys();
    }

    /** One key's state, as the online store would get it. */
    public byte[] snapshot(String key) {
        return kernel.snapshot(key);
    }

    /** Bytes of the file that holds what does not fit into {@link StreamSettings#stateBytes()}. */
    public long spilledBytes() {
        return spill == null ? 0 : spill.bytes();
    }

    /** Makes everything durable and lets go, unless the job has failed: then it only lets go. */
    @Override
    public void close() {
        try {
            if (!failed) {
                checkpoint();
                writeOnline();
            }
        } finally {
            failed = true;
            PartWriter out = part;
            if (out != null) {
                out.close();
            }
            log.close();
            checkpoints.close();
            if (spill != null) {
                spill.close();
            }
        }
    }
}
