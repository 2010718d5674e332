package dev.isobar.features.twin;

import dev.isobar.event.FieldType;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Computes a vector from every raw copy of every event, from nothing, each time it is asked. It keeps no state and takes no short cut, so that each
 * line can be held against one sentence of the semantics.
 *
 * <p>A value is null, a Long (integers, and microseconds of both kinds of time), a Double, a Boolean or a String.
 */
final class NaiveTwin {
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    private final PipelineSpec spec;
    private final Set<Fault> faults;
    /** Only faults look at it. */
    private final Map<String, Question> asked = new HashMap<>();

    NaiveTwin(PipelineSpec spec, Set<Fault> faults) {
        this.spec = spec;
        this.faults = faults;
    }

    private boolean has(Fault fault) {
        return faults.contains(fault);
    }

    /**
     * The vector of a decision: name → value or null, in vector order.
     *
     * @param arrived every copy that was recorded, in the order of arrival (which no right twin looks at)
     */
    Map<String, @Nullable Double> vector(
            List<RawEvent> arrived, Map<String, Object> decision, @Nullable String id, long t, long k) {
        Question q = new Question(arrived, decision, id, t, k, new HashMap<>());
        Map<String, @Nullable Double> vector = new LinkedHashMap<>();
        for (ViewSpec.UseSpec use : spec.features()) {
            for (ViewSpec.FeatureSpec f : spec.view(use.view()).features()) {
                vector.put(use.name() + "." + f.name(), feature(use, f, q));
            }
        }
        return vector;
    }

    /** What is asked; beside it, of each stream that was looked at, what is left of its copies. */
    private record Question(
            List<RawEvent> arrived,
            Map<String, Object> decision,
            @Nullable String id,
            long t,
            long k,
            Map<String, List<RawEvent>> events) {}

    private @Nullable Double feature(ViewSpec.UseSpec use, ViewSpec.FeatureSpec f, Question q) {
        Object value = new Evaluation(spec.decisions(), q.decision(), use, q).value(f.expression());
        if (value == null) {
            return null;
        }
        if (value instanceof Boolean b) {
            return b ? 1.0 : 0.0;
        }
        return canonical(toDouble(value));
    }

    private static Double canonical(double d) {
        return Double.isNaN(d) ? Double.NaN : d;
    }

    private static double toDouble(Object number) {
        return number instanceof Long l ? ExactMath.round(BigInteger.valueOf(l), BigInteger.ONE) : (Double) number;
    }

    // ---- which events count

    /** What is left of a stream's copies: one event per id, none of them late. */
    private List<RawEvent> events(String stream, List<RawEvent> arrived) {
        long lateness = spec.stream(stream).allowedLatenessMicros();
        Map<String, RawEvent> byId = new LinkedHashMap<>();
        List<RawEvent> every = new ArrayList<>();
        for (RawEvent e : arrived) {
            if (!e.stream().equals(stream)) {
                continue;
            }
            int late = late(e, lateness);
            if (!has(Fault.LATE_COUNTS) && (late > 0 || late == 0 && has(Fault.LATENESS_EXCLUSIVE))) {
                continue;
            }
            every.add(e);
            RawEvent other = byId.get(e.id());
            if (other == null || replaces(e, other)) {
                byId.put(e.id(), e);
            }
        }
        return has(Fault.COPIES_COUNT) ? every : List.copyOf(byId.values());
    }

    /** Positive for a copy that is late, 0 for one that is as late as allowed. */
    static int late(RawEvent e, long allowedLateness) {
        return behind(e.eventTime(), e.availableTime(), allowedLateness);
    }

    /** Positive if the one time is more than that behind the other, 0 if just that. */
    static int behind(long time, long other, long allowed) {
        return big(other).subtract(big(time)).compareTo(big(allowed));
    }

    private boolean replaces(RawEvent e, RawEvent other) {
        if (has(Fault.FIRST_ARRIVAL_WINS)) {
            return same(e, other) && e.availableTime() < other.availableTime();
        }
        if (has(Fault.DUPLICATE_KEEPS_ARRIVED_TIME) && same(e, other)) {
            return false;
        }
        Comparator<RawEvent> copies = has(Fault.CONFLICT_BY_PAYLOAD)
                ? UNTIL_CONTENT.thenComparing(RawEvent::payload, Arrays::compareUnsigned)
                : has(Fault.CONFLICT_BY_SIGNED_HASH) ? UNTIL_CONTENT.thenComparingLong(RawEvent::content) : COPIES;
        int order = copies.compare(e, other);
        return has(Fault.LATEST_COPY_WINS) && !same(e, other) ? order > 0 : order < 0;
    }

    static boolean same(RawEvent a, RawEvent b) {
        return a.eventTime() == b.eventTime() && a.key().equals(b.key()) && a.content() == b.content();
    }

    private static final Comparator<RawEvent> UNTIL_CONTENT = Comparator.comparingLong(RawEvent::availableTime)
            .thenComparingLong(RawEvent::eventTime)
            .thenComparing(e -> e.key().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    /** Of copies of one id the smallest is the event; between equal ones that means the earliest known. */
    static final Comparator<RawEvent> COPIES = UNTIL_CONTENT.thenComparing(RawEvent::content, Long::compareUnsigned);

    /** What a copy says beside its id, its event time and its key: a hash over the other columns, in the order of the schema. */
    static long content(StreamSpec stream, Map<String, Object> row) {
        long h = 0;
        for (ColumnSpec column : stream.columns()) {
            String name = column.name();
            if (name.equals(stream.id())
                    || name.equals(stream.eventTime())
                    || stream.key().contains(name)) {
                continue;
            }
            Object value = row.get(name);
            if (value == null) {
                h = PlainSketch.finalMix(~h);
            } else if (value instanceof String s) {
                h = PlainSketch.finalMix(h ^ PlainSketch.murmur3(s.getBytes(StandardCharsets.UTF_8)));
            } else {
                h = PlainSketch.finalMix(h ^ word(value));
            }
        }
        return h;
    }

    /** Every bit of a double, NaNs and zeros as they came. */
    private static long word(Object value) {
        return value instanceof Double d
                ? Double.doubleToRawLongBits(d)
                : value instanceof Boolean b ? (b ? 1 : 0) : (Long) value;
    }

    private List<RawEvent> window(ExprSpec.Aggregate a, @Nullable String key, Question q) {
        List<RawEvent> in = new ArrayList<>();
        BigInteger begin = big(q.t()).subtract(big(a.windowMicros()));
        long start =
                begin.bitLength() < 64 ? begin.longValue() : Long.MIN_VALUE; // before all time: everything is after it
        for (RawEvent e : q.events().computeIfAbsent(a.stream(), s -> events(s, q.arrived()))) {
            if (!e.key().equals(key) && !(has(Fault.KEY_IGNORED) && key != null)) {
                continue;
            }
            boolean started = has(Fault.WINDOW_OPEN_AT_ITS_START) ? e.eventTime() > start : e.eventTime() >= start;
            boolean ended = has(Fault.WINDOW_OPEN_AT_ITS_START) || has(Fault.WINDOW_CLOSED_AT_ITS_END)
                    ? e.eventTime() <= q.t()
                    : e.eventTime() < q.t();
            boolean known = has(Fault.AVAILABLE_TIME_IGNORED)
                    || (has(Fault.KNOWN_TIME_EXCLUSIVE) ? e.availableTime() < q.k() : e.availableTime() <= q.k());
            if (started && ended && known) {
                in.add(e);
            }
        }
        return in;
    }

    /** What a kernel that keeps running values might add to a window for having been asked about another one before. */
    private List<RawEvent> forgotten(ExprSpec.Aggregate a, String use, @Nullable String key, Question q) {
        Question before = asked.put(use + a + key, q);
        if (before == null) {
            return List.of();
        }
        boolean extreme = a.fn() == AggregateFn.MIN || a.fn() == AggregateFn.MAX;
        boolean sum = a.fn() == AggregateFn.SUM || a.fn() == AggregateFn.MEAN || a.fn() == AggregateFn.STDDEV;
        if (before.t() < q.t() && has(extreme ? Fault.STALE_DEQUE_FRONT : Fault.MISSED_SUBTRACT) && (extreme || sum)) {
            List<RawEvent> now = window(a, key, q);
            return window(a, key, before).stream()
                    .filter(e -> !now.contains(e) && e.eventTime() < q.t())
                    .limit(1)
                    .toList();
        }
        if (before.t() > q.t() && has(Fault.CURSOR_BACK_OFF_BY_ONE)) {
            return window(a, key, before).stream()
                    .filter(e -> e.eventTime() >= q.t() && e.availableTime() <= q.k())
                    .min(eventOrder())
                    .stream()
                    .toList();
        }
        return List.of();
    }

    // ---- aggregates

    private @Nullable Double aggregate(ExprSpec.Aggregate a, ViewSpec.UseSpec use, Question q) {
        String key = key(use.key(), q.decision());
        List<RawEvent> in = window(a, key, q);
        if (has(Fault.MISSED_SUBTRACT) || has(Fault.STALE_DEQUE_FRONT) || has(Fault.CURSOR_BACK_OFF_BY_ONE)) {
            in.addAll(forgotten(a, use.name(), key, q));
        }
        if (!has(Fault.LAST_BY_ARRIVAL)) {
            in.sort(eventOrder());
        }
        boolean current = a.includingCurrent() && !has(Fault.CURRENT_IGNORED);
        List<Object> values = new ArrayList<>();
        for (RawEvent e : in) {
            // The decision is in as it was asked, and as the newest; its recording must not count beside it.
            if (!current || !e.id().equals(q.id()) || has(Fault.CURRENT_COUNTS_TWICE)) {
                take(a, e.values(), use, q, values);
            }
        }
        if (current) {
            take(a, q.decision(), use, q, values);
        }
        return aggregate(a, values);
    }

    private void take(
            ExprSpec.Aggregate a, Map<String, Object> row, ViewSpec.UseSpec use, Question q, List<Object> into) {
        ExprSpec argument = a.argument();
        if (argument == null) {
            into.add(Boolean.TRUE);
            return;
        }
        Object value = new Evaluation(a.stream(), row, use, q).value(argument);
        if (value != null) {
            into.add(value);
        } else if (has(Fault.NULL_IS_ZERO)) {
            FieldType type = typeOf(argument);
            into.add(
                    type == FieldType.FLOAT64
                            ? (Object) 0.0
                            : type == FieldType.BOOL ? Boolean.FALSE : type == FieldType.STRING ? "" : (Object) 0L);
        }
    }

    private @Nullable Double aggregate(ExprSpec.Aggregate a, List<Object> values) {
        int n = values.size();
        return switch (a.fn()) {
            case COUNT -> (double) n;
            case SUM -> n == 0 ? null : sum(values);
            case MEAN -> n == 0 ? null : mean(values);
            case MIN, MAX -> n == 0 ? null : extreme(values, a.fn() == AggregateFn.MIN ? -1 : 1);
            case STDDEV -> n < 2 ? null : stddev(values);
            case SHARE -> {
                long trues = values.stream().filter(Boolean.TRUE::equals).count();
                yield n == 0 ? null : ExactMath.round(big(trues), big(n));
            }
            case LAST -> {
                Object last = n == 0 ? null : values.get(n - 1);
                yield last == null
                        ? null
                        : last instanceof Boolean b ? Double.valueOf(b ? 1 : 0) : canonical(toDouble(last));
            }
            case APPROX_DISTINCT ->
                PlainSketch.estimate(values.stream()
                        .map(v -> PlainSketch.bytes(v, has(Fault.SKETCH_DISTINGUISHES_ZEROS)))
                        .toList());
        };
    }

    /** The result where a NaN or an infinity decides it; null where all are finite. */
    private static @Nullable Double special(List<Object> values) {
        boolean plus = false;
        boolean minus = false;
        for (Object v : values) {
            if (v instanceof Double d) {
                if (Double.isNaN(d)) {
                    return Double.NaN;
                }
                plus |= d == Double.POSITIVE_INFINITY;
                minus |= d == Double.NEGATIVE_INFINITY;
            }
        }
        if (plus && minus) {
            return Double.NaN;
        }
        return plus
                ? Double.valueOf(Double.POSITIVE_INFINITY)
                : minus ? Double.valueOf(Double.NEGATIVE_INFINITY) : null;
    }

    /** A number in units of 2^−1074. */
    private static BigInteger fixed(Object v) {
        return v instanceof Long l ? big(l).shiftLeft(ExactMath.SCALE) : ExactMath.fixed((Double) v);
    }

    private static BigInteger total(List<Object> values) {
        return values.stream().map(NaiveTwin::fixed).reduce(BigInteger.ZERO, BigInteger::add);
    }

    private Double sum(List<Object> values) {
        Double special = special(values);
        if (special != null) {
            return special;
        }
        if (has(Fault.SUM_ROUNDS_EACH_TIME)) {
            return canonical(values.stream().mapToDouble(NaiveTwin::toDouble).reduce(0.0, Double::sum));
        }
        if (has(Fault.SUM_COMPENSATED)) {
            return canonical(kahan(values));
        }
        if (has(Fault.SUM_KEEPS_MINUS_ZERO) && values.stream().allMatch(v -> v.equals(-0.0))) {
            return -0.0;
        }
        return ExactMath.round(total(values), BigInteger.ONE.shiftLeft(ExactMath.SCALE));
    }

    private static double kahan(List<Object> values) {
        double sum = 0;
        double lost = 0;
        for (Object v : values) {
            double y = toDouble(v) - lost;
            double next = sum + y;
            lost = next - sum - y;
            sum = next;
        }
        return sum;
    }

    private Double mean(List<Object> values) {
        Double special = special(values);
        if (special != null) {
            return special;
        }
        if (has(Fault.MEAN_ROUNDS_TWICE)) {
            return canonical(sum(values) / values.size() + 0.0);
        }
        return ExactMath.round(total(values), big(values.size()).shiftLeft(ExactMath.SCALE));
    }

    private Double extreme(List<Object> values, int sign) {
        if (values.get(0) instanceof Long) {
            long best = (Long) values.get(0);
            for (Object v : values) {
                best = Long.compare((Long) v, best) * sign > 0 ? (Long) v : best;
            }
            return toDouble(best);
        }
        Double best = null;
        for (Object v : values) {
            double d = (Double) v;
            if (Double.isNaN(d)) {
                if (has(Fault.EXTREMES_SKIP_NAN)) {
                    continue;
                }
                return Double.NaN;
            }
            // Double.compare: −0 is less than +0.
            int order =
                    best == null ? sign : has(Fault.EXTREMES_CONFUSE_ZEROS) && d == best ? 0 : Double.compare(d, best);
            best = order * sign > 0 ? Double.valueOf(d) : best;
        }
        return best == null ? Double.NaN : best;
    }

    private Double stddev(List<Object> values) {
        if (special(values) != null) {
            return Double.NaN;
        }
        BigInteger n = big(values.size());
        if (has(Fault.STDDEV_IN_DOUBLES)) {
            double s = 0;
            double ss = 0;
            for (Object v : values) {
                s += toDouble(v);
                ss += toDouble(v) * toDouble(v);
            }
            return canonical(Math.sqrt((ss - s * s / values.size()) / (values.size() - 1)));
        }
        BigInteger sum = total(values);
        BigInteger squares = values.stream().map(v -> fixed(v).pow(2)).reduce(BigInteger.ZERO, BigInteger::add);
        BigInteger degrees = has(Fault.STDDEV_OF_POPULATION) ? n : n.subtract(BigInteger.ONE);
        double variance = ExactMath.round(
                n.multiply(squares).subtract(sum.pow(2)), n.multiply(degrees).shiftLeft(2 * ExactMath.SCALE));
        return Math.sqrt(variance);
    }

    // ---- order of events

    private Comparator<RawEvent> eventOrder() {
        Comparator<RawEvent> byTimes =
                Comparator.comparingLong(RawEvent::eventTime).thenComparingLong(RawEvent::availableTime);
        return has(Fault.LAST_TIE_BY_TEXT)
                ? byTimes.thenComparing(RawEvent::id)
                : byTimes.thenComparing(e -> packed(e.id()), Arrays::compareUnsigned);
    }

    static byte[] packed(String id) {
        byte[] utf8 = id.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[16];
        if (utf8.length <= 15) {
            System.arraycopy(utf8, 0, out, 0, utf8.length);
            out[15] = (byte) utf8.length;
            return out;
        }
        try {
            byte[] sha = MessageDigest.getInstance("SHA-256").digest(utf8);
            System.arraycopy(sha, 0, out, 0, 15);
            out[15] = (byte) 0xff;
            return out;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static @Nullable String key(List<String> columns, Map<String, Object> row) {
        return columns.stream().allMatch(row::containsKey)
                ? columns.stream().map(c -> String.valueOf(row.get(c))).collect(Collectors.joining("\u001f"))
                : null;
    }

    private static BigInteger big(long n) {
        return BigInteger.valueOf(n);
    }

    // ---- types

    /** The type of an expression; INT64 for every integer. */
    private FieldType typeOf(ExprSpec e) {
        FieldType type = rawType(e);
        return type == FieldType.INT32 ? FieldType.INT64 : type;
    }

    private FieldType rawType(ExprSpec e) {
        if (e instanceof ExprSpec.Lit l) {
            return l.type();
        }
        if (e instanceof ExprSpec.Col c) {
            StreamSpec s = spec.stream(c.stream());
            for (ColumnSpec column : s.columns()) {
                if (column.name().equals(c.column())) {
                    return column.type();
                }
            }
            throw new IllegalArgumentException("no column " + c);
        }
        if (!(e instanceof ExprSpec.Call call)) {
            return FieldType.FLOAT64;
        }
        List<ExprSpec> args = call.args();
        return switch (call.fn()) {
            case ADD, SUBTRACT, MULTIPLY, COALESCE -> joined(typeOf(args.get(0)), typeOf(args.get(1)));
            case IF -> joined(typeOf(args.get(1)), typeOf(args.get(2)));
            case NEGATE, ABS, PLUS_MINUTES -> typeOf(args.get(0));
            case DIVIDE, TO_FLOAT64 -> FieldType.FLOAT64;
            case DIV, MINUTE_OF_DAY, HOUR_OF_DAY, DAY_OF_WEEK -> FieldType.INT64;
            case EQ, NE, LT, LE, GT, GE, AND, OR, NOT, IS_NULL -> FieldType.BOOL;
            case AT_ZONE -> FieldType.LOCAL_TIMESTAMP;
        };
    }

    private static FieldType joined(FieldType a, FieldType b) {
        return a == b ? a : FieldType.FLOAT64;
    }

    // ---- expressions

    private final class Evaluation {
        private final String stream;
        private final Map<String, Object> row;
        private final ViewSpec.UseSpec use;
        private final Question q;

        Evaluation(String stream, Map<String, Object> row, ViewSpec.UseSpec use, Question q) {
            this.stream = stream;
            this.row = row;
            this.use = use;
            this.q = q;
        }

        @Nullable
        Object value(ExprSpec e) {
            if (e instanceof ExprSpec.Col c) {
                if (!c.stream().equals(stream)) {
                    throw new IllegalArgumentException(c + " over a row of " + stream);
                }
                return row.get(c.column());
            }
            if (e instanceof ExprSpec.Lit l) {
                String text = l.value();
                return text == null ? null : literal(l.type(), text);
            }
            if (e instanceof ExprSpec.Aggregate a) {
                return aggregate(a, use, q);
            }
            if (e instanceof ExprSpec.FeatureRef r) {
                for (ViewSpec.UseSpec u : spec.features()) {
                    for (ViewSpec.FeatureSpec f : spec.view(u.view()).features()) {
                        if (u.name().equals(r.use()) && f.name().equals(r.feature())) {
                            Double value = feature(u, f, q);
                            return value == null && has(Fault.REFERENCE_LOSES_NULL) ? (Object) 0.0 : value;
                        }
                    }
                }
                throw new IllegalArgumentException("no feature " + r);
            }
            ExprSpec.Call call = (ExprSpec.Call) e;
            Object value = call(call);
            // An integer beside a double becomes one.
            return value instanceof Long l && typeOf(call) == FieldType.FLOAT64 ? (Object) toDouble(l) : value;
        }

        private @Nullable Object literal(FieldType type, String text) {
            return switch (type) {
                case STRING -> text;
                case INT32, INT64 -> Long.valueOf(text);
                case FLOAT64 -> Double.valueOf(text);
                case BOOL -> Boolean.valueOf(text);
                case TIMESTAMP -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(text));
                case LOCAL_TIMESTAMP ->
                    ChronoUnit.MICROS.between(
                            Instant.EPOCH, LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
            };
        }

        private @Nullable Object call(ExprSpec.Call call) {
            Object a = value(call.args().get(0));
            switch (call.fn()) {
                case IS_NULL -> {
                    return a == null;
                }
                case COALESCE -> {
                    return a != null ? a : value(call.args().get(1));
                }
                case IF -> {
                    return a == null ? null : value(call.args().get((Boolean) a ? 1 : 2));
                }
                case AND, OR -> {
                    return kleene((Boolean) a, (Boolean) value(call.args().get(1)), call.fn() == Fn.OR);
                }
                default -> {}
            }
            Object b = call.args().size() > 1 ? value(call.args().get(1)) : Boolean.TRUE;
            if (a == null || b == null) {
                return null;
            }
            FieldType at = typeOf(call.args().get(0));
            return switch (call.fn()) {
                case ADD -> whole(a, b) ? fit(big((Long) a).add(big((Long) b))) : (Object) (toDouble(a) + toDouble(b));
                case SUBTRACT ->
                    whole(a, b) ? fit(big((Long) a).subtract(big((Long) b))) : (Object) (toDouble(a) - toDouble(b));
                case MULTIPLY ->
                    whole(a, b) ? fit(big((Long) a).multiply(big((Long) b))) : (Object) (toDouble(a) * toDouble(b));
                case DIVIDE ->
                    toDouble(b) == 0 && !has(Fault.DIVISION_BY_ZERO_IS_INFINITE) ? null : toDouble(a) / toDouble(b);
                case DIV -> (Long) b == 0 ? null : fit(big((Long) a).divide(big((Long) b)));
                case NEGATE -> a instanceof Long l ? fit(big(l).negate()) : (Object) (-(Double) a);
                case ABS -> a instanceof Long l ? fit(big(l).abs()) : (Object) Math.abs((Double) a);
                case EQ, NE, LT, LE, GT, GE -> compare(call.fn(), a, b);
                case NOT -> !(Boolean) a;
                case PLUS_MINUTES -> fit(big((Long) a).add(big((Long) b).multiply(big(60_000_000L))));
                case MINUTE_OF_DAY -> day((Long) a) / 60_000_000L;
                case HOUR_OF_DAY -> day((Long) a) / 3_600_000_000L;
                case DAY_OF_WEEK -> {
                    LocalDateTime reading =
                            LocalDateTime.ofEpochSecond(Math.floorDiv((Long) a, 1_000_000L), 0, ZoneOffset.UTC);
                    yield (long) reading.getDayOfWeek().getValue();
                }
                case TO_FLOAT64 -> toDouble(a);
                case AT_ZONE -> {
                    if (at != FieldType.TIMESTAMP) {
                        throw new IllegalArgumentException("AT_ZONE of " + at);
                    }
                    Instant instant = Instant.EPOCH.plus((Long) a, ChronoUnit.MICROS);
                    int offset =
                            ZoneId.of((String) b).getRules().getOffset(instant).getTotalSeconds();
                    yield fit(big((Long) a).add(big(offset).multiply(big(1_000_000L))));
                }
                case IS_NULL, COALESCE, IF, AND, OR -> throw new AssertionError("seen above");
            };
        }

        private boolean whole(Object a, Object b) {
            return a instanceof Long && b instanceof Long;
        }

        private @Nullable Object fit(BigInteger n) {
            if (has(Fault.INTEGERS_WRAP)) {
                return n.mod(TWO_64).longValue();
            }
            return n.bitLength() < 64 ? (Object) n.longValue() : null;
        }

        private long day(long micros) {
            return has(Fault.CLOCK_TRUNCATES) ? micros % 86_400_000_000L : Math.floorMod(micros, 86_400_000_000L);
        }

        private @Nullable Boolean kleene(@Nullable Boolean a, @Nullable Boolean b, boolean winner) {
            if (has(Fault.LOGIC_TWO_VALUED) && (a == null || b == null)) {
                return null;
            }
            if (a != null && a == winner || b != null && b == winner) {
                return winner;
            }
            return a == null || b == null ? null : !winner;
        }

        private boolean compare(Fn fn, Object a, Object b) {
            int order;
            if (a instanceof String s) {
                order = has(Fault.TEXT_BY_UTF16)
                        ? s.compareTo((String) b)
                        : Arrays.compareUnsigned(
                                s.getBytes(StandardCharsets.UTF_8), ((String) b).getBytes(StandardCharsets.UTF_8));
            } else if (a instanceof Boolean x) {
                order = Boolean.compare(x, (Boolean) b);
            } else if (whole(a, b)) {
                order = Long.compare((Long) a, (Long) b);
            } else {
                double x = toDouble(a);
                double y = toDouble(b);
                if (Double.isNaN(x) || Double.isNaN(y)) {
                    return fn == Fn.NE;
                }
                order = x < y ? -1 : x > y ? 1 : 0;
            }
            return switch (fn) {
                case EQ -> order == 0;
                case NE -> order != 0;
                case LT -> order < 0;
                case LE -> order <= 0;
                case GT -> order > 0;
                default -> order >= 0;
            };
        }
    }
}
