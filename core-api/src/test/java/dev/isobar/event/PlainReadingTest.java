package dev.isobar.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The fast reading of plain times")
class PlainReadingTest {
    private static final Schema SCHEMA =
            Schema.of(Field.optional("t", FieldType.TIMESTAMP), Field.optional("l", FieldType.LOCAL_TIMESTAMP));

    @Test
    @DisplayName("agrees with the JDK's parser, also on days and hours that do not exist")
    void agreesWithTheGeneralParser() {
        long seed = 20011;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Row row = new Row(SCHEMA);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            String text = String.format(
                    "%04d-%02d-%02dT%02d:%02d",
                    random.nextInt(10_000),
                    random.nextInt(14),
                    random.nextInt(33),
                    random.nextInt(25),
                    random.nextInt(61));
            text += random.nextBoolean() ? "" : String.format(":%02d", random.nextInt(61));
            Long expected = micros(text);
            String wrongInstant = RowText.parse(row, 0, text + "Z");
            String wrongLocal = RowText.parse(row, 1, text);
            if (expected == null) {
                refused++;
                assertThat(wrongInstant).as(text).isNotNull();
                assertThat(wrongLocal).as(text).isNotNull();
            } else {
                assertThat(wrongInstant).as(text).isNull();
                assertThat(wrongLocal).as(text).isNull();
                assertThat(row.word(0)).as(text).isEqualTo(expected);
                assertThat(row.word(1)).as(text).isEqualTo(expected);
            }
        }
        assertThat(refused).isBetween(1, 19_999);
    }

    private static Long micros(String text) {
        try {
            long instant = OffsetDateTime.parse(text + "Z").toEpochSecond() * 1_000_000L;
            long local = LocalDateTime.parse(text).toEpochSecond(ZoneOffset.UTC) * 1_000_000L;
            assertThat(local).isEqualTo(instant);
            return instant;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
