package dev.isobar.trainer;

import java.util.Arrays;
import java.util.OptionalDouble;

/** How good predictions are against labels. Pure functions; each is exact or says what it does. */
final class Quality {
    /** Probabilities are clamped to [ε, 1 − ε], or one sure mistake would make the log loss infinite. */
    static final double EPSILON = 1e-15;

    private Quality() {}

    /**
     * The area under the ROC curve as a rank statistic: the share of (positive, negative) pairs in the right order, a tie counting half. Exact:
     * pairs are counted in integers and divided once.
     *
     * @param labels 0 or 1
     * @return empty when one of the classes is absent
     */
    static OptionalDouble auc(float[] scores, float[] labels) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            // +0 joins −0, then bits in an order that compares like the floats
            int bits = Float.floatToIntBits(scores[i] + 0.0f);
            int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
            keys[i] = ((long) ordered << 1) | (labels[i] > 0.5f ? 1 : 0);
        }
        Arrays.sort(keys);
        long positives = 0;
        long negatives = 0;
        long halfPairs = 0;
        for (int i = 0; i < keys.length; ) {
            long tiedPositives = 0;
            long tiedNegatives = 0;
            long score = keys[i] >> 1;
            for (; i < keys.length && keys[i] >> 1 == score; i++) {
                if ((keys[i] & 1) == 1) {
                    tiedPositives++;
                } else {
                    tiedNegatives++;
                }
            }
            halfPairs += tiedPositives * (2 * negatives + tiedNegatives);
            positives += tiedPositives;
            negatives += tiedNegatives;
        }
        return positives == 0 || negatives == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(halfPairs / (2.0 * positives * negatives));
    }

    /** The mean negative log likelihood, natural logarithm, with probabilities clamped to [{@value #EPSILON}, 1 − {@value #EPSILON}]. */
    static double logLoss(float[] probabilities, float[] labels) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double p = Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[i]));
            sum -= StrictMath.log(labels[i] > 0.5f ? p : 1 - p);
        }
        return sum / labels.length;
    }

    /** The root of the mean squared error. */
    static double rmse(float[] predictions, float[] labels) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double d = (double) predictions[i] - labels[i];
            sum += d * d;
        }
        return Math.sqrt(sum / labels.length);
    }

    static double mean(float[] values) {
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        return sum / values.length;
    }
}
