package dev.isobar.features.twin;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes a history of a seed: small, and full of the places where engines differ. */
final class Histories {
    static final int SHARE_OF_HOT = 25;

    static final Map<String, FieldType> COLUMNS = new TreeMap<>(Map.ofEntries(
            Map.entry("id", FieldType.STRING),
            Map.entry("k", FieldType.STRING),
            Map.entry("k2", FieldType.INT64),
            Map.entry("r", FieldType.STRING),
            Map.entry("r2", FieldType.INT64),
            Map.entry("at", FieldType.TIMESTAMP),
            Map.entry("i", FieldType.INT32),
            Map.entry("l", FieldType.INT64),
            Map.entry("d", FieldType.FLOAT64),
            Map.entry("e", FieldType.FLOAT64),
            Map.entry("b", FieldType.BOOL),
            Map.entry("s", FieldType.STRING),
            Map.entry("ts", FieldType.TIMESTAMP),
            Map.entry("lo", FieldType.LOCAL_TIMESTAMP)));

    private static final double[] TAME = {0.0, -0.0, 1, -1, 0.1, 0.2, 0.3, 0.5, 2, 3, 1.0 / 3, 15, 100.25, -7.5};
    private static final double[] WILD = {
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.MIN_VALUE,
        -Double.MIN_VALUE,
        Double.MIN_NORMAL,
        1e308,
        -1e308,
        1e16,
        -1e16,
        9007199254740993.0,
        1 + Math.ulp(1.0),
        1e-320,
        -1e-300,
        0x1p-1022,
        0x1.fffffffffffffp1023,
        0x1p970,
        0x1p-537,
        1e154
    };
    private static final double[] ODD = {
        Double.NaN,
        Double.longBitsToDouble(0x7ff800000000beefL),
        Double.longBitsToDouble(0xfff0000000000001L),
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
    };
    private static final long[] LONGS = {
        0,
        1,
        -1,
        2,
        3,
        7,
        -15,
        60,
        1440,
        1L << 53,
        (1L << 53) + 1,
        -(1L << 53) - 3,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE - 1,
        Long.MIN_VALUE + 1,
        4611686018427387904L
    };
    private static final String[] TEXTS = {
        "",
        "a",
        "ab",
        "b",
        "B",
        "é",
        "\uE000",
        "\uFFFD",
        "😀",
        "日本",
        "a\0b",
        "\0",
        "0",
        "x".repeat(15),
        "y".repeat(16),
        "z".repeat(60)
    };
    private static final String[] ZONES = {
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "+05:45"
    };

    private final Random r;
    /** For what was added later, so that old seeds make the histories they made. */
    private final Random also;

    private final long seed;
    private final long unit;
    private final long base;
    private final boolean composite;
    private final int wildness;
    /** Long histories with a short horizon, so that state is freed and forgotten while copies still come. */
    private final boolean freeing;

    private final List<String> streams = new ArrayList<>();
    private final List<String> entityColumns;

    private Histories(long seed) {
        this.seed = seed;
        // Neighbouring seeds of Random start alike.
        this.r = new Random(seed * 0x9E3779B97F4A7C15L ^ 0x5DEECE66DL);
        for (int i = 0; i < 5; i++) {
            r.nextInt();
        }
        this.also = new Random(seed * 0xD1342543DE82EF95L ^ 0x2545F4914F6CDD1DL);
        this.unit = new long[] {1, 1, 10, 1_000_000, 60_000_000}[r.nextInt(5)];
        this.base = new long[] {0, -7 * unit, 986_108_400_000_000L, 986_108_400_000_000L, -1_000_000_000_000_000L}
                [r.nextInt(5)];
        this.composite = r.nextInt(5) == 0;
        this.wildness = r.nextInt(4);
        this.freeing = r.nextInt(3) == 0;
        this.entityColumns = composite ? List.of("k", "k2") : List.of("k");
    }

    /** One of {@link #SHARE_OF_HOT} has a hot key, the others are small. */
    static History of(long seed) {
        return Math.floorMod(seed, SHARE_OF_HOT) == 3 ? HotHistories.of(seed) : new Histories(seed).make();
    }

    private static boolean nullable(String column) {
        return !List.of("id", "k", "k2", "at").contains(column);
    }

    private <T> T pick(T[] from) {
        return from[r.nextInt(from.length)];
    }

    private boolean chance(int oneIn) {
        return r.nextInt(oneIn) == 0;
    }

    // ---- values

    private double number() {
        int kind = r.nextInt(12);
        if (kind == 0 && wildness == 3) {
            return ODD[r.nextInt(ODD.length)];
        }
        if (kind < 6 && wildness >= 1) {
            return WILD[r.nextInt(WILD.length)];
        }
        if (kind < 7 && wildness >= 1) {
            return Double.longBitsToDouble(r.nextLong() & 0x7fefffffffffffffL) * (r.nextBoolean() ? 1 : -1);
        }
        return kind < 10 ? TAME[r.nextInt(TAME.length)] : r.nextGaussian() * 100;
    }

    private long whole() {
        return chance(3) && wildness >= 1
                ? LONGS[r.nextInt(LONGS.length)]
                : chance(4) ? r.nextInt(4000) - 2000 : r.nextInt(7) - 2;
    }

    private Object value(FieldType type) {
        return switch (type) {
            case STRING -> pick(TEXTS);
            case INT32 ->
                chance(8) ? (long) (chance(2) ? Integer.MIN_VALUE : Integer.MAX_VALUE) : (long) r.nextInt(9) - 3;
            case INT64 -> whole();
            case FLOAT64 -> number();
            case BOOL -> r.nextBoolean();
            case TIMESTAMP, LOCAL_TIMESTAMP ->
                chance(6)
                        ? LONGS[r.nextInt(LONGS.length)]
                        : base + r.nextInt(400) * 3_600_000_000L + (chance(2) ? 0 : r.nextInt(1_000_000_000));
        };
    }

    private Map<String, Object> row(String id, long eventTime) {
        Map<String, Object> row = new HashMap<>();
        COLUMNS.forEach((name, type) -> {
            if (!nullable(name) || !chance(6)) {
                row.put(name, value(type));
            }
        });
        row.put("id", id);
        row.put("at", eventTime);
        key(row, "k", "k2");
        if (row.containsKey("r") && row.containsKey("r2")) {
            key(row, "r", "r2");
        }
        return row;
    }

    private void key(Map<String, Object> row, String first, String second) {
        row.put(first, new String[] {"A", "A", "A", "B", "", "é"}[r.nextInt(6)]);
        row.put(second, (long) r.nextInt(2));
    }

    private String id(int n) {
        return switch (r.nextInt(7)) {
            case 0 -> "event-number-" + (10 + n % 90); // 15 bytes
            case 1 -> "event-number-0" + (10 + n % 90); // 16 bytes
            case 2 -> "a common prefix that is longer than fifteen bytes " + n;
            case 3 -> "é😀" + n;
            case 4 -> n == 0 ? "" : "\0".repeat(n % 4) + n;
            default -> Integer.toString(n);
        };
    }

    // ---- expressions

    private ExprSpec literal(FieldType type) {
        if (chance(10)) {
            return new ExprSpec.Lit(type, null);
        }
        Object v = value(type);
        String text = switch (type) {
            case TIMESTAMP -> instant(v).toString();
            case LOCAL_TIMESTAMP ->
                LocalDateTime.ofInstant(instant(v), ZoneOffset.UTC).toString();
            case STRING, INT32, INT64, FLOAT64, BOOL -> v.toString();
        };
        return new ExprSpec.Lit(type, text);
    }

    // Far years would need a sign in their text; columns go there, constants need not.
    private Instant instant(Object micros) {
        long m = (Long) micros;
        return Instant.EPOCH.plus(Math.floorMod(m, 4_000_000_000_000_000L), ChronoUnit.MICROS);
    }

    /** Where an expression stands. */
    private record Place(
            String stream, @Nullable List<String> windows, boolean aggregates, List<ExprSpec.FeatureRef> refs) {}

    private ExprSpec whole(Place p, int depth) {
        if (depth == 0 || chance(4)) {
            return chance(4)
                    ? literal(chance(2) ? FieldType.INT32 : FieldType.INT64)
                    : new ExprSpec.Col(p.stream(), chance(2) ? "i" : "l");
        }
        return switch (r.nextInt(11)) {
            case 0 -> call(Fn.ADD, whole(p, depth - 1), whole(p, depth - 1));
            case 1 -> call(Fn.SUBTRACT, whole(p, depth - 1), whole(p, depth - 1));
            case 2 -> call(Fn.MULTIPLY, whole(p, depth - 1), whole(p, depth - 1));
            case 3 -> call(Fn.DIV, whole(p, depth - 1), whole(p, depth - 1));
            case 4 -> call(Fn.NEGATE, whole(p, depth - 1));
            case 5 -> call(Fn.ABS, whole(p, depth - 1));
            case 6 -> call(Fn.MINUTE_OF_DAY, time(p, depth - 1));
            case 7 -> call(Fn.HOUR_OF_DAY, time(p, depth - 1));
            case 8 -> call(Fn.DAY_OF_WEEK, time(p, depth - 1));
            case 9 -> call(Fn.COALESCE, whole(p, depth - 1), whole(p, depth - 1));
            default -> call(Fn.IF, condition(p, depth - 1), whole(p, depth - 1), whole(p, depth - 1));
        };
    }

    private ExprSpec time(Place p, int depth) {
        return chance(2) ? instantExpr(p, depth) : localExpr(p, depth);
    }

    private ExprSpec instantExpr(Place p, int depth) {
        return depth == 0 || chance(2)
                ? chance(4) ? literal(FieldType.TIMESTAMP) : new ExprSpec.Col(p.stream(), chance(2) ? "at" : "ts")
                : call(Fn.PLUS_MINUTES, instantExpr(p, depth - 1), whole(p, depth - 1));
    }

    private ExprSpec localExpr(Place p, int depth) {
        return depth == 0 || chance(2)
                ? chance(4) ? literal(FieldType.LOCAL_TIMESTAMP) : new ExprSpec.Col(p.stream(), "lo")
                : chance(3)
                        ? call(Fn.PLUS_MINUTES, localExpr(p, depth - 1), whole(p, depth - 1))
                        : call(Fn.AT_ZONE, instantExpr(p, depth - 1), new ExprSpec.Lit(FieldType.STRING, pick(ZONES)));
    }

    private ExprSpec text(Place p, int depth) {
        return depth == 0 || chance(2)
                ? chance(3) ? literal(FieldType.STRING) : new ExprSpec.Col(p.stream(), chance(3) ? "k" : "s")
                : chance(2)
                        ? call(Fn.COALESCE, text(p, depth - 1), text(p, depth - 1))
                        : call(Fn.IF, condition(p, depth - 1), text(p, depth - 1), text(p, depth - 1));
    }

    private ExprSpec condition(Place p, int depth) {
        if (depth == 0 || chance(8)) {
            return chance(5) ? literal(FieldType.BOOL) : new ExprSpec.Col(p.stream(), "b");
        }
        Fn comparison = pick(new Fn[] {Fn.EQ, Fn.NE, Fn.LT, Fn.LE, Fn.GT, Fn.GE});
        return switch (r.nextInt(10)) {
            case 0 -> call(comparison, whole(p, depth - 1), whole(p, depth - 1));
            case 1 -> call(comparison, real(p, depth - 1), real(p, depth - 1));
            case 2 -> call(comparison, number(p, depth - 1), number(p, depth - 1));
            case 3 -> call(comparison, text(p, depth - 1), text(p, depth - 1));
            case 4 -> call(comparison, instantExpr(p, depth - 1), instantExpr(p, depth - 1));
            case 5 -> call(comparison, localExpr(p, depth - 1), localExpr(p, depth - 1));
            case 6 -> call(chance(2) ? Fn.AND : Fn.OR, condition(p, depth - 1), condition(p, depth - 1));
            case 7 -> call(Fn.NOT, condition(p, depth - 1));
            case 8 -> call(Fn.IS_NULL, any(p, depth - 1));
            default ->
                chance(2)
                        ? call(Fn.IF, condition(p, depth - 1), condition(p, depth - 1), condition(p, depth - 1))
                        : call(comparison, condition(p, depth - 1), condition(p, depth - 1));
        };
    }

    private ExprSpec number(Place p, int depth) {
        return chance(2) ? whole(p, depth) : real(p, depth);
    }

    private ExprSpec real(Place p, int depth) {
        if (p.aggregates() && chance(2)) {
            return aggregate(p);
        }
        if (!p.refs().isEmpty() && chance(3)) {
            return p.refs().get(r.nextInt(p.refs().size()));
        }
        if (depth == 0 || chance(4)) {
            return chance(5) ? literal(FieldType.FLOAT64) : new ExprSpec.Col(p.stream(), chance(2) ? "d" : "e");
        }
        return switch (r.nextInt(9)) {
            case 0 -> call(Fn.ADD, real(p, depth - 1), number(p, depth - 1));
            case 1 -> call(Fn.SUBTRACT, number(p, depth - 1), real(p, depth - 1));
            case 2 -> call(Fn.MULTIPLY, real(p, depth - 1), number(p, depth - 1));
            case 3 -> call(Fn.DIVIDE, number(p, depth - 1), number(p, depth - 1));
            case 4 -> call(Fn.NEGATE, real(p, depth - 1));
            case 5 -> call(Fn.ABS, real(p, depth - 1));
            case 6 -> call(Fn.TO_FLOAT64, number(p, depth - 1));
            case 7 -> call(Fn.COALESCE, number(p, depth - 1), real(p, depth - 1));
            default -> call(Fn.IF, condition(p, depth - 1), real(p, depth - 1), number(p, depth - 1));
        };
    }

    private ExprSpec any(Place p, int depth) {
        return switch (r.nextInt(6)) {
            case 0 -> whole(p, depth);
            case 1 -> condition(p, depth);
            case 2 -> text(p, depth);
            case 3 -> time(p, depth);
            default -> real(p, depth);
        };
    }

    private static ExprSpec call(Fn fn, ExprSpec... args) {
        return new ExprSpec.Call(fn, List.of(args));
    }

    private ExprSpec aggregate(Place p) {
        List<String> windows = p.windows() == null ? streams : p.windows();
        String stream = windows.get(r.nextInt(windows.size()));
        Place inside = new Place(stream, null, false, List.of());
        AggregateFn fn = pick(AggregateFn.values());
        int depth = r.nextInt(3);
        ExprSpec argument = switch (fn) {
            case COUNT -> chance(2) ? null : any(inside, depth);
            case SHARE -> condition(inside, depth);
            case LAST -> chance(3) ? condition(inside, depth) : number(inside, depth);
            case APPROX_DISTINCT -> any(inside, depth);
            case SUM, MEAN, MIN, MAX, STDDEV -> number(inside, depth);
        };
        long[] lengths = {1, unit, 2 * unit, 3 * unit, 5 * unit, 10 * unit, 40 * unit, 86_400_000_000L, Long.MAX_VALUE};
        // The longest window keeps everything, so it must not be in every history.
        int choices = freeing ? 6 : seed % 3 == 0 ? lengths.length : seed % 3 == 1 ? lengths.length - 2 : 5;
        return new ExprSpec.Aggregate(
                fn, stream, argument, lengths[r.nextInt(choices)], stream.equals("s0") && chance(3));
    }

    private ExprSpec feature(Place p) {
        int depth = r.nextInt(3);
        return switch (r.nextInt(6)) {
            case 0 -> whole(p, depth);
            case 1 -> condition(p, depth);
            case 2, 3 -> p.aggregates() ? aggregate(p) : real(p, depth);
            default -> real(p, depth + 1);
        };
    }

    // ---- the spec

    static StreamSpec stream(String name, List<String> key, long lateness, long horizon) {
        List<ColumnSpec> columns = COLUMNS.entrySet().stream()
                .map(e -> new ColumnSpec(e.getKey(), e.getValue(), nullable(e.getKey()), e.getKey(), null, null, null))
                .toList();
        return new StreamSpec(name, "file", columns, "id", key, "at", null, lateness, horizon);
    }

    private PipelineSpec spec() {
        List<StreamSpec> declared = new ArrayList<>();
        Map<String, List<String>> keys = new TreeMap<>();
        int n = 1 + r.nextInt(3);
        for (int i = 0; i < n; i++) {
            String name = "s" + i;
            streams.add(name);
            long lateness = new long[] {0, 3 * unit, 10 * unit, 10 * unit, Long.MAX_VALUE}[r.nextInt(freeing ? 4 : 5)];
            declared.add(stream(name, entityColumns, lateness, (freeing ? 30 : 1_000) * unit));
            keys.put(name, entityColumns);
        }
        List<ViewSpec> views = new ArrayList<>();
        List<ViewSpec.UseSpec> uses = new ArrayList<>();
        List<ExprSpec.FeatureRef> refs = new ArrayList<>();
        int count = 1 + r.nextInt(2);
        for (int v = 0; v < count; v++) {
            boolean onDemand = v > 0 && chance(2);
            String name = "v" + v;
            List<ViewSpec.FeatureSpec> features = new ArrayList<>();
            for (int f = 1 + r.nextInt(3); f > 0; f--) {
                Place p = new Place("s0", streams, !onDemand, chance(2) ? List.copyOf(refs) : List.of());
                features.add(new ViewSpec.FeatureSpec("f" + f, feature(p)));
                if (chance(2)) {
                    refs.add(new ExprSpec.FeatureRef(name, "f" + f));
                }
            }
            Collections.shuffle(features, r);
            views.add(new ViewSpec(name, onDemand ? null : "thing", features));
            uses.add(new ViewSpec.UseSpec(name, name, onDemand ? List.of() : entityColumns));
            if (!onDemand && chance(3)) {
                uses.add(new ViewSpec.UseSpec(name + "_role", name, composite ? List.of("r", "r2") : List.of("r")));
                refs.add(new ExprSpec.FeatureRef(name + "_role", features.get(0).name()));
            }
        }
        Collections.shuffle(uses, r);
        return new PipelineSpec(
                "generated",
                Map.of(),
                List.of(new SourceSpec("file", "csv")),
                declared,
                List.of(new ViewSpec.EntitySpec("thing", keys)),
                views,
                "s0",
                uses,
                null,
                null,
                null);
    }

    // ---- what was recorded

    static RawEvent event(StreamSpec stream, String id, long eventTime, long availableTime, Map<String, Object> row) {
        return new RawEvent(
                stream.name(),
                id,
                String.valueOf(NaiveTwin.key(stream.key(), row)),
                eventTime,
                availableTime,
                row,
                new RowCodec(stream.schema()).encode(toRow(stream.schema(), row)),
                NaiveTwin.content(stream, row));
    }

    private List<RawEvent> recording(PipelineSpec spec) {
        List<RawEvent> all = new ArrayList<>();
        for (StreamSpec stream : spec.streams()) {
            int n = r.nextInt(wildness == 0 || freeing ? 25 : 10);
            for (int i = 0; i < n; i++) {
                long eventTime = base + r.nextInt(freeing ? 100 : 12) * unit + (chance(4) ? r.nextInt(3) - 1 : 0);
                long available = eventTime + delay();
                String id = id(i);
                RawEvent e = event(stream, id, eventTime, available, row(id, eventTime));
                all.add(e);
                for (int c = 0; c < 3 && chance(4); c++) {
                    all.add(copy(stream, e));
                }
            }
        }
        return all;
    }

    private long delay() {
        return switch (r.nextInt(8)) {
            case 0, 1 -> 0;
            case 2 -> -unit;
            case 3 -> 3 * unit;
            case 4 -> 3 * unit + 1;
            case 5 -> 10 * unit + r.nextInt(3) - 1;
            default -> r.nextInt(8) * unit;
        };
    }

    private RawEvent copy(StreamSpec stream, RawEvent e) {
        long available = chance(2) ? e.availableTime() : e.availableTime() + (r.nextInt(7) - 3) * unit;
        Map<String, Object> row = new HashMap<>(e.values());
        long eventTime = e.eventTime();
        switch (r.nextInt(6)) {
            case 0 -> row.put("i", (long) r.nextInt(5));
            case 1 -> key(row, "k", "k2");
            case 2 -> {
                eventTime += (r.nextInt(5) - 2) * unit;
                row.put("at", eventTime);
            }
            case 3 -> row.put("d", number());
            default -> {
                // the very same
            }
        }
        return event(stream, e.id(), eventTime, available, row);
    }

    static Row toRow(Schema schema, Map<String, Object> values) {
        Row row = new Row(schema);
        values.forEach((name, v) -> {
            int slot = schema.require(name);
            if (v instanceof String s) {
                row.setText(slot, s);
            } else if (v instanceof Double d) {
                row.setFloat64(slot, d);
            } else if (v instanceof Boolean b) {
                row.setWord(slot, b ? 1 : 0);
            } else {
                row.setWord(slot, (Long) v);
            }
        });
        return row;
    }

    // ---- what happens

    private History make() {
        PipelineSpec spec = spec();
        List<RawEvent> arrivals = recording(spec);
        boolean frontiers = freeing || !chance(3);
        if (frontiers) {
            // Nearly in order of known time, so that frontiers can move.
            long jitter = unit * (1 + r.nextInt(12));
            Map<RawEvent, Long> place = new java.util.IdentityHashMap<>();
            arrivals.forEach(e -> place.put(e, e.availableTime() + (long) (r.nextDouble() * jitter)));
            arrivals.sort(java.util.Comparator.comparing(place::get));
        } else {
            Collections.shuffle(arrivals, r);
        }
        List<History.Step> steps = new ArrayList<>();
        for (int i = 0; i < arrivals.size(); i++) {
            steps.add(new History.Arrive(arrivals.get(i), r.nextBoolean()));
            if (chance(freeing ? 3 : 6)) {
                steps.add(new History.Arrive(arrivals.get(r.nextInt(i + 1)), r.nextBoolean()));
            }
            if (frontiers && chance(3)) {
                String stream = streams.get(r.nextInt(streams.size()));
                long lowest = arrivals.subList(i + 1, arrivals.size()).stream()
                        .filter(e -> e.stream().equals(stream))
                        .mapToLong(RawEvent::availableTime)
                        .min()
                        .orElse(base + (chance(2) ? 100 : 400) * unit);
                steps.add(new History.Frontier(stream, lowest - (chance(3) ? unit : 0)));
            }
            if (chance(8)) {
                steps.add(new History.Checkpoint(0));
            }
            if (chance(15)) {
                steps.add(new History.Crash(0, also.nextInt(3) == 0 ? 1 + also.nextInt(3) : 0));
            }
            if (chance(20)) {
                steps.add(new History.Move(0));
            }
            if (chance(5)) {
                steps.add(ask(arrivals));
            }
        }
        for (int n = 2 + r.nextInt(4); n > 0; n--) {
            steps.add(ask(arrivals));
        }
        if (frontiers && also.nextInt(3) == 0) {
            // The streams end: all is final.
            streams.forEach(s -> steps.add(new History.Frontier(s, Long.MAX_VALUE)));
        }
        long retention = !freeing && chance(3) ? Long.MAX_VALUE : unit * new long[] {0, 1, 5, 30}[r.nextInt(4)];
        return new History(seed, spec, retention, steps);
    }

    private History.Ask ask(List<RawEvent> arrivals) {
        List<RawEvent> own =
                arrivals.stream().filter(e -> e.stream().equals("s0")).toList();
        RawEvent near = arrivals.isEmpty() ? null : arrivals.get(r.nextInt(arrivals.size()));
        long eventTime = near == null ? base : near.eventTime();
        long available = near == null ? base : near.availableTime();
        long t = switch (r.nextInt(8)) {
            case 0 -> eventTime;
            case 1 -> eventTime + 1;
            case 2 -> eventTime + unit * new long[] {1, 2, 3, 5, 10}[r.nextInt(5)];
            case 3 -> eventTime + unit * new long[] {1, 2, 3, 5, 10}[r.nextInt(5)] + 1;
            case 4 -> base + 60 * unit;
            default -> base + r.nextInt(16) * unit;
        };
        long k = switch (r.nextInt(5)) {
            case 0 -> available;
            case 1 -> available - 1;
            case 2 -> Long.MAX_VALUE;
            case 3 -> t;
            default -> base + r.nextInt(20) * unit;
        };
        if (!own.isEmpty() && chance(2)) {
            // A decision that is an event of its stream; often asked as of its own times.
            RawEvent e = own.get(r.nextInt(own.size()));
            return chance(2)
                    ? new History.Ask(e.values(), e.id(), e.eventTime(), e.availableTime(), true, also.nextBoolean())
                    : new History.Ask(e.values(), e.id(), t, k, true, also.nextBoolean());
        }
        String id = "request-" + r.nextInt(100);
        return new History.Ask(row(id, t), chance(3) ? null : id, t, k, true, also.nextBoolean());
    }
}
