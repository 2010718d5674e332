package dev.isobar.runtime.monitor;

import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * Distances between two samples. Pure functions, thread safe.
 *
 * @since 0.1
 */
public final class Distances {
    /** Added to the count of every bin that either side has, so that an empty bin does not mean an infinite PSI. */
    public static final double SMOOTHING = 0.5;

    /** Bins expected to hold fewer than this on either side share one bin when a p-value is computed (Cochran's rule). */
    private static final double EXPECTED = 5;

    private Distances() {}

    /**
     * Population stability index, {@code Σ (cᵢ − rᵢ) ln(cᵢ / rᵢ)} over the shares of each bin, both counts of each bin raised by
     * {@link #SMOOTHING}. Bins empty on both sides are left out. Rules of thumb: below 0.1 little, above 0.2 (some say 0.25)
     * a lot. It shrinks to 0 only as fast as the samples grow, hence {@link #psiPValue}.
     *
     * @return NaN when a side is empty
     */
    public static double psi(long[] reference, long[] current) {
        checkSameBins(reference, current);
        int bins = 0;
        double n = 0;
        double m = 0;
        for (int i = 0; i < reference.length; i++) {
            if (reference[i] + current[i] > 0) {
                bins++;
                n += reference[i];
                m += current[i];
            }
        }
        if (n == 0 || m == 0) {
            return Double.NaN;
        }
        double sum = 0;
        for (int i = 0; i < reference.length; i++) {
            if (reference[i] + current[i] > 0) {
                double r = (reference[i] + SMOOTHING) / (n + SMOOTHING * bins);
                double c = (current[i] + SMOOTHING) / (m + SMOOTHING * bins);
                sum += (c - r) * Math.log(c / r);
            }
        }
        return sum;
    }

    /**
     * The probability of a PSI at least this large when both samples come from one distribution. With n and m values in B bins,
     * {@code PSI / (1/n + 1/m)} is then close to χ² with B − 1 degrees of freedom (B. Yurdakul, <em>Statistical Properties of
     * Population Stability Index</em>, dissertation, Western Michigan University, 2018,
     * <a href="https://scholarworks.wmich.edu/dissertations/3208">scholarworks.wmich.edu/dissertations/3208</a>). The
     * approximation wants no nearly empty bins: those expected to hold fewer than five values on a side are taken together first.
     *
     * <p>The values of each sample are taken as independent. Values of a sliding window are not, so that p is then too small;
     * this is why a verdict also wants an effect size and several windows.
     *
     * @return 0 to 1; 1 when there is only one bin; NaN when a side is empty
     */
    public static double psiPValue(long[] reference, long[] current) {
        checkSameBins(reference, current);
        double n = 0;
        double m = 0;
        for (int i = 0; i < reference.length; i++) {
            n += reference[i];
            m += current[i];
        }
        if (n == 0 || m == 0) {
            return Double.NaN;
        }
        double smaller = Math.min(n, m);
        long[] r = new long[reference.length + 1];
        long[] c = new long[reference.length + 1];
        int bins = 0;
        int last = reference.length; // the shared bin
        for (int i = 0; i < reference.length; i++) {
            double expected = (reference[i] + current[i]) * smaller / (n + m);
            int to = expected < EXPECTED ? last : bins++;
            r[to] += reference[i];
            c[to] += current[i];
        }
        if (r[last] + c[last] > 0) {
            bins++;
        }
        if (bins < 2) {
            return 1;
        }
        double statistic = psi(r, c) / (1 / n + 1 / m);
        return ChiSquaredDistribution.of(bins - 1.0).survivalProbability(statistic);
    }

    /**
     * Jensen-Shannon distance: the square root of the divergence in base 2, so 0 for equal shares and 1 for disjoint ones.
     *
     * @return NaN when a side is empty
     */
    public static double jensenShannon(long[] reference, long[] current) {
        checkSameBins(reference, current);
        double n = 0;
        double m = 0;
        for (int i = 0; i < reference.length; i++) {
            n += reference[i];
            m += current[i];
        }
        double sum = 0;
        for (int i = 0; i < reference.length; i++) {
            double r = reference[i] / n;
            double c = current[i] / m;
            double middle = (r + c) / 2;
            sum += half(r, middle) + half(c, middle);
        }
        return n == 0 || m == 0 ? Double.NaN : Math.sqrt(Math.max(0, sum) / Math.log(2));
    }

    private static double half(double share, double middle) {
        return share == 0 ? 0 : share * Math.log(share / middle) / 2;
    }

    /**
     * Two-sample Kolmogorov-Smirnov statistic; ties are stepped over together.
     *
     * @param x ascending, not empty, no NaN
     * @param y ascending, not empty, no NaN
     */
    public static double kolmogorovSmirnov(double[] x, double[] y) {
        int i = 0;
        int j = 0;
        double largest = 0;
        while (i < x.length && j < y.length) {
            double at = Math.min(x[i], y[j]);
            while (i < x.length && x[i] == at) {
                i++;
            }
            while (j < y.length && y[j] == at) {
                j++;
            }
            largest = Math.max(largest, Math.abs((double) i / x.length - (double) j / y.length));
        }
        return largest;
    }

    /**
     * p-value of {@link #kolmogorovSmirnov}: Kolmogorov's limit with Stephens' correction for small samples (M. A. Stephens,
     * J. R. Statist. Soc. B 32, 1970). Too large, never too small, when values tie.
     *
     * @param d the statistic, 0 to 1
     * @param n size of one sample
     * @param m size of the other
     */
    public static double kolmogorovSmirnovPValue(double d, long n, long m) {
        double root = Math.sqrt((double) n * m / ((double) n + m));
        double lambda = (root + 0.12 + 0.11 / root) * d;
        if (lambda < 0.3) {
            return 1; // 1 − 9e-6; the series converges slowly there
        }
        double sum = 0;
        for (int k = 1; k <= 100; k++) {
            double term = Math.exp(-2.0 * k * k * lambda * lambda);
            sum += (k % 2 == 1 ? 2 : -2) * term;
            if (term < 1e-16) {
                break;
            }
        }
        return Math.max(0, Math.min(1, sum));
    }

    /**
     * Wasserstein-1 (earth mover's) distance of two samples, {@code ∫ |F − G|}, in the values' own unit.
     *
     * @param x ascending, no NaN
     * @param y ascending, no NaN
     * @return NaN when a side is empty or an infinite value makes it so
     */
    public static double wasserstein(double[] x, double[] y) {
        if (x.length == 0 || y.length == 0) {
            return Double.NaN;
        }
        int i = 0;
        int j = 0;
        double previous = Math.min(x[0], y[0]);
        double sum = 0;
        while (i < x.length || j < y.length) {
            double at = j == y.length || (i < x.length && x[i] <= y[j]) ? x[i] : y[j];
            double gap = Math.abs((double) i / x.length - (double) j / y.length);
            if (gap > 0) {
                sum += gap * (at - previous);
            }
            previous = at;
            if (i < x.length && x[i] == at) {
                i++;
            } else {
                j++;
            }
        }
        return sum;
    }

    private static void checkSameBins(long[] reference, long[] current) {
        if (reference.length != current.length) {
            throw Refusals.argument(
                    "Reference has " + reference.length + " bins and current " + current.length + ".",
                    "Count current values into the reference's own bins (CurrentProfile).");
        }
    }
}
