package dev.isobar.pipeline;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A finished pipeline: its spec and its version. Immutable. {@link #named} starts one.
 *
 * @param spec what it does
 * @param version SHA-256 over the spec, 64 hexadecimal digits
 * @since 0.1
 */
public record Pipeline(PipelineSpec spec, String version) {
    /** Starts a pipeline: {@code [a-z][a-z0-9-]*}. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** Collects the five steps. Not thread safe. */
    public static final class Builder {
        private final String name;
        private final Map<String, String> labels = new TreeMap<>();
        private final List<Stream> streams = new ArrayList<>();
        private final List<FeatureView.Role> features = new ArrayList<>();
        private @Nullable Stream decisions;
        private @Nullable Training training;
        private @Nullable Endpoint endpoint;
        private @Nullable Monitor monitor;

        private Builder(String name) {
            this.name = name;
        }

        /** Who answers for it. */
        public Builder owner(String value) {
            labels.put("owner", value);
            return this;
        }

        /** The streams it reads. */
        public Builder ingest(Stream... more) {
            streams.addAll(Arrays.asList(more));
            return this;
        }

        /** The stream whose events ask for a prediction; needed only where no training names it. */
        public Builder decideOn(Stream stream) {
            this.decisions = stream;
            return this;
        }

        /** The feature vector, in order. */
        public Builder features(FeatureUse... more) {
            for (FeatureUse use : more) {
                features.add(use.asRole());
            }
            return this;
        }

        /** How the model is trained. */
        public Builder train(Training value) {
            this.training = value;
            return this;
        }

        /** Where it is served. */
        public Builder deploy(Endpoint value) {
            this.endpoint = value;
            return this;
        }

        /** What is watched. */
        public Builder monitor(Monitor value) {
            this.monitor = value;
            return this;
        }

        /**
         * Checks everything and builds.
         *
         * @throws IsobarException {@code INVALID_PIPELINE} with every mistake found, one a line
         */
        public Pipeline build() {
            List<String> mistakes = new ArrayList<>();
            streams.forEach(s -> mistakes.addAll(s.mistakes()));
            PipelineSpec spec = draft(mistakes);
            mistakes.addAll(new Validation(spec).mistakes());
            if (!mistakes.isEmpty()) {
                Set<String> distinct = new LinkedHashSet<>(mistakes);
                throw IsobarException.of(
                                ErrorCode.INVALID_PIPELINE,
                                "Pipeline '" + name + "' has " + distinct.size()
                                        + (distinct.size() == 1 ? " mistake:" : " mistakes:") + "\n  - "
                                        + String.join("\n  - ", distinct))
                        .hint("Correct the definition and build it again; nothing has run.")
                        .resource(name)
                        .build();
            }
            return new Pipeline(spec, SpecJson.version(spec));
        }

        private PipelineSpec draft(List<String> mistakes) {
            String decisionStream = decisionStream(mistakes);
            List<StreamSpec> streamSpecs =
                    streams.stream().map(Stream::declaration).toList();
            Map<String, SourceSpec> sources = new LinkedHashMap<>();
            for (Stream s : streams) {
                Source source = s.source();
                if (source != null) {
                    SourceSpec declared = source.declaration();
                    SourceSpec before = sources.put(source.name(), declared);
                    if (before != null && !before.equals(declared)) {
                        mistakes.add("ingest: two different sources are called '" + source.name() + "'");
                    }
                }
            }
            Map<String, ViewSpec> views = new LinkedHashMap<>();
            Map<String, ViewSpec.EntitySpec> entities = new LinkedHashMap<>();
            List<ViewSpec.UseSpec> uses = new ArrayList<>();
            for (FeatureView.Role role : features) {
                FeatureView view = role.view();
                ViewSpec declared = view.declaration();
                ViewSpec before = views.put(view.name(), declared);
                if (before != null && !before.equals(declared)) {
                    mistakes.add("features: two different views are called '" + view.name() + "'");
                }
                Entity entity = view.entity();
                if (entity == null && !view.isOnDemand()) {
                    mistakes.add("features: view '" + view.name()
                            + "' has no entity; add .entity(…), or .onDemand() if it only reads the request");
                }
                if (entity != null && view.isOnDemand()) {
                    mistakes.add("features: view '" + view.name()
                            + "' is on demand and has an entity; it can be only one of the two");
                }
                Map<String, List<String>> keys = new TreeMap<>();
                if (entity != null) {
                    for (Column<?> c : entity.columns()) {
                        keys.computeIfAbsent(c.stream().name(), s -> new ArrayList<>())
                                .add(c.name());
                    }
                    ViewSpec.EntitySpec mapped = new ViewSpec.EntitySpec(entity.name(), keys);
                    ViewSpec.EntitySpec other = entities.put(entity.name(), mapped);
                    if (other != null && !other.equals(mapped)) {
                        mistakes.add("features: two different entities are called '" + entity.name() + "'");
                    }
                }
                uses.add(new ViewSpec.UseSpec(role.role(), view.name(), lookup(role, keys, decisionStream, mistakes)));
            }
            Training t = training;
            Endpoint e = endpoint;
            Monitor m = monitor;
            MonitorSpec monitorSpec = m == null ? null : m.declaration();
            return new PipelineSpec(
                    name,
                    Map.copyOf(labels),
                    List.copyOf(sources.values()),
                    streamSpecs,
                    List.copyOf(entities.values()),
                    List.copyOf(views.values()),
                    decisionStream,
                    uses,
                    t == null ? null : t.declaration(decisionStream),
                    e == null ? null : e.declaration(),
                    monitorSpec);
        }

        private static List<String> lookup(
                FeatureView.Role role,
                Map<String, List<String>> entityKeys,
                String decisionStream,
                List<String> mistakes) {
            List<Column<?>> key = role.key();
            if (key == null) {
                return entityKeys.getOrDefault(decisionStream, List.of());
            }
            for (Column<?> c : key) {
                if (!c.stream().name().equals(decisionStream)) {
                    mistakes.add("features: '" + role.role() + "' is looked up by '" + c.name() + "' of stream '"
                            + c.stream().name() + "', but decisions are made on '" + decisionStream
                            + "'; use a column of that stream");
                }
            }
            if (role.view().isOnDemand()) {
                mistakes.add("features: view '" + role.view().name()
                        + "' is on demand and has nothing to look up; use it without .of(…)");
            }
            return key.stream().map(Column::name).toList();
        }

        private String decisionStream(List<String> mistakes) {
            Training t = training;
            Column<?> joinedOn = t == null ? null : t.joinedOn;
            Stream explicit = decisions;
            if (joinedOn != null) {
                if (explicit != null && explicit != joinedOn.stream()) {
                    mistakes.add("train: joinedOn names a column of '"
                            + joinedOn.stream().name() + "', but decideOn says '" + explicit.name() + "'");
                }
                return joinedOn.stream().name();
            }
            if (explicit != null) {
                return explicit.name();
            }
            if (streams.size() == 1) {
                return streams.get(0).name();
            }
            mistakes.add(
                    "features: it is not said which stream's events ask for a prediction; add .decideOn(stream) or Training.joinedOn(column)");
            return streams.isEmpty() ? "" : streams.get(0).name();
        }
    }
}
