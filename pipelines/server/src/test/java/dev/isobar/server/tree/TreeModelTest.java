package dev.isobar.server.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TreeModelTest {
    private static final int COLUMNS = 7;
    private static final int ROWS = 100_000;
    /** Arguments and {@code logf} of glibc 2.36; for the first eight a correctly rounded logarithm is another. */
    private static final float[][] LOGARITHMS = {
        {0.06728786f, -2.6987753f},
        {1.4557301f, 0.37550756f},
        {1.0963686f, 0.0920034f},
        {0.9785757f, -0.021657124f},
        {2.1472523f, 0.76418906f},
        {1.0328132f, 0.03228633f},
        {0.8853227f, -0.121803075f},
        {8.214371f, 2.105885f},
        {0.0005047594f, -7.5914288f},
        {441.05115f, 6.089161f},
        {978.6617f, 6.886186f},
        {1790.3075f, 7.490143f},
        {1e-40f, -92.10341f},
        {1.5f, 0.4054651f},
        {1e-45f, -103.27893f},
        {3e+38f, 88.59685f},
    };

    @ParameterizedTest
    @CsvSource({
        "binary:logistic, 60, 6, hist",
        "binary:logistic, 10, 8, exact",
        "reg:squarederror, 60, 6, hist",
    })
    void marginsEqualXgboostBitForBitAndProbabilitiesWithinOneUlp(
            String objective, int rounds, int depth, String method) throws XGBoostError {
        Random random = seeded();
        float[] rows = rows(random, ROWS);
        Booster booster =
                train(random, rows, rounds, Map.of("objective", objective, "max_depth", depth, "tree_method", method));
        for (String format : new String[] {"ubj", "json"}) {
            TreeModel model = TreeModel.read(booster.toByteArray(format), "test");
            assertThat(model.treeCount()).isEqualTo(rounds);
            assertThat(model.featureCount()).isEqualTo(COLUMNS);
            compare(booster, model, rows);
        }
    }

    @Test
    void forestsOfParallelTreesAndDeepUnbalancedTreesAgreeToo() throws XGBoostError {
        Random random = seeded();
        float[] rows = rows(random, 20_000);
        Booster booster = train(
                random,
                rows,
                10,
                Map.of(
                        "objective",
                        "binary:logistic",
                        "num_parallel_tree",
                        3,
                        "subsample",
                        0.5,
                        "grow_policy",
                        "lossguide",
                        "max_depth",
                        0,
                        "max_leaves",
                        64,
                        "gamma",
                        0.3));
        TreeModel model = TreeModel.read(booster.toByteArray("ubj"), "test");
        assertThat(model.treeCount()).isEqualTo(30);
        compare(booster, model, rows);
    }

    @Test
    void theBaseScoreBecomesTheMarginThatTheCLibraryMakesOfIt() throws XGBoostError {
        Random random = seeded();
        DMatrix rows = new DMatrix(new float[] {1, 2, 3, 4}, 4, 1, Float.NaN);
        rows.setLabel(new float[] {0, 1, 0, 1});
        int scores = 3_000;
        int asOurs = 0;
        int asRounded = 0;
        int telling = 0;
        for (int i = 0; i < scores; i++) {
            float score = i < 10 ? (i + 1) * Float.MIN_NORMAL : 0.001f + 0.998f * random.nextFloat();
            Booster booster = XGBoost.train(
                    rows,
                    new HashMap<>(
                            Map.of("objective", "binary:logistic", "base_score", Float.toString(score), "nthread", 1)),
                    0,
                    Map.of(),
                    null,
                    null);
            float theirs = booster.predict(rows, true)[0][0];
            float ours = TreeModel.read(booster.toByteArray("ubj"), "test").margin(new float[] {1});
            float rounded = -(float) StrictMath.log((double) (1.0f / score - 1.0f));
            asOurs += ours == theirs ? 1 : 0;
            asRounded += rounded == theirs ? 1 : 0;
            telling += ours == rounded ? 0 : 1;
            booster.dispose();
        }
        assertThat(telling).isPositive();
        // One of the two families of C libraries, without exception; see LogF.
        assertThat(scores)
                .as("%s as ours, %s as correctly rounded", asOurs, asRounded)
                .isIn(asOurs, asRounded);
    }

    @Test
    void theLogarithmIsTheCLibrarysWhateverTheMachine() {
        for (float[] pair : LOGARITHMS) {
            assertThat(LogF.log(pair[0])).as("log(%s)", pair[0]).isEqualTo(pair[1]);
        }
        assertThat(LogF.log(0f)).isEqualTo(Float.NEGATIVE_INFINITY);
        Random random = seeded();
        for (int i = 0; i < 100_000; i++) {
            float x = Float.intBitsToFloat(random.nextInt(0x7f800000));
            float exact = (float) StrictMath.log(x);
            assertThat(ulps(LogF.log(x), exact)).as("log(%s)", x).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void infinitiesAndThresholdsHitExactlyGoTheWayOfXgboost() throws XGBoostError {
        Random random = seeded();
        float[] rows = rows(random, 20_000);
        Booster booster = train(random, rows, 40, Map.of("objective", "binary:logistic", "max_depth", 7));
        byte[] bytes = booster.toByteArray("json");
        TreeModel model = TreeModel.read(bytes, "test");
        float[][] thresholds = thresholds(bytes);
        // XGBoost takes an infinity as a value if the other one is declared to mean missing.
        for (float infinity : new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] extreme = new float[ROWS / 2 * COLUMNS];
            for (int i = 0; i < extreme.length; i++) {
                float[] of = thresholds[i % COLUMNS];
                float x = of.length == 0 ? 0 : of[random.nextInt(of.length)];
                extreme[i] = switch (random.nextInt(8)) {
                    case 0 -> infinity;
                    case 1 -> Float.NaN;
                    case 2 -> Math.nextUp(x);
                    case 3 -> Math.nextDown(x);
                    case 4 -> random.nextBoolean() ? -0f : 0f;
                    default -> x;
                };
                // a threshold may be infinite itself, or have an infinite neighbour
                extreme[i] = extreme[i] == -infinity ? 0 : extreme[i];
            }
            compare(booster, model, extreme, -infinity);
        }
    }

    @Test
    void blocksOfShallowTreesBetweenDeepOnesAreAddedInTheOrderOfTheTrees() throws XGBoostError {
        Random random = seeded();
        float[] rows = rows(random, 5_000);
        // depth 0 to 8 is padded, more is not; every mixture of neighbours
        for (int depth : new int[] {1, 2, 3, 8, 9, 12}) {
            for (int rounds : new int[] {1, 2, 3, 4, 5, 7}) {
                Booster booster = train(
                        random,
                        rows,
                        rounds,
                        Map.of("objective", "reg:squarederror", "max_depth", depth, "gamma", 0.5, "subsample", 0.3));
                compare(booster, TreeModel.read(booster.toByteArray("ubj"), "test"), rows);
            }
        }
        Booster none = train(random, rows, 0, Map.of("objective", "reg:squarederror"));
        compare(none, TreeModel.read(none.toByteArray("ubj"), "test"), rows);
    }

    @Test
    void infinitiesZerosAndMissingGoWhereFloat32ComparisonSendsThem() {
        // one split: x < 0 goes left (leaf 1), else right (leaf 2), missing right
        TreeModel model = TreeModel.read(json(stump("0E0", 0)), "test");
        assertThat(model.margin(new float[] {Float.NEGATIVE_INFINITY})).isEqualTo(1f);
        assertThat(model.margin(new float[] {-Float.MIN_VALUE})).isEqualTo(1f);
        assertThat(model.margin(new float[] {-0f})).isEqualTo(2f);
        assertThat(model.margin(new float[] {0f})).isEqualTo(2f);
        assertThat(model.margin(new float[] {Float.POSITIVE_INFINITY})).isEqualTo(2f);
        assertThat(model.margin(new float[] {Float.NaN})).isEqualTo(2f);
        assertThat(TreeModel.read(json(stump("0E0", 1)), "test").margin(new float[] {Float.NaN}))
                .isEqualTo(1f);
    }

    @Test
    void aVectorOfAnotherLengthIsRefused() {
        TreeModel model = TreeModel.read(json(stump("0E0", 0)), "test");
        assertThatThrownBy(() -> model.margin(new float[2])).hasMessageContaining("1 features");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\":\"gbtree\"| \"name\":\"dart\"| dart",
                "\"name\":\"gbtree\"| \"name\":\"gblinear\"| gblinear",
                "reg:squarederror| multi:softprob| multi:softprob",
                "reg:squarederror| rank:ndcg| rank:ndcg",
                "\"num_class\":\"0\"| \"num_class\":\"3\"| multi-class",
                "\"num_target\":\"1\"| \"num_target\":\"2\"| targets",
                "\"split_type\":[0,0,0]| \"split_type\":[1,0,0]| categorical",
                "\"size_leaf_vector\":\"1\"| \"size_leaf_vector\":\"2\"| vectors",
            })
    void whatItDoesNotEvaluateIsNamed(String from, String to, String named) {
        String text = stump("0E0", 0).replace(from, to);
        assertThat(text).isNotEqualTo(stump("0E0", 0));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> TreeModel.read(json(text), "model 7"));
        assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
        assertThat(e).hasMessageContaining(named);
        assertThat(e.hint()).isNotBlank();
        assertThat(e.resource()).isEqualTo("model 7");
    }

    @Test
    void realModelsThatAreNotCoveredAreRefusedByName() throws XGBoostError {
        Random random = seeded();
        float[] rows = rows(random, 200);
        for (Map<String, Object> p : java.util.List.of(
                Map.<String, Object>of("objective", "binary:logistic", "booster", "dart"),
                Map.<String, Object>of("objective", "binary:logistic", "booster", "gblinear"),
                Map.<String, Object>of("objective", "multi:softprob", "num_class", 2),
                Map.<String, Object>of("objective", "count:poisson"))) {
            byte[] bytes = train(random, rows, 2, p).toByteArray("ubj");
            assertThat(catchThrowableOfType(IsobarException.class, () -> TreeModel.read(bytes, "test"))
                            .code())
                    .isEqualTo(ErrorCode.UNSUPPORTED);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"left_children\":[1,-1,-1]| \"left_children\":[0,-1,-1]| reached twice",
                "\"left_children\":[1,-1,-1]| \"left_children\":[9,-1,-1]| child 9",
                "\"left_children\":[1,-1,-1]| \"left_children\":[2,-1,-1]| reached twice",
                "\"left_children\":[1,-1,-1]| \"left_children\":[1,-1]| lengths",
                "\"left_children\":[1,-1,-1]| \"left_children\":[-1,-1,-1]| one child",
                "\"left_children\":[1,-1,-1]| \"left_children\":[1.5,-1,-1]| integer",
                "\"split_indices\":[0,0,0]| \"split_indices\":[1,0,0]| feature 1 of 1",
                "\"num_nodes\":\"3\"| \"num_nodes\":\"4\"| num_nodes",
                "\"base_score\":\"0E0\"| \"base_score\":\"zero\"| base_score",
                "\"learner\":| \"lerner\":| learner",
                "\"trees\":[| \"trees\":[[],| trees[0]",
            })
    void aDocumentWhoseTreesDoNotHoldTogetherIsCorruptByPath(String from, String to, String named) {
        String text = stump("0E0", 0).replace(from, to);
        assertThat(text).isNotEqualTo(stump("0E0", 0));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> TreeModel.read(json(text), "test"));
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(e).hasMessageContaining(named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ubj", "json"})
    void everyTruncationIsCorruptWithItsOffset(String format) throws XGBoostError {
        byte[] bytes = small().toByteArray(format);
        for (int length = 0; length < bytes.length; length += length < 200 ? 1 : 37) {
            byte[] cut = Arrays.copyOf(bytes, length);
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> TreeModel.read(cut, "test"));
            assertThat(e).as("cut at %d", length).isNotNull();
            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
            assertThat(e.getMessage()).contains("byte ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ubj", "json"})
    void garbledBytesAreReadOrRefusedAndNothingElse(String format) throws XGBoostError {
        Random random = seeded();
        byte[] bytes = small().toByteArray(format);
        int refused = 0;
        for (int i = 0; i < 8_000; i++) {
            byte[] garbled = bytes.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                garbled[random.nextInt(random.nextBoolean() ? garbled.length : 400)] = (byte) random.nextInt();
            }
            try {
                TreeModel model = TreeModel.read(garbled, "test");
                if (model.featureCount() < 10_000) {
                    model.margin(new float[model.featureCount()]);
                }
            } catch (IsobarException e) {
                refused++;
                assertThat(e.code()).isIn(ErrorCode.CORRUPT, ErrorCode.UNSUPPORTED);
            }
        }
        assertThat(refused).isGreaterThan(500);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{L\0\0\0\0\177\377\377\377a",
                "{i\1a[$d#l\177\377\377\377",
                "{i\1a[#L\177\377\377\377\377\377\377\377",
                "{i\1a[$Z#l\177\377\377\377",
                "{i\1a[$d#L\200\0\0\0\0\0\0\0",
                "{#l\177\377\377\377"
            })
    void aLengthThatTheBytesDoNotCoverIsRefusedBeforeAnythingIsAllocated(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> TreeModel.read(bytes, "test"));
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(e).hasMessageContaining("byte ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{i\1a", "{\"a\":"})
    void endlessNestingIsRefusedBeforeTheStackIs(String start) {
        String text = start + "[".repeat(100_000);
        assertThat(catchThrowableOfType(
                                IsobarException.class,
                                () -> TreeModel.read(text.getBytes(StandardCharsets.ISO_8859_1), "test"))
                        .code())
                .isEqualTo(ErrorCode.CORRUPT);
    }

    private static float[][] thresholds(byte[] json) {
        Map<?, ?> learner = (Map<?, ?>) ((Map<?, ?>) ModelJson.read(json, "test")).get("learner");
        Map<?, ?> model = (Map<?, ?>) ((Map<?, ?>) learner.get("gradient_booster")).get("model");
        float[][] thresholds = new float[COLUMNS][0];
        for (Object tree : (java.util.List<?>) model.get("trees")) {
            float[] conditions = ((ModelJson.Numbers) ((Map<?, ?>) tree).get("split_conditions")).floats();
            float[] features = ((ModelJson.Numbers) ((Map<?, ?>) tree).get("split_indices")).floats();
            float[] left = ((ModelJson.Numbers) ((Map<?, ?>) tree).get("left_children")).floats();
            for (int i = 0; i < left.length; i++) {
                if (left[i] >= 0) {
                    int f = (int) features[i];
                    thresholds[f] = Arrays.copyOf(thresholds[f], thresholds[f].length + 1);
                    thresholds[f][thresholds[f].length - 1] = conditions[i];
                }
            }
        }
        return thresholds;
    }

    private static void compare(Booster booster, TreeModel model, float[] rows) throws XGBoostError {
        compare(booster, model, rows, Float.NaN);
    }

    private static void compare(Booster booster, TreeModel model, float[] rows, float missing) throws XGBoostError {
        int count = rows.length / COLUMNS;
        DMatrix matrix = new DMatrix(rows, count, COLUMNS, missing);
        float[][] margins = booster.predict(matrix, true);
        float[][] answers = booster.predict(matrix);
        float[] vector = new float[COLUMNS];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows, i * COLUMNS, vector, 0, COLUMNS);
            float margin = model.margin(vector);
            if (Float.floatToRawIntBits(margin) != Float.floatToRawIntBits(margins[i][0])) {
                assertThat(margin).as("row %d %s", i, Arrays.toString(vector)).isEqualTo(margins[i][0]);
            }
            if (ulps(model.predict(vector), answers[i][0]) > 1) {
                assertThat(model.predict(vector)).as("row %d", i).isEqualTo(answers[i][0]);
            }
        }
        matrix.dispose();
    }

    private static int ulps(float a, float b) {
        return Math.abs(Float.floatToIntBits(a) - Float.floatToIntBits(b));
    }

    private static Booster small() throws XGBoostError {
        Random random = new Random(5);
        return train(random, rows(random, 300), 3, Map.of("objective", "binary:logistic", "max_depth", 3));
    }

    private static Booster train(Random random, float[] rows, int rounds, Map<String, Object> parameters)
            throws XGBoostError {
        int count = rows.length / COLUMNS;
        float[] labels = new float[count];
        for (int i = 0; i < count; i++) {
            float x = rows[i * COLUMNS];
            float y = rows[i * COLUMNS + 1];
            labels[i] = (Float.isNaN(x) ? 0.3 : x) + (Float.isNaN(y) ? -0.5 : y) * 0.7 + random.nextGaussian() > 0.4
                    ? 1
                    : 0;
        }
        DMatrix matrix = new DMatrix(rows, count, COLUMNS, Float.NaN);
        matrix.setLabel(labels);
        Map<String, Object> all = new HashMap<>(parameters);
        all.put("nthread", 1);
        return XGBoost.train(matrix, all, rounds, Map.of(), null, null);
    }

    /** Gaussians, small integers, heavy tails, extremes of float32 (XGBoost takes no infinities) and missing values. */
    private static float[] rows(Random random, int count) {
        float[] extremes = {
            0f,
            -0f,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            Float.MIN_NORMAL,
            1e-30f,
            -1e30f
        };
        float[] rows = new float[count * COLUMNS];
        for (int i = 0; i < rows.length; i++) {
            float x = switch (i % COLUMNS) {
                case 0, 1 -> (float) random.nextGaussian();
                case 2 -> random.nextInt(5);
                case 3 -> random.nextInt(2000) - 1000;
                case 4 -> (float) Math.exp(Math.min(85, 20 * random.nextGaussian()));
                case 5 -> extremes[random.nextInt(extremes.length)];
                default -> random.nextFloat();
            };
            rows[i] = random.nextInt(12) == 0 ? Float.NaN : x;
        }
        return rows;
    }

    private static Random seeded() {
        // Fixed unless asked: what is compared also depends on the C library of the machine, and a build must not.
        long seed = Long.getLong("isobar.seed", 20010301L);
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String stump(String threshold, int defaultLeft) {
        return "{\"learner\":{\"feature_names\":[],\"gradient_booster\":{\"model\":{\"tree_info\":[0],\"trees\":["
                + "{\"default_left\":[" + defaultLeft
                + ",0,0],\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],"
                + "\"split_conditions\":[" + threshold + ",1E0,2E0],\"split_indices\":[0,0,0],\"split_type\":[0,0,0],"
                + "\"tree_param\":{\"num_nodes\":\"3\",\"size_leaf_vector\":\"1\"}}]},\"name\":\"gbtree\"},"
                + "\"learner_model_param\":{\"base_score\":\"0E0\",\"num_class\":\"0\",\"num_feature\":\"1\",\"num_target\":\"1\"},"
                + "\"objective\":{\"name\":\"reg:squarederror\"}},\"version\":[3,0,4]}";
    }
}
