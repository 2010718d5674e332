package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the p-value of a PSI promises, checked end to end: profiles, bins cut from the reference, and the χ² of Yurdakul. */
class DriftCalibrationTest {
    private static final int ROUNDS = 2_000;

    @ParameterizedTest
    @CsvSource({
        "gaussian, 60, 60",
        "gaussian, 100, 40",
        "gaussian, 200, 200",
        "gaussian, 1000, 100",
        "gaussian, 5000, 500",
        "ties, 500, 150",
        "ties, 3000, 300",
        "category, 100, 100",
        "category, 2000, 200",
        "nulls, 150, 100",
        "nulls, 2000, 300",
        "rare, 1000, 200"
    })
    void withoutDriftThePValueIsUniform(String shape, int n, int m) {
        double[] ps = simulate(shape, n, m, 0);
        double mean = Arrays.stream(ps).average().orElseThrow();
        double below1 = below(ps, 0.01);
        double below5 = below(ps, 0.05);
        double below25 = below(ps, 0.25);
        System.out.printf(
                Locale.ROOT,
                "no drift, %s n=%d m=%d: mean p %.3f, P(p<.01) %.4f, P(p<.05) %.4f, P(p<.25) %.3f%n",
                shape,
                n,
                m,
                mean,
                below1,
                below5,
                below25);
        assertThat(below1).isBetween(0.003, 0.02);
        assertThat(below5).isBetween(0.03, 0.075);
        assertThat(below25).isBetween(0.20, 0.30);
        assertThat(mean).isBetween(0.46, 0.54);
    }

    @ParameterizedTest
    @CsvSource({"gaussian, 1000, 300", "ties, 1000, 300", "category, 1000, 300", "nulls, 1000, 300"})
    void underDriftThePValueIsSmall(String shape, int n, int m) {
        double[] ps = simulate(shape, n, m, 0.5);
        System.out.printf(Locale.ROOT, "drift, %s n=%d m=%d: P(p<.01) %.3f%n", shape, n, m, below(ps, 0.01));
        assertThat(below(ps, 0.01)).isGreaterThan(0.95);
    }

    private static double[] simulate(String shape, int n, int m, double shift) {
        Random random = DistancesTest.seeded(shape + " " + n + " " + m + " " + shift);
        ToDoubleFunction<Double> draw = switch (shape) {
            case "gaussian" -> d -> random.nextGaussian() + d;
            case "ties" -> d -> random.nextDouble() < 0.6 - 0.4 * d ? 0 : Math.exp(random.nextGaussian());
            case "category" -> d -> Math.floor(5 * Math.pow(random.nextDouble(), 1 + d));
            case "nulls" -> d -> random.nextDouble() < 0.1 + 0.4 * d ? Double.NaN : random.nextGaussian() + d / 2;
            case "rare" -> d -> random.nextDouble() < 0.004 + d ? Double.NaN : Math.rint(random.nextGaussian());
            default -> throw new IllegalArgumentException(shape);
        };
        double[] ps = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            ReferenceProfile reference = new ReferenceProfile("x");
            for (int j = 0; j < n; j++) {
                reference.add(draw.applyAsDouble(0.0));
            }
            CurrentProfile current = new CurrentProfile(reference.bins());
            for (int j = 0; j < m; j++) {
                current.add(draw.applyAsDouble(shift));
            }
            Double p = current.drift().pValue();
            ps[i] = p == null ? Double.NaN : p;
        }
        return ps;
    }

    private static double below(double[] ps, double alpha) {
        return Arrays.stream(ps).filter(p -> p < alpha).count() / (double) ps.length;
    }
}
