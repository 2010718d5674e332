package dev.isobar.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The bytes and the texts of a row")
class RowBytesTest {
    private static final long SEED = Long.getLong("isobar.seed", 20_010_401L);
    private static final long[] WORDS = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };
    private static final long[] DOUBLES = {
        0x0000000000000000L, // +0
        0x8000000000000000L, // −0
        0x7ff8000000000000L, // NaN
        0x7ff800000000beefL, // NaN with a payload
        0xfff8000000000001L, // NaN with a sign
        0x7ff0000000000001L, // signalling NaN
        0x7ff0000000000000L, // +∞
        0xfff0000000000000L, // −∞
        0x0000000000000001L, // smallest subnormal
        0x7fefffffffffffffL // largest
    };
    private static final List<String> TEXTS = List.of(
            "", "null", "ORD", "é", "\u0000", "\u001f", "日本", "👩‍🚀", "a,\"b\"\r\n", "\uFFFD", "x".repeat(700));

    static Schema schema(Random r) {
        List<Field> fields = new ArrayList<>();
        int n = 1 + r.nextInt(9);
        for (int i = 0; i < n; i++) {
            fields.add(Field.optional("c" + i, FieldType.values()[r.nextInt(FieldType.values().length)]));
        }
        return Schema.of(fields);
    }

    static Row row(Schema schema, Random r) {
        Row row = new Row(schema);
        for (int i = 0; i < schema.size(); i++) {
            if (r.nextInt(5) == 0) {
                continue;
            }
            switch (schema.field(i).type()) {
                case STRING -> row.setText(i, TEXTS.get(r.nextInt(TEXTS.size())));
                case INT32 -> row.setWord(i, r.nextBoolean() ? r.nextInt() : (int) WORDS[r.nextInt(WORDS.length)]);
                case BOOL -> row.setWord(i, r.nextInt(2));
                case FLOAT64 -> row.setWord(i, r.nextBoolean() ? r.nextLong() : DOUBLES[r.nextInt(DOUBLES.length)]);
                case INT64, TIMESTAMP, LOCAL_TIMESTAMP ->
                    row.setWord(i, r.nextBoolean() ? r.nextLong() : WORDS[r.nextInt(WORDS.length)]);
            }
        }
        return row;
    }

    @Test
    void whatIsEncodedIsDecodedToTheLastBit() {
        System.out.println("RowBytesTest seed " + SEED);
        Random r = new Random(SEED);
        for (int n = 0; n < 20_000; n++) {
            Schema schema = schema(r);
            Row row = row(schema, r);
            RowCodec codec = new RowCodec(schema);
            byte[] bytes = codec.encode(row);
            Row back = row(schema, r);
            codec.decode(bytes, back);
            assertThat(back).as("row %d of seed %d", n, SEED).isEqualTo(row);
            assertThat(codec.encode(back)).isEqualTo(bytes);
        }
    }

    @Test
    void differentRowsHaveDifferentBytes() {
        Random r = new Random(SEED);
        Schema schema = Schema.of(
                Field.optional("a", FieldType.STRING),
                Field.optional("b", FieldType.STRING),
                Field.optional("x", FieldType.FLOAT64));
        RowCodec codec = new RowCodec(schema);
        Map<String, Row> seen = new HashMap<>();
        for (int n = 0; n < 20_000; n++) {
            Row row = row(schema, r);
            Row before = seen.put(Arrays.toString(codec.encode(row)), row);
            if (before != null) {
                assertThat(before).isEqualTo(row);
            }
        }
        assertThat(seen.size()).as("several rows were compared").isGreaterThan(500);
    }

    @Test
    void hostileBytesAreRefusedOrAreExactlyTheRowThatIsRead() {
        Random r = new Random(SEED);
        int refused = 0;
        int read = 0;
        for (int n = 0; n < 50_000; n++) {
            Schema schema = schema(r);
            RowCodec codec = new RowCodec(schema);
            byte[] bytes = codec.encode(row(schema, r));
            switch (r.nextInt(4)) {
                case 0 -> bytes = Arrays.copyOf(bytes, r.nextInt(bytes.length + 1));
                case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + r.nextInt(3));
                case 2 -> bytes[r.nextInt(bytes.length)] = (byte) r.nextInt();
                default -> r.nextBytes(bytes);
            }
            Row into = new Row(schema);
            try {
                codec.decode(bytes, into);
            } catch (IllegalArgumentException e) {
                refused++;
                continue;
            }
            read++;
            assertThat(codec.encode(into)).as("bytes %d of seed %d", n, SEED).isEqualTo(bytes);
        }
        assertThat(refused).isPositive();
        assertThat(read).isPositive();
    }

    @Test
    void aRefusalNamesTheColumn() {
        Schema schema = Schema.of(Field.optional("n", FieldType.INT64), Field.optional("city", FieldType.STRING));
        RowCodec codec = new RowCodec(schema);
        Row row = new Row(schema);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {2, 0}, row))
                .withMessageContaining("presence byte 2")
                .withMessageContaining("'n'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {0, 1, 127, -1, -1, -1, 'x'}, row))
                .withMessageContaining("2147483647 bytes")
                .withMessageContaining("'city'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {0, 1, -1, -1, -1, -1}, row))
                .withMessageContaining("'city'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {0, 1, 0, 0, 0, 2, (byte) 0xC0, (byte) 0x80}, row))
                .withMessageContaining("not UTF-8")
                .withMessageContaining("'city'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {0, 0, 0}, row))
                .withMessageContaining("1 bytes follow");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.decode(new byte[] {0}, row))
                .withMessageContaining("ends early after 1 bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> codec.encode(new Row(schema).setText(1, "a\uD800")))
                .withMessageContaining("surrogate")
                .withMessageContaining("'city'");
    }

    @Test
    void wordsThatAreNoValueOfTheirTypeAreRefused() {
        RowCodec bool = new RowCodec(Schema.of(Field.optional("b", FieldType.BOOL)));
        RowCodec small = new RowCodec(Schema.of(Field.optional("i", FieldType.INT32)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> bool.decode(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 2}, new Row(bool.schema())))
                .withMessageContaining("'b'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> small.decode(new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 0}, new Row(small.schema())))
                .withMessageContaining("'i'");
    }

    @Test
    void whatIsPrintedIsParsedAgain() {
        Random r = new Random(SEED);
        for (int n = 0; n < 20_000; n++) {
            Schema schema = schema(r);
            Row row = row(schema, r);
            Row back = new Row(schema);
            for (int i = 0; i < schema.size(); i++) {
                if (row.isNull(i)) {
                    continue;
                }
                String text = RowText.format(row, i);
                assertThat(RowText.parse(back, i, text))
                        .as("'%s', row %d of seed %d", text, n, SEED)
                        .isNull();
                if (schema.field(i).type() == FieldType.FLOAT64 && Double.isNaN(row.float64(i))) {
                    assertThat(back.float64(i)).isNaN(); // text has one NaN
                } else {
                    assertThat(back.word(i))
                            .as("'%s', row %d of seed %d", text, n, SEED)
                            .isEqualTo(row.word(i));
                    assertThat(back.text(i)).isEqualTo(row.text(i));
                }
            }
        }
    }

    @Test
    void textThatIsNotOfItsTypeIsExplained() {
        assertThat(parse(FieldType.INT32, "2147483648")).isEqualTo("is '2147483648', not a 32-bit integer");
        assertThat(parse(FieldType.INT64, "1.0")).isEqualTo("is '1.0', not a 64-bit integer");
        assertThat(parse(FieldType.FLOAT64, "twelve")).isEqualTo("is 'twelve', not a number");
        assertThat(parse(FieldType.BOOL, "1")).isEqualTo("is '1', not true or false");
        assertThat(parse(FieldType.TIMESTAMP, "2001-01-01T05:18:00"))
                .startsWith("is '2001-01-01T05:18:00', not an instant such as");
        assertThat(parse(FieldType.LOCAL_TIMESTAMP, "2001-01-01T05:18:00Z"))
                .startsWith("is '2001-01-01T05:18:00Z', not a local time such as");
        assertThat(parse(FieldType.STRING, "\uDC00")).contains("surrogate");
        assertThat(parse(FieldType.INT64, "9".repeat(500))).hasSizeLessThan(90);
    }

    @Test
    void aNumberIsWrittenAsPeopleWriteNumbers() {
        for (String slip : List.of("12d", "1f", "0x1p3", " 1", "1 ", "")) {
            assertThat(parse(FieldType.FLOAT64, slip)).as("'%s'", slip).contains("not a number");
        }
        for (String fine : List.of("12", "-0.0", "1e-320", "1E5", ".5", "5.", "NaN", "-Infinity", "+1")) {
            assertThat(parse(FieldType.FLOAT64, fine)).as("'%s'", fine).isNull();
        }
    }

    @Test
    void midnightNeedsNoSeconds() {
        Row row = new Row(Schema.of(Field.optional("t", FieldType.TIMESTAMP)));
        assertThat(RowText.parse(row, 0, "2001-02-15T00:00Z")).isNull();
        assertThat(row.word(0)).isEqualTo(982_195_200_000_000L);
        assertThat(RowText.parse(row, 0, "2001-02-15T01:00:00.000001+01:00")).isNull();
        assertThat(row.word(0)).isEqualTo(982_195_200_000_001L);
    }

    private static @Nullable String parse(FieldType type, String text) {
        return RowText.parse(new Row(Schema.of(Field.optional("c", type))), 0, text);
    }
}
