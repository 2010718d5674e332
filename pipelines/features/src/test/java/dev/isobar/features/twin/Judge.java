package dev.isobar.features.twin;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.KeyState;
import dev.isobar.features.PartitionState;
import dev.isobar.features.Retention;
import dev.isobar.features.Use;
import dev.isobar.features.VectorEvaluator;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.ViewSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lets the kernel and the twin live through a history and says where they differ. */
final class Judge {
    private final History history;
    private final NaiveTwin twin;
    private final FeaturePlan plan;
    private final Retention retention;
    private FeatureKernel kernel;

    private final Map<String, Long> promised = new HashMap<>();
    private final Set<RawEvent> delivered = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<RawEvent> arrived = new ArrayList<>();
    private final List<Settled> settled = new ArrayList<>();

    private final Map<String, byte[]> store = new HashMap<>();
    private byte[] storedPartition;
    private final List<History.Step> log = new ArrayList<>();
    private int checkpoint;
    private final Tally tally;

    /** What the judge has seen, so that a campaign can say that it saw anything. */
    static final class Tally {
        long vectors;
        long values;
        long nulls;
        long finals;
        long refused;
        long events;
        long restarts;
        final Map<Admission, Long> admissions = new java.util.EnumMap<>(Admission.class);

        @Override
        public String toString() {
            return vectors + " vectors, " + values + " values (" + nulls + " null), " + finals + " final, " + refused
                    + " out of retention, " + events + " copies " + admissions + ", " + restarts + " restarts";
        }
    }

    private record Settled(History.Ask ask, FeatureVector vector) {}

    private static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Difference(String message) {
            super(message);
        }
    }

    private Judge(History history, Tally tally) {
        this.history = history;
        this.tally = tally;
        this.twin = new NaiveTwin(history.spec(), EnumSet.noneOf(Fault.class));
        this.plan = FeaturePlan.compile(history.spec());
        this.retention =
                history.retention() == Long.MAX_VALUE ? Retention.unbounded() : Retention.ofMicros(history.retention());
        this.kernel = new FeatureKernel(plan, retention);
        this.storedPartition = kernel.partitionState();
    }

    /** Where they differ, or null. */
    static @Nullable String difference(History history, Tally tally) {
        try {
            new Judge(history, tally).live();
            return null;
        } catch (Difference e) {
            return e.getMessage();
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return "threw " + trace;
        }
    }

    private void live() {
        for (History.Step step : history.steps()) {
            if (step instanceof History.Arrive a) {
                boolean again = delivered.contains(a.event());
                if (plan.stream(a.event().stream()) < 0 || !possible(a.event(), again)) {
                    continue;
                }
                log.add(a);
                arrived.add(a.event());
                Admission admission = arrive(a);
                tally.events++;
                tally.admissions.merge(admission, 1L, Long::sum);
                check(a, again, admission);
                delivered.add(a.event());
            } else if (step instanceof History.Frontier f) {
                if (plan.stream(f.stream()) >= 0) {
                    log.add(f);
                    promised.merge(f.stream(), f.micros(), Math::max);
                    kernel.advance(plan.stream(f.stream()), f.micros());
                }
            } else if (step instanceof History.Checkpoint) {
                save();
            } else if (step instanceof History.Crash) {
                kernel = revived(store, storedPartition);
                tally.restarts++;
                for (History.Step s : log.subList(checkpoint, log.size())) {
                    if (s instanceof History.Arrive a) {
                        arrive(a);
                    } else if (s instanceof History.Frontier f) {
                        kernel.advance(plan.stream(f.stream()), f.micros());
                    }
                }
            } else if (step instanceof History.Move) {
                Map<String, byte[]> all = new HashMap<>();
                for (String key : keys()) {
                    all.put(key, kernel.snapshot(key));
                }
                kernel = revived(all, kernel.partitionState());
                tally.restarts++;
                all.forEach((key, bytes) -> {
                    if (!java.util.Arrays.equals(bytes, kernel.snapshot(key))) {
                        throw new Difference("snapshot of '" + key + "' differs after it was restored");
                    }
                });
                // What was restored is not known to be in the store.
                all.forEach(store::put);
                storedPartition = kernel.partitionState();
                checkpoint = log.size();
            } else if (step instanceof History.Ask ask) {
                ask(ask);
            }
        }
        countEvents();
        for (Settled s : settled) {
            compare(s.ask(), s.vector(), expected(s.ask()), "what was final before all events were there");
        }
    }

    /** Whatever steps are left out of a failing history, the others must keep the kernel's contract. */
    private boolean possible(RawEvent e, boolean again) {
        long frontier = promised.getOrDefault(e.stream(), Long.MIN_VALUE);
        if (!again) {
            return e.availableTime() >= frontier;
        }
        // An id is known for the horizon after its earliest copy. What comes again after that stays away by its event
        // time;
        // only the loser of a conflict may then find nothing left to lose against.
        List<RawEvent> copies = arrived.stream()
                .filter(o -> o.stream().equals(e.stream()) && o.id().equals(e.id()))
                .toList();
        long earliest = copies.stream().mapToLong(RawEvent::availableTime).min().orElse(e.availableTime());
        return frontier == Long.MIN_VALUE
                || frontier - earliest <= history.spec().stream(e.stream()).dedupHorizonMicros()
                || copies.stream()
                        .allMatch(o -> o.eventTime() == e.eventTime()
                                && o.key().equals(e.key())
                                && java.util.Arrays.equals(o.payload(), e.payload()));
    }

    private Admission arrive(History.Arrive a) {
        RawEvent e = a.event();
        int stream = plan.stream(e.stream());
        if (a.decoded()) {
            Row row = Histories.toRow(plan.streamSchema(stream), e.values());
            Admission admission = kernel.accept(stream, e.id(), e.key(), e.eventTime(), e.availableTime(), row);
            row.clear(); // it must not be kept
            return admission;
        }
        return kernel.accept(
                stream, Event.insert(e.id(), e.key(), e.eventTime(), e.availableTime(), "v1", e.payload()));
    }

    private void check(History.Arrive a, boolean again, Admission admission) {
        RawEvent e = a.event();
        boolean late = java.math.BigInteger.valueOf(e.availableTime())
                        .subtract(java.math.BigInteger.valueOf(e.eventTime()))
                        .compareTo(java.math.BigInteger.valueOf(
                                history.spec().stream(e.stream()).allowedLatenessMicros()))
                > 0;
        if (late != (admission == Admission.LATE)) {
            throw new Difference(e + " came back as " + admission);
        }
        if (again && (admission == Admission.ADMITTED || admission == Admission.CONFLICT_REPLACED)) {
            throw new Difference("delivered again, " + e + " came back as " + admission);
        }
        if (admission == Admission.EXPIRED && history.retention() == Long.MAX_VALUE) {
            throw new Difference("everything is kept, but " + e + " came back as " + admission);
        }
    }

    private Set<String> keys() {
        Set<String> keys = new TreeSet<>();
        arrived.forEach(e -> keys.add(e.key()));
        return keys;
    }

    private void save() {
        for (String key : kernel.drainDirtyKeys()) {
            store.put(key, kernel.snapshot(key));
        }
        storedPartition = kernel.partitionState();
        checkpoint = log.size();
    }

    private FeatureKernel revived(Map<String, byte[]> states, byte[] partition) {
        FeatureKernel fresh = new FeatureKernel(plan, retention);
        fresh.restorePartition(partition);
        states.forEach(fresh::restore);
        return fresh;
    }

    private void countEvents() {
        if (history.retention() != Long.MAX_VALUE) {
            return;
        }
        long distinct = arrived.stream()
                .filter(e -> plan.stream(e.stream()) >= 0)
                .filter(e -> e.availableTime() - e.eventTime()
                        <= history.spec().stream(e.stream()).allowedLatenessMicros())
                .map(e -> e.stream() + "/" + e.id())
                .distinct()
                .count();
        if (kernel.events() != distinct) {
            throw new Difference("the kernel keeps " + kernel.events() + " events of " + distinct);
        }
    }

    // ---- vectors

    private void ask(History.Ask ask) {
        Row decision = Histories.toRow(plan.decisionSchema(), ask.decision());
        Map<String, @Nullable Double> right = expected(ask);
        FeatureVector own = new FeatureVector(plan);
        IsobarException refusal = null;
        try {
            kernel.evaluate(decision, ask.id(), ask.t(), ask.k(), own);
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.OUT_OF_RETENTION) {
                throw e;
            }
            refusal = e;
        }
        // The server's path: states from the store, another evaluator.
        FeatureVector served = new FeatureVector(plan);
        save();
        List<Use> uses = plan.uses();
        @Nullable KeyState[] states = new KeyState[uses.size()];
        for (int i = 0; i < states.length; i++) {
            String key = uses.get(i).key(decision);
            byte[] bytes = key == null ? null : store.get(key);
            states[i] = bytes == null ? null : KeyState.decode(plan, bytes);
        }
        try {
            new VectorEvaluator(plan)
                    .evaluate(
                            decision,
                            ask.id(),
                            ask.t(),
                            ask.k(),
                            states,
                            PartitionState.decode(plan, storedPartition),
                            served);
            // A key that did not change since keeps its older state, which may reach further back.
            compare(ask, served, right, "the server");
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.OUT_OF_RETENTION) {
                throw e;
            }
            if (refusal == null) {
                throw new Difference("the server refuses " + ask + ", the kernel answers it");
            }
        }
        if (refusal != null) {
            tally.refused++;
            mayRefuse(ask);
            return;
        }
        tally.vectors++;
        compare(ask, own, right, "the kernel");
        for (int i = 0; i < own.size(); i++) {
            tally.values++;
            tally.nulls += own.isNull(i) ? 1 : 0;
        }
        if (own.isFinal() != served.isFinal()) {
            throw new Difference("final for one only, " + own + " and " + served);
        }
        if (own.isFinal()) {
            tally.finals++;
            settled.add(new Settled(ask, own));
        }
    }

    private void mayRefuse(History.Ask ask) {
        if (history.retention() == Long.MAX_VALUE) {
            throw new Difference("everything is kept, but " + ask + " is refused");
        }
        long frontier =
                promised.values().stream().mapToLong(Long::longValue).max().orElse(Long.MIN_VALUE);
        if (frontier == Long.MIN_VALUE || ask.t() >= frontier - history.retention()) {
            throw new Difference("inside the retention, but " + ask + " is refused");
        }
    }

    private Map<String, @Nullable Double> expected(History.Ask ask) {
        return twin.vector(arrived, ask.decision(), ask.id(), ask.t(), ask.k());
    }

    private void compare(History.Ask ask, FeatureVector vector, Map<String, @Nullable Double> right, String who) {
        List<FeatureColumn> columns = plan.columns();
        if (!columns.stream().map(FeatureColumn::name).toList().equals(List.copyOf(right.keySet()))) {
            throw new Difference("columns " + columns + " instead of " + right.keySet());
        }
        for (int i = 0; i < columns.size(); i++) {
            Double expected = right.get(columns.get(i).name());
            boolean same = expected == null
                    ? vector.isNull(i)
                    : !vector.isNull(i) && vector.bits(i) == Double.doubleToRawLongBits(expected);
            if (!same) {
                throw new Difference(columns.get(i).name() + ": " + who + " says "
                        + (vector.isNull(i) ? "null" : text(vector.value(i))) + ", the twin "
                        + (expected == null ? "null" : text(expected)) + "\n  when asked " + ask);
            }
        }
    }

    private static String text(double d) {
        return d + " (0x" + Long.toHexString(Double.doubleToRawLongBits(d)) + ")";
    }

    // ---- making a failing history small

    /** The smallest part of a failing history that still fails, as far as leaving out single steps and features goes. */
    static History smallest(History failing) {
        History best = failing;
        boolean smaller = true;
        while (smaller) {
            smaller = false;
            for (int chunk = Math.max(1, best.steps().size() / 2); chunk >= 1; chunk /= 2) {
                for (int i = 0; i + chunk <= best.steps().size(); ) {
                    List<History.Step> fewer = new ArrayList<>(best.steps());
                    fewer.subList(i, i + chunk).clear();
                    History candidate = best.with(fewer);
                    if (difference(candidate, new Tally()) != null) {
                        best = candidate;
                        smaller = true;
                    } else {
                        i += chunk;
                    }
                }
            }
            for (PipelineSpec spec : withoutOneFeature(best.spec())) {
                History candidate = best.with(spec);
                String difference = difference(candidate, new Tally());
                if (difference != null && !difference.contains("INVALID_PIPELINE") && !difference.contains("mistake")) {
                    best = candidate;
                    smaller = true;
                    break;
                }
            }
        }
        return best;
    }

    private static List<PipelineSpec> withoutOneFeature(PipelineSpec spec) {
        List<PipelineSpec> all = new ArrayList<>();
        for (int v = 0; v < spec.views().size(); v++) {
            ViewSpec view = spec.views().get(v);
            for (int f = 0; f < view.features().size(); f++) {
                List<ViewSpec.FeatureSpec> fewer = new ArrayList<>(view.features());
                String gone = fewer.remove(f).name();
                if (fewer.isEmpty() || refers(spec, view.name(), gone)) {
                    continue;
                }
                List<ViewSpec> views = new ArrayList<>(spec.views());
                views.set(v, new ViewSpec(view.name(), view.entity(), fewer));
                all.add(new PipelineSpec(
                        spec.name(),
                        spec.labels(),
                        spec.sources(),
                        spec.streams(),
                        spec.entities(),
                        views,
                        spec.decisions(),
                        spec.features(),
                        null,
                        null,
                        null));
            }
        }
        return all;
    }

    private static boolean refers(PipelineSpec spec, String view, String feature) {
        return spec.views().stream()
                .flatMap(v -> v.features().stream())
                .anyMatch(f -> refers(f.expression(), view, feature));
    }

    private static boolean refers(ExprSpec e, String view, String feature) {
        return e instanceof ExprSpec.FeatureRef r
                ? r.use().startsWith(view) && r.feature().equals(feature)
                : e instanceof ExprSpec.Call c && c.args().stream().anyMatch(a -> refers(a, view, feature));
    }
}
