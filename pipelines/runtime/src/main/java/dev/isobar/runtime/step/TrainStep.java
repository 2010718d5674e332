package dev.isobar.runtime.step;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.features.FeatureColumn;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.ModelRegistry.ModelVersion;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.Precondition;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.JobStatus;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.runtime.result.RunResult.Model;
import dev.isobar.runtime.result.RunResult.Quality;
import dev.isobar.runtime.result.RunResult.TrainingSet;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.TrainingSpec;
import dev.isobar.spec.TrainingSpec.GateSpec;
import dev.isobar.spec.TrainingSpec.Metric;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Train: the training set goes to the lake in the form that every platform's container reads, a job trains, the gate decides, and an accepted model is registered. A candidate equal
 * to its champion ends as {@code UNCHANGED}.
 */
public final class TrainStep {
    /** Its name. */
    public static final String NAME = "train";

    /** The alias of the model that has the traffic. */
    static final String CHAMPION = "champion";

    private static final ObjectMapper MAPPER = JsonMapper.builder().build();
    private static final Duration TIMEOUT = Duration.ofHours(1);
    private static final int ATTEMPTS = 3;
    private static final String METRICS = "output/data/metrics.json";

    /** Raw states of a trainer that somebody killed: nobody is left who knows its exit code, or the code of signal 9. */
    private static final Set<String> KILLED = Set.of("lost", "exit 137");

    private final RunContext run;
    private final TrainingSpec training;

    /** What the step leaves behind. {@code status} is SUCCEEDED, UNCHANGED or REJECTED; {@code champion} the version before this run, 0 for none. */
    public record Done(
            String status,
            Model model,
            String artifact,
            int champion,
            long trainerPeakHeap,
            @Nullable Double acceptanceAuc,
            List<String> reasons) {}

    /** The champion as it was when training began. */
    public record Champion(
            int version,
            String digest,
            String artifact,
            boolean comparable,
            @Nullable Double auc) {}

    /** What a job will train on: rows, and how many of them carry the label 1. */
    private record Staged(long rows, long positive) {}

    private record Outcome(
            String state, String rawState, @Nullable String failure) {}

    public TrainStep(RunContext run, TrainingSpec training) {
        this.run = run;
        this.training = training;
    }

    /** Does it. */
    public Done execute(TrainingSet set) {
        Champion champion = run.journal().once(run.runId(), "train.champion", Champion.class, this::champion);
        Staged staged = run.journal().once(run.runId(), "train.stage", Staged.class, this::stage);
        String trained = complete("train", attempt -> training(staged, champion, attempt));
        // A platform's own algorithm leaves a model and no word of how good it is on these rows.
        boolean judged = run.target().objectStore().head(trained + METRICS).isPresent();
        String output = judged ? trained : complete("judge", attempt -> judging(staged, champion, trained, attempt));
        return run.journal().once(run.runId(), "train.accept", Done.class, () -> accept(champion, output, set));
    }

    // ---- stage

    private Staged stage() {
        FeatureTable set = run.trainingSet();
        long rows = 0;
        long positive = 0;
        Path train = run.scratch().resolve("train.csv");
        Path accept = run.scratch().resolve("validation.csv");
        int features = run.plan().size();
        Row row = new Row(set.schema());
        StringBuilder line = new StringBuilder();
        try (BufferedWriter trainOut = Files.newBufferedWriter(train);
                BufferedWriter acceptOut = Files.newBufferedWriter(accept);
                RowCursor cursor = run.target().offlineStore().scan(ScanRequest.ordered(set.table()))) {
            while (cursor.next(row)) {
                line.setLength(0);
                line.append((float) row.float64(5));
                for (int i = 0; i < features; i++) {
                    line.append(',');
                    int slot = FeatureTable.TRAINING_HEAD + i;
                    // A null and a NaN are both "missing" to trees. Floats are what a model sees, online and here.
                    if (!row.isNull(slot) && !Double.isNaN(row.float64(slot))) {
                        line.append((float) row.float64(slot));
                    }
                }
                line.append('\n');
                boolean trains = FeatureTable.TRAIN.equals(row.text(6));
                (trains ? trainOut : acceptOut).append(line);
                rows += trains ? 1 : 0;
                positive += trains && row.float64(5) == 1 ? 1 : 0;
            }
        } catch (IOException e) {
            throw IsobarException.io("writing the training set in " + run.scratch(), e);
        }
        ObjectStore lake = run.target().objectStore();
        lake.putFile(channel("train") + "part-0.csv", train, Precondition.none());
        lake.putFile(channel("validation") + "part-0.csv", accept, Precondition.none());
        return new Staged(rows, positive);
    }

    private String channel(String name) {
        return run.object("training/input/" + name + "/");
    }

    // ---- train

    private Champion champion() {
        ModelRegistry registry = run.target().modelRegistry();
        Optional<ModelVersion> version =
                registry.alias(group(), CHAMPION).flatMap(a -> registry.get(group(), a.version()));
        if (version.isEmpty()) {
            return new Champion(0, "", "", false, null);
        }
        ModelPackage model = version.get().model();
        boolean comparable = features().equals(model.properties().get("features"));
        String auc = model.properties().get("auc");
        return new Champion(
                version.get().version(),
                model.digest(),
                model.artifact(),
                comparable,
                auc == null ? null : Double.valueOf(auc));
    }

    /**
     * Makes jobs until one ends by itself; returns where its output is. An attempt that was killed is made again; only those count against the limit that
     * were begun by this process, or a few kills of everything would end a run that has done nothing wrong. A failure that an earlier process has told is made
     * again as well: whoever asks again has changed something.
     */
    private String complete(String kind, IntFunction<TrainingJob> jobs) {
        int begun = 0;
        for (int attempt = 1; ; attempt++) {
            TrainingJob job = jobs.apply(attempt);
            String submit = kind + ".submit." + attempt;
            begun += run.journal().result(run.runId(), submit, Boolean.class).isPresent() ? 0 : 1;
            run.journal()
                    .once(run.runId(), submit, () -> run.target().trainingJobs().submit(job));
            String ended = kind + ".outcome." + attempt;
            boolean told =
                    run.journal().result(run.runId(), ended, Outcome.class).isPresent();
            Outcome outcome = run.journal().once(run.runId(), ended, Outcome.class, () -> await(job));
            if (JobState.SUCCEEDED.name().equals(outcome.state())) {
                return job.output();
            }
            if (!told && !KILLED.contains(outcome.rawState()) || begun == ATTEMPTS) {
                throw IsobarException.of(
                                ErrorCode.WORKLOAD_FAILED,
                                "Training job " + job.name() + " ended as " + outcome.state() + " ("
                                        + outcome.rawState() + "): " + outcome.failure())
                        .at("TrainingJobs", "submit")
                        .resource(job.name())
                        .hint(
                                run.command("logs")
                                        + " shows what it wrote. When the cause is gone, run the same command again: it trains anew and goes on.")
                        .build();
            }
        }
    }

    private TrainingJob training(Staged staged, Champion champion, int attempt) {
        Map<String, String> channels = new TreeMap<>();
        channels.put("train", channel("train"));
        return job(run.runId() + "-train-" + attempt, staged, champion, channels, "training/attempt-" + attempt + "/");
    }

    private TrainingJob judging(Staged staged, Champion champion, String trained, int attempt) {
        Map<String, String> channels = new TreeMap<>();
        channels.put(TrainingJobs.CANDIDATE, trained + "model/");
        return job(run.runId() + "-judge-" + attempt, staged, champion, channels, "training/judged-" + attempt + "/");
    }

    private TrainingJob job(
            String name, Staged staged, Champion champion, Map<String, String> channels, String output) {
        boolean binary = training.task() == TrainingSpec.Task.BINARY;
        Map<String, String> parameters = new TreeMap<>(training.hyperparameters());
        parameters.put("objective", binary ? "binary:logistic" : "reg:squarederror");
        // Versions of XGBoost have other defaults; what is said gives the same trees.
        parameters.putIfAbsent("tree_method", "hist");
        if (binary && staged.rows() > 0) {
            parameters.putIfAbsent("base_score", BaseScore.of((double) staged.positive() / staged.rows()));
        }
        parameters.putIfAbsent("nthread", "1");
        parameters.put("feature_names", featureNames());
        channels.put("validation", channel("validation"));
        if (champion.comparable()) {
            channels.put(
                    CHAMPION,
                    champion.artifact().substring(0, champion.artifact().lastIndexOf('/') + 1));
        }
        return new TrainingJob(
                name,
                run.programs().trainer(),
                parameters,
                channels,
                run.object(output),
                TIMEOUT,
                Map.of("isobar-run", run.runId(), "isobar-pipeline", run.spec().name()));
    }

    private Outcome await(TrainingJob job) {
        TrainingJobs jobs = run.target().trainingJobs();
        String name = job.name();
        if (jobs.describe(name).filter(s -> s.state() == JobState.PENDING).isPresent()) {
            // Whoever submitted it may have died with the job before it began; asking again begins it or changes
            // nothing.
            jobs.submit(job);
        }
        int seen = 0;
        while (true) {
            JobStatus status = jobs.describe(name)
                    .orElseThrow(() -> IsobarException.of(ErrorCode.NOT_FOUND, "Training job " + name + " has vanished")
                            .at("TrainingJobs", "describe")
                            .build());
            List<String> lines = jobs.logs(name, seen, 1_000);
            for (String line : lines) {
                rounds(line);
            }
            seen += lines.size();
            if (status.state().terminal()) {
                return new Outcome(status.state().name(), status.rawState(), status.failure());
            }
            Waiting.millis(50);
        }
    }

    /** The trainer writes {@code [50/200] …}. */
    private void rounds(String line) {
        int slash = line.indexOf('/');
        int close = line.indexOf(']');
        if (line.startsWith("[") && slash > 1 && close > slash) {
            try {
                run.progress(
                        NAME,
                        "rounds",
                        Long.parseLong(line.substring(1, slash)),
                        Long.parseLong(line.substring(slash + 1, close)));
            } catch (NumberFormatException notProgress) {
                // Some other line that begins with a bracket; it stays in the log.
                return;
            }
        }
    }

    // ---- accept

    private Done accept(Champion champion, String output, TrainingSet set) {
        ObjectStore lake = run.target().objectStore();
        byte[] model = read(lake, output + "model/xgboost-model");
        JsonNode metrics = json(read(lake, output + METRICS));
        String digest = RowDigest.ofBytes(model);
        Double auc = number(metrics, "auc");
        Double logLoss = number(metrics, "log_loss");
        long rows = metrics.path("rows").asLong();
        List<String> reasons = new ArrayList<>();
        boolean passed = true;
        for (GateSpec gate : training.gates()) {
            passed &= holds(gate, auc, logLoss, champion, metrics, reasons);
        }
        Quality quality = new Quality(auc, logLoss, rows);
        long heap = metrics.path("peak_heap_bytes").asLong();
        if (!passed) {
            return new Done(
                    "REJECTED",
                    new Model(0, digest, quality, "REJECTED", reasons),
                    "",
                    champion.version(),
                    heap,
                    auc,
                    reasons);
        }
        String prefix = "models/" + group() + "/" + digest.substring("sha256:".length()) + "/";
        putOnce(lake, prefix + "xgboost-model", model);
        putOnce(lake, prefix + "manifest.json", manifest(digest, metrics, set));
        Map<String, String> properties = new TreeMap<>();
        properties.put("features", features());
        properties.put("spec_version", run.specVersion());
        properties.put("training_set", set.digest());
        if (auc != null) {
            properties.put("auc", auc.toString());
        }
        ModelVersion version = run.target()
                .modelRegistry()
                .register(new ModelPackage(
                        group(), digest, prefix + "xgboost-model", prefix + "manifest.json", properties));
        boolean unchanged = digest.equals(champion.digest());
        if (unchanged) {
            reasons.add("the candidate is the champion, byte for byte");
        }
        return new Done(
                unchanged ? "UNCHANGED" : "SUCCEEDED",
                new Model(version.version(), digest, quality, unchanged ? "UNCHANGED" : "ACCEPTED", reasons),
                version.model().artifact(),
                champion.version(),
                heap,
                auc,
                reasons);
    }

    private static boolean holds(
            GateSpec gate,
            @Nullable Double auc,
            @Nullable Double logLoss,
            Champion champion,
            JsonNode metrics,
            List<String> reasons) {
        Double value = gate.metric() == Metric.AUC ? auc : logLoss;
        String name = gate.metric() == Metric.AUC ? "AUC" : "log loss";
        if (value == null) {
            reasons.add(name + " is undefined on the acceptance rows (one class only)");
            return false;
        }
        return switch (gate.rule()) {
            case AT_LEAST -> say(reasons, value >= gate.value(), name, value, ">=", gate.value());
            case AT_MOST -> say(reasons, value <= gate.value(), name, value, "<=", gate.value());
            case NOT_WORSE_THAN_CHAMPION -> {
                if (champion.version() == 0) {
                    reasons.add("there is no champion yet to compare with");
                    yield true;
                }
                Double same = number(metrics.path("champion"), gate.metric() == Metric.AUC ? "auc" : "log_loss");
                Double other = same != null ? same : gate.metric() == Metric.AUC ? champion.auc() : null;
                if (other == null) {
                    reasons.add("champion version " + champion.version() + " has no " + name + " to compare with");
                    yield true;
                }
                String against = "champion " + champion.version()
                        + (same != null ? " on the same rows" : " when it was accepted");
                boolean lower = gate.metric() == Metric.LOG_LOSS;
                boolean ok = lower ? value <= other + gate.value() : value >= other - gate.value();
                reasons.add(String.format(
                        Locale.ROOT,
                        "%s %.4f against %.4f of %s, tolerance %s: %s",
                        name,
                        value,
                        other,
                        against,
                        gate.value(),
                        ok ? "holds" : "fails"));
                yield ok;
            }
        };
    }

    private static boolean say(
            List<String> reasons, boolean ok, String name, double value, String relation, double bound) {
        reasons.add(
                String.format(Locale.ROOT, "%s %.4f %s %s: %s", name, value, relation, bound, ok ? "holds" : "fails"));
        return ok;
    }

    /** No times and no run ids inside: the same model has the same manifest. */
    private byte[] manifest(String digest, JsonNode metrics, TrainingSet set) {
        ObjectNode manifest = MAPPER.createObjectNode();
        manifest.put("format", "xgboost-ubj");
        manifest.put("digest", digest);
        manifest.put("pipeline", run.spec().name());
        manifest.put("spec_version", run.specVersion());
        manifest.put("training_set", set.digest());
        manifest.put("training_rows", set.trainRows());
        ArrayNode features = manifest.putArray("features");
        for (FeatureColumn c : run.plan().columns()) {
            ObjectNode f = features.addObject();
            f.put("name", c.name());
            f.put("version", c.version());
            ArrayNode lineage = f.putArray("lineage");
            c.lineage().forEach(lineage::add);
        }
        ObjectNode quality = manifest.putObject("metrics");
        quality.set("auc", metrics.path("auc"));
        quality.set("log_loss", metrics.path("log_loss"));
        quality.set("rows", metrics.path("rows"));
        manifest.set("trainer", metrics.path("trainer"));
        return manifest.toPrettyString().getBytes(StandardCharsets.UTF_8);
    }

    private void putOnce(ObjectStore lake, String key, byte[] content) {
        try {
            lake.put(key, content, Precondition.absent());
        } catch (IsobarException e) {
            // The key holds the digest: what is there is what we would write, unless the same model came from other
            // data, whose manifest stays the first one.
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
        }
    }

    private String group() {
        return run.spec().name();
    }

    private String features() {
        StringBuilder all = new StringBuilder();
        run.plan()
                .columns()
                .forEach(c ->
                        all.append(c.name()).append('=').append(c.version()).append('\n'));
        return RowDigest.ofBytes(all.toString().getBytes(StandardCharsets.UTF_8));
    }

    private String featureNames() {
        ArrayNode names = MAPPER.createArrayNode();
        run.plan().columns().forEach(c -> names.add(c.name()));
        return names.toString();
    }

    private static byte[] read(ObjectStore lake, String key) {
        return lake.get(key)
                .orElseThrow(() -> IsobarException.of(ErrorCode.WORKLOAD_FAILED, "The training job left no " + key)
                        .at("ObjectStore", "get")
                        .resource(key)
                        .build())
                .content();
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw IsobarException.of(ErrorCode.WORKLOAD_FAILED, "The training job's metrics are not JSON")
                    .cause(e)
                    .build();
        }
    }

    private static @Nullable Double number(JsonNode node, String field) {
        JsonNode n = node.path(field);
        return n.isNumber() ? n.asDouble() : null;
    }
}
