package dev.isobar.pipeline;

import dev.isobar.config.Names;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.DeploySpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import dev.isobar.spec.ViewSpec;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds every mistake in a spec that can be found before running, each as one sentence that begins with the step and names the field and, where
 * there is one, the nearest right name. Works on the finished spec, so that no mistake can slip in behind the language.
 */
final class Validation {
    private static final Pattern KEBAB = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final Pattern SNAKE = Pattern.compile("[a-z][a-z0-9_]{0,62}");
    private static final Pattern COLUMN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

    private final PipelineSpec spec;
    private final List<String> mistakes = new ArrayList<>();
    private final Map<String, StreamSpec> streams = new LinkedHashMap<>();

    Validation(PipelineSpec spec) {
        this.spec = spec;
    }

    List<String> mistakes() {
        name("pipeline", spec.name(), KEBAB, "lower-case letters, digits and hyphens");
        checkStreams();
        checkEntities();
        checkViews();
        TrainingSpec training = spec.training();
        if (training != null) {
            checkTraining(training);
        }
        DeploySpec deploy = spec.deploy();
        if (deploy != null) {
            checkDeploy(deploy, training);
        }
        MonitorSpec monitor = spec.monitor();
        if (monitor != null) {
            checkMonitor(monitor, training, deploy);
        }
        return mistakes;
    }

    /** The stream whose columns an expression reads; the empty text if it reads none. */
    static String streamOf(ExprSpec e) {
        if (e instanceof ExprSpec.Col c) {
            return c.stream();
        }
        if (e instanceof ExprSpec.Aggregate a) {
            return a.stream();
        }
        if (e instanceof ExprSpec.Call call) {
            for (ExprSpec arg : call.args()) {
                String s = streamOf(arg);
                if (!s.isEmpty()) {
                    return s;
                }
            }
        }
        return "";
    }

    // ---- ingest

    private void checkStreams() {
        if (spec.streams().isEmpty()) {
            add("ingest", "no stream is read; add .ingest(stream)");
        }
        for (SourceSpec s : spec.sources()) {
            name("ingest: source", s.name(), KEBAB, "lower-case letters, digits and hyphens");
            if (!s.format().equals("csv")) {
                add("ingest", "source '" + s.name() + "' has the format '" + s.format() + "'; there is only csv");
            }
        }
        for (StreamSpec s : spec.streams()) {
            String at = "stream '" + s.name() + "'";
            name("ingest: stream", s.name(), KEBAB, "lower-case letters, digits and hyphens");
            if (streams.putIfAbsent(s.name(), s) != null) {
                add("ingest", at + " is read twice");
                continue;
            }
            if (s.source().isEmpty()) {
                add("ingest", at + " has no source; add .from(Source.csv(\"…\"))");
            }
            Set<String> names = new LinkedHashSet<>();
            for (ColumnSpec c : s.columns()) {
                name("ingest: " + at + ": column", c.name(), COLUMN, "letters, digits and underscores");
                if (!names.add(c.name())) {
                    add("ingest", at + ": column '" + c.name() + "' is declared twice");
                }
                checkExpectation(at, c);
            }
            if (s.id().isEmpty()) {
                add("ingest", at + " has no id; mark the column that identifies an event with .id()");
            } else {
                mustBePresent(s, s.id(), "id");
            }
            if (s.key().isEmpty()) {
                add("ingest", at + " has no key; mark the column that says what an event is about with .key()");
            }
            if (new HashSet<>(s.key()).size() < s.key().size()) {
                add("ingest", at + ": a column is marked as its key twice");
            }
            s.key().forEach(k -> mustBePresent(s, k, "key"));
            if (s.eventTime().isEmpty()) {
                add("ingest", at + " has no event time; mark a timestamp column with .eventTime()");
            } else {
                time(s, s.eventTime(), "event time");
            }
            String available = s.availableTime();
            if (available != null) {
                time(s, available, "available time");
            }
            if (s.allowedLatenessMicros() < 0) {
                add("ingest", at + ": allowedLateness is negative");
            }
            if (s.dedupHorizonMicros() <= 0) {
                add("ingest", at + ": dedupHorizon must be positive");
            }
        }
        for (StreamSpec s : streams.values()) {
            checkComputed(s);
        }
    }

    private void checkExpectation(String at, ColumnSpec c) {
        ColumnSpec.RangeSpec range = c.expect();
        if (range == null) {
            return;
        }
        if (!c.type().isNumeric() && !c.type().isTemporal()) {
            add(
                    "ingest",
                    at + ": column '" + c.name() + "' is " + noun(c.type())
                            + "; a range can be expected only of numbers and times");
            return;
        }
        Row bounds = new Row(Schema.of(
                dev.isobar.event.Field.optional("min", c.type()), dev.isobar.event.Field.optional("max", c.type())));
        for (int i = 0; i < 2; i++) {
            String text = i == 0 ? range.min() : range.max();
            String wrong = text == null ? null : RowText.parse(bounds, i, text);
            if (wrong != null) {
                add("ingest", at + ": column '" + c.name() + "' expects a bound that " + wrong);
                return;
            }
        }
        if (!bounds.isNull(0) && !bounds.isNull(1)) {
            boolean reversed = c.type() == FieldType.FLOAT64
                    ? !(bounds.float64(0) <= bounds.float64(1))
                    : bounds.word(0) > bounds.word(1);
            if (reversed) {
                add(
                        "ingest",
                        at + ": column '" + c.name() + "' expects values between " + range.min() + " and " + range.max()
                                + ", which none can satisfy");
            }
        }
    }

    private void mustBePresent(StreamSpec s, String column, String role) {
        ColumnSpec c = find(s, column);
        if (c != null && c.nullable()) {
            add(
                    "ingest",
                    "stream '" + s.name() + "': its " + role + " '" + column + "' may be null; remove .nullable()");
        }
    }

    private void time(StreamSpec s, String column, String role) {
        ColumnSpec c = find(s, column);
        if (c == null) {
            return;
        }
        if (c.type() != FieldType.TIMESTAMP) {
            add(
                    "ingest",
                    "stream '" + s.name() + "': its " + role + " '" + column + "' is " + noun(c.type())
                            + ", not an instant"
                            + (c.type() == FieldType.LOCAL_TIMESTAMP
                                    ? "; a local reading says nothing without a zone"
                                    : ""));
        }
        mustBePresent(s, column, role);
    }

    private void checkComputed(StreamSpec s) {
        Map<String, Set<String>> reads = new LinkedHashMap<>();
        for (ColumnSpec c : s.columns()) {
            ExprSpec e = c.computed();
            if (e == null) {
                continue;
            }
            String at = "ingest: stream '" + s.name() + "': computed column '" + c.name() + "'";
            FieldType type = type(e, new Scope(at, s.name(), Kind.COMPUTED));
            if (type != null
                    && type != c.type()
                    && !(type.isIntegral() && c.type().isIntegral())) {
                mistakes.add(at + " is declared as " + noun(c.type()) + " but its expression gives " + noun(type));
            }
            Set<String> columns = new LinkedHashSet<>();
            collectColumns(e, columns);
            reads.put(c.name(), columns);
        }
        Set<String> reported = new HashSet<>();
        Set<String> sound = new HashSet<>();
        for (String start : reads.keySet()) {
            List<String> cycle = cycle(start, reads, new ArrayList<>(), sound);
            if (cycle != null && reported.add(String.join(",", new java.util.TreeSet<>(cycle)))) {
                add(
                        "ingest",
                        "stream '" + s.name() + "': computed columns depend on each other in a circle: "
                                + String.join(" → ", cycle));
            }
        }
    }

    // ---- features

    private void checkEntities() {
        for (ViewSpec.EntitySpec e : spec.entities()) {
            name("features: entity", e.name(), SNAKE, "lower-case letters, digits and underscores");
            if (e.keys().values().stream().mapToInt(List::size).distinct().count() > 1) {
                add(
                        "features",
                        "entity '" + e.name() + "' has keys of different lengths: " + e.keys()
                                + "; they can never be equal");
            }
            e.keys().forEach((stream, columns) -> {
                StreamSpec s = streams.get(stream);
                if (s == null) {
                    add(
                            "features",
                            "entity '" + e.name() + "' maps a column of stream '" + stream
                                    + "', which the pipeline does not read; add it to .ingest(…)");
                    return;
                }
                for (String column : columns) {
                    if (find(s, column) == null) {
                        add(
                                "features",
                                "entity '" + e.name() + "' is mapped to column '" + column + "', which stream '"
                                        + stream
                                        + "' does not have"
                                        + nearest(
                                                column,
                                                s.columns().stream()
                                                        .map(ColumnSpec::name)
                                                        .toList()));
                    }
                }
            });
        }
    }

    private void checkViews() {
        if (spec.features().isEmpty()) {
            add("features", "the feature vector is empty; add .features(view, …)");
        }
        if (!spec.decisions().isEmpty() && !streams.containsKey(spec.decisions()) && spec.training() == null) {
            add(
                    "features",
                    "decisions are made on stream '" + spec.decisions() + "', which the pipeline does not read"
                            + nearest(spec.decisions(), streams.keySet()) + "; add it to .ingest(…)");
        }
        Set<String> uses = new HashSet<>();
        for (ViewSpec.UseSpec use : spec.features()) {
            name("features: role", use.name(), SNAKE, "lower-case letters, digits and underscores");
            if (!uses.add(use.name())) {
                add(
                        "features",
                        "two views are used under the name '" + use.name()
                                + "'; give one a role with .of(column).as(\"…\")");
            }
            ViewSpec view = spec.view(use.view());
            if (view.entity() != null && use.key().isEmpty()) {
                add(
                        "features",
                        "view '" + view.name() + "' cannot be looked up: its entity '" + view.entity()
                                + "' is not mapped to a column of '" + spec.decisions()
                                + "', on which decisions are made; map it, or say .of(column)");
            }
            spec.entities().stream()
                    .filter(e -> e.name().equals(view.entity())
                            && e.keys().values().stream()
                                            .mapToInt(List::size)
                                            .distinct()
                                            .count()
                                    == 1)
                    .flatMap(e -> e.keys().values().stream())
                    .filter(columns ->
                            !use.key().isEmpty() && columns.size() != use.key().size())
                    .findFirst()
                    .ifPresent(columns -> add(
                            "features",
                            "'" + use.name() + "' is looked up by " + use.key() + ", but the key of entity '"
                                    + view.entity() + "' is " + columns + "; give as many columns"));
        }
        Map<String, Set<String>> refs = new LinkedHashMap<>();
        for (ViewSpec view : spec.views()) {
            name("features: view", view.name(), SNAKE, "lower-case letters, digits and underscores");
            if (view.features().isEmpty()) {
                add("features", "view '" + view.name() + "' has no feature");
            }
            Set<String> names = new HashSet<>();
            for (ViewSpec.FeatureSpec f : view.features()) {
                String at = "features: view '" + view.name() + "': feature '" + f.name() + "'";
                name(
                        "features: view '" + view.name() + "': feature",
                        f.name(),
                        SNAKE,
                        "lower-case letters, digits and underscores");
                if (!names.add(f.name())) {
                    mistakes.add(at + " is declared twice");
                }
                FieldType type = type(
                        f.expression(),
                        new Scope(at, spec.decisions(), view.entity() == null ? Kind.ON_DEMAND : Kind.ENTITY, view));
                if (type != null && !type.isNumeric() && type != FieldType.BOOL) {
                    mistakes.add(at + " gives " + noun(type) + "; a feature is a number or true/false");
                }
                Set<String> read = new LinkedHashSet<>();
                collectFeatures(f.expression(), read);
                refs.put(view.name() + "." + f.name(), read);
            }
        }
        Set<String> reported = new HashSet<>();
        Set<String> sound = new HashSet<>();
        for (String start : refs.keySet()) {
            List<String> cycle = cycle(start, refs, new ArrayList<>(), sound);
            if (cycle != null && reported.add(String.join(",", new java.util.TreeSet<>(cycle)))) {
                add("features", "features depend on each other in a circle: " + String.join(" → ", cycle));
            }
        }
    }

    // ---- train

    private void checkTraining(TrainingSpec t) {
        name("train", t.name(), KEBAB, "lower-case letters, digits and hyphens");
        StreamSpec decisions = streams.get(t.decisions());
        if (decisions == null) {
            add(
                    "train",
                    "joinedOn names a column of stream '" + t.decisions()
                            + "', which the pipeline does not read; add it to .ingest(…)");
        }
        if (t.joinOn().isEmpty()) {
            add("train", "it is not said how a label finds its decision; add .joinedOn(column)");
        }
        if (t.labelStream().isEmpty()) {
            add("train", "there is no label; add .label(expression over the columns on which it becomes known)");
        } else {
            FieldType type = type(t.label(), new Scope("train: label", t.labelStream(), Kind.LABEL));
            if (type != null && t.task() == TrainingSpec.Task.BINARY && type != FieldType.BOOL) {
                add("train", "the label of a classifier must be a condition; this one gives " + noun(type));
            }
            if (type != null && t.task() == TrainingSpec.Task.REGRESSION && !type.isNumeric()) {
                add("train", "the label of a regressor must be a number; this one gives " + noun(type));
            }
            checkLeak(t, decisions);
        }
        StreamSpec labels = streams.get(t.labelStream());
        if (decisions != null
                && labels != null
                && !t.joinOn().isEmpty()
                && !labels.id().isEmpty()) {
            ColumnSpec from = find(decisions, t.joinOn());
            ColumnSpec to = find(labels, labels.id());
            if (from != null && to != null && from.type() != to.type()) {
                add(
                        "train",
                        "joinedOn compares '" + t.joinOn() + "' of '" + decisions.name() + "', " + noun(from.type())
                                + ", with the id '" + labels.id() + "' of '" + labels.name() + "', " + noun(to.type()));
            }
        }
        if (t.trainUntilMicros() == 0 || t.acceptUntilMicros() == 0) {
            add("train", "there is no split; add .split(trainUntil(\"…\"), acceptUntil(\"…\"))");
        } else if (t.trainUntilMicros() >= t.acceptUntilMicros()) {
            add("train", "trainUntil must be before acceptUntil");
        }
        if (t.algorithm().isEmpty()) {
            add("train", "there is no algorithm; add .algorithm(xgboost())");
        }
        hyperparameter(t, "num_round", 1, 100_000);
        hyperparameter(t, "max_depth", 1, 30);
        hyperparameter(t, "eta", Double.MIN_VALUE, 1);
        hyperparameter(t, "subsample", Double.MIN_VALUE, 1);
        hyperparameter(t, "min_child_weight", 0, Double.MAX_VALUE);
        for (TrainingSpec.GateSpec g : t.gates()) {
            metricFits("train: accept", g.metric(), t);
            if (g.metric() == TrainingSpec.Metric.AUC && !(g.value() >= 0 && g.value() <= 1)) {
                add("train", "accept: an AUC lies between 0 and 1, not " + g.value());
            }
        }
    }

    /** A label that is known when the decision is made either leaks or is not worth predicting. */
    private void checkLeak(TrainingSpec t, @Nullable StreamSpec decisions) {
        StreamSpec labels = streams.get(t.labelStream());
        if (labels == null || decisions == null) {
            return;
        }
        if (labels.name().equals(decisions.name())) {
            add(
                    "train",
                    "the label reads stream '" + labels.name()
                            + "', on which the decisions themselves are made, so it claims to be known at the "
                            + "decision; put what becomes known later on a stream of its own with its own available time");
            return;
        }
        String labelKnown = labels.availableTime();
        if (labelKnown == null) {
            return;
        }
        String known = read(labels, labelKnown);
        String decisionKnown = decisions.availableTime();
        String decided = known == null || !labels.source().equals(decisions.source())
                ? null
                : known.equals(read(decisions, decisions.eventTime()))
                        ? decisions.eventTime()
                        : decisionKnown != null && known.equals(read(decisions, decisionKnown)) ? decisionKnown : null;
        if (decided != null) {
            add(
                    "train",
                    "the label leaks: stream '" + labels.name() + "' says with available time '" + labelKnown
                            + "' that it is known at the very moment of the decision ('" + decided + "' of '"
                            + decisions.name()
                            + "'); give it the time at which it really becomes known");
        }
    }

    /** The source's column that a column is, itself or by computing nothing; null if it is none. */
    private @Nullable String read(StreamSpec s, String column) {
        ColumnSpec c = find(s, column);
        for (int hops = 0;
                c != null
                        && c.computed() instanceof ExprSpec.Col same
                        && hops < s.columns().size();
                hops++) {
            c = find(s, same.column());
        }
        return c == null ? null : c.from();
    }

    private void hyperparameter(TrainingSpec t, String name, double min, double max) {
        String text = t.hyperparameters().get(name);
        if (text == null) {
            return;
        }
        double value = Double.parseDouble(text);
        if (!(value >= min && value <= max)) {
            add(
                    "train",
                    "hyperparameter " + name + " is " + text + "; it must be "
                            + (min == Double.MIN_VALUE ? "above 0" : "at least " + trim(min))
                            + (max == Double.MAX_VALUE ? "" : " and at most " + trim(max)));
        }
    }

    private void metricFits(String at, TrainingSpec.Metric metric, TrainingSpec t) {
        if (t.task() == TrainingSpec.Task.REGRESSION) {
            mistakes.add(at + ": " + metric + " is a measure of classifiers; this is a regressor");
        }
    }

    // ---- deploy and monitor

    private void checkDeploy(DeploySpec d, @Nullable TrainingSpec training) {
        name("deploy: endpoint", d.endpoint(), KEBAB, "lower-case letters, digits and hyphens");
        if (training == null) {
            add("deploy", "there is no model to deploy; add .train(…)");
        }
        if (d.canaryBasisPoints() <= 0 || d.canaryBasisPoints() > 10_000) {
            add("deploy", "a canary's share must be above 0 and at most 100 percent");
        }
        if (d.bakeMicros() < 0) {
            add("deploy", "the bake time is negative");
        }
        if (d.scaleOutP99Micros() < 0) {
            add("deploy", "scaleOutWhen: the latency is negative");
        }
        if (d.minReplicas() < 1 || d.maxReplicas() < d.minReplicas()) {
            add(
                    "deploy",
                    "replicas(" + d.minReplicas() + ", " + d.maxReplicas()
                            + "): the least must be at least 1 and not more than the most");
        } else if (d.maxReplicas() > d.minReplicas() && d.scaleOutP99Micros() == 0) {
            add(
                    "deploy",
                    "replicas(" + d.minReplicas() + ", " + d.maxReplicas()
                            + ") does not say when there shall be more; add .scaleOutWhen(p99().above(…))");
        } else if (d.maxReplicas() == d.minReplicas() && d.scaleOutP99Micros() > 0) {
            add("deploy", "scaleOutWhen(…) has no replicas to add; say how many there may be with .replicas(min, max)");
        }
    }

    private void checkMonitor(MonitorSpec m, @Nullable TrainingSpec training, @Nullable DeploySpec deploy) {
        if (deploy == null) {
            add("monitor", "there is nothing to watch; add .deploy(…)");
        }
        if (m.everyMicros() <= 0) {
            add("monitor", "every(…) must be positive");
        }
        if (!(m.psiAbove() > 0)) {
            add("monitor", "drift: the PSI must be above 0");
        }
        if (!(m.significance() > 0 && m.significance() < 1)) {
            add("monitor", "drift: the significance must lie between 0 and 1");
        }
        for (MonitorSpec.ThresholdSpec t : m.performance()) {
            if (training != null) {
                metricFits("monitor: performance", t.metric(), training);
            }
        }
        for (MonitorSpec.ActionSpec a : m.onBreach()) {
            if (a.breaches() < 1 || a.outOf() < a.breaches()) {
                add("monitor", "onBreach: " + a.breaches() + " out of " + a.outOf() + " windows can never happen");
            }
            if (a.cooldownMicros() < 0) {
                add("monitor", "onBreach: the cooldown is negative");
            }
        }
    }

    // ---- expressions

    private enum Kind {
        COMPUTED,
        ON_DEMAND,
        ENTITY,
        LABEL,
        ARGUMENT
    }

    /** Where an expression stands: what a bare column may be, and how to name the place. */
    private record Scope(
            String at, String stream, Kind kind, @Nullable ViewSpec view) {
        Scope(String at, String stream, Kind kind) {
            this(at, stream, kind, null);
        }
    }

    /** The type of an expression, or null if a mistake was found in it. */
    private @Nullable FieldType type(ExprSpec e, Scope scope) {
        if (e instanceof ExprSpec.Lit l) {
            return literalType(l, scope);
        }
        if (e instanceof ExprSpec.Col c) {
            return columnType(c, scope);
        }
        if (e instanceof ExprSpec.FeatureRef r) {
            return featureType(r, scope);
        }
        if (e instanceof ExprSpec.Aggregate a) {
            return aggregateType(a, scope);
        }
        ExprSpec.Call call = (ExprSpec.Call) e;
        List<FieldType> types = new ArrayList<>();
        boolean sound = true;
        for (ExprSpec arg : call.args()) {
            FieldType t = type(arg, scope);
            sound &= t != null;
            types.add(t == null ? FieldType.STRING : t);
        }
        if (call.args().size() != call.fn().arity()) {
            mistakes.add(scope.at() + ": " + call.fn() + " takes " + call.fn().arity() + " arguments, not "
                    + call.args().size());
            return null;
        }
        return sound ? callType(call, types, scope) : null;
    }

    private @Nullable FieldType literalType(ExprSpec.Lit l, Scope scope) {
        String value = l.value();
        String wrong = value == null
                ? null
                : RowText.parse(new Row(Schema.of(dev.isobar.event.Field.optional("literal", l.type()))), 0, value);
        if (wrong != null) {
            mistakes.add(scope.at() + ": a constant " + wrong);
            return null;
        }
        return l.type();
    }

    private @Nullable FieldType columnType(ExprSpec.Col c, Scope scope) {
        StreamSpec s = streams.get(c.stream());
        if (s == null) {
            mistakes.add(scope.at() + " reads stream '" + c.stream() + "', which the pipeline does not read"
                    + nearest(c.stream(), streams.keySet()) + "; add it to .ingest(…)");
            return null;
        }
        if (!c.stream().equals(scope.stream())) {
            String why = scope.kind() == Kind.ON_DEMAND || scope.kind() == Kind.ENTITY
                    ? "' of stream '" + c.stream() + "', which is not known when the decision on '" + scope.stream()
                            + "' is made: it would leak; aggregate it over a window instead"
                    : "' of stream '" + c.stream() + "', but only columns of '" + scope.stream() + "' can stand here";
            mistakes.add(scope.at() + " reads '" + c.column() + why);
            return null;
        }
        ColumnSpec column = find(s, c.column());
        if (column == null) {
            mistakes.add(
                    scope.at() + " reads column '" + c.column() + "', which stream '" + c.stream() + "' does not have"
                            + nearest(
                                    c.column(),
                                    s.columns().stream().map(ColumnSpec::name).toList()));
            return null;
        }
        return column.type();
    }

    private @Nullable FieldType featureType(ExprSpec.FeatureRef r, Scope scope) {
        if (scope.kind() != Kind.ENTITY && scope.kind() != Kind.ON_DEMAND) {
            mistakes.add(scope.at() + " reads feature '" + r.use() + "." + r.feature()
                    + "'; features can be read only by features");
            return null;
        }
        List<String> known = new ArrayList<>();
        for (ViewSpec.UseSpec use : spec.features()) {
            for (ViewSpec.FeatureSpec f : spec.view(use.view()).features()) {
                known.add(use.name() + "." + f.name());
            }
        }
        String wanted = r.use() + "." + r.feature();
        if (!known.contains(wanted)) {
            mistakes.add(scope.at() + " reads feature '" + wanted + "', which is not in the vector"
                    + nearest(wanted, known));
            return null;
        }
        return FieldType.FLOAT64;
    }

    private @Nullable FieldType aggregateType(ExprSpec.Aggregate a, Scope scope) {
        String word = a.fn().name().toLowerCase(java.util.Locale.ROOT);
        if (scope.kind() == Kind.ARGUMENT) {
            mistakes.add(scope.at() + ": an aggregation cannot stand inside another");
            return null;
        }
        if (scope.kind() == Kind.COMPUTED || scope.kind() == Kind.LABEL) {
            mistakes.add(scope.at() + ": " + word + " needs windows, which exist only in feature views");
            return null;
        }
        if (scope.kind() == Kind.ON_DEMAND) {
            mistakes.add(scope.at() + ": " + word + " over a window needs an entity; put it in a view with .entity(…)");
            return null;
        }
        StreamSpec s = streams.get(a.stream());
        if (s == null) {
            mistakes.add(
                    scope.at() + ": " + word + " reads stream '" + a.stream() + "', which the pipeline does not read"
                            + nearest(a.stream(), streams.keySet()) + "; add it to .ingest(…)");
            return null;
        }
        if (s.eventTime().isEmpty()) {
            mistakes.add(scope.at() + ": a window over stream '" + s.name()
                    + "' needs an event time, and the stream has none; mark a timestamp column with .eventTime()");
        }
        if (a.windowMicros() <= 0) {
            mistakes.add(scope.at() + ": the window's length must be positive");
        }
        if (a.includingCurrent() && !a.stream().equals(spec.decisions())) {
            mistakes.add(scope.at() + ": includingCurrent() makes sense only over '" + spec.decisions()
                    + "', whose event triggers the vector, not over '" + a.stream() + "'");
        }
        ViewSpec view = scope.view();
        String entity = view == null ? null : view.entity();
        if (entity != null) {
            for (ViewSpec.EntitySpec en : spec.entities()) {
                if (en.name().equals(entity) && !en.keys().containsKey(a.stream())) {
                    mistakes.add(scope.at() + ": entity '" + entity + "' is not mapped to a column of stream '"
                            + a.stream() + "'; add it to .keyedBy(…)");
                }
            }
        }
        ExprSpec argument = a.argument();
        if (argument == null) {
            if (a.fn() != AggregateFn.COUNT) {
                mistakes.add(scope.at() + ": " + word + " needs an argument");
                return null;
            }
            return FieldType.FLOAT64;
        }
        FieldType type = type(argument, new Scope(scope.at(), a.stream(), Kind.ARGUMENT));
        if (type == null) {
            return null;
        }
        boolean fits = switch (a.fn()) {
            case COUNT, APPROX_DISTINCT -> true;
            case SHARE -> type == FieldType.BOOL;
            case LAST -> type.isNumeric() || type == FieldType.BOOL;
            case SUM, MEAN, MIN, MAX, STDDEV -> type.isNumeric();
        };
        if (!fits) {
            mistakes.add(scope.at() + ": " + word + " cannot be taken of " + noun(type));
            return null;
        }
        return FieldType.FLOAT64;
    }

    private @Nullable FieldType callType(ExprSpec.Call call, List<FieldType> types, Scope scope) {
        FieldType a = types.get(0);
        FieldType b = types.size() > 1 ? types.get(1) : a;
        Fn fn = call.fn();
        FieldType wide = a == FieldType.FLOAT64 || b == FieldType.FLOAT64 ? FieldType.FLOAT64 : FieldType.INT64;
        FieldType result = switch (fn) {
            case ADD, SUBTRACT, MULTIPLY -> a.isNumeric() && b.isNumeric() ? wide : null;
            case DIVIDE -> a.isNumeric() && b.isNumeric() ? FieldType.FLOAT64 : null;
            case DIV -> a.isIntegral() && b.isIntegral() ? FieldType.INT64 : null;
            case NEGATE, ABS -> a.isNumeric() ? wide : null;
            case TO_FLOAT64 -> a.isNumeric() ? FieldType.FLOAT64 : null;
            case EQ, NE, LT, LE, GT, GE -> a == b || (a.isNumeric() && b.isNumeric()) ? FieldType.BOOL : null;
            case AND, OR -> a == FieldType.BOOL && b == FieldType.BOOL ? FieldType.BOOL : null;
            case NOT -> a == FieldType.BOOL ? FieldType.BOOL : null;
            case IS_NULL -> FieldType.BOOL;
            case COALESCE -> a == b ? a : a.isNumeric() && b.isNumeric() ? wide : null;
            case IF -> {
                FieldType c = types.get(2);
                boolean numeric = b.isNumeric() && c.isNumeric();
                FieldType joined =
                        b == FieldType.FLOAT64 || c == FieldType.FLOAT64 ? FieldType.FLOAT64 : FieldType.INT64;
                yield a != FieldType.BOOL ? null : b == c ? b : numeric ? joined : null;
            }
            case PLUS_MINUTES -> a.isTemporal() && b.isIntegral() ? a : null;
            case MINUTE_OF_DAY, HOUR_OF_DAY, DAY_OF_WEEK -> a.isTemporal() ? FieldType.INT32 : null;
            case AT_ZONE -> a == FieldType.TIMESTAMP && b == FieldType.STRING ? FieldType.LOCAL_TIMESTAMP : null;
        };
        if (result == null) {
            mistakes.add(scope.at() + ": " + fn + " is not defined on "
                    + String.join(" and ", types.stream().map(Validation::noun).toList()));
        }
        if (fn == Fn.AT_ZONE) {
            checkZone(call.args().get(1), scope);
        }
        return result;
    }

    private void checkZone(ExprSpec zone, Scope scope) {
        String id = zone instanceof ExprSpec.Lit l ? l.value() : null;
        if (id == null) {
            mistakes.add(scope.at() + ": the zone of AT_ZONE must be a constant");
            return;
        }
        try {
            ZoneId.of(id);
        } catch (DateTimeException e) {
            mistakes.add(
                    scope.at() + ": there is no time zone '" + id + "'" + nearest(id, ZoneId.getAvailableZoneIds()));
        }
    }

    // ---- small things

    private @Nullable ColumnSpec find(StreamSpec s, String column) {
        return s.columns().stream()
                .filter(c -> c.name().equals(column))
                .findFirst()
                .orElse(null);
    }

    private static void collectColumns(ExprSpec e, Set<String> into) {
        if (e instanceof ExprSpec.Col c) {
            into.add(c.column());
        } else if (e instanceof ExprSpec.Call call) {
            call.args().forEach(a -> collectColumns(a, into));
        }
    }

    private void collectFeatures(ExprSpec e, Set<String> into) {
        if (e instanceof ExprSpec.FeatureRef r) {
            // A role is a view under another name: dependencies are between views' features.
            String view = spec.features().stream()
                    .filter(u -> u.name().equals(r.use()))
                    .map(ViewSpec.UseSpec::view)
                    .findFirst()
                    .orElse(r.use());
            into.add(view + "." + r.feature());
        } else if (e instanceof ExprSpec.Call call) {
            call.args().forEach(a -> collectFeatures(a, into));
        }
    }

    private static @Nullable List<String> cycle(
            String at, Map<String, Set<String>> edges, List<String> path, Set<String> sound) {
        if (sound.contains(at)) {
            return null;
        }
        int seen = path.indexOf(at);
        if (seen >= 0) {
            List<String> cycle = new ArrayList<>(path.subList(seen, path.size()));
            cycle.add(at);
            return cycle;
        }
        path.add(at);
        for (String next : edges.getOrDefault(at, Set.of())) {
            List<String> found = cycle(next, edges, path, sound);
            if (found != null) {
                return found;
            }
        }
        path.remove(path.size() - 1);
        sound.add(at);
        return null;
    }

    private void name(String what, String name, Pattern pattern, String rule) {
        if (!pattern.matcher(name).matches()) {
            mistakes.add(what + " '" + name + "' is not a name: use " + rule + ", a letter first, at most 63");
        }
    }

    private void add(String step, String sentence) {
        mistakes.add(step + ": " + sentence);
    }

    private static String nearest(String name, Collection<String> candidates) {
        return Names.nearest(name, candidates)
                .map(n -> "; did you mean '" + n + "'?")
                .orElse("");
    }

    private static String trim(double d) {
        return d == Math.rint(d) ? Long.toString((long) d) : Double.toString(d);
    }

    private static String noun(FieldType type) {
        return switch (type) {
            case STRING -> "text";
            case INT32, INT64 -> "a whole number";
            case FLOAT64 -> "a number";
            case BOOL -> "true/false";
            case TIMESTAMP -> "an instant";
            case LOCAL_TIMESTAMP -> "a local time";
        };
    }
}
