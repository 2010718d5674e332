package dev.isobar.trainer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jspecify.annotations.Nullable;

/** One training run, from folders to folders. Writes the model first and the metrics last: with metrics there is a model. Not thread safe. */
final class Training {
    static final String MODEL_FILE = "xgboost-model";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Folders folders;
    private final Hyperparameters hyper;
    private final PrintStream out;

    Training(Folders folders, Hyperparameters hyper, PrintStream out) {
        this.folders = folders;
        this.hyper = hyper;
        this.out = out;
    }

    /** Trains, or takes the candidate that is there, evaluates and writes; returns the metrics as written. */
    Map<String, @Nullable Object> run() throws XGBoostError, IOException {
        return Files.isRegularFile(folders.candidate().resolve(MODEL_FILE)) ? judge() : train();
    }

    /** A model of another trainer, for which this one answers from here on. */
    private Map<String, @Nullable Object> judge() throws XGBoostError, IOException {
        Booster candidate =
                load(folders.candidate(), "candidate", "Let the job before this one leave an XGBoost model.");
        LabelledRows rows = read(folders.validation(), "validation", (int) candidate.getNumFeature());
        float[] labels = rows.labels();
        DMatrix judged = matrix(rows);
        line("judging a model of another trainer on %d rows", labels.length);
        Map<String, @Nullable Object> metrics = finish(candidate, judged, labels, rows.columns(), 0);
        judged.dispose();
        return metrics;
    }

    private Map<String, @Nullable Object> train() throws XGBoostError, IOException {
        long begun = System.nanoTime();
        LabelledRows train = read(folders.train(), "train", null);
        int rows = train.rows();
        int columns = train.columns();
        String baseScore = baseScore(train.labels());
        DMatrix matrix = matrix(train);
        // The matrix has its own copy in native memory; ours need not live through training.
        train = new LabelledRows(new float[0], new float[0], columns);
        LabelledRows validation = read(folders.validation(), "validation", columns);
        float[] labels = validation.labels();
        DMatrix judged = matrix(validation);
        validation = new LabelledRows(new float[0], new float[0], columns);
        line(
                "read %d training and %d validation rows of %d features in %.2f s",
                rows, labels.length, columns, since(begun));

        Map<String, Object> parameters = new HashMap<>(hyper.booster());
        if (baseScore != null) {
            parameters.putIfAbsent("base_score", baseScore);
        }
        long trainingBegun = System.nanoTime();
        Booster booster = XGBoost.train(matrix, parameters, 0, Map.of(), null, null);
        for (int round = 0; round < hyper.rounds(); round++) {
            booster.update(matrix, round);
            if ((round + 1) % hyper.evalEvery() == 0 || round + 1 == hyper.rounds()) {
                String scores = booster.evalSet(new DMatrix[] {judged}, new String[] {"validation"}, round);
                line("[%d/%d]%s", round + 1, hyper.rounds(), scores.substring(scores.indexOf(']') + 1));
            }
        }
        line("trained %d rounds in %.2f s", hyper.rounds(), since(trainingBegun));
        matrix.dispose();
        Map<String, @Nullable Object> metrics = finish(booster, judged, labels, columns, rows);
        judged.dispose();
        return metrics;
    }

    /** Judges and writes a model, which is of no use afterwards. */
    private Map<String, @Nullable Object> finish(
            Booster booster, DMatrix judged, float[] labels, int columns, int trainRows)
            throws XGBoostError, IOException {
        if (!hyper.featureNames().isEmpty()) {
            booster.setFeatureNames(hyper.featureNames().toArray(new String[0]));
        }
        float[] predictions = predict(booster, judged, labels.length);
        Map<String, @Nullable Object> metrics = new LinkedHashMap<>();
        metrics.put("objective", hyper.objective());
        metrics.put("rows", labels.length);
        metrics.put("train_rows", trainRows);
        metrics.put("features", columns);
        judge(metrics, predictions, labels);
        metrics.put("base_rate", Quality.mean(labels));
        champion(metrics, judged, labels, columns);
        Map<String, Object> trainer = new LinkedHashMap<>();
        trainer.put("xgboost", version());
        trainer.put("nthread", hyper.threads());
        trainer.put("arch", System.getProperty("os.arch", "unknown"));
        metrics.put("trainer", trainer);

        byte[] model = booster.toByteArray("ubj");
        write(folders.model().resolve(MODEL_FILE), model);
        metrics.put("peak_heap_bytes", peakHeap());
        write(folders.output().resolve("data/metrics.json"), JSON.writeValueAsBytes(metrics));
        line("wrote %s, %d bytes", folders.model().resolve(MODEL_FILE), model.length);
        booster.dispose();
        return metrics;
    }

    private Booster load(Path folder, String what, String next) throws IOException {
        Path file = folder.resolve(MODEL_FILE);
        try (ByteArrayInputStream bytes = new ByteArrayInputStream(Files.readAllBytes(file))) {
            Booster booster = XGBoost.loadModel(bytes);
            booster.setParam("nthread", hyper.threads());
            return booster;
        } catch (XGBoostError e) {
            throw new TrainingFailure(
                    "The " + what + " cannot be read: " + firstLine(e) + ".", file.toString(), next, e);
        }
    }

    private LabelledRows read(Path folder, String channel, @Nullable Integer expected) {
        LabelledRows rows = LabelledRows.read(folder, channel);
        int named = hyper.featureNames().size();
        if (named > 0 && named != rows.columns()) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' has " + rows.columns() + " features, feature_names has " + named + ".",
                    folder.toString(),
                    "Make both agree.");
        }
        if (expected != null && expected != rows.columns()) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' has " + rows.columns() + " features, 'train' has " + expected + ".",
                    folder.toString(),
                    "Give both channels the same columns.");
        }
        if (hyper.binary()) {
            float[] labels = rows.labels();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] != 0f && labels[i] != 1f) {
                    throw new TrainingFailure(
                            "The label of row " + (i + 1) + " of channel '" + channel + "' is " + labels[i]
                                    + ", not 0 or 1.",
                            folder.toString(),
                            "binary:logistic wants 0 or 1; for other numbers use reg:squarederror.");
                }
            }
        }
        return rows;
    }

    private DMatrix matrix(LabelledRows rows) throws XGBoostError {
        DMatrix matrix = new DMatrix(rows.values(), rows.rows(), rows.columns(), Float.NaN);
        matrix.setLabel(rows.labels());
        if (!hyper.featureNames().isEmpty()) {
            matrix.setFeatureNames(hyper.featureNames().toArray(new String[0]));
        }
        return matrix;
    }

    /**
     * Where boosting starts: near the base rate. XGBoost turns this probability into a margin with the C library's {@code logf}, whose last bit
     * differs between C libraries (glibc rounds correctly only from 2.41 on). So that a model's margins mean the same everywhere, the nearest
     * float is taken whose logarithm lies within a tenth of an ulp of a float: any library gets that one right.
     */
    private @Nullable String baseScore(float[] labels) {
        if (!hyper.binary()) {
            return null;
        }
        float rate = (float) Math.min(0.999, Math.max(0.001, Quality.mean(labels)));
        for (int step = 0; step < 1000; step++) {
            float candidate = rate;
            for (int i = 0; i < (step + 1) / 2; i++) {
                candidate = step % 2 == 0 ? Math.nextUp(candidate) : Math.nextDown(candidate);
            }
            double exact = StrictMath.log((double) (1.0f / candidate - 1.0f));
            float rounded = (float) exact;
            if (Math.abs(exact - rounded) < 0.1 * Math.ulp(rounded)) {
                return Float.toString(candidate);
            }
        }
        return "0.5";
    }

    private void judge(Map<String, @Nullable Object> metrics, float[] predictions, float[] labels) {
        if (hyper.binary()) {
            OptionalDouble auc = Quality.auc(predictions, labels);
            metrics.put("auc", auc.isPresent() ? auc.getAsDouble() : null);
            metrics.put("log_loss", Quality.logLoss(predictions, labels));
        } else {
            metrics.put("auc", null);
            metrics.put("log_loss", null);
            metrics.put("rmse", Quality.rmse(predictions, labels));
        }
    }

    /** A champion that expects other features cannot be compared, which is said; one that cannot be read is a failure. */
    private void champion(Map<String, @Nullable Object> metrics, DMatrix judged, float[] labels, int columns)
            throws XGBoostError, IOException {
        Path file = folders.champion().resolve(MODEL_FILE);
        metrics.put("champion", null);
        if (!Files.isRegularFile(file)) {
            metrics.put("champion_reason", "no champion was given");
            return;
        }
        Booster champion =
                load(folders.champion(), "champion", "Give the model as it was published, or remove the channel.");
        List<String> expected = names(champion);
        String reason = null;
        if (champion.getNumFeature() != columns) {
            reason = "the champion expects " + champion.getNumFeature() + " features, the rows have " + columns;
        } else if (!expected.isEmpty() && !hyper.featureNames().isEmpty() && !expected.equals(hyper.featureNames())) {
            reason = "the champion expects other features: " + String.join(", ", expected);
        }
        if (reason == null) {
            Map<String, @Nullable Object> scores = new LinkedHashMap<>();
            judge(scores, predict(champion, judged, labels.length), labels);
            metrics.put("champion", scores);
            line("champion on the same rows: %s", scores);
        } else {
            metrics.put("champion_reason", reason);
            line("not compared: %s", reason);
        }
        champion.dispose();
    }

    private static List<String> names(Booster booster) throws XGBoostError {
        // An unnamed model answers with an array that holds one null.
        @Nullable String[] names = booster.getFeatureNames();
        return names == null || (names.length > 0 && names[0] == null) ? List.of() : List.of(names);
    }

    private static float[] predict(Booster booster, DMatrix rows, int count) throws XGBoostError {
        float[][] answer = booster.predict(rows);
        float[] flat = new float[count];
        for (int i = 0; i < count; i++) {
            flat[i] = answer[i][0];
        }
        return flat;
    }

    static String firstLine(Throwable t) {
        String message = t.getMessage() == null ? t.toString() : t.getMessage();
        int end = message.indexOf('\n');
        return (end < 0 ? message : message.substring(0, end)).strip();
    }

    private static String version() throws IOException {
        try (var in = Training.class.getResourceAsStream("/xgboost4j-version.properties")) {
            if (in == null) {
                return "unknown";
            }
            String text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
            return text.substring(text.indexOf('=') + 1);
        }
    }

    private static long peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
                .sum();
    }

    private static void write(Path target, byte[] bytes) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Files.write(part, bytes);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void line(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }
}
