package dev.isobar.runtime.backfill;

import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.port.ParquetFiles;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.ingest.HistoryReader;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a backfill reads: the streams of the pipeline that matter, each with its files, and decisions from a file as one more. Immutable.
 *
 * @param all in the order in which they are numbered
 * @param labels columns that decisions from a file bring along
 */
record Inputs(List<Input> all, List<Field> labels) {
    /** How decisions from files of their own are called where streams are. */
    static final String DECISIONS = "--labels";

    /**
     * A stream.
     *
     * @param name what people know it by
     * @param spec its shape; decisions from a file have their labels as further columns
     * @param states its numbers in the plan
     * @param decides whether its events are the decisions
     * @param labels whether its events bring the labels of the pipeline
     */
    record Input(String name, StreamSpec spec, List<Path> files, int[] states, boolean decides, boolean labels) {
        @Override
        public boolean equals(@Nullable Object o) {
            return this == o;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Finds out what the request asks for. */
    static Inputs of(BackfillRequest request, FeaturePlan plan, @Nullable ParquetFiles parquet) {
        PipelineSpec spec = request.pipeline().spec();
        checkNames(request, spec);
        TrainingSpec training = spec.training();
        boolean own = request.decisions().isEmpty();
        String labelStream = own && training != null && !request.everyDecision() ? training.labelStream() : null;
        List<Input> all = new ArrayList<>();
        for (StreamSpec s : spec.streams()) {
            int[] states = plan.statesOf(s.name());
            boolean decides = own && s.name().equals(spec.decisions());
            boolean labels = s.name().equals(labelStream);
            if (states.length > 0 || decides || labels) {
                all.add(new Input(s.name(), s, files(request, spec, s), states, decides, labels));
            }
        }
        if (own) {
            if (!request.labels().isEmpty()) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT, "Label columns were named and no file of decisions")
                        .resource("--label")
                        .hint("Say where decisions with these columns are: --labels FILE.")
                        .build();
            }
            return new Inputs(all, List.of());
        }
        if (request.everyDecision()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT, "Decisions from a file are all taken, whatever their labels")
                    .resource("--every-decision")
                    .hint("Leave --every-decision out, or --labels.")
                    .build();
        }
        StreamSpec decisions = spec.stream(spec.decisions());
        List<Field> labels = labels(request, plan, decisions, parquet);
        all.add(new Input(DECISIONS, with(labels, decisions), request.decisions(), new int[0], true, false));
        return new Inputs(all, labels);
    }

    List<StreamSpec> specs() {
        return all.stream().map(Input::spec).toList();
    }

    /** A reader of those that are wanted; the files of the others are left alone, and numbers stay. */
    HistoryReader reader(Set<Input> wanted, @Nullable ParquetFiles parquet, int threads) {
        return new HistoryReader(
                specs(),
                all.stream()
                        .map(i -> wanted.contains(i) ? i.files() : List.<Path>of())
                        .toList(),
                parquet,
                threads);
    }

    private static void checkNames(BackfillRequest request, PipelineSpec spec) {
        Set<String> known = new TreeSet<>();
        spec.streams().forEach(s -> known.add(s.name()));
        spec.sources().stream().map(SourceSpec::name).forEach(known::add);
        for (String name : new TreeSet<>(request.from().keySet())) {
            if (!known.contains(name)) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "Pipeline '" + spec.name() + "' has no stream or source '" + name + "'")
                        .resource("--from " + name)
                        .hint(Names.nearest(name, known)
                                        .map(n -> "Did you mean '" + n + "'? ")
                                        .orElse("")
                                + "There are: " + String.join(", ", known) + ".")
                        .build();
            }
        }
    }

    private static List<Path> files(BackfillRequest request, PipelineSpec spec, StreamSpec stream) {
        List<Path> files = request.from().get(stream.name());
        if (files == null) {
            files = request.from().get(stream.source());
        }
        if (files == null || files.isEmpty()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "Stream '" + stream.name() + "' of pipeline '" + spec.name() + "' has no files")
                    .resource("--from")
                    .hint("Say where its history is: --from " + stream.name()
                            + "=FILES, or for all streams of its source: --from " + stream.source() + "=FILES.")
                    .build();
        }
        return files;
    }

    private static StreamSpec with(List<Field> labels, StreamSpec decisions) {
        List<ColumnSpec> columns = new ArrayList<>(decisions.columns());
        for (Field f : labels) {
            if (decisions.schema().slot(f.name()) < 0) {
                columns.add(new ColumnSpec(f.name(), f.type(), true, f.name(), null, null, null));
            }
        }
        return new StreamSpec(
                decisions.name(),
                decisions.source(),
                columns,
                decisions.id(),
                decisions.key(),
                decisions.eventTime(),
                decisions.availableTime(),
                decisions.allowedLatenessMicros(),
                decisions.dedupHorizonMicros());
    }

    private static List<Field> labels(
            BackfillRequest request, FeaturePlan plan, StreamSpec decisions, @Nullable ParquetFiles parquet) {
        Path file = request.decisions().get(0);
        Map<String, FieldType> columns = HistoryReader.columns(file, parquet);
        Map<String, FieldType> chosen = new LinkedHashMap<>();
        if (request.labels().isEmpty()) {
            Set<String> read = new HashSet<>();
            for (ColumnSpec c : decisions.columns()) {
                read.add(c.name());
                String from = c.from();
                if (from != null) {
                    read.add(from);
                }
            }
            columns.forEach((name, type) -> {
                if (!read.contains(name)) {
                    chosen.put(name, type);
                }
            });
        }
        for (String label : request.labels()) {
            int colon = label.lastIndexOf(':');
            FieldType type = colon < 0 ? null : type(label, label.substring(colon + 1));
            String name = colon < 0 ? label : label.substring(0, colon);
            int known = decisions.schema().slot(name);
            FieldType there = known >= 0 ? decisions.schema().field(known).type() : columns.get(name);
            if (there == null) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT, "The file " + file + " has no column '" + name + "'")
                        .resource("--label " + label)
                        .hint(Names.nearest(name, columns.keySet())
                                        .map(n -> "Did you mean '" + n + "'? ")
                                        .orElse("")
                                + "Its columns are: " + String.join(", ", columns.keySet()) + ".")
                        .build();
            }
            chosen.put(name, known >= 0 || type == null ? there : type);
        }
        Set<String> taken = plan.columns().stream()
                .map(FeatureColumn::name)
                .map(n -> n.toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(HashSet::new));
        List<Field> fields = new ArrayList<>();
        chosen.forEach((name, type) -> {
            if (name.startsWith("_") || !taken.add(name.toLowerCase(Locale.ROOT))) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "The label column '" + name + "' has a name that the training set has taken")
                        .resource(file.toString())
                        .hint("Name the columns that are wanted with --label, or rename this one in the file.")
                        .build();
            }
            fields.add(Field.optional(name, type));
        });
        return fields;
    }

    private static FieldType type(String label, String text) {
        return Arrays.stream(FieldType.values())
                .filter(t -> t.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT, "The label '" + label + "' is of no type that there is")
                        .resource("--label " + label)
                        .hint("Types are: "
                                + Arrays.stream(FieldType.values())
                                        .map(t -> t.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(", "))
                                + ".")
                        .build());
    }
}
