package dev.isobar.pipeline;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.RowText;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.TrainingSpec.GateSpec;
import dev.isobar.spec.TrainingSpec.Metric;
import dev.isobar.spec.TrainingSpec.Rule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The words of the language, to be imported statically: {@code import static dev.isobar.pipeline.Dsl.*}.
 *
 * @since 0.1
 */
public final class Dsl {
    private Dsl() {}

    // ---- lengths of time

    /** So many milliseconds. */
    public static Duration millis(long n) {
        return Duration.ofMillis(n);
    }

    /** So many seconds. */
    public static Duration seconds(long n) {
        return Duration.ofSeconds(n);
    }

    /** So many minutes. */
    public static Duration minutes(long n) {
        return Duration.ofMinutes(n);
    }

    /** So many hours. */
    public static Duration hours(long n) {
        return Duration.ofHours(n);
    }

    /** So many days of 24 hours. */
    public static Duration days(long n) {
        return Duration.ofDays(n);
    }

    // ---- aggregations

    /** How many events. */
    public static Aggregation count(Stream stream) {
        return new Aggregation(AggregateFn.COUNT, stream.name(), null, false);
    }

    /** How many events have a value. */
    public static Aggregation count(Expr<?> argument) {
        return aggregate(AggregateFn.COUNT, argument);
    }

    /** Exact sum, rounded once. */
    public static Aggregation sum(Expr<? extends Number> argument) {
        return aggregate(AggregateFn.SUM, argument);
    }

    /** Exact mean, rounded once. */
    public static Aggregation mean(Expr<? extends Number> argument) {
        return aggregate(AggregateFn.MEAN, argument);
    }

    /** Smallest value. */
    public static Aggregation min(Expr<? extends Number> argument) {
        return aggregate(AggregateFn.MIN, argument);
    }

    /** Largest value. */
    public static Aggregation max(Expr<? extends Number> argument) {
        return aggregate(AggregateFn.MAX, argument);
    }

    /** Sample standard deviation. */
    public static Aggregation stddev(Expr<? extends Number> argument) {
        return aggregate(AggregateFn.STDDEV, argument);
    }

    /** Share of events for which a condition holds, among those for which it is known. */
    public static Aggregation share(Expr<Boolean> condition) {
        return aggregate(AggregateFn.SHARE, condition);
    }

    /** The latest value that is not null. */
    public static Aggregation last(Expr<?> argument) {
        return aggregate(AggregateFn.LAST, argument);
    }

    /** Estimated number of distinct values, standard error 1.6 %. */
    public static Aggregation approxDistinct(Expr<?> argument) {
        return aggregate(AggregateFn.APPROX_DISTINCT, argument);
    }

    private static Aggregation aggregate(AggregateFn fn, Expr<?> argument) {
        return new Aggregation(fn, Validation.streamOf(argument.spec()), argument.spec(), false);
    }

    // ---- row expressions

    /** A constant. */
    public static NumberExpr<Integer> lit(int value) {
        return new Node.Num<>(FieldType.INT32, new ExprSpec.Lit(FieldType.INT32, Integer.toString(value)));
    }

    /** A constant. */
    public static NumberExpr<Double> lit(double value) {
        return new Node.Num<>(FieldType.FLOAT64, new ExprSpec.Lit(FieldType.FLOAT64, Double.toString(value)));
    }

    /** A constant. */
    public static Expr<String> lit(String value) {
        return new Node<>(FieldType.STRING, new ExprSpec.Lit(FieldType.STRING, value));
    }

    static <T> Expr<T> literal(FieldType type, @Nullable T value) {
        return new Node<>(type, new ExprSpec.Lit(type, value == null ? null : text(value)));
    }

    // LocalDateTime and Instant print ISO-8601, which is RowText's form too.
    private static String text(Object value) {
        return value instanceof Instant i ? i.truncatedTo(ChronoUnit.MICROS).toString() : value.toString();
    }

    /** An instant moved by whole minutes. */
    public static Expr<Instant> plusMinutes(Expr<Instant> time, Expr<? extends Number> minutes) {
        return Node.call(FieldType.TIMESTAMP, Fn.PLUS_MINUTES, time, minutes);
    }

    /** Minutes since midnight, 0 to 1,439. */
    public static NumberExpr<Integer> minuteOfDay(Expr<LocalDateTime> time) {
        return Node.number(FieldType.INT32, Fn.MINUTE_OF_DAY, time);
    }

    /** Hour of the day, 0 to 23. */
    public static NumberExpr<Integer> hourOfDay(Expr<LocalDateTime> time) {
        return Node.number(FieldType.INT32, Fn.HOUR_OF_DAY, time);
    }

    /** ISO day of the week, Monday is 1. */
    public static NumberExpr<Integer> dayOfWeek(Expr<LocalDateTime> time) {
        return Node.number(FieldType.INT32, Fn.DAY_OF_WEEK, time);
    }

    /** What a clock in that zone shows at an instant. */
    public static Expr<LocalDateTime> atZone(Expr<Instant> time, String zone) {
        return Node.call(FieldType.LOCAL_TIMESTAMP, Fn.AT_ZONE, time, lit(zone));
    }

    /** True if both are; false wins over null. */
    public static Expr<Boolean> and(Expr<Boolean> a, Expr<Boolean> b) {
        return Node.call(FieldType.BOOL, Fn.AND, a, b);
    }

    /** True if one is; true wins over null. */
    public static Expr<Boolean> or(Expr<Boolean> a, Expr<Boolean> b) {
        return Node.call(FieldType.BOOL, Fn.OR, a, b);
    }

    /** The opposite. */
    public static Expr<Boolean> not(Expr<Boolean> a) {
        return Node.call(FieldType.BOOL, Fn.NOT, a);
    }

    /** One of two numbers. */
    public static <T extends Number> NumberExpr<T> when(
            Expr<Boolean> condition, NumberExpr<T> then, NumberExpr<T> otherwise) {
        return Node.number(then.type(), Fn.IF, condition, then, otherwise);
    }

    // ---- expectations

    /** From a value to a value, both included. */
    public static <T extends Comparable<? super T>> Between<T> between(T min, T max) {
        return new Between<>(min, max);
    }

    /**
     * An inclusive range.
     *
     * @param <T> type of its ends
     */
    public record Between<T>(T min, T max) {
        ColumnSpec.RangeSpec spec() {
            return new ColumnSpec.RangeSpec(text(min), text(max));
        }
    }

    // ---- training

    /** Gradient-boosted trees. 100 rounds of depth 6 at a learning rate of 0.3 unless said. */
    public static Training.Algorithm xgboost() {
        return new Training.Algorithm("xgboost", Map.of())
                .rounds(100)
                .maxDepth(6)
                .learningRate(0.3);
    }

    /** Learn from what was known by then. ISO-8601 with an offset: {@code 2001-02-15T00:00Z}. */
    public static TrainUntil trainUntil(String instant) {
        return new TrainUntil(micros(instant));
    }

    /** Accept on what became known by then; everything after is live. */
    public static AcceptUntil acceptUntil(String instant) {
        return new AcceptUntil(micros(instant));
    }

    /** End of training, microseconds since the epoch. */
    public record TrainUntil(long micros) {}

    /** End of acceptance, microseconds since the epoch. */
    public record AcceptUntil(long micros) {}

    /** Area under the ROC curve. */
    public static MetricWord auc() {
        return new MetricWord(Metric.AUC);
    }

    /** Mean logarithmic loss. */
    public static MetricWord logLoss() {
        return new MetricWord(Metric.LOG_LOSS);
    }

    /** The candidate's AUC may be below the champion's by at most this much. */
    public static GateSpec notWorseThanChampion(double tolerance) {
        return new GateSpec(Metric.AUC, Rule.NOT_WORSE_THAN_CHAMPION, tolerance);
    }

    /** A measure in the language of gates and monitors. */
    public record MetricWord(Metric metric) {
        /** A gate. */
        public GateSpec atLeast(double value) {
            return new GateSpec(metric, Rule.AT_LEAST, value);
        }

        /** A gate. */
        public GateSpec atMost(double value) {
            return new GateSpec(metric, Rule.AT_MOST, value);
        }

        /** A monitor's threshold: a breach when lower. For AUC. */
        public MonitorSpec.ThresholdSpec below(double value) {
            return new MonitorSpec.ThresholdSpec(metric, value);
        }

        /** A monitor's threshold: a breach when higher. For log loss. */
        public MonitorSpec.ThresholdSpec above(double value) {
            return new MonitorSpec.ThresholdSpec(metric, value);
        }
    }

    // ---- deployment

    /** A share of traffic, 0 to 100; two decimals are kept. */
    public static Percent percent(double value) {
        return new Percent((int) Math.round(value * 100));
    }

    /** A share of traffic in basis points. */
    public record Percent(int basisPoints) {}

    /** How long a canary is watched, on the run's clock. */
    public static Bake bake(Duration length) {
        return Endpoint.baking(length);
    }

    /** How long a canary is watched, microseconds. */
    public record Bake(long micros) {}

    /** The 99th percentile of the endpoint's latency. */
    public static LatencyWord p99() {
        return new LatencyWord();
    }

    /** A latency in the language of deployments. */
    public record LatencyWord() {
        /** A condition. */
        public LatencyAbove above(Duration threshold) {
            return new LatencyAbove(threshold);
        }
    }

    /** Latency above a threshold. */
    public record LatencyAbove(Duration threshold) {}

    // ---- monitoring

    /** The population stability index. */
    public static PsiWord psi() {
        return new PsiWord();
    }

    /** PSI in the language of monitors. */
    public record PsiWord() {
        /** Effect size; the p-value must also be below 0.001, since PSI on a small sample fires by chance. */
        public PsiAbove above(double psi) {
            return new PsiAbove(psi, 0.001);
        }
    }

    /** Drift by effect size and significance. */
    public record PsiAbove(double psi, double significance) {
        /** Another level of significance, above 0 and below 1. */
        public PsiAbove significance(double level) {
            return new PsiAbove(psi, level);
        }
    }

    /** Tell somebody. */
    public static MonitorSpec.ActionSpec alert() {
        return new MonitorSpec.ActionSpec(MonitorSpec.Action.ALERT, 1, 1, 0);
    }

    /** Train again: {@code retrain().when(2, outOf(3)).cooldown(days(2))}. */
    public static Reaction retrain() {
        return new Reaction(MonitorSpec.Action.RETRAIN);
    }

    /** Put the previous model back. */
    public static Reaction rollBack() {
        return new Reaction(MonitorSpec.Action.ROLL_BACK);
    }

    /** The size of a window of windows. */
    public static OutOf outOf(int windows) {
        return new OutOf(windows);
    }

    /** So many windows. */
    public record OutOf(int windows) {}

    /** An action that still needs its condition. */
    public record Reaction(MonitorSpec.Action action) {
        /** After so many breaches out of the last so many windows. */
        public Condition when(int breaches, OutOf windows) {
            return new Condition(action, breaches, windows.windows());
        }
    }

    /** An action that still needs its cooldown. */
    public record Condition(MonitorSpec.Action action, int breaches, int outOf) {
        /** And not again within this time. */
        public MonitorSpec.ActionSpec cooldown(Duration length) {
            return new MonitorSpec.ActionSpec(action, breaches, outOf, micros(length));
        }
    }

    // ---- clocks

    /** Microseconds; what is longer than 292,000 years is that long. */
    static long micros(Duration d) {
        try {
            return Math.addExact(Math.multiplyExact(d.getSeconds(), 1_000_000L), d.getNano() / 1000);
        } catch (ArithmeticException e) {
            return d.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    private static long micros(String instant) {
        try {
            return RowText.micros(OffsetDateTime.parse(instant).toInstant());
        } catch (DateTimeParseException | ArithmeticException e) {
            throw IsobarException.of(
                            ErrorCode.INVALID_PIPELINE,
                            "train: the split names '" + instant + "', which is not an instant")
                    .hint("Write it with its offset: 2001-02-15T00:00Z.")
                    .cause(e)
                    .build();
        }
    }
}
