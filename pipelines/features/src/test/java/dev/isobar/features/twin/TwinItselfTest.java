package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The judge can fail: a twin")
class TwinItselfTest {
    private static final long SEED = Long.getLong("isobar.seed", 1);

    @ParameterizedTest(name = "{0}")
    @EnumSource(Fault.class)
    void withADeliberateFaultIsCaught(Fault fault) {
        int enough = 20_000;
        for (long seed = SEED; seed < SEED + enough; seed++) {
            History history = Histories.of(seed);
            if ((fault.needsLives() || shows(history, fault))
                    && Judge.difference(history, EnumSet.of(fault), new Judge.Tally()) != null) {
                return;
            }
        }
        throw new AssertionError(
                enough + " histories from seed " + SEED + " do not tell " + fault + " from the right thing");
    }

    /** Whether it is worth living through: the faulty twin differs from the right one when the history happens as generated. */
    private static boolean shows(History history, Fault fault) {
        NaiveTwin right = new NaiveTwin(history.spec(), EnumSet.noneOf(Fault.class));
        NaiveTwin wrong = new NaiveTwin(history.spec(), EnumSet.of(fault));
        List<RawEvent> arrived = new ArrayList<>();
        for (History.Step step : history.steps()) {
            if (step instanceof History.Arrive a) {
                arrived.add(a.event());
            } else if (step instanceof History.Ask q && q.judged()) {
                // Double.equals compares bits, −0 and +0 differ.
                if (!right.vector(arrived, q.decision(), q.id(), q.t(), q.k())
                        .equals(wrong.vector(arrived, q.decision(), q.id(), q.t(), q.k()))) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void roundsLikeTheStandardSays() {
        Random r = new Random(SEED);
        BigInteger unit = BigInteger.ONE.shiftLeft(ExactMath.SCALE);
        for (int n = 0; n < 20_000; n++) {
            double a = Double.longBitsToDouble(r.nextLong());
            double b = Double.longBitsToDouble(
                    Double.doubleToRawLongBits(a) & 0x7fffffffffffffffL ^ (r.nextLong() >>> (2 + r.nextInt(60))));
            if (!Double.isFinite(a) || !Double.isFinite(b)) {
                continue;
            }
            // Hardware rounds a single sum and a single quotient correctly.
            assertThat(ExactMath.round(ExactMath.fixed(a).add(ExactMath.fixed(b)), unit))
                    .as("%s + %s", a, b)
                    .isEqualTo(a + b + 0.0);
            if (b > 0) {
                assertThat(ExactMath.round(ExactMath.fixed(a), ExactMath.fixed(b)))
                        .as("%s / %s", a, b)
                        .isEqualTo(a / b + 0.0);
            }
            // And JDK 17's parser rounds decimals correctly.
            BigDecimal product = new BigDecimal(a).multiply(new BigDecimal(b));
            assertThat(ExactMath.round(ExactMath.fixed(a).multiply(ExactMath.fixed(b)), unit.pow(2)))
                    .as("%s * %s", a, b)
                    .isEqualTo(Double.parseDouble(product.toString()) + 0.0)
                    .isEqualTo(a * b + 0.0);
        }
    }

    @Test
    void hashesLikeThePublishedFunction() {
        assertThat(PlainSketch.murmur3(new byte[0])).isZero();
        assertThat(PlainSketch.murmur3("hello".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(0xcbd8a7b341bd9b02L);
        assertThat(PlainSketch.murmur3("The quick brown fox jumps over the lazy dog".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(0xe34bbc7bbc071b6cL);
    }

    @Test
    void estimatesWithinItsStandardError() {
        for (int distinct : new int[] {0, 1, 2, 100, 5_000, 200_000}) {
            List<byte[]> values = new ArrayList<>();
            for (long i = 0; i < distinct; i++) {
                values.add(PlainSketch.bytes(i, false));
            }
            assertThat(PlainSketch.estimate(values)).isCloseTo(distinct, within(distinct * 0.05));
        }
    }

    @Test
    void packsIdsAsWritten() {
        assertThat(NaiveTwin.packed("ab")).isEqualTo(new byte[] {'a', 'b', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
        assertThat(NaiveTwin.packed("0123456789abcde")[15]).isEqualTo((byte) 15);
        assertThat(NaiveTwin.packed("0123456789abcdef")[15]).isEqualTo((byte) 0xff);
    }
}
