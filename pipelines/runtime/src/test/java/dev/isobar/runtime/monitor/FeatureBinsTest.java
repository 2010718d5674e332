package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FeatureBinsTest {
    @Test
    void aContinuousReferenceFillsTenBinsEquallyAndNoNulls() {
        FeatureBins bins = uniform(10_000);
        assertThat(bins.discrete()).isFalse();
        assertThat(bins.size()).isEqualTo(FeatureBins.BINS + 1);
        long[] counts = bins.counts();
        for (int i = 0; i < FeatureBins.BINS; i++) {
            assertThat(counts[i]).isBetween(999L, 1_001L);
        }
        assertThat(counts[bins.nullBin()]).isZero();
    }

    @Test
    void aValueWithTheMassOfABinHasABinOfItsOwn() {
        ReferenceProfile reference = new ReferenceProfile("amount");
        for (int i = 0; i < 1_000; i++) {
            reference.add(i < 600 ? 0 : i);
        }
        FeatureBins bins = reference.bins();
        assertThat(bins.counts()[bins.indexOf(0)]).isEqualTo(600);
        assertThat(bins.indexOf(600)).isNotEqualTo(bins.indexOf(0));
        assertThat(bins.indexOf(-0.0)).isEqualTo(bins.indexOf(0.0));
    }

    @Test
    void aConstantThatBecomesAnotherConstantIsTheLargestDrift() {
        ReferenceProfile reference = new ReferenceProfile("version");
        for (int i = 0; i < 500; i++) {
            reference.add(5);
        }
        CurrentProfile current = new CurrentProfile(reference.bins());
        for (int i = 0; i < 500; i++) {
            current.add(7);
        }
        FeatureDrift drift = current.drift();
        assertThat(drift.psi()).isGreaterThan(5);
        assertThat(drift.pValue()).isLessThan(1e-9);
        assertThat(drift.js()).isEqualTo(1);
        assertThat(drift.wasserstein()).isEqualTo(2);
        assertThat(drift.ks()).as("a discrete feature has no KS").isNull();
    }

    @Test
    void nullsAreABinAndNeverPartOfAMean() {
        ReferenceProfile reference = new ReferenceProfile("x");
        for (double v : new double[] {1, 2, Double.NaN, 3}) {
            reference.add(v);
        }
        CurrentProfile current = new CurrentProfile(reference.bins());
        current.add(Double.NaN);
        current.add(4);
        FeatureDrift drift = current.drift();
        assertThat(drift.nullRateReference()).isEqualTo(0.25);
        assertThat(drift.nullRateCurrent()).isEqualTo(0.5);
        assertThat(drift.meanReference()).isEqualTo(2);
        assertThat(drift.meanCurrent()).isEqualTo(4);
        assertThat(drift.nReference()).isEqualTo(4);
        assertThat(drift.nCurrent()).isEqualTo(2);
    }

    @Test
    void extremesAndNothingAtAllGiveNullsNotNaN() {
        ReferenceProfile empty = new ReferenceProfile("x");
        FeatureDrift nothing = new CurrentProfile(empty.bins()).drift();
        assertThat(nothing.psi()).isNull();
        assertThat(nothing.meanCurrent()).isNull();

        ReferenceProfile reference = new ReferenceProfile("x");
        for (int i = 0; i < 100; i++) {
            reference.add(i % 2 == 0 ? Double.POSITIVE_INFINITY : -Double.MAX_VALUE * (i / 100.0));
        }
        CurrentProfile current = new CurrentProfile(reference.bins());
        current.add(Double.NEGATIVE_INFINITY);
        current.add(Double.MAX_VALUE);
        FeatureDrift drift = current.drift();
        assertThat(drift.psi()).isPositive();
        assertThat(drift.wasserstein()).isNull();
    }

    @Test
    void everyValueFallsBetweenTheCutsOfItsLabel() {
        Random random = DistancesTest.seeded("labels");
        FeatureBins bins = uniform(5_000);
        long[] counted = new long[bins.size()];
        for (int i = 0; i < 5_000; i++) {
            counted[bins.indexOf(random.nextDouble())]++;
        }
        assertThat(LongStream.of(counted).sum()).isEqualTo(5_000);
        assertThat(bins.label(0)).startsWith("≤ ");
        assertThat(bins.label(FeatureBins.BINS - 1)).startsWith("> ");
        assertThat(bins.label(bins.nullBin())).isEqualTo("null");
    }

    @Test
    void aStreamLargerThanTheSampleIsSampledUniformlyAndAlwaysTheSame() {
        FeatureBins one = increasing();
        FeatureBins two = increasing();
        assertThat(one.sample()).hasSize(ReferenceProfile.SAMPLE).isEqualTo(two.sample());
        assertThat(one.rows()).isEqualTo(400_000);
        // A uniform sample of 0..1 in ascending order: far apart from the diagonal only if early or late values are
        // preferred.
        double[] sample = one.sample();
        for (int i = 0; i < sample.length; i += 97) {
            assertThat(sample[i]).isCloseTo(i / (double) sample.length, within(0.012));
        }
    }

    private static FeatureBins increasing() {
        ReferenceProfile reference = new ReferenceProfile("x");
        for (int i = 0; i < 400_000; i++) {
            reference.add(i / 400_000.0);
        }
        return reference.bins();
    }

    private static FeatureBins uniform(int n) {
        Random random = DistancesTest.seeded("uniform " + n);
        ReferenceProfile reference = new ReferenceProfile("x");
        for (int i = 0; i < n; i++) {
            reference.add(random.nextDouble());
        }
        return reference.bins();
    }
}
