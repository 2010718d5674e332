package dev.isobar.server.tree;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.List;

/**
 * A gradient-boosted tree model, ready to evaluate. Equal to XGBoost 3.0's own prediction on a CPU: the margin bit for bit (float32 sums in the
 * order of the trees, starting from the base score), the probability within one ulp. Immutable and thread safe; evaluation allocates nothing.
 *
 * <p>One honest limit: the base score of {@code binary:logistic} is stored as a probability, and XGBoost makes a margin of it with the C library's
 * {@code logf}. Here that is the one of glibc 2.28 to 2.40 ({@link LogF}), whatever machine this runs on. From glibc 2.41 on XGBoost's own margin differs
 * from it by one ulp for about one base score in 300. Isobar's trainer stores only base scores for which all libraries agree.
 *
 * @since 0.1
 */
public final class TreeModel {
    /** Objectives that can be evaluated. */
    public enum Objective {
        /** The margin is the log odds. */
        BINARY_LOGISTIC("binary:logistic"),
        /** The margin is the prediction. */
        REG_SQUAREDERROR("reg:squarederror");

        private final String xgboost;

        Objective(String xgboost) {
            this.xgboost = xgboost;
        }

        /** XGBoost's name. */
        public String xgboostName() {
            return xgboost;
        }
    }

    private final Objective objective;
    private final int featureCount;
    private final List<String> featureNames;
    private final float baseMargin;
    private final int treeCount;
    private final Forest forest;
    private final ThreadLocal<long[]> keys;

    TreeModel(
            Objective objective,
            int featureCount,
            List<String> featureNames,
            float baseMargin,
            int treeCount,
            Forest forest) {
        this.objective = objective;
        this.featureCount = featureCount;
        this.featureNames = List.copyOf(featureNames);
        this.baseMargin = baseMargin;
        this.treeCount = treeCount;
        this.forest = forest;
        this.keys = ThreadLocal.withInitial(() -> new long[Forest.keys(featureCount)]);
    }

    /**
     * Reads a model as {@code save_model} writes it, UBJ or JSON. Verify the digest first.
     *
     * @param source names the bytes in messages
     * @throws IsobarException {@code CORRUPT} with the offset or path of what is wrong; {@code UNSUPPORTED} naming what this evaluator does not do:
     *     multi-class or multi-target models, dart, gblinear, categorical splits, other objectives
     */
    public static TreeModel read(byte[] bytes, String source) {
        int i = 1;
        while (i < bytes.length && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) {
            i++;
        }
        if (bytes.length < 2 || bytes[0] != '{') {
            throw IsobarException.of(
                            ErrorCode.CORRUPT,
                            bytes.length < 2
                                    ? "The model has " + bytes.length + " bytes; it ends at byte " + bytes.length
                                    : "The model is neither UBJ nor JSON: byte 0 is not '{'")
                    .resource(source)
                    .hint("Save it with XGBoost's save_model; its deprecated binary format and pickle are not read.")
                    .build();
        }
        boolean json = i > 1 || bytes[1] == '"';
        return new ModelReader(source).model(json ? ModelJson.read(bytes, source) : Ubj.read(bytes, source));
    }

    /** What the margin means. */
    public Objective objective() {
        return objective;
    }

    /** How many features a vector must have. */
    public int featureCount() {
        return featureCount;
    }

    /** The features' names in order, or empty if the model does not name them. */
    public List<String> featureNames() {
        return featureNames;
    }

    /** How many trees there are. */
    public int treeCount() {
        return treeCount;
    }

    /**
     * The raw sum of the trees.
     *
     * @param features exactly {@link #featureCount()} values; NaN is missing
     * @throws IllegalArgumentException for another length
     */
    public float margin(float[] features) {
        if (features.length != featureCount) {
            throw new IllegalArgumentException(
                    "the model has " + featureCount + " features, the vector has " + features.length);
        }
        return forest.sum(baseMargin, features, keys.get());
    }

    /**
     * The prediction in the label's own unit: a probability for {@code binary:logistic}, the margin for a regression.
     *
     * @param features as for {@link #margin}
     */
    public float predict(float[] features) {
        float margin = margin(features);
        return objective == Objective.BINARY_LOGISTIC ? sigmoid(margin) : margin;
    }

    /**
     * The probability of the positive class.
     *
     * @param features as for {@link #margin}
     * @throws IllegalStateException if the model is no classifier
     */
    public float probability(float[] features) {
        if (objective != Objective.BINARY_LOGISTIC) {
            throw new IllegalStateException("a model of " + objective.xgboost + " has no probability");
        }
        return sigmoid(margin(features));
    }

    /**
     * XGBoost's own steps in float32. Its {@code expf} is the C library's, rounded correctly except next to the middle between two floats; one ulp
     * there becomes up to two ulps of the probability. In that narrow case the answer between both is given, so that it is within one ulp of
     * either.
     *
     * @param margin log odds; NaN gives NaN
     */
    public static float sigmoid(float margin) {
        // 88.7 is where e^x leaves float32
        double exact = StrictMath.exp((double) Math.min(-margin, 88.7f));
        float e = (float) exact;
        float p = ofExponential(e);
        double rest = exact - e;
        if (Math.abs(rest) > 0.49 * Math.ulp(e)) {
            float q = ofExponential(rest > 0 ? Math.nextUp(e) : Math.nextDown(e));
            return Float.intBitsToFloat((Float.floatToIntBits(p) + Float.floatToIntBits(q)) >> 1);
        }
        return p;
    }

    private static float ofExponential(float e) {
        return 1.0f / (e + 1.0f + 1e-16f);
    }

    /** XGBoost's {@code ProbToMargin}, with the C library's logarithm. */
    static float logit(float probability) {
        return -LogF.log(1.0f / probability - 1.0f);
    }
}
