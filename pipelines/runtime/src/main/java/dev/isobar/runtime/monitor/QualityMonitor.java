package dev.isobar.runtime.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Counts nulls, values out of range and values that could not be read, per column, against the reference. Constant memory.
 * Not thread safe.
 *
 * <p>The verdict of a column is a BREACH when its null rate rose by more than one percentage point and by more than chance
 * explains, or when more than 1 % of its values are out of range or unparsable; it is WATCH when any value is unparsable or
 * outside a declared range.
 *
 * @since 0.1
 */
public final class QualityMonitor {
    private static final double RISE = 0.01;
    private static final double SHARE = 0.01;
    private static final double ALPHA = 0.01;

    private final Column[] columns;
    private final Map<String, Long> deadLetters = new TreeMap<>();
    private long fromMicros = Long.MAX_VALUE;
    private long toMicros = Long.MIN_VALUE;

    /** A monitor of these columns, in the order of every row. */
    public QualityMonitor(List<Rule> rules) {
        columns = rules.stream().map(Column::new).toArray(Column[]::new);
    }

    /**
     * What a column may hold.
     *
     * @param column its name
     * @param min smallest value allowed; negative infinity for no limit, NaN to take the reference's smallest
     * @param max largest value allowed; positive infinity for no limit, NaN to take the reference's largest
     */
    public record Rule(String column, double min, double max) {
        /** The range seen in the reference. */
        public static Rule learned(String column) {
            return new Rule(column, Double.NaN, Double.NaN);
        }

        /** A range that was declared. */
        public static Rule between(String column, double min, double max) {
            return new Rule(column, min, max);
        }

        /** Any value. */
        public static Rule any(String column) {
            return new Rule(column, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
    }

    /** Adds a reference row; NaN is null. All reference rows come before the first current one. */
    public void addReference(double[] values) {
        checkWidth(values);
        for (int i = 0; i < values.length; i++) {
            columns[i].reference.add(values[i]);
        }
    }

    /**
     * Adds a current row; NaN is null.
     *
     * @param micros its event time, for the span that verdicts name
     */
    public void add(long micros, double[] values) {
        checkWidth(values);
        fromMicros = Math.min(fromMicros, micros);
        toMicros = Math.max(toMicros, micros + 1);
        for (int i = 0; i < values.length; i++) {
            columns[i].add(values[i]);
        }
    }

    /** Counts values of a column that were there and could not be read. */
    public void addUnparsable(String column, long count) {
        for (Column c : columns) {
            if (c.rule.column().equals(column)) {
                c.unparsable += count;
                return;
            }
        }
        throw Refusals.argument("The quality monitor has no column " + column + ".", "Declare a rule for it first.");
    }

    /** Counts records set aside for a reason. */
    public void addDeadLetters(String reason, long count) {
        deadLetters.merge(reason, count, Long::sum);
    }

    /** What came so far. */
    public QualityResult result() {
        List<QualityResult.Column> result = new ArrayList<>();
        for (Column c : columns) {
            result.add(c.result());
        }
        return new QualityResult(columns.length == 0 ? 0 : columns[0].current.rows(), result, deadLetters);
    }

    /** One verdict a column and one for the dead letters. */
    public List<Verdict> verdicts() {
        long from = fromMicros == Long.MAX_VALUE ? 0 : fromMicros;
        long to = fromMicros == Long.MAX_VALUE ? 0 : toMicros;
        List<Verdict> verdicts = new ArrayList<>();
        for (Column c : columns) {
            verdicts.add(c.verdict(from, to));
        }
        long lost = deadLetters.values().stream().mapToLong(Long::longValue).sum();
        if (lost > 0) {
            StringBuilder reasons = new StringBuilder();
            deadLetters.forEach((reason, count) -> {
                if (count > 0) {
                    reasons.append(reasons.isEmpty() ? "" : ", ")
                            .append(Sentences.count(count))
                            .append(" ")
                            .append(reason);
                }
            });
            verdicts.add(new Verdict(
                    "dead letters",
                    Verdict.Kind.QUALITY,
                    Verdict.State.WATCH,
                    from,
                    to,
                    (double) lost,
                    null,
                    null,
                    (lost == 1 ? "1 record was" : Sentences.count(lost) + " records were")
                            + " set aside as dead letters: " + reasons + "."));
        }
        return verdicts;
    }

    private void checkWidth(double[] values) {
        if (values.length != columns.length) {
            throw Refusals.argument(
                    "A row of " + values.length + " values came to a quality monitor of " + columns.length
                            + " columns.",
                    "Give every row the declared columns in their order.");
        }
    }

    private static final class Column {
        private final Rule rule;
        private final Moments reference = new Moments();
        private final Moments current = new Moments();
        private long outOfRange;
        private long unparsable;

        Column(Rule rule) {
            this.rule = rule;
        }

        double min() {
            return Double.isNaN(rule.min())
                    ? (reference.min() <= reference.max() ? reference.min() : Double.NEGATIVE_INFINITY)
                    : rule.min();
        }

        double max() {
            return Double.isNaN(rule.max())
                    ? (reference.min() <= reference.max() ? reference.max() : Double.POSITIVE_INFINITY)
                    : rule.max();
        }

        boolean learned() {
            return Double.isNaN(rule.min()) || Double.isNaN(rule.max());
        }

        void add(double value) {
            current.add(value);
            if (value < min() || value > max()) {
                outOfRange++;
            }
        }

        /** One-sided two-proportion z-test with pooled variance. */
        double nullP() {
            double n = reference.rows();
            double m = current.rows();
            double pooled = (reference.nulls() + current.nulls()) / (n + m);
            double rise = current.nullRate() - reference.nullRate();
            double error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
            return error == 0 ? 1 : NormalDistribution.of(0, 1).survivalProbability(rise / error);
        }

        QualityResult.Column result() {
            return new QualityResult.Column(
                    rule.column(),
                    current.rows(),
                    current.nulls(),
                    unparsable,
                    outOfRange,
                    current.nullRate(),
                    reference.nullRate(),
                    nullP(),
                    min(),
                    max());
        }

        Verdict verdict(long from, long to) {
            String name = rule.column();
            double rate = current.nullRate();
            double before = reference.nullRate();
            double p = nullP();
            if (rate - before > RISE && p < ALPHA) {
                return verdict(
                        from,
                        to,
                        Verdict.State.BREACH,
                        rate,
                        p,
                        before + RISE,
                        name + " is null in " + Sentences.percent(rate) + " of the rows, against "
                                + Sentences.percent(before) + " in the reference (" + Sentences.pValue(p) + ").");
            }
            double offered = (double) current.rows() + unparsable;
            double unreadable = unparsable / offered;
            if (unparsable > 0) {
                return verdict(
                        from,
                        to,
                        unreadable > SHARE ? Verdict.State.BREACH : Verdict.State.WATCH,
                        unreadable,
                        null,
                        SHARE,
                        Sentences.count(unparsable) + (unparsable == 1 ? " value of " : " values of ") + name
                                + " could not be read (" + Sentences.percent(unreadable) + ").");
            }
            double outside = outOfRange / (double) current.rows();
            if (outOfRange > 0 && (outside > SHARE || !learned())) {
                return verdict(
                        from,
                        to,
                        outside > SHARE ? Verdict.State.BREACH : Verdict.State.WATCH,
                        outside,
                        null,
                        SHARE,
                        Sentences.count(outOfRange) + (outOfRange == 1 ? " value of " : " values of ") + name + " ("
                                + Sentences.percent(outside) + ") "
                                + (outOfRange == 1 ? "lies" : "lie") + " outside " + Sentences.number(min()) + " to "
                                + Sentences.number(max())
                                + (learned() ? ", the range of the reference." : ", the range declared for it."));
            }
            return verdict(
                    from,
                    to,
                    Verdict.State.OK,
                    rate,
                    p,
                    before + RISE,
                    current.rows() == 0
                            ? name + " has no rows yet."
                            : name + " is in order: " + Sentences.percent(rate) + " nulls"
                                    + (reference.rows() == 0
                                            ? ""
                                            : ", " + Sentences.percent(before) + " in the reference")
                                    + ", " + (outOfRange == 0 ? "none" : Sentences.count(outOfRange))
                                    + " out of range.");
        }

        private Verdict verdict(
                long from,
                long to,
                Verdict.State state,
                double value,
                @org.jspecify.annotations.Nullable Double p,
                double threshold,
                String sentence) {
            return new Verdict(rule.column(), Verdict.Kind.QUALITY, state, from, to, value, p, threshold, sentence);
        }
    }
}
