package dev.isobar.features.twin;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureColumn;
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
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets kernels and the twin live through a history, in several orders of delivery, over several partitions and with restarts in several places, and
 * says where a value differs: from the twin's, or from the same final vector of another life.
 */
final class Judge {
    /** So many questions are asked again at the end of every life. */
    private static final int LAST_QUESTIONS = 24;

    private final PipelineSpec spec;
    private final FeaturePlan plan;
    private final Retention retention;
    private final Set<Fault> faults;
    private final NaiveTwin twin;
    private final VectorEvaluator evaluator;
    private final Tally tally;

    /** Every copy of the history that any life is given. */
    private final List<RawEvent> recorded = new ArrayList<>();

    /** What every life is asked at its end. */
    private final List<History.Ask> lastAsks = new ArrayList<>();

    private final Map<History.Ask, Map<String, @Nullable Double>> truths = new IdentityHashMap<>();
    private final Map<History.Ask, FeatureVector> finals = new IdentityHashMap<>();
    private final Set<History.Ask> refusals = Collections.newSetFromMap(new IdentityHashMap<>());

    /** What the judge has seen, so that a campaign can say that it saw anything. */
    static final class Tally {
        long histories;
        long vectors;
        long values;
        long nulls;
        long judged;
        long finals;
        long held;
        long refused;
        long served;
        long across;
        long events;
        long restarts;
        long readBack;
        final Map<String, Long> lives = new TreeMap<>();
        final Map<Admission, Long> admissions = new EnumMap<>(Admission.class);

        void add(Tally o) {
            histories += o.histories;
            vectors += o.vectors;
            values += o.values;
            nulls += o.nulls;
            judged += o.judged;
            finals += o.finals;
            held += o.held;
            refused += o.refused;
            served += o.served;
            across += o.across;
            events += o.events;
            restarts += o.restarts;
            readBack += o.readBack;
            o.lives.forEach((life, n) -> lives.merge(life, n, Long::sum));
            o.admissions.forEach((a, n) -> admissions.merge(a, n, Long::sum));
        }

        @Override
        public String toString() {
            return histories + " histories in the lives " + lives + ": " + events + " copies " + admissions + ", "
                    + restarts + " restarts, " + readBack + " pages read back; " + vectors + " vectors, " + finals
                    + " of them known to be final, "
                    + served + " served from written state, " + across + " across partitions; " + judged
                    + " held against the twin, " + held + " against the same vector of before or of another life; "
                    + values + " values (" + nulls + " null), " + refused + " questions out of retention";
        }
    }

    /** Where a kernel is wrong. */
    record Finding(Life life, String message) {}

    private static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Difference(String message) {
            super(message);
        }
    }

    private Judge(History history, Set<Fault> faults, Tally tally) {
        this.spec = history.spec();
        this.tally = tally;
        this.faults = faults;
        this.twin = new NaiveTwin(spec, faults);
        this.plan = FeaturePlan.compile(spec);
        this.evaluator = new VectorEvaluator(plan);
        this.retention =
                history.retention() == Long.MAX_VALUE ? Retention.unbounded() : Retention.ofMicros(history.retention());
    }

    /** Where kernel and twin differ in any life of the history, or null. */
    static @Nullable Finding difference(History history, Set<Fault> faults, Tally tally) {
        tally.histories++;
        Judge judge = new Judge(history, faults, tally);
        Life first = Life.asGenerated(history);
        List<History.Step> possible = new ArrayList<>();
        String message = judge.outcome(first, possible);
        if (message != null) {
            return new Finding(first, message);
        }
        for (Life life : Life.others(history.with(possible))) {
            message = judge.outcome(life, new ArrayList<>());
            if (message != null) {
                return new Finding(life, message);
            }
        }
        return null;
    }

    /** Where kernel and twin differ in this one life, every question judged; or null. */
    static @Nullable String difference(Life life) {
        try {
            return new Judge(life.history(), EnumSet.noneOf(Fault.class), new Tally()).outcome(life, new ArrayList<>());
        } catch (IsobarException e) {
            return null; // a part of a spec that is no spec
        }
    }

    private @Nullable String outcome(Life life, List<History.Step> possible) {
        try {
            tally.lives.merge(life.order() + " × " + life.partitions(), 1L, Long::sum);
            new Living(life, possible).live();
            return null;
        } catch (Difference e) {
            return e.getMessage();
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return "threw " + trace;
        }
    }

    /** A life while it is lived. */
    private final class Living {
        private final Life life;
        private final boolean everything;
        private final boolean first = recorded.isEmpty();
        private final List<History.Step> possible;
        private final List<Worker> workers = new ArrayList<>();
        private final Map<String, Long> promised = new HashMap<>();
        private final Set<RawEvent> delivered = Collections.newSetFromMap(new IdentityHashMap<>());
        private final Map<String, List<RawEvent>> copies = new HashMap<>();
        private final List<RawEvent> arrived = new ArrayList<>();
        private final List<Settled> settled = new ArrayList<>();
        private long earliestToCome;

        private record Settled(History.Ask ask, FeatureVector vector, String who) {}

        Living(Life life, List<History.Step> possible) {
            this.life = life;
            this.possible = possible;
            this.everything = life.history().retention() == Long.MAX_VALUE;
            for (int i = 0; i < life.partitions(); i++) {
                boolean onDisk = (life.history().seed() / 6 + i) % 2 == 0;
                workers.add(new Worker(plan, retention, faults, onDisk));
            }
        }

        void live() {
            List<History.Step> steps = life.history().steps();
            long[] toCome = toCome(steps);
            for (int i = 0; i < steps.size(); i++) {
                History.Step step = steps.get(i);
                earliestToCome = toCome[i];
                if (step instanceof History.Arrive a) {
                    if (!arrive(a)) {
                        continue;
                    }
                } else if (step instanceof History.Frontier f) {
                    if (plan.stream(f.stream()) < 0) {
                        continue;
                    }
                    promised.merge(f.stream(), f.micros(), Math::max);
                    workers.forEach(w -> w.advance(f));
                } else if (step instanceof History.Checkpoint c) {
                    worker(c.partition()).checkpoint();
                } else if (step instanceof History.Crash c) {
                    worker(c.partition()).crash(c.torn());
                    tally.restarts++;
                } else if (step instanceof History.Move m) {
                    String key = worker(m.partition()).move();
                    tally.restarts++;
                    if (key != null) {
                        throw new Difference("snapshot of '" + key + "' differs after it was restored");
                    }
                } else if (step instanceof History.Ask ask) {
                    ask(ask, false);
                }
                possible.add(step);
            }
            earliestToCome = Long.MAX_VALUE;
            countEvents();
            if (first) {
                recorded.addAll(arrived);
                List<History.Ask> asks = possible.stream()
                        .filter(History.Ask.class::isInstance)
                        .map(History.Ask.class::cast)
                        .toList();
                int every = (asks.size() + LAST_QUESTIONS - 1) / LAST_QUESTIONS;
                for (int i = 0; i < asks.size(); i++) {
                    if (asks.get(i).judged() || i % every == 0) {
                        lastAsks.add(asks.get(i));
                    }
                }
            }
            for (Settled s : settled) {
                hold(s.ask(), s.vector(), s.who() + ", of what was final before all events were there,");
            }
            lastAsks.forEach(a -> ask(a, true));
            tally.readBack += workers.stream().mapToLong(Worker::readBack).sum();
        }

        /** The earliest available time of what has not arrived yet, for each step. */
        private static long[] toCome(List<History.Step> steps) {
            long[] least = new long[steps.size()];
            Set<RawEvent> here = Collections.newSetFromMap(new IdentityHashMap<>());
            for (int i = 0; i < least.length; i++) {
                least[i] = steps.get(i) instanceof History.Arrive a && here.add(a.event())
                        ? a.event().availableTime()
                        : Long.MAX_VALUE;
            }
            for (int i = least.length - 2; i >= 0; i--) {
                least[i] = Math.min(least[i], least[i + 1]);
            }
            return least;
        }

        private Worker worker(int partition) {
            return workers.get(Math.floorMod(partition, workers.size()));
        }

        private boolean arrive(History.Arrive a) {
            RawEvent e = a.event();
            if (plan.stream(e.stream()) < 0) {
                return false;
            }
            boolean again = delivered.contains(e);
            List<RawEvent> before = copies.computeIfAbsent(e.stream() + "/" + e.id(), id -> new ArrayList<>());
            if (!possible(e, again, before)) {
                return false;
            }
            Admission admission = worker(life.owner(e.key())).accept(a);
            tally.events++;
            tally.admissions.merge(admission, 1L, Long::sum);
            check(e, again, before, admission);
            arrived.add(e);
            before.add(e);
            delivered.add(e);
            return true;
        }

        /** Whatever steps are left out of a failing history, the others must keep the kernel's contract. */
        private boolean possible(RawEvent e, boolean again, List<RawEvent> before) {
            long frontier = promised.getOrDefault(e.stream(), Long.MIN_VALUE);
            if (!again) {
                return e.availableTime() >= frontier;
            }
            // An id is known for the horizon after its earliest copy. The loser of a conflict that comes again after
            // that
            // finds nothing left to lose against; it is told by its times, if those are of what was freed.
            long earliest =
                    before.stream().mapToLong(RawEvent::availableTime).min().orElse(e.availableTime());
            return frontier == Long.MIN_VALUE
                    || NaiveTwin.behind(
                                    earliest, frontier, spec.stream(e.stream()).dedupHorizonMicros())
                            <= 0
                    || e.eventTime() < worker(life.owner(e.key())).kernel().retainedFrom(plan.stream(e.stream()))
                    || before.stream().allMatch(o -> NaiveTwin.same(o, e));
        }

        private void check(RawEvent e, boolean again, List<RawEvent> before, Admission admission) {
            long lateness = spec.stream(e.stream()).allowedLatenessMicros();
            boolean late = NaiveTwin.late(e, lateness) > 0;
            if (late != (admission == Admission.LATE)) {
                throw new Difference(e + " came back as " + admission);
            }
            if (again && (admission == Admission.ADMITTED || admission == Admission.CONFLICT_REPLACED)) {
                throw new Difference("delivered again, " + e + " came back as " + admission);
            }
            if (everything && !late) {
                RawEvent holds = before.stream()
                        .filter(o -> NaiveTwin.late(o, lateness) <= 0)
                        .min(NaiveTwin.COPIES)
                        .orElse(null);
                Admission right = holds == null
                        ? Admission.ADMITTED
                        : NaiveTwin.same(holds, e)
                                ? Admission.DUPLICATE
                                : NaiveTwin.COPIES.compare(e, holds) < 0
                                        ? Admission.CONFLICT_REPLACED
                                        : Admission.CONFLICT_REJECTED;
                if (admission != right) {
                    throw new Difference(e + " came back as " + admission + " instead of " + right);
                }
            }
        }

        private void countEvents() {
            if (!everything) {
                return;
            }
            long kept = workers.stream().mapToLong(w -> w.kernel().events()).sum();
            long distinct = copies.values().stream()
                    .filter(c -> c.stream()
                            .anyMatch(e ->
                                    NaiveTwin.late(e, spec.stream(e.stream()).allowedLatenessMicros()) <= 0))
                    .count();
            if (kept != distinct) {
                throw new Difference("kept are " + kept + " events of " + distinct);
            }
        }

        // ---- vectors

        /** Asks the kernel that owns the keys if one owns them all, and a server that reads states of every partition concerned. */
        private void ask(History.Ask ask, boolean last) {
            Row decision = Histories.toRow(plan.decisionSchema(), ask.decision());
            int[] owners = owners(decision);
            boolean across = Arrays.stream(owners).anyMatch(o -> o != owners[0]);
            boolean refused = false;
            if (!across) {
                Worker owner = workers.get(owners.length == 0 ? 0 : owners[0]);
                FeatureVector own = new FeatureVector(plan);
                try {
                    owner.kernel().evaluate(decision, ask.id(), ask.t(), ask.k(), own);
                    answered(ask, own, "the kernel", last);
                } catch (IsobarException e) {
                    refusal(ask, e, last);
                    refused = true;
                }
            }
            if (across || ask.served()) {
                FeatureVector served = new FeatureVector(plan);
                try {
                    serve(decision, owners, ask, served);
                    tally.served++;
                    tally.across += across ? 1 : 0;
                    // A key that did not change since keeps its older state, which may reach further back.
                    answered(ask, served, "the server", last);
                } catch (IsobarException e) {
                    if (!across && !refused) {
                        throw new Difference("the server refuses " + ask + ", the kernel answers it");
                    }
                    refusal(ask, e, last);
                }
            }
        }

        private int[] owners(Row decision) {
            List<Integer> owners = new ArrayList<>();
            for (Use use : plan.uses()) {
                String key = use.key(decision);
                if (key != null) {
                    owners.add(life.owner(key));
                }
            }
            return owners.stream().mapToInt(Integer::intValue).toArray();
        }

        private void serve(Row decision, int[] owners, History.Ask ask, FeatureVector into) {
            List<Use> uses = plan.uses();
            @Nullable KeyState[] states = new KeyState[uses.size()];
            PartitionState[] partitions = new PartitionState[uses.size()];
            Arrays.stream(owners.length == 0 ? new int[] {0} : owners)
                    .distinct()
                    .forEach(o -> workers.get(o).checkpoint());
            for (int i = 0; i < states.length; i++) {
                String key = uses.get(i).key(decision);
                // Nobody owns the key that is null; whichever state is read for it, it has no events.
                int at = key != null ? life.owner(key) : owners.length == 0 ? 0 : owners[0];
                if (faults.contains(Fault.PARTITION_MIXED_UP)) {
                    at = (at + i) % workers.size();
                }
                partitions[i] = workers.get(at).written();
                states[i] = workers.get(at).written(key);
            }
            evaluator.evaluate(decision, ask.id(), ask.t(), ask.k(), states, partitions, into);
        }

        private void answered(History.Ask ask, FeatureVector vector, String who, boolean last) {
            tally.vectors++;
            tally.judged += ask.judged() ? 1 : 0;
            tally.finals += vector.isFinal() ? 1 : 0;
            for (int i = 0; i < vector.size(); i++) {
                tally.values++;
                tally.nulls += vector.isNull(i) ? 1 : 0;
            }
            if (last) {
                hold(ask, vector, who + ", at the end,");
                return;
            }
            // Without a frontier the kernel cannot know, but the judge sees what is still to come.
            if (vector.isFinal() || ask.k() < earliestToCome) {
                settled.add(new Settled(ask, vector, who));
            } else if (ask.judged()) {
                compare(ask, vector, expected(ask), who);
            }
        }

        private @Nullable Map<String, @Nullable Double> now;
        private History.@Nullable Ask nowAsked;
        private int nowArrived;

        private Map<String, @Nullable Double> expected(History.Ask ask) {
            Map<String, @Nullable Double> known = now;
            if (known == null || nowAsked != ask || nowArrived != arrived.size()) {
                known = twin.vector(arrived, ask.decision(), ask.id(), ask.t(), ask.k());
                now = known;
                nowAsked = ask;
                nowArrived = arrived.size();
            }
            return known;
        }

        private void refusal(History.Ask ask, IsobarException e, boolean last) {
            if (e.code() != ErrorCode.OUT_OF_RETENTION) {
                throw e;
            }
            tally.refused++;
            long frontier =
                    promised.values().stream().mapToLong(Long::longValue).max().orElse(Long.MIN_VALUE);
            if (everything || frontier == Long.MIN_VALUE || ask.t() >= frontier - retention.micros()) {
                throw new Difference(
                        (everything ? "everything is kept" : "inside the retention") + ", but " + ask + " is refused");
            }
            if (last && first) {
                refusals.add(ask);
            } else if (last && !refusals.contains(ask)) {
                // What is kept depends on the events and the frontiers; a partition has fewer events and frees less.
                throw new Difference("refused in this life, answered as generated: " + ask);
            }
        }
    }

    /** What is final is what the twin makes of all that was recorded, and the same in every life. */
    private void hold(History.Ask ask, FeatureVector vector, String who) {
        if (ask.judged()) {
            compare(
                    ask,
                    vector,
                    truths.computeIfAbsent(ask, a -> twin.vector(recorded, a.decision(), a.id(), a.t(), a.k())),
                    who);
        }
        FeatureVector other = finals.putIfAbsent(ask, vector);
        if (other == null) {
            return;
        }
        tally.held++;
        for (int i = 0; i < vector.size(); i++) {
            if (vector.isNull(i) != other.isNull(i) || vector.bits(i) != other.bits(i)) {
                throw new Difference(plan.columns().get(i).name() + ": " + who + " says " + text(vector, i)
                        + ", another life " + text(other, i) + "\n  when asked " + ask);
            }
        }
    }

    private void compare(History.Ask ask, FeatureVector vector, Map<String, @Nullable Double> right, String who) {
        List<FeatureColumn> columns = plan.columns();
        int i = 0;
        for (Map.Entry<String, @Nullable Double> e : right.entrySet()) {
            if (right.size() != columns.size() || !columns.get(i).name().equals(e.getKey())) {
                throw new Difference("columns " + columns + " instead of " + right.keySet());
            }
            Double expected = e.getValue();
            boolean same = expected == null
                    ? vector.isNull(i)
                    : !vector.isNull(i) && vector.bits(i) == Double.doubleToRawLongBits(expected);
            if (!same) {
                throw new Difference(columns.get(i).name() + ": " + who + " says " + text(vector, i) + ", the twin "
                        + (expected == null ? "null" : text(expected)) + "\n  when asked " + ask);
            }
            i++;
        }
    }

    private static String text(FeatureVector vector, int i) {
        return vector.isNull(i) ? "null" : text(vector.value(i));
    }

    private static String text(double d) {
        return d + " (0x" + Long.toHexString(Double.doubleToRawLongBits(d)) + ")";
    }

    // ---- making a failing history small

    /** The smallest part of a failing life that still fails by itself, as far as leaving out single steps and features goes. */
    static Life smallest(Life failing) {
        Life every = new Life(
                failing.order(), failing.history().with(judged(failing.history().steps())), failing.partitions());
        return difference(every) == null
                ? failing
                : new Life(
                        every.order(),
                        smallest(
                                every.history(),
                                h -> difference(new Life(every.order(), h, every.partitions())) != null),
                        every.partitions());
    }

    private static List<History.Step> judged(List<History.Step> steps) {
        return steps.stream()
                .map(s -> s instanceof History.Ask a
                        ? new History.Ask(a.decision(), a.id(), a.t(), a.k(), true, a.served())
                        : s)
                .toList();
    }

    private static History smallest(History failing, Predicate<History> fails) {
        History best = failing;
        boolean smaller = true;
        while (smaller) {
            smaller = false;
            for (int chunk = Math.max(1, best.steps().size() / 2); chunk >= 1; chunk /= 2) {
                for (int i = 0; i + chunk <= best.steps().size(); ) {
                    List<History.Step> fewer = new ArrayList<>(best.steps());
                    fewer.subList(i, i + chunk).clear();
                    History candidate = best.with(fewer);
                    if (fails.test(candidate)) {
                        best = candidate;
                        smaller = true;
                    } else {
                        i += chunk;
                    }
                }
            }
            for (PipelineSpec spec : withoutOneFeature(best.spec())) {
                History candidate = best.with(spec);
                if (fails.test(candidate)) {
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
