package dev.isobar.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.onnx.OnnxGraph;
import dev.isobar.onnx.OnnxGraph.Attribute;
import dev.isobar.onnx.OnnxTrees;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelsTest {
    private static final int COLUMNS = 4;
    private static final int ROWS = 300;

    private final Random random = new Random(seed());
    private final float[] rows = rows();

    private static long seed() {
        long seed = Long.getLong("isobar.seed", 20010301L);
        System.out.println("seed " + seed);
        return seed;
    }

    @Test
    void treesOfOneOutputAreEvaluatedByOurOwnCodeWithoutAReason() throws XGBoostError {
        Booster booster = train(Map.of("objective", "binary:logistic"));
        try (Evaluator e = Models.load(booster.toByteArray("ubj"), "models/m.ubj")) {
            assertThat(e.name()).isEqualTo("isobar-trees");
            assertThat(e.reason()).isNull();
            assertThat(e.prefersBatches()).isFalse();
            assertEqual(e, booster, 0, 1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "objective=binary:logistic,booster=dart,rate_drop=0.5| dart",
                "objective=binary:logistic,booster=gblinear| gblinear",
                "objective=count:poisson| count:poisson",
                "objective=binary:logitraw| binary:logitraw",
                "objective=multi:softmax,num_class=3| multi:softmax",
                "objective=multi:softprob,num_class=2| multi:softprob",
                "objective=rank:ndcg| rank:ndcg",
            })
    void whatOurEvaluatorDoesNotCoverIsLeftToXgboostAndTheReasonIsNamed(String parameters, String named)
            throws XGBoostError {
        Booster booster = train(parameters(parameters));
        for (String format : new String[] {"ubj", "json"}) {
            try (Evaluator e = Models.load(booster.toByteArray(format), "m")) {
                assertThat(e.name()).isEqualTo("xgboost4j");
                assertThat(e.reason()).contains("'" + named + "'");
                assertThat(e.featureCount()).isEqualTo(COLUMNS);
                assertThat(e.prefersBatches()).isTrue();
                assertEqual(e, booster, parameters.contains("softprob") ? 1 : 0, 0);
            }
        }
    }

    @Test
    void severalNumbersForOneRowAreRefusedByWhoeverEvaluates() throws XGBoostError {
        byte[] bytes =
                train(Map.of("objective", "multi:softprob", "num_class", 3)).toByteArray("ubj");
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> Models.load(bytes, "m"));
        assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
        assertThat(e).hasMessageContaining("3 numbers");
        assertThat(e.hint()).contains("multi:softmax");
    }

    @Test
    void featureNamesAreReadWhoeverEvaluates() throws XGBoostError {
        for (String booster : new String[] {"gbtree", "dart"}) {
            Booster named = train(Map.of("objective", "binary:logistic", "booster", booster));
            named.setFeatureNames(new String[] {"a", "b", "c", "d"});
            try (Evaluator e = Models.load(named.toByteArray("ubj"), "m")) {
                assertThat(e.featureNames()).containsExactly("a", "b", "c", "d");
            }
        }
    }

    @Test
    void onnxRuntimeEvaluatesTheSameTreesWithinAFewUlps() throws Exception {
        Booster booster = train(Map.of("objective", "binary:logistic"));
        byte[] onnx = OnnxTrees.convert(booster.toByteArray("json"));
        try (Evaluator e = Models.load(onnx, "models/m.onnx");
                Evaluator own = Models.load(booster.toByteArray("ubj"), "m")) {
            assertThat(e.name()).isEqualTo("onnxruntime");
            assertThat(e.reason()).contains("ONNX");
            assertThat(e.featureCount()).isEqualTo(COLUMNS);
            float[] many = new float[ROWS];
            e.predict(rows, ROWS, many);
            for (int i = 0; i < ROWS; i++) {
                float[] row = row(i);
                assertThat(many[i]).isCloseTo(own.predict(row), within(1e-6f));
                assertThat(e.predict(row)).isEqualTo(many[i]);
            }
        }
    }

    @Test
    void theScoreIsFoundByNameAndShape() throws Exception {
        float[] row = {0.25f, 0.75f, 3, 4};
        // several outputs, the named one wins; of two columns the second is the positive class
        OnnxGraph two = new OnnxGraph()
                .input("x", 4)
                .output("label", 1)
                .output("probabilities", 2)
                .property("feature_names", "a,b,c,d");
        slice(two, "label", 3, 4);
        slice(two, "probabilities", 0, 2);
        try (Evaluator e = Models.load(two.toByteArray(), "m.onnx")) {
            assertThat(e.predict(row)).isEqualTo(0.75f);
            assertThat(e.featureNames()).containsExactly("a", "b", "c", "d");
        }
        // a sequence of maps, as converters write by default
        OnnxGraph maps = new OnnxGraph().input("x", 4).maps("output_probability");
        slice(maps, "p", 0, 2);
        maps.node(
                true,
                "ZipMap",
                List.of("p"),
                "output_probability",
                Attribute.ints("classlabels_int64s", List.of(0, 1)));
        try (Evaluator e = Models.load(maps.toByteArray(), "m.onnx")) {
            assertThat(e.predict(row)).isEqualTo(0.75f);
            float[] scores = new float[2];
            e.predict(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, scores);
            assertThat(scores).containsExactly(2, 6);
        }
    }

    @Test
    void onnxModelsThatDoNotFitAreRefusedByName() {
        OnnxGraph inputs = new OnnxGraph().input("x", 4).input("y", 4).output("score", 1);
        slice(inputs, "score", 0, 1);
        OnnxGraph wide = new OnnxGraph().input("x", 4).output("logits", 3);
        slice(wide, "logits", 0, 3);
        OnnxGraph several = new OnnxGraph().input("x", 4).output("first", 1).output("second", 1);
        slice(several, "first", 0, 1);
        slice(several, "second", 1, 2);
        for (Map.Entry<String, OnnxGraph> e : Map.of("2 inputs", inputs, "no output", wide, "several outputs", several)
                .entrySet()) {
            byte[] bytes = e.getValue().toByteArray();
            IsobarException refused = catchThrowableOfType(IsobarException.class, () -> Models.load(bytes, "m.onnx"));
            assertThat(refused).as(e.getKey()).isNotNull();
            assertThat(refused.code()).isEqualTo(ErrorCode.UNSUPPORTED);
            assertThat(refused).hasMessageContaining(e.getKey());
        }
        byte[] garbage = "garbage".getBytes(StandardCharsets.US_ASCII);
        for (String name : new String[] {"m.onnx", "m.ubj"}) {
            assertThat(catchThrowableOfType(IsobarException.class, () -> Models.load(garbage, name))
                            .code())
                    .isEqualTo(ErrorCode.CORRUPT);
        }
    }

    /** Columns from..to of x. */
    private static void slice(OnnxGraph graph, String output, int from, int to) {
        graph.node(true, "ArrayFeatureExtractor", List.of("x", output + "_columns"), output);
        graph.constant(
                output + "_columns", java.util.stream.LongStream.range(from, to).toArray());
    }

    private void assertEqual(Evaluator e, Booster booster, int column, int ulps) throws XGBoostError {
        float[][] theirs = booster.predict(new DMatrix(rows, ROWS, COLUMNS, Float.NaN));
        float[] ours = new float[ROWS];
        e.predict(rows, ROWS, ours);
        for (int i = 0; i < ROWS; i++) {
            float expected = theirs[i][column];
            assertThat(Math.abs(Float.floatToIntBits(ours[i]) - Float.floatToIntBits(expected)))
                    .as("row %d: %s, not %s", i, ours[i], expected)
                    .isLessThanOrEqualTo(ulps);
            assertThat(e.predict(row(i))).isEqualTo(ours[i]);
        }
    }

    private float[] row(int i) {
        return Arrays.copyOfRange(rows, i * COLUMNS, (i + 1) * COLUMNS);
    }

    private float[] rows() {
        float[] made = new float[ROWS * COLUMNS];
        for (int i = 0; i < made.length; i++) {
            made[i] = random.nextInt(9) == 0 ? Float.NaN : (float) random.nextGaussian();
        }
        return made;
    }

    private static Map<String, Object> parameters(String text) {
        Map<String, Object> parameters = new HashMap<>();
        for (String pair : text.split(",", -1)) {
            parameters.put(pair.split("=", -1)[0], pair.split("=", -1)[1]);
        }
        return parameters;
    }

    private Booster train(Map<String, Object> parameters) throws XGBoostError {
        DMatrix matrix = new DMatrix(rows, ROWS, COLUMNS, Float.NaN);
        float[] labels = new float[ROWS];
        for (int i = 0; i < ROWS; i++) {
            labels[i] = rows[i * COLUMNS] + random.nextGaussian() > 0 ? 1 : 0;
        }
        matrix.setLabel(labels);
        if (String.valueOf(parameters.get("objective")).startsWith("rank")) {
            matrix.setGroup(new int[] {100, 200});
        }
        Map<String, Object> all = new HashMap<>(parameters);
        all.put("nthread", 1);
        return XGBoost.train(matrix, all, 12, Map.of(), null, null);
    }
}
