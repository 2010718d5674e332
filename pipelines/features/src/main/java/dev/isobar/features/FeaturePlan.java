package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.expression.ExpressionCompiler;
import dev.isobar.features.expression.Kind;
import dev.isobar.features.expression.Node;
import dev.isobar.features.expression.References;
import dev.isobar.features.state.ContentHash;
import dev.isobar.features.state.EventLayout;
import dev.isobar.features.state.LogCodec;
import dev.isobar.features.window.Argument;
import dev.isobar.features.window.ArgumentNode;
import dev.isobar.features.window.WindowScan;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline's features need, compiled from its spec once. Immutable, thread safe, to be shared by all kernels and evaluators.
 *
 * @since 0.1
 */
public final class FeaturePlan {
    /** A stream whose events are kept under one of their keys: one word per argument. */
    record StreamState(
            String name,
            StreamSpec spec,
            Schema schema,
            KeyReader key,
            List<ArgumentNode> arguments,
            EventLayout layout,
            ContentHash content,
            long longestWindow) {}

    /** A distinct way to find a key in a decision. Uses with the same columns share one. */
    record Role(KeyReader reader, List<WindowScan> scans) {}

    /** A feature that is more than an aggregate, in an order in which what it refers to is there. */
    record Step(int column, Node node) {}

    private final String decisions;
    private final Schema decisionSchema;
    private final List<FeatureColumn> columns;
    private final List<StreamState> states;
    private final List<String> streams;
    private final List<Role> roles;
    private final List<Use> uses;
    private final int[] roleOfUse;
    private final List<Step> steps;
    private final List<LogCodec> codecs;
    private final int aggregates;
    private final long maxWindow;
    private final String fingerprint;

    private FeaturePlan(Compilation c) {
        this.decisions = c.spec.decisions();
        this.decisionSchema = c.decisionSchema;
        this.columns = List.copyOf(c.columns);
        this.states = c.states();
        this.streams = states.stream().map(StreamState::name).toList();
        this.roles = c.roles();
        this.uses = List.copyOf(c.uses);
        this.roleOfUse = c.roleOfUse.stream().mapToInt(Integer::intValue).toArray();
        this.steps = List.copyOf(c.steps);
        this.codecs = states.stream().map(x -> new LogCodec(x.layout())).toList();
        this.aggregates = c.aggregates;
        this.maxWindow =
                states.stream().mapToLong(StreamState::longestWindow).max().orElse(0);
        this.fingerprint = c.fingerprint();
    }

    /**
     * Compiles the features of a pipeline.
     *
     * @throws dev.isobar.error.IsobarException {@code INVALID_PIPELINE}: unknown names, types that do not fit, a cycle of features, an entity that
     *     is not mapped to a stream its windows read
     */
    public static FeaturePlan compile(PipelineSpec spec) {
        Compilation c = new Compilation(spec);
        c.run();
        return new FeaturePlan(c);
    }

    /** The columns of a stream that are compared themselves when two copies of an id meet: they are no content. */
    static Set<String> identity(StreamSpec stream, List<String> key) {
        Set<String> columns = new HashSet<>(key);
        columns.add(stream.id());
        columns.add(stream.eventTime());
        if (stream.availableTime() != null) {
            columns.add(stream.availableTime());
        }
        return columns;
    }

    /** The columns in vector order. */
    public List<FeatureColumn> columns() {
        return columns;
    }

    /** How many columns the vector has. */
    public int size() {
        return columns.size();
    }

    /**
     * The streams whose events are kept as state, in the order of the spec; a stream's index here is its number everywhere in this package. A
     * stream that an entity keeps by other columns than the stream's own key stands here once more, as {@code stream@column}.
     */
    public List<String> streams() {
        return streams;
    }

    /** The numbers under which an event of a stream of the spec is to be accepted; empty if no window reads it. */
    public int[] statesOf(String stream) {
        return IntStream.range(0, states.size())
                .filter(i -> states.get(i).spec().name().equals(stream))
                .toArray();
    }

    /** The key under which a numbered stream keeps an event, in the form of {@code Event.key}; null if a column of it is null: nobody asks for such. */
    public @Nullable String key(int stream, Row event) {
        return states.get(stream).key().read(event);
    }

    /** A stream's number, or −1 if no window reads it. */
    public int stream(String name) {
        return streams.indexOf(name);
    }

    /** The stream whose events are decisions. */
    public String decisions() {
        return decisions;
    }

    /** The columns of a decision. */
    public Schema decisionSchema() {
        return decisionSchema;
    }

    /** The columns of a stream's events. */
    public Schema streamSchema(int stream) {
        return states.get(stream).schema();
    }

    /** The longest window of all, microseconds; 0 if there is none. */
    public long maxWindowMicros() {
        return maxWindow;
    }

    /** The uses that read state, in vector order; on-demand views are not among them. */
    public List<Use> uses() {
        return uses;
    }

    /** Identifies the layout of state: states of plans with equal fingerprints can be exchanged. 16 hexadecimal digits. */
    public String stateFingerprint() {
        return fingerprint;
    }

    /** Whether every key is read from one integer column, so that keys need not be texts. */
    boolean numericKeys() {
        return states.stream().allMatch(x -> x.key().numeric())
                && roles.stream().allMatch(r -> r.reader().numeric());
    }

    /** Whether decisions have integers as ids. */
    boolean numericIds() {
        for (StreamState x : states) {
            if (x.spec().name().equals(decisions)) {
                return x.layout().numericIds();
            }
        }
        return false;
    }

    StreamState state(int stream) {
        return states.get(stream);
    }

    List<Role> roleList() {
        return roles;
    }

    int roleOf(int use) {
        return roleOfUse[use];
    }

    List<Step> steps() {
        return steps;
    }

    /** How many values a computation needs room for: the columns, then aggregates inside other expressions. */
    int values() {
        return columns.size() + aggregates;
    }

    LogCodec codec(int stream) {
        return codecs.get(stream);
    }

    /** The work of compiling; gone afterwards. */
    private static final class Compilation {
        private final PipelineSpec spec;
        private final Schema decisionSchema;
        private final Map<String, StreamDraft> drafts = new LinkedHashMap<>();
        private final List<RoleDraft> roleDrafts = new ArrayList<>();
        private final Map<List<String>, Integer> roleByColumns = new HashMap<>();
        private final List<Use> uses = new ArrayList<>();
        private final List<Integer> roleOfUse = new ArrayList<>();
        private final List<FeatureColumn> columns = new ArrayList<>();
        private final List<Step> steps = new ArrayList<>();
        private final List<Feature> features = new ArrayList<>();
        private final Map<String, Integer> featureByName = new HashMap<>();
        private int aggregates;

        Compilation(PipelineSpec spec) {
            this.spec = spec;
            this.decisionSchema =
                    streamSpec(spec.decisions(), "The pipeline's decisions").schema();
        }

        private static final class StreamDraft {
            private final StreamSpec spec;
            private final List<String> key;
            private final Schema schema;
            private final Map<ExprSpec, Integer> slots = new LinkedHashMap<>();
            private final List<ArgumentNode> arguments = new ArrayList<>();
            private long longest;

            StreamDraft(StreamSpec spec, List<String> key) {
                this.spec = spec;
                this.key = key;
                this.schema = spec.schema();
            }

            EventLayout layout(ContentHash content) {
                int[] hashed = content.slots();
                int[] slotOf = new int[hashed.length];
                boolean all = true;
                for (int i = 0; i < hashed.length; i++) {
                    Integer slot = slots.get(new ExprSpec.Col(
                            spec.name(), schema.field(hashed[i]).name()));
                    all &= slot != null;
                    slotOf[i] = slot == null ? -1 : slot;
                }
                boolean[] integers = new boolean[arguments.size()];
                for (int i = 0; i < integers.length; i++) {
                    integers[i] = arguments.get(i).argument() == Argument.INTEGER;
                }
                FieldType id = schema.field(schema.require(spec.id())).type();
                return new EventLayout(id == FieldType.INT64 || id == FieldType.INT32, integers, all ? slotOf : null);
            }

            String name() {
                return key.equals(spec.key()) ? spec.name() : spec.name() + "@" + String.join("+", key);
            }
        }

        private static final class RoleDraft {
            private final KeyReader reader;
            private final List<WindowScan.Builder> scans = new ArrayList<>();
            private final Map<ExprSpec.Aggregate, Integer> targets = new HashMap<>();

            RoleDraft(KeyReader reader) {
                this.reader = reader;
            }
        }

        private static final class Feature {
            private final ViewSpec.UseSpec use;
            private final ViewSpec view;
            private final ViewSpec.FeatureSpec spec;
            private final int column;
            private final @Nullable RoleDraft role;
            private final String name;
            private String version = "";
            private final TreeSet<String> lineage = new TreeSet<>();
            private int visit;
            /** Where its value is if it is nothing but an aggregate. */
            private int aggregate = -1;

            Feature(
                    ViewSpec.UseSpec use,
                    ViewSpec view,
                    ViewSpec.FeatureSpec spec,
                    int column,
                    @Nullable RoleDraft role) {
                this.use = use;
                this.view = view;
                this.spec = spec;
                this.column = column;
                this.role = role;
                this.name = use.name() + "." + spec.name();
            }
        }

        void run() {
            // Numbered in the order of the spec, whatever feature needs a stream first.
            TreeMap<String, StreamDraft> found = new TreeMap<>();
            for (ViewSpec.UseSpec use : spec.features()) {
                for (ViewSpec.FeatureSpec f : view(use).features()) {
                    streamsOf(f.expression(), use, found);
                }
            }
            Map<String, StreamDraft> used = new LinkedHashMap<>();
            for (StreamSpec s : spec.streams()) {
                found.forEach((name, draft) -> {
                    if (draft.spec.equals(s)) {
                        used.put(name, draft);
                    }
                });
            }
            used.forEach(drafts::put);

            for (ViewSpec.UseSpec use : spec.features()) {
                ViewSpec view = view(use);
                RoleDraft role = view.entity() == null ? null : role(use, view.entity());
                for (ViewSpec.FeatureSpec f : view.features()) {
                    Feature feature = new Feature(use, view, f, features.size(), role);
                    features.add(feature);
                    if (featureByName.put(feature.name, feature.column) != null) {
                        throw Wrong.pipeline(
                                "Two features are named '" + feature.name + "'.", "Rename one, or one of the uses.");
                    }
                }
            }
            features.forEach(this::visit);
            for (Feature f : features) {
                columns.add(new FeatureColumn(f.name, f.use.name(), f.spec.name(), f.version, List.copyOf(f.lineage)));
            }
        }

        private void visit(Feature f) {
            if (f.visit == 2) {
                return;
            }
            if (f.visit == 1) {
                throw Wrong.pipeline(
                        "Feature '" + f.name + "' refers to itself, through other features or directly.",
                        "Break the cycle.");
            }
            f.visit = 1;
            TreeMap<String, Object> identity = new TreeMap<>();
            List<String> versions = new ArrayList<>();
            Node node = new ExpressionCompiler(
                            decisionSchema,
                            spec.decisions(),
                            new References() {
                                @Override
                                public int aggregate(ExprSpec.Aggregate a) {
                                    int target = target(f, a);
                                    if (a.equals(f.spec.expression())) {
                                        f.aggregate = target;
                                    }
                                    return target;
                                }

                                @Override
                                public int feature(ExprSpec.FeatureRef r) {
                                    String name = r.use() + "." + r.feature();
                                    Integer column = featureByName.get(name);
                                    if (column == null) {
                                        throw Wrong.pipeline(
                                                "Feature '" + f.name + "' refers to '" + name
                                                        + "', which is not in the vector.",
                                                "Features are "
                                                        + String.join(", ", new TreeSet<>(featureByName.keySet()))
                                                        + ".");
                                    }
                                    Feature other = features.get(column);
                                    visit(other);
                                    versions.add(other.version);
                                    f.lineage.addAll(other.lineage);
                                    return column;
                                }
                            },
                            "Feature '" + f.name + "'")
                    .compile(f.spec.expression());
            if (node.kind() != Kind.INT && node.kind() != Kind.FLOAT && node.kind() != Kind.BOOL) {
                throw Wrong.pipeline(
                        "Feature '" + f.name + "' is " + node.kind().fieldType() + ", which is no number.",
                        "Make it a number or a condition, such as minuteOfDay of a time.");
            }
            ExpressionCompiler.lineage(f.spec.expression(), f.lineage);
            TreeMap<String, Object> read = new TreeMap<>();
            for (String column : f.lineage) {
                int dot = column.indexOf('.');
                for (StreamSpec s : spec.streams()) {
                    if (column.substring(0, dot).equals(s.name())) {
                        s.columns().stream()
                                .filter(c -> c.name().equals(column.substring(dot + 1)))
                                .forEach(c -> read.put(column, c));
                    }
                }
            }
            TreeMap<String, StreamDraft> windowed = new TreeMap<>();
            streamsOf(f.spec.expression(), f.use, windowed);
            TreeMap<String, Object> times = new TreeMap<>();
            windowed.forEach((name, draft) -> {
                StreamSpec stream = draft.spec;
                times.put(
                        name,
                        List.of(
                                draft.key,
                                stream.eventTime(),
                                String.valueOf(stream.availableTime()),
                                stream.allowedLatenessMicros()));
            });
            identity.put("expression", f.spec.expression());
            identity.put("key", f.use.key());
            identity.put("columns", read);
            identity.put("streams", times);
            identity.put("features", versions);
            f.version = SpecJson.hash((Object) identity);
            if (f.aggregate != f.column) {
                steps.add(new Step(f.column, node));
            }
            f.visit = 2;
        }

        private int target(Feature f, ExprSpec.Aggregate a) {
            RoleDraft role = f.role;
            String state = f.view.entity() == null ? "" : stateName(a.stream(), f.use);
            StreamDraft draft = drafts.get(state);
            if (role == null || draft == null) {
                throw Wrong.pipeline(
                        "Feature '" + f.name + "' has a window, but its view '" + f.view.name() + "' has no entity.",
                        "Give the view an entity, or move the feature to a view that has one.");
            }
            String place = "The " + a.fn() + " over '" + a.stream() + "' in feature '" + f.name + "'";
            if (a.windowMicros() <= 0) {
                throw Wrong.pipeline(
                        place + " has a window of " + a.windowMicros() + " µs.", "Windows are longer than 0.");
            }
            if (a.includingCurrent() && !a.stream().equals(spec.decisions())) {
                throw Wrong.pipeline(
                        place + " includes the current event, which is one of '" + spec.decisions() + "'.",
                        "Only windows over the decisions' own stream can include it.");
            }
            ExprSpec argument = a.argument();
            if (argument == null && a.fn() != AggregateFn.COUNT) {
                throw Wrong.pipeline(place + " has no argument.", "Only a count can do without.");
            }
            Integer known = role.targets.get(a);
            if (known != null) {
                return known;
            }
            int slot = -1;
            ArgumentNode node = null;
            if (argument != null) {
                Integer had = draft.slots.get(argument);
                if (had == null) {
                    had = draft.arguments.size();
                    draft.arguments.add(new ArgumentNode(
                            new ExpressionCompiler(draft.schema, a.stream(), null, place).compile(argument)));
                    draft.slots.put(argument, had);
                }
                slot = had;
                node = draft.arguments.get(slot);
                check(a.fn(), node.kind(), place);
            }
            WindowScan.Builder scan = null;
            int number = List.copyOf(drafts.keySet()).indexOf(state);
            for (WindowScan.Builder b : role.scans) {
                if (b.stream() == number && b.withCurrent() == a.includingCurrent()) {
                    scan = b;
                }
            }
            if (scan == null) {
                scan = new WindowScan.Builder(number, a.includingCurrent());
                role.scans.add(scan);
            }
            // A feature that is nothing but an aggregate is computed where its value belongs.
            int target = a.equals(f.spec.expression()) ? f.column : features.size() + aggregates++;
            scan.add(a.fn(), slot, node, a.windowMicros(), target);
            role.targets.put(a, target);
            draft.longest = Math.max(draft.longest, a.windowMicros());
            return target;
        }

        private static void check(AggregateFn fn, Kind kind, String place) {
            boolean number = kind == Kind.INT || kind == Kind.FLOAT;
            boolean fits = switch (fn) {
                case COUNT, APPROX_DISTINCT -> true;
                case SHARE -> kind == Kind.BOOL;
                case LAST -> number || kind == Kind.BOOL;
                case SUM, MEAN, MIN, MAX, STDDEV -> number;
            };
            if (!fits) {
                throw Wrong.pipeline(
                        place + " is over " + kind.fieldType() + ".",
                        fn == AggregateFn.SHARE ? "It takes a condition." : "It takes numbers.");
            }
        }

        private RoleDraft role(ViewSpec.UseSpec use, String entityName) {
            ViewSpec.EntitySpec entity = entity(entityName, use);
            for (String column : use.key()) {
                if (decisionSchema.slot(column) < 0) {
                    throw Wrong.pipeline(
                            "Use '" + use.name() + "' takes its key from column '" + column + "', which '"
                                    + spec.decisions() + "' does not have.",
                            "Name columns of '" + spec.decisions() + "'.");
                }
            }
            if (use.key().isEmpty()) {
                throw Wrong.pipeline(
                        "Use '" + use.name() + "' has no key.", "Name the decision's columns that hold it.");
            }
            Integer index = roleByColumns.get(use.key());
            if (index == null) {
                index = roleDrafts.size();
                roleDrafts.add(new RoleDraft(new KeyReader(decisionSchema, use.key())));
                roleByColumns.put(use.key(), index);
            }
            RoleDraft role = roleDrafts.get(index);
            uses.add(new Use(use.name(), entity.name(), use.key(), role.reader));
            roleOfUse.add(index);
            return role;
        }

        private void streamsOf(ExprSpec e, ViewSpec.UseSpec use, TreeMap<String, StreamDraft> into) {
            if (e instanceof ExprSpec.Call c) {
                c.args().forEach(a -> streamsOf(a, use, into));
            } else if (e instanceof ExprSpec.Aggregate a) {
                StreamSpec stream = streamSpec(a.stream(), "A window of use '" + use.name() + "'");
                if (view(use).entity() != null) {
                    into.putIfAbsent(stateName(a.stream(), use), new StreamDraft(stream, entityKey(stream, use)));
                }
            }
        }

        /** The columns by which a use's entity keeps a stream. */
        private List<String> entityKey(StreamSpec stream, ViewSpec.UseSpec use) {
            String entity = String.valueOf(view(use).entity());
            List<String> key = entity(entity, use).keys().get(stream.name());
            if (key == null || key.isEmpty()) {
                throw Wrong.pipeline(
                        "View '" + use.view() + "' has a window over '" + stream.name() + "', but entity '" + entity
                                + "' is not mapped there.",
                        "Map the entity to the columns of '" + stream.name() + "' that hold its key.");
            }
            return key;
        }

        private String stateName(String streamName, ViewSpec.UseSpec use) {
            StreamSpec stream = streamSpec(streamName, "A window of use '" + use.name() + "'");
            return new StreamDraft(stream, entityKey(stream, use)).name();
        }

        private ViewSpec view(ViewSpec.UseSpec use) {
            return spec.views().stream()
                    .filter(v -> v.name().equals(use.view()))
                    .findFirst()
                    .orElseThrow(() -> Wrong.pipeline(
                            "Use '" + use.name() + "' names view '" + use.view() + "', which is not there.",
                            "Declare the view."));
        }

        private ViewSpec.EntitySpec entity(String name, ViewSpec.UseSpec use) {
            return spec.entities().stream()
                    .filter(x -> x.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> Wrong.pipeline(
                            "View '" + use.view() + "' names entity '" + name + "', which is not there.",
                            "Declare the entity."));
        }

        private StreamSpec streamSpec(String name, String who) {
            return spec.streams().stream()
                    .filter(x -> x.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> Wrong.pipeline(
                            who + " names stream '" + name + "', which is not there.", "Declare the stream."));
        }

        List<StreamState> states() {
            return drafts.values().stream()
                    .map(d -> {
                        ContentHash content = new ContentHash(d.schema, identity(d.spec, d.key));
                        return new StreamState(
                                d.name(),
                                d.spec,
                                d.schema,
                                new KeyReader(d.schema, d.key),
                                List.copyOf(d.arguments),
                                d.layout(content),
                                content,
                                d.longest);
                    })
                    .toList();
        }

        List<Role> roles() {
            int[] scans = new int[drafts.size()];
            return roleDrafts.stream()
                    .map(r -> new Role(
                            r.reader,
                            r.scans.stream()
                                    .map(b -> b.build(scans[b.stream()]++))
                                    .toList()))
                    .toList();
        }

        String fingerprint() {
            List<Object> layout = new ArrayList<>();
            drafts.forEach((name, d) -> {
                layout.add(name);
                layout.add(d.spec.columns());
                layout.add(List.copyOf(d.slots.keySet()));
            });
            return SpecJson.hash((Object) layout).substring(0, 16);
        }
    }
}
