package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A sequence number")
class SequenceNumberTest {
    @Test
    @DisplayName("is a decimal of 56 digits that says what it was made of, and grows with time of the shard and index")
    void text() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            SequenceNumber number = new SequenceNumber(
                    random.nextLong() >>> (28 + random.nextInt(36)),
                    random.nextLong() >>> (1 + random.nextInt(63)),
                    random.nextLong() >>> (28 + random.nextInt(36)),
                    random.nextInt() >>> (1 + random.nextInt(31)));
            String text = number.text();
            assertThat(text).hasSize(56);
            assertThat(SequenceNumber.parse(text)).isEqualTo(number);
            if (number.index() < SequenceNumber.END) {
                String next = new SequenceNumber(number.created(), number.index() + 1, 0, number.shard()).text();
                assertThat(new BigInteger(next)).isGreaterThan(new BigInteger(text));
            }
            assertThat(new BigInteger(text).toString(16))
                    .isEqualTo("2%09x0%016x00%09x%08x2"
                            .formatted(number.created(), number.index(), number.seconds(), number.shard()));
        }
        assertThat(SequenceNumber.parse("")).isNull();
        assertThat(SequenceNumber.parse("-1")).isNull();
        assertThat(SequenceNumber.parse("1".repeat(56))).isNull();
    }
}
