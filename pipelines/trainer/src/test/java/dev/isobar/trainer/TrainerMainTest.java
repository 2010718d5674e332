package dev.isobar.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerMainTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path root;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Map<String, String> hyper = new LinkedHashMap<>();

    @BeforeEach
    void fill() throws IOException {
        hyper.put("objective", "binary:logistic");
        hyper.put("num_round", "20");
        hyper.put("max_depth", "4");
        hyper.put("eta", "0.3");
        hyper.put("eval_every", "10");
        hyper.put("feature_names", "[\"a\",\"b\",\"c\"]");
        rows("train", 1, 3_000);
        rows("validation", 2, 1_000);
    }

    @Test
    void aTrainingLearnsWhatIsThereAndWritesModelAndMetrics() throws IOException {
        assertThat(train()).as(output()).isZero();
        JsonNode metrics = metrics();
        assertThat(metrics.get("rows").asInt()).isEqualTo(1_000);
        assertThat(metrics.get("train_rows").asInt()).isEqualTo(3_000);
        assertThat(metrics.get("auc").asDouble()).isGreaterThan(0.9);
        assertThat(metrics.get("log_loss").asDouble()).isBetween(0.01, 0.4);
        assertThat(metrics.get("base_rate").asDouble()).isBetween(0.2, 0.8);
        assertThat(metrics.get("champion").isNull()).isTrue();
        assertThat(metrics.at("/trainer/xgboost").asText()).isEqualTo("3.0.4");
        assertThat(metrics.at("/trainer/nthread").asInt()).isEqualTo(1);
        assertThat(metrics.get("peak_heap_bytes").asLong()).isPositive();
        assertThat(output()).contains("[10/20]").contains("[20/20]");
        String model = new String(Files.readAllBytes(root.resolve("model/xgboost-model")), StandardCharsets.ISO_8859_1);
        assertThat(model).startsWith("{L").contains("feature_names").contains("L\0\0\0\0\0\0\0\1c");
    }

    @Test
    void theSameInputGivesTheSameBytes() throws IOException {
        hyper.put("subsample", "0.7");
        hyper.put("seed", "42");
        assertThat(train()).as(output()).isZero();
        byte[] first = Files.readAllBytes(root.resolve("model/xgboost-model"));
        assertThat(train()).isZero();
        assertThat(Files.readAllBytes(root.resolve("model/xgboost-model"))).isEqualTo(first);
        hyper.put("seed", "43");
        assertThat(train()).isZero();
        assertThat(Files.readAllBytes(root.resolve("model/xgboost-model"))).isNotEqualTo(first);
    }

    @Test
    void aChampionIsScoredOnTheSameRows() throws IOException {
        assertThat(train()).as(output()).isZero();
        JsonNode first = metrics();
        Path champion = Files.createDirectories(root.resolve("input/data/champion"));
        Files.copy(root.resolve("model/xgboost-model"), champion.resolve("xgboost-model"));
        hyper.put("num_round", "2");
        assertThat(train()).as(output()).isZero();
        assertThat(metrics().at("/champion/auc").asDouble())
                .isEqualTo(first.get("auc").asDouble())
                .isGreaterThan(metrics().get("auc").asDouble());
        assertThat(metrics().at("/champion/log_loss").asDouble())
                .isEqualTo(first.get("log_loss").asDouble());
    }

    @Test
    void aChampionWithOtherFeaturesIsNotComparedAndThatIsSaid() throws IOException {
        assertThat(train()).as(output()).isZero();
        Path champion = Files.createDirectories(root.resolve("input/data/champion"));
        Files.copy(root.resolve("model/xgboost-model"), champion.resolve("xgboost-model"));
        hyper.put("feature_names", "[\"a\",\"b\",\"x\"]");
        assertThat(train()).as(output()).isZero();
        assertThat(metrics().get("champion").isNull()).isTrue();
        assertThat(metrics().get("champion_reason").asText()).contains("a, b, c");
    }

    @Test
    void aChampionThatIsNotAModelIsAFailure() throws IOException {
        Path champion = Files.createDirectories(root.resolve("input/data/champion"));
        Files.writeString(champion.resolve("xgboost-model"), "garbage");
        assertThat(train()).isEqualTo(1);
        assertThat(failure()).contains("champion").contains("xgboost-model");
    }

    @Test
    void aCandidateIsJudgedAndPassedOnInsteadOfTraining() throws IOException {
        assertThat(train()).as(output()).isZero();
        JsonNode trained = metrics();
        byte[] model = Files.readAllBytes(root.resolve("model/xgboost-model"));
        Path candidate = Files.createDirectories(root.resolve("input/data/candidate"));
        Files.move(root.resolve("model/xgboost-model"), candidate.resolve("xgboost-model"));
        delete(root.resolve("input/data/train"));
        assertThat(train()).as(output()).isZero();
        assertThat(metrics().get("auc")).isEqualTo(trained.get("auc"));
        assertThat(metrics().get("log_loss")).isEqualTo(trained.get("log_loss"));
        assertThat(metrics().get("train_rows").asInt()).isZero();
        assertThat(Files.readAllBytes(root.resolve("model/xgboost-model"))).isEqualTo(model);
    }

    @Test
    void aCandidateThatIsNotAModelIsAFailure() throws IOException {
        Path candidate = Files.createDirectories(root.resolve("input/data/candidate"));
        Files.writeString(candidate.resolve("xgboost-model"), "garbage");
        assertThat(train()).isEqualTo(1);
        assertThat(failure()).contains("candidate").contains("xgboost-model");
        assertThat(root.resolve("model/xgboost-model")).doesNotExist();
    }

    @Test
    void aRegressionHasNoAuc() throws IOException {
        hyper.put("objective", "reg:squarederror");
        assertThat(train()).as(output()).isZero();
        assertThat(metrics().get("auc").isNull()).isTrue();
        assertThat(metrics().get("rmse").asDouble()).isBetween(0.0, 0.5);
    }

    @Test
    void aMissingChannelFailsAndNamesTheFolder() throws IOException {
        delete(root.resolve("input/data/validation"));
        assertThat(train()).isEqualTo(1);
        assertThat(failure()).contains("'validation' is missing").contains("input/data/validation");
        assertThat(root.resolve("model/xgboost-model")).doesNotExist();
    }

    @Test
    void missingHyperparametersFail() throws IOException {
        assertThat(run()).isEqualTo(1);
        assertThat(failure()).contains("hyperparameters.json");
    }

    @Test
    void everyWrongHyperparameterIsNamedWithItsNearestName() throws IOException {
        hyper.put("max_dept", "3");
        hyper.put("eta", "7");
        hyper.put("objective", "binary:logistik");
        assertThat(train()).isEqualTo(1);
        assertThat(failure())
                .contains("'max_dept', did you mean 'max_depth'?")
                .contains("eta is 7")
                .contains("did you mean 'binary:logistic'?");
    }

    @Test
    void garbageInARowFailsByFileAndLineAndLeavesNoMetrics() throws IOException {
        assertThat(train()).as(output()).isZero();
        Files.writeString(root.resolve("input/data/train/z.csv"), "1,2,3,4\n1,2,xyz,4\n");
        assertThat(train()).isEqualTo(1);
        assertThat(failure()).contains("z.csv:2").contains("xyz").hasSizeLessThanOrEqualTo(1024);
        assertThat(root.resolve("output/data/metrics.json")).doesNotExist();
    }

    @Test
    void aLabelThatIsNoClassIsRefused() throws IOException {
        Files.writeString(root.resolve("input/data/train/z.csv"), "0.5,2,3,4\n");
        assertThat(train()).isEqualTo(1);
        assertThat(failure()).contains("row 3001").contains("0.5");
    }

    @Test
    void plainArgumentsOverrideTheFolders() throws IOException {
        write();
        assertThat(run("train", "--model-dir", root.resolve("elsewhere").toString()))
                .as(output())
                .isZero();
        assertThat(root.resolve("elsewhere/xgboost-model")).exists();
        assertThat(run("--model-dri", "x")).isEqualTo(1);
        assertThat(failure()).contains("did you mean '--model-dir'?");
    }

    @Test
    void aMissingOpenMpLibrarySaysHowToInstallIt() {
        Throwable cause = new UnsatisfiedLinkError(
                "libxgboost4j.so: libgomp.so.1: cannot open shared object file: No such file or directory");
        assertThat(TrainerMain.explain(new ExceptionInInitializerError(cause)))
                .contains("apt-get install libgomp1")
                .contains("dnf install libgomp")
                .contains("brew install libomp");
    }

    private int train() throws IOException {
        write();
        return run();
    }

    private void write() throws IOException {
        Path config = Files.createDirectories(root.resolve("input/config"));
        JSON.writeValue(config.resolve("hyperparameters.json").toFile(), hyper);
    }

    private int run(String... arguments) {
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return TrainerMain.run(arguments, Map.of("ISOBAR_ML_DIR", root.toString()), out, out);
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private JsonNode metrics() throws IOException {
        return JSON.readTree(root.resolve("output/data/metrics.json").toFile());
    }

    private String failure() throws IOException {
        return Files.readString(root.resolve("output/failure"));
    }

    private void rows(String channel, long seed, int count) throws IOException {
        Random random = new Random(seed);
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < count; i++) {
            float a = (float) random.nextGaussian();
            float b = random.nextInt(10);
            float c = random.nextFloat();
            int label = a + b / 5 - 1 + random.nextGaussian() / 5 > 0 ? 1 : 0;
            csv.append(label).append(',').append(a).append(',');
            csv.append(b)
                    .append(',')
                    .append(random.nextInt(10) == 0 ? "" : Float.toString(c))
                    .append('\n');
        }
        Path folder = Files.createDirectories(root.resolve("input/data").resolve(channel));
        Files.writeString(folder.resolve("part-0.csv"), csv);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path p : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(p);
            }
        }
    }
}
