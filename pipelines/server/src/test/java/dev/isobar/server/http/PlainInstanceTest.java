package dev.isobar.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainInstanceTest {
    private static final Schema SCHEMA = Schema.of(
            Field.required("s", FieldType.STRING),
            Field.required("i", FieldType.INT32),
            Field.optional("l", FieldType.INT64),
            Field.optional("d", FieldType.FLOAT64),
            Field.optional("b", FieldType.BOOL),
            Field.optional("t", FieldType.TIMESTAMP),
            Field.optional("local", FieldType.LOCAL_TIMESTAMP));
    private static final String[] NAMES = {"s", "i", "l", "d", "b", "t", "local", "x", "explain", "instances"};
    private static final String[][] VALUES = {
        {"\"ORD\"", "\"\"", "\"a b\"", "\"\\u0041\"", "\"Z\u00fcrich\"", "7"},
        {"0", "-0", "7", "-2147483648", "2147483648", "1.0", "01", "\"12\"", "1e3", "-", "null"},
        {"0", "999999999999999999", "-999999999999999999", "9223372036854775807", "9223372036854775808", "\"5\""},
        {
            "0",
            "-0",
            "-0.0",
            "1.5",
            "-1.25",
            "0.1",
            "123456789.123456",
            "1234567890.123456",
            "123456789012345678",
            "1e5",
            "1.",
            ".5",
            "0.30000000000000004",
            "NaN",
            "\"1.5\"",
            "null",
            "00.5",
            "9007199254740993",
            "3.14159"
        },
        {"true", "false", "null", "tru", "\"TRUE\"", "1"},
        {
            "\"2001-03-01T12:00:00Z\"",
            "\"2001-03-01T12:00Z\"",
            "\"2001-03-01T12:00:00.5Z\"",
            "\"2001-03-01T12:00:00.123456Z\"",
            "\"2001-03-01T12:00:00.1234567Z\"",
            "\"2001-02-29T12:00:00Z\"",
            "\"2000-02-29T23:59:59Z\"",
            "\"1969-12-31T23:59:59Z\"",
            "\"2001-03-01T24:00:00Z\"",
            "\"2001-03-01T12:00:00+01:00\"",
            "\"2001-03-01T12:00:00\"",
            "\"2100-02-29T00:00:00Z\"",
            "\"2001-3-01T12:00Z\"",
            "\"2001-12-31T12:60:00Z\"",
            "\"2/01-03-01T12:00:00Z\"",
            "\"2001-03-01T12:00:00.Z\"",
            "null",
            "5"
        },
        {
            "\"2001-03-01T12:00\"",
            "\"2001-03-01T12:00:09\"",
            "\"2001-03-01 12:00:00\"",
            "\"2001-03-01T12:00:00Z\"",
            "\"2001-03-01T12:00:00.25\"",
            "null"
        },
        {"1"},
        {"true", "false"},
        {"[]", "1"},
    };

    private final RequestReader reader = new RequestReader(SCHEMA, 10);
    private final PlainInstance plain = new PlainInstance(SCHEMA);

    @Test
    void whatItReadsIsWhatTheGeneralReaderReadsAndWhatThatRefusesItNeverReads() {
        long seed = Long.getLong("isobar.seed", 20010301L);
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int read = 0;
        int left = 0;
        for (int n = 0; n < 200_000; n++) {
            byte[] body = body(random).getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(4) == 0) {
                body[random.nextInt(body.length)] = (byte) random.nextInt();
            }
            Row fast = plain.read(body, 0, body.length);
            if (fast == null) {
                left++;
                continue;
            }
            read++;
            String shown = new String(body, StandardCharsets.ISO_8859_1);
            ScoringRequest general;
            try {
                general = reader.general(body, 0, body.length);
            } catch (Refusal e) {
                throw new AssertionError("read, though it is wrong: " + shown + ": " + e.getMessage());
            }
            if (!fast.equals(general.rows().get(0))) {
                assertThat(fast).as(shown).isEqualTo(general.rows().get(0));
            }
            assertThat(general.isPlainInstance()).as(shown).isTrue();
            assertThat(general.predictionIds().get(0)).as(shown).isNull();
        }
        assertThat(read).isGreaterThan(10_000);
        assertThat(left).isGreaterThan(10_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"s\":\"ORD\",\"i\":731}",
                " { \"i\" : -5 ,\n\"s\" : \"x\" , \"d\" : 1.25, \"b\":true,\"l\":null } ",
                "{\"s\":\"ORD\",\"i\":731,\"t\":\"2026-03-01T11:59:03.125Z\",\"local\":\"2026-03-01T11:59\"}"
            })
    void theUsualQuestionIsRead(String body) {
        byte[] bytes = ("##" + body).getBytes(StandardCharsets.UTF_8);
        assertThat(plain.read(bytes, 2, bytes.length - 2))
                .isEqualTo(reader.general(bytes, 2, bytes.length - 2).rows().get(0));
    }

    @Test
    void everyDayIsTheDayThatTheGeneralReaderSays() {
        for (java.time.LocalDate day = java.time.LocalDate.of(1970, 1, 1);
                day.getYear() < 2150;
                day = day.plusDays(1)) {
            byte[] body = ("{\"s\":\"\",\"i\":1,\"t\":\"" + day + "T01:02:03Z\"}").getBytes(StandardCharsets.UTF_8);
            long expected = (day.toEpochDay() * 86_400 + 3_723) * 1_000_000L;
            Row row = plain.read(body, 0, body.length);
            if (row == null || row.word(5) != expected) {
                assertThat(row).as("%s", day).isNotNull();
                assertThat(row.word(5)).as("%s", day).isEqualTo(expected);
            }
        }
    }

    private static String body(Random random) {
        StringBuilder b = new StringBuilder("{");
        int fields = 2 + random.nextInt(5);
        for (int i = 0; i < fields; i++) {
            int f = i < 2 && random.nextInt(8) > 0 ? i : random.nextInt(random.nextInt(6) == 0 ? NAMES.length : 7);
            String[] values = VALUES[f];
            // the first are the plain ones
            String value = values[random.nextInt(random.nextInt(3) == 0 ? values.length : Math.min(3, values.length))];
            b.append(i == 0 ? "" : random.nextInt(20) == 0 ? " , " : ",")
                    .append('"')
                    .append(NAMES[f])
                    .append(random.nextInt(20) == 0 ? "\" :\t" : "\":")
                    .append(value);
        }
        return b.append(random.nextInt(30) == 0 ? ",}" : "}")
                .append(random.nextInt(30) == 0 ? " {" : "")
                .toString();
    }
}
