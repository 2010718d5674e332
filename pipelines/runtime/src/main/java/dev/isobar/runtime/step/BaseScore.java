package dev.isobar.runtime.step;

/**
 * Where boosting of a binary model starts: near the share of positive labels. Said in the job's hyperparameters rather than left to the trainer, because trainers differ:
 * SageMaker's XGBoost 1.7 would start at one half, 3.0 at an estimate of its own.
 */
final class BaseScore {
    /** Far more than are needed: where neighbours' margins lie half an ulp apart, some thousand in a row are unsafe. */
    private static final int NEIGHBOURS = 1_000_000;

    private static final double TENTH_OF_AN_ULP = 0.1;

    private BaseScore() {}

    /**
     * XGBoost turns this probability into a margin with the C library's {@code logf}, whose last bit differs between C libraries (glibc rounds correctly only from
     * 2.41 on). So that a model's margins mean the same everywhere, the nearest float is taken whose logarithm lies within a tenth of an ulp of a float: any library
     * gets that one right.
     *
     * @param rate share of positive labels
     */
    static String of(double rate) {
        float start = (float) Math.min(0.999, Math.max(0.001, rate));
        float up = start;
        float down = start;
        for (int step = 0; step < NEIGHBOURS; step++) {
            if (safe(down)) {
                return Float.toString(down);
            }
            if (safe(up)) {
                return Float.toString(up);
            }
            down = Math.nextDown(down);
            up = Math.nextUp(up);
        }
        throw new IllegalStateException("no base score near " + rate);
    }

    private static boolean safe(float candidate) {
        double exact = StrictMath.log((double) (1.0f / candidate - 1.0f));
        float rounded = (float) exact;
        return Math.abs(exact - rounded) < TENTH_OF_AN_ULP * Math.ulp(rounded);
    }
}
