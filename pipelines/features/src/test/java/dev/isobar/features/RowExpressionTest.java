package dev.isobar.features;

import static dev.isobar.features.Shop.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowExpressionTest {
    private static final Schema NONE = Schema.of(Field.optional("x", FieldType.INT32));
    private static final ExprSpec NULL = i(null);
    private static final ExprSpec YES = b("true");
    private static final ExprSpec NO = b("false");
    private static final ExprSpec MAYBE = b(null);

    private static ExprSpec i(@Nullable String v) {
        return new ExprSpec.Lit(FieldType.INT64, v);
    }

    private static ExprSpec f(@Nullable String v) {
        return new ExprSpec.Lit(FieldType.FLOAT64, v);
    }

    private static ExprSpec b(@Nullable String v) {
        return new ExprSpec.Lit(FieldType.BOOL, v);
    }

    private static ExprSpec s(@Nullable String v) {
        return new ExprSpec.Lit(FieldType.STRING, v);
    }

    private static ExprSpec t(String v) {
        return new ExprSpec.Lit(FieldType.TIMESTAMP, v);
    }

    private static String of(Fn fn, ExprSpec... args) {
        return value(call(fn, args));
    }

    private static String value(ExprSpec e) {
        RowExpression x = RowExpression.compile(e, NONE, "s");
        Row out = new Row(Schema.of(Field.optional("out", x.type())));
        x.evaluate(new Row(NONE), out, 0);
        Value v = new Value();
        x.evaluate(new Row(NONE), v);
        assertThat(v.isNull()).isEqualTo(out.isNull(0));
        assertThat(v.word()).isEqualTo(out.word(0));
        return RowText.format(out, 0);
    }

    @Test
    void integersOverflowToNull() {
        String max = Long.toString(Long.MAX_VALUE);
        String min = Long.toString(Long.MIN_VALUE);
        assertThat(of(Fn.ADD, i(max), i("1"))).isEqualTo("null");
        assertThat(of(Fn.ADD, i(max), i("-1"))).isEqualTo("9223372036854775806");
        assertThat(of(Fn.SUBTRACT, i(min), i("1"))).isEqualTo("null");
        assertThat(of(Fn.MULTIPLY, i(min), i("-1"))).isEqualTo("null");
        assertThat(of(Fn.MULTIPLY, i(min), i("1"))).isEqualTo(min);
        assertThat(of(Fn.NEGATE, i(min))).isEqualTo("null");
        assertThat(of(Fn.ABS, i(min))).isEqualTo("null");
        assertThat(of(Fn.ABS, i("-3"))).isEqualTo("3");
        assertThat(of(Fn.DIV, i(min), i("-1"))).isEqualTo("null");
    }

    @Test
    void divisionByZeroIsNull() {
        assertThat(of(Fn.DIVIDE, i("1"), i("0"))).isEqualTo("null");
        assertThat(of(Fn.DIVIDE, f("0.0"), f("-0.0"))).isEqualTo("null");
        assertThat(of(Fn.DIVIDE, i("1"), i("4"))).isEqualTo("0.25");
        assertThat(of(Fn.DIV, i("-7"), i("2"))).isEqualTo("-3");
        assertThat(of(Fn.DIV, i("7"), i("0"))).isEqualTo("null");
    }

    @Test
    void nanComparesFalseWithEverythingAndZerosAreEqual() {
        for (Fn fn : new Fn[] {Fn.EQ, Fn.LT, Fn.LE, Fn.GT, Fn.GE}) {
            assertThat(of(fn, f("NaN"), f("NaN"))).isEqualTo("false");
        }
        assertThat(of(Fn.NE, f("NaN"), f("NaN"))).isEqualTo("true");
        assertThat(of(Fn.EQ, f("-0.0"), f("0.0"))).isEqualTo("true");
        assertThat(of(Fn.EQ, i("9007199254740993"), f("9007199254740992"))).isEqualTo("true");
    }

    @Test
    void textComparesByItsUtf8Bytes() {
        assertThat(of(Fn.LT, s("Z"), s("a"))).isEqualTo("true");
        // U+FFFD sorts before U+1F600 in UTF-8, after its surrogates in UTF-16
        assertThat(of(Fn.LT, s("\uFFFD"), s("\uD83D\uDE00"))).isEqualTo("true");
        assertThat(of(Fn.GT, s("ab"), s("a"))).isEqualTo("true");
        assertThat(of(Fn.EQ, s("a"), s(null))).isEqualTo("null");
    }

    @Test
    void logicHasThreeValues() {
        assertThat(of(Fn.AND, MAYBE, NO)).isEqualTo("false");
        assertThat(of(Fn.AND, NO, MAYBE)).isEqualTo("false");
        assertThat(of(Fn.AND, YES, MAYBE)).isEqualTo("null");
        assertThat(of(Fn.OR, MAYBE, YES)).isEqualTo("true");
        assertThat(of(Fn.OR, MAYBE, NO)).isEqualTo("null");
        assertThat(of(Fn.AND, YES, YES)).isEqualTo("true");
        assertThat(of(Fn.OR, NO, NO)).isEqualTo("false");
        assertThat(of(Fn.NOT, MAYBE)).isEqualTo("null");
        assertThat(of(Fn.IS_NULL, MAYBE)).isEqualTo("true");
        assertThat(of(Fn.IS_NULL, s(""))).isEqualTo("false");
    }

    @Test
    void choicesTakeTheCommonType() {
        assertThat(of(Fn.IF, YES, i("1"), f("2.5"))).isEqualTo("1.0");
        assertThat(of(Fn.IF, MAYBE, i("1"), i("2"))).isEqualTo("null");
        assertThat(of(Fn.COALESCE, NULL, f("2.5"))).isEqualTo("2.5");
        assertThat(of(Fn.COALESCE, s(null), s("x"))).isEqualTo("x");
        assertThat(of(Fn.IF, NO, s("a"), s("b"))).isEqualTo("b");
    }

    @Test
    void clocksReadUtcOrLocalTimeAlsoBeforeTheEpoch() {
        assertThat(of(Fn.MINUTE_OF_DAY, t("1969-12-31T23:59:59.999999Z"))).isEqualTo("1439");
        assertThat(of(Fn.HOUR_OF_DAY, t("2001-04-01T10:30:00Z"))).isEqualTo("10");
        assertThat(of(Fn.DAY_OF_WEEK, t("2001-04-01T10:30:00Z"))).isEqualTo("7");
        assertThat(of(Fn.DAY_OF_WEEK, t("1970-01-01T00:00:00Z"))).isEqualTo("4");
        assertThat(of(Fn.DAY_OF_WEEK, t("1969-12-31T23:59:00Z"))).isEqualTo("3");
        assertThat(of(Fn.PLUS_MINUTES, t("2001-04-01T10:30:00Z"), i("-31"))).isEqualTo("2001-04-01T09:59:00Z");
        assertThat(of(Fn.PLUS_MINUTES, t("2001-04-01T10:30:00Z"), i(Long.toString(Long.MAX_VALUE))))
                .isEqualTo("null");
    }

    @Test
    void aZoneKnowsItsChangeOfClocks() {
        for (String at : new String[] {"2001-04-01T09:59:59Z", "2001-04-01T10:00:00.000001Z", "2001-10-28T08:59:59Z"}) {
            LocalDateTime expected = LocalDateTime.ofInstant(Instant.parse(at), ZoneId.of("America/Los_Angeles"));
            assertThat(of(Fn.AT_ZONE, t(at), s("America/Los_Angeles"))).isEqualTo(expected.toString());
        }
    }

    @Test
    void anIntegerThatDoesNotFitItsColumnIsNull() {
        RowExpression x = RowExpression.compile(call(Fn.MULTIPLY, new ExprSpec.Col("s", "x"), i("1000000")), NONE, "s");
        Row out = new Row(NONE);
        x.evaluate(new Row(NONE).setWord(0, 2), out, 0);
        assertThat(out.word(0)).isEqualTo(2_000_000);
        x.evaluate(new Row(NONE).setWord(0, 5_000), out, 0);
        assertThat(out.isNull(0)).isTrue();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        for (ExprSpec wrong : new ExprSpec[] {
            call(Fn.ADD, s("a"), i("1")),
            call(Fn.AND, i("1"), YES),
            call(Fn.EQ, s("1"), i("1")),
            call(Fn.DIV, f("1"), i("1")),
            call(Fn.ADD, i("1")),
            call(Fn.AT_ZONE, t("2001-04-01T10:30:00Z"), s("Mars/Olympus")),
            call(Fn.MINUTE_OF_DAY, i("1")),
            new ExprSpec.Col("other", "x"),
            new ExprSpec.Aggregate(AggregateFn.COUNT, "s", null, 1, false),
            i("one")
        }) {
            assertThatThrownBy(() -> RowExpression.compile(wrong, NONE, "s"))
                    .as("%s", wrong)
                    .isInstanceOf(IsobarException.class)
                    .extracting("code")
                    .hasToString("INVALID_PIPELINE");
        }
    }
}
