package dev.isobar.runtime.audit;

import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.history.KnownTimeSlices;
import dev.isobar.runtime.history.LakeFeed;
import dev.isobar.runtime.history.LoggedPredictions;
import dev.isobar.runtime.history.Recorded;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.AuditResult.AlteredEvent;
import dev.isobar.runtime.result.RunResult.Consistency;
import dev.isobar.runtime.step.RunContext;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import dev.isobar.workload.PredictionLog;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Recomputes every logged vector from the lake and compares it bit for bit; checks every event of the lake against its checksum and against the log that it came from. Not thread safe.
 *
 * @since 0.1
 */
public final class Audit {
    private static final int FINDINGS = 20;
    private static final int POLL = 4_096;

    private final Target target;
    private final PipelineSpec spec;
    private final FeaturePlan plan;
    private final String runId;
    private final Path scratch;
    private final List<AlteredEvent> altered = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    private long alteredCount;
    private long compared;
    private long mismatch;
    private long extra;

    public Audit(Target target, PipelineSpec spec, FeaturePlan plan, String runId, Path scratch) {
        this.target = target;
        this.spec = spec;
        this.plan = plan;
        this.runId = runId;
        this.scratch = scratch;
    }

    /**
     * Does it.
     *
     * @param dump a folder for {@code served.csv} and {@code recomputed.csv}, or null
     */
    public AuditResult run(@Nullable Path dump) {
        long start = System.nanoTime();
        Map<String, Long> events = new TreeMap<>();
        Set<String> awaited = new HashSet<>();
        try (Dump csv = dump == null ? null : new Dump(dump, plan)) {
            vectors(events, awaited, csv);
            for (StreamSpec s : spec.streams()) {
                againstLog(s);
            }
            long missing = awaited.size();
            awaited.stream()
                    .sorted()
                    .limit(5)
                    .forEach(id -> find("Decision " + id + " was made live, and no prediction of it is logged"));
            boolean ok = mismatch == 0 && missing == 0 && extra == 0 && alteredCount == 0;
            return new AuditResult(
                    runId,
                    spec.name(),
                    ok,
                    new Consistency(compared, mismatch, missing, extra),
                    events,
                    altered,
                    findings,
                    csv == null ? null : csv.files(),
                    (System.nanoTime() - start) / 1e9,
                    peakHeap());
        } catch (IOException e) {
            throw IsobarException.io("writing the dump to " + dump, e);
        }
    }

    /** The largest heap this process has used, in bytes: the sum of its pools' peaks. */
    public static long peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(p -> p.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(u -> u.getUsed())
                .sum();
    }

    private void vectors(Map<String, Long> events, Set<String> awaited, @Nullable Dump csv) throws IOException {
        TrainingSpec training = spec.training();
        long cut = training == null ? Long.MIN_VALUE : training.acceptUntilMicros();
        FeatureKernel kernel = new FeatureKernel(plan, KnownTimeSlices.retention(spec));
        FeatureVector vector = new FeatureVector(plan);
        Row decision = new Row(plan.decisionSchema());
        try (KnownTimeSlices slices = new KnownTimeSlices(
                        spec,
                        plan,
                        kernel,
                        s -> new LakeFeed(
                                target.offlineStore(),
                                RunContext.events(runId, s),
                                Long.MAX_VALUE,
                                r -> altered(
                                        s, r.id(), r.key(), r.eventTime(), "its content does not fit its checksum")));
                LoggedPredictions log =
                        new LoggedPredictions(target.eventStream(), RunContext.predictions(runId), plan, scratch)) {
            int decisionId = log.row().schema().require(PredictionLog.DECISION_ID);
            Candidate served = log.next();
            boolean more = true;
            while (more) {
                KnownTimeSlices.Slice slice = slices.next(Long.MAX_VALUE);
                long to = Long.MAX_VALUE;
                if (slice == null) {
                    more = false;
                } else {
                    to = slice.to();
                    events.merge("events", slice.events(), Long::sum);
                    for (Recorded d : slice.decisions()) {
                        if (d.availableTime() >= cut) {
                            awaited.add(d.id());
                        }
                    }
                }
                while (served != null && served.availableTime() < to) {
                    Row row = log.row();
                    String id = row.text(decisionId);
                    boolean replayed = id != null && served.id().equals(RunContext.predictionId(runId, id));
                    if (replayed && !awaited.remove(String.valueOf(id))) {
                        extra++;
                        find("Prediction " + served.id() + " is logged, and the lake has no live decision of that id");
                    }
                    one(kernel, served, row, id, decision, log.vector(), vector, csv);
                    served = log.next();
                }
            }
        }
    }

    private void one(
            FeatureKernel kernel,
            Candidate served,
            Row row,
            @Nullable String id,
            Row decision,
            int firstFeature,
            FeatureVector vector,
            @Nullable Dump csv)
            throws IOException {
        compared++;
        int input = row.schema()
                .require(PredictionLog.input(plan.decisionSchema().field(0).name()));
        decision.clear();
        for (int i = 0; i < plan.decisionSchema().size(); i++) {
            if (!row.isNull(input + i)) {
                String text = row.text(input + i);
                if (text != null) {
                    decision.setText(i, text);
                } else {
                    decision.setWord(i, row.word(input + i));
                }
            }
        }
        // What was served knew only what was below every frontier then: that, and not what came later, is what it must
        // equal.
        long known = served.availableTime();
        for (String s : plan.streams()) {
            long frontier = row.word(row.schema().require(PredictionLog.frontier(s)));
            known = Math.min(known, frontier == Long.MIN_VALUE ? frontier : frontier - 1);
        }
        kernel.evaluate(decision, id, served.eventTime(), known, vector);
        boolean equal = true;
        for (int i = 0; i < plan.size(); i++) {
            boolean same = row.isNull(firstFeature + i) == vector.isNull(i)
                    && (vector.isNull(i) || row.word(firstFeature + i) == vector.bits(i));
            if (!same && equal) {
                find("Prediction " + served.id() + " as of " + RowText.instant(served.eventTime()) + ": "
                        + plan.columns().get(i).name() + " was served as " + RowText.format(row, firstFeature + i)
                        + " and is recomputed as " + (vector.isNull(i) ? "null" : Double.toString(vector.value(i))));
            }
            equal &= same;
        }
        if (!equal) {
            mismatch++;
        }
        if (csv != null) {
            csv.add(served, row, firstFeature, vector);
        }
    }

    /** Every event that the log holds must be in the lake, and no other. */
    private void againstLog(StreamSpec stream) {
        EventStream log = target.eventStream();
        String name = RunContext.stream(runId, stream.name());
        if (log.describe(name).isEmpty()) {
            return;
        }
        // Ids and hashes only: the content was checked against its checksum already, this finds what is gone, added or
        // rewritten together with its checksum.
        Map<String, Integer> known = new HashMap<>();
        try (EventReader reader = log.read(new ReadRequest(name, "audit", new Start.Earliest()))) {
            for (List<Delivery> batch = reader.poll(POLL, Duration.ZERO);
                    !batch.isEmpty();
                    batch = reader.poll(POLL, Duration.ZERO)) {
                for (Delivery d : batch) {
                    known.put(d.event().id(), fingerprint(d.event()));
                }
            }
        }
        Set<String> reported = new HashSet<>();
        altered.stream().filter(a -> a.stream().equals(stream.name())).forEach(a -> reported.add(a.id()));
        dev.isobar.event.RowCodec codec = new dev.isobar.event.RowCodec(stream.schema());
        try (LakeFeed feed =
                new LakeFeed(target.offlineStore(), RunContext.events(runId, stream), Long.MAX_VALUE, null)) {
            for (Recorded r = feed.peek(); r != null; r = feed.peek()) {
                Integer expected = known.remove(r.id());
                if (expected == null) {
                    altered(stream, r.id(), r.key(), r.eventTime(), "the log never had it");
                } else {
                    int actual = fingerprint(
                            Event.insert(r.id(), r.key(), r.eventTime(), r.availableTime(), "", codec.encode(r.row())));
                    if (actual != expected && reported.add(r.id())) {
                        altered(stream, r.id(), r.key(), r.eventTime(), "it differs from what the log holds");
                    }
                }
                feed.take();
            }
        }
        known.keySet().stream()
                .sorted()
                .forEach(id -> altered(stream, id, "", Long.MIN_VALUE, "it is in the log and missing from the lake"));
    }

    private static int fingerprint(Event e) {
        int h = e.key().hashCode();
        h = 31 * h + Long.hashCode(e.eventTime());
        h = 31 * h + Long.hashCode(e.availableTime());
        return 31 * h + java.util.Arrays.hashCode(e.payload());
    }

    private void altered(StreamSpec stream, String id, String key, long eventTime, String what) {
        alteredCount++;
        String when =
                eventTime == Long.MIN_VALUE ? "" : RowText.instant(eventTime).toString();
        if (altered.size() < FINDINGS) {
            altered.add(new AlteredEvent(stream.name(), id, key, when, what));
            find("Event " + id + " of '" + stream.name() + "'"
                    + (key.isEmpty() ? "" : " (key " + key + ", " + when + ")") + ": " + what);
        }
    }

    private void find(String sentence) {
        if (findings.size() < FINDINGS) {
            findings.add(sentence);
        }
    }

    /** Both sides as CSV, line by line the same prediction. */
    private static final class Dump implements AutoCloseable {
        private final Path served;
        private final Path recomputed;
        private final BufferedWriter servedOut;
        private final BufferedWriter recomputedOut;

        Dump(Path folder, FeaturePlan plan) throws IOException {
            Files.createDirectories(folder);
            served = folder.resolve("served.csv");
            recomputed = folder.resolve("recomputed.csv");
            servedOut = Files.newBufferedWriter(served);
            recomputedOut = Files.newBufferedWriter(recomputed);
            StringBuilder header = new StringBuilder("prediction_id,as_of,known_at");
            for (FeatureColumn c : plan.columns()) {
                header.append(',').append(c.name());
            }
            servedOut.append(header).append('\n');
            recomputedOut.append(header).append('\n');
        }

        void add(Candidate p, Row row, int firstFeature, FeatureVector vector) throws IOException {
            String head = p.id() + "," + RowText.instant(p.eventTime()) + "," + RowText.instant(p.availableTime());
            StringBuilder left = new StringBuilder(head);
            StringBuilder right = new StringBuilder(head);
            for (int i = 0; i < vector.size(); i++) {
                left.append(',')
                        .append(row.isNull(firstFeature + i) ? "" : Double.toString(row.float64(firstFeature + i)));
                right.append(',').append(vector.isNull(i) ? "" : Double.toString(vector.value(i)));
            }
            servedOut.append(left).append('\n');
            recomputedOut.append(right).append('\n');
        }

        List<String> files() {
            return List.of(served.toString(), recomputed.toString());
        }

        @Override
        public void close() throws IOException {
            servedOut.close();
            recomputedOut.close();
        }
    }
}
