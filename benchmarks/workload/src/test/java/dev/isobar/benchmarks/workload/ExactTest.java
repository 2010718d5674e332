package dev.isobar.benchmarks.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Quotients are rounded once")
class ExactTest {
    private static final MathContext DIGITS = new MathContext(60);

    private static double expected(BigInteger numerator, BigInteger denominator) {
        return new BigDecimal(numerator)
                .divide(new BigDecimal(denominator), DIGITS)
                .doubleValue();
    }

    @Test
    void toTheNearestDoubleForNumeratorsOfEveryLength() {
        Random r = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            long numerator = r.nextLong() >> r.nextInt(64);
            long denominator = 1 + (r.nextLong() >>> (12 + r.nextInt(50)));

            assertThat(Exact.ratio(numerator, denominator))
                    .as("%d / %d", numerator, denominator)
                    .isEqualTo(expected(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator)));
        }
    }

    @Test
    void toEvenWhereTheQuotientLiesBetweenTwoDoubles() {
        for (long odd = 1; odd < 2_000; odd += 2) {
            // 2^53 + odd lies between two doubles.
            long tie = (1L << 53) + odd;

            assertThat(Exact.ratio(tie * 3, 3)).as("%d", tie).isEqualTo((double) tie);
        }
    }

    @Test
    void alsoWhereTheMomentsOfADeviationNeedMoreThan64Bits() {
        Random r = new Random(8);
        for (int i = 0; i < 2_000; i++) {
            int n = 2 + r.nextInt(3_000);
            long sum = 0;
            long squares = 0;
            int bits = 1 + r.nextInt(25);
            for (int j = 0; j < n; j++) {
                long x = r.nextInt(1 << bits) + (i % 2 == 0 ? 0L : 1L << 24);
                sum += x;
                squares += x * x;
            }
            BigInteger spread = BigInteger.valueOf(n)
                    .multiply(BigInteger.valueOf(squares))
                    .subtract(BigInteger.valueOf(sum).pow(2));
            double variance = expected(spread, BigInteger.valueOf((long) n * (n - 1)));

            assertThat(Exact.deviation(n, sum, squares)).isEqualTo(Math.sqrt(variance));
        }
    }
}
