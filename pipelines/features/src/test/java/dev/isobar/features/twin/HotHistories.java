package dev.isobar.features.twin;

import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SourceSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Makes histories of hundreds to thousands of events of few keys, asked all along: where a kernel that keeps running values over a ring of events has
 * cursors to move, forth and back, values to subtract, fronts to expire and rings to grow.
 */
final class HotHistories {
    private static final String[] KEYS = {"A", "B", "", "é", "hot"};

    private final long seed;
    private final Random r;
    private final int events;
    private final long unit;
    private final long step;
    private final long base;
    private final boolean second;
    private final boolean roles;
    private final Map<String, Pattern> patterns = new TreeMap<>();

    /** How a column's values go on. */
    private enum Pattern {
        CONSTANT,
        ASCENDING,
        DESCENDING,
        SAW,
        FEW,
        TAME,
        CANCELLING,
        EXTREME,
        LARGE,
        ODD
    }

    private HotHistories(long seed) {
        this.seed = seed;
        this.r = new Random(seed * 0xBF58476D1CE4E5B9L ^ 0x94D049BB133111EBL);
        for (int i = 0; i < 5; i++) {
            r.nextInt();
        }
        int size = r.nextInt(20);
        this.events = size < 12 ? 60 + r.nextInt(240) : size < 19 ? 300 + r.nextInt(500) : 1_000 + r.nextInt(1_500);
        this.unit = new long[] {1, 10, 1_000_000}[r.nextInt(3)];
        this.step = unit * (1 + r.nextInt(3));
        this.base = new long[] {0, -500 * unit, 986_108_400_000_000L, -1_000_000_000_000_000L}[r.nextInt(4)];
        this.second = r.nextInt(3) == 0;
        this.roles = r.nextInt(3) == 0;
        for (String column : List.of("d", "e", "i", "l")) {
            patterns.put(column, Pattern.values()[r.nextInt(Pattern.values().length)]);
        }
    }

    static History of(long seed) {
        return new HotHistories(seed).make();
    }

    private boolean chance(int oneIn) {
        return r.nextInt(oneIn) == 0;
    }

    // ---- values

    private double number(Pattern p, int n) {
        return switch (p) {
            case CONSTANT -> 0.1;
            case ASCENDING -> n * 0.1;
            case DESCENDING -> -n / 3.0;
            case SAW -> (n % 50) * 0.7 - 9;
            case FEW -> new double[] {0.0, -0.0, 1, -1, 0.1}[r.nextInt(5)];
            case TAME -> r.nextGaussian() * 100;
            case CANCELLING -> (n % 2 == 0 ? 1 : -1) * new double[] {1e308, 1e16, 0.1, Double.MIN_VALUE}[n / 2 % 4];
            // Squares from beyond the smallest to beyond the largest double.
            case EXTREME -> Math.scalb(r.nextDouble() - 0.5, r.nextInt(2_098) - 1_074);
            case LARGE -> (double) (1L << 53) + r.nextInt(5) * 2;
            // A while without any, a while with: they must leave no trace.
            case ODD ->
                n / 30 % 3 != 1 || !chance(4)
                        ? r.nextGaussian()
                        : new double[] {
                                    Double.NaN,
                                    Double.longBitsToDouble(0xfff0000000000001L),
                                    Double.POSITIVE_INFINITY,
                                    Double.NEGATIVE_INFINITY
                                }
                                [r.nextInt(4)];
        };
    }

    private long whole(Pattern p, int n) {
        return switch (p) {
            case CONSTANT -> 7;
            case ASCENDING -> n;
            case DESCENDING -> -n;
            case SAW -> n % 50 - 20;
            case FEW -> r.nextInt(3) - 1;
            case TAME -> r.nextInt(4_000) - 2_000;
            case CANCELLING -> n % 2 == 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
            case EXTREME -> r.nextLong() >> r.nextInt(64);
            case LARGE -> (1L << 53) + r.nextInt(5);
            case ODD -> chance(2) ? Long.MAX_VALUE - r.nextInt(3) : (1L << 62) + r.nextInt(3);
        };
    }

    private Map<String, Object> row(String id, long eventTime, int n) {
        Map<String, Object> row = new HashMap<>();
        row.put("id", id);
        row.put("at", eventTime);
        row.put("k", chance(6) ? KEYS[r.nextInt(KEYS.length)] : KEYS[(int) Math.floorMod(seed, 3L)]);
        row.put("k2", 0L);
        if (!chance(9)) {
            row.put("r", KEYS[r.nextInt(KEYS.length)]);
        }
        // Nulls come in runs, and alone.
        if (n / 20 % 4 != 2 && !chance(20)) {
            row.put("d", number(patterns.get("d"), n));
        }
        if (n / 70 % 3 != 1) {
            row.put("e", number(patterns.get("e"), n));
        }
        if (!chance(7)) {
            row.put("i", (long) (int) whole(patterns.get("i"), n));
        }
        if (n / 33 % 5 != 3) {
            row.put("l", whole(patterns.get("l"), n));
        }
        if (!chance(5)) {
            row.put("b", chance(3));
        }
        if (!chance(5)) {
            row.put("s", "text " + r.nextInt(40));
        }
        return row;
    }

    // ---- the spec

    private ExprSpec.Col column(String stream, String... names) {
        return new ExprSpec.Col(stream, names[r.nextInt(names.length)]);
    }

    private ExprSpec aggregate(String stream, long window) {
        AggregateFn fn = AggregateFn.values()[r.nextInt(AggregateFn.values().length)];
        ExprSpec argument = switch (fn) {
            case COUNT -> chance(2) ? null : column(stream, "d", "s", "b");
            case SHARE -> column(stream, "b");
            case APPROX_DISTINCT -> column(stream, "s", "d", "l");
            case SUM, MEAN, MIN, MAX, STDDEV, LAST -> {
                ExprSpec plain = column(stream, "d", "d", "e", "i", "l", "l");
                yield chance(8)
                        ? new ExprSpec.Call(chance(2) ? Fn.MULTIPLY : Fn.ADD, List.of(plain, column(stream, "d", "i")))
                        : plain;
            }
        };
        return new ExprSpec.Aggregate(fn, stream, argument, window, stream.equals("s0") && chance(6));
    }

    private PipelineSpec spec() {
        List<StreamSpec> streams = new ArrayList<>();
        Map<String, List<String>> keys = new TreeMap<>();
        long span = events * step;
        long lateness = chance(4) ? Long.MAX_VALUE : 40 * step;
        for (int i = 0; i < (second ? 2 : 1); i++) {
            streams.add(Histories.stream("s" + i, List.of("k"), lateness, 100 * step));
            keys.put("s" + i, List.of("k"));
        }
        long[] lengths = {1, step, 7 * step, 40 * step, span / 10 + 1, span / 3 + 1, span / 2, 2 * span};
        List<Long> windows = new ArrayList<>();
        for (int n = 2 + r.nextInt(3); n > 0; n--) {
            windows.add(lengths[r.nextInt(lengths.length)]);
        }
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (int n = 4 + r.nextInt(6); n > 0; n--) {
            String stream = second && chance(4) ? "s1" : "s0";
            features.add(new ViewSpec.FeatureSpec("f" + n, aggregate(stream, windows.get(r.nextInt(windows.size())))));
        }
        List<ViewSpec.UseSpec> uses = new ArrayList<>();
        uses.add(new ViewSpec.UseSpec("v", "v", List.of("k")));
        if (roles) {
            uses.add(new ViewSpec.UseSpec("v_role", "v", List.of("r")));
        }
        return new PipelineSpec(
                "hot",
                Map.of(),
                List.of(new SourceSpec("file", "csv")),
                streams,
                List.of(new ViewSpec.EntitySpec("thing", keys)),
                List.of(new ViewSpec("v", "thing", features)),
                "s0",
                uses,
                null,
                null,
                null);
    }

    // ---- what was recorded, and what happens

    private List<RawEvent> recording(PipelineSpec spec) {
        List<RawEvent> all = new ArrayList<>();
        boolean ties = chance(3);
        boolean idle = chance(2);
        boolean disorder = !chance(4);
        long now = base;
        for (int n = 0; n < events; n++) {
            StreamSpec stream = spec.streams().get(second && chance(3) ? 1 : 0);
            now += ties && !chance(5) ? 0 : step;
            if (idle && chance(120)) {
                // Long enough that all is freed and forgotten.
                now += events * step * 3 + 400 * step;
            }
            long eventTime = now - (disorder && chance(5) ? r.nextInt(30) * step : 0);
            long available = chance(2) ? now : now + r.nextInt(6) * step + (chance(9) ? 35 * step : 0);
            String id = chance(30) ? "an id that is longer than fifteen bytes " + n : "e" + n;
            RawEvent e = Histories.event(stream, id, eventTime, available, row(id, eventTime, n));
            all.add(e);
            for (int c = 0; c < 2 && chance(12); c++) {
                all.add(copy(stream, e, n));
            }
        }
        return all;
    }

    private RawEvent copy(StreamSpec stream, RawEvent e, int n) {
        Map<String, Object> row = new HashMap<>(e.values());
        long eventTime = e.eventTime();
        switch (r.nextInt(5)) {
            case 0 -> row.put("d", number(patterns.get("d"), n + 1));
            case 1 -> row.put("k", KEYS[r.nextInt(KEYS.length)]);
            case 2 -> {
                eventTime += (r.nextInt(9) - 4) * step;
                row.put("at", eventTime);
            }
            default -> {
                // the very same
            }
        }
        return Histories.event(stream, e.id(), eventTime, e.availableTime() + (r.nextInt(9) - 4) * step, row);
    }

    private History make() {
        PipelineSpec spec = spec();
        List<RawEvent> arrivals = recording(spec);
        boolean frontiers = !chance(5);
        double jitter = new double[] {0, 0, 3, 30, 300}[r.nextInt(5)] * step;
        Map<RawEvent, Double> places = new IdentityHashMap<>();
        arrivals.forEach(e -> places.put(e, e.availableTime() + r.nextDouble() * jitter));
        arrivals.sort(Comparator.comparing(places::get));

        // The least that is still to come of each stream, from each place on.
        Map<String, long[]> lowest = new HashMap<>();
        for (StreamSpec s : spec.streams()) {
            long[] least = new long[arrivals.size() + 1];
            least[arrivals.size()] =
                    arrivals.stream().mapToLong(RawEvent::availableTime).max().orElse(base) + step;
            for (int i = arrivals.size() - 1; i >= 0; i--) {
                RawEvent e = arrivals.get(i);
                least[i] = e.stream().equals(s.name()) ? Math.min(least[i + 1], e.availableTime()) : least[i + 1];
            }
            lowest.put(s.name(), least);
        }

        int askOneIn = new int[] {1, 4, 12, 40}[r.nextInt(4)];
        int judgeOneIn = Math.max(1, arrivals.size() / askOneIn / 12);
        int restarts = new int[] {40, 200, 2_000}[r.nextInt(3)];
        List<History.Step> steps = new ArrayList<>();
        for (int i = 0; i < arrivals.size(); i++) {
            if (chance(askOneIn)) {
                steps.add(ask(arrivals, i, chance(judgeOneIn)));
            }
            steps.add(new History.Arrive(arrivals.get(i), r.nextBoolean()));
            if (chance(25)) {
                steps.add(new History.Arrive(arrivals.get(Math.max(0, i - r.nextInt(50))), r.nextBoolean()));
            }
            if (frontiers && chance(8)) {
                String stream =
                        spec.streams().get(r.nextInt(spec.streams().size())).name();
                steps.add(new History.Frontier(stream, lowest.get(stream)[i + 1]));
            }
            if (chance(restarts / 2)) {
                steps.add(new History.Checkpoint(0));
            }
            if (chance(restarts)) {
                steps.add(new History.Crash(0, r.nextInt(3)));
            }
            if (chance(restarts * 2)) {
                steps.add(new History.Move(0));
            }
        }
        if (frontiers) {
            spec.streams().forEach(s -> steps.add(new History.Frontier(s.name(), Long.MAX_VALUE)));
        }
        for (int n = 3; n > 0; n--) {
            steps.add(ask(arrivals, r.nextInt(arrivals.size()), true));
        }
        long retention = chance(3) ? Long.MAX_VALUE : step * new long[] {0, 50, events / 4, 3L * events}[r.nextInt(4)];
        return new History(seed, spec, retention, steps);
    }

    /** Nearly always of now, or a little before; now and then of long ago. */
    private History.Ask ask(List<RawEvent> arrivals, int i, boolean judged) {
        RawEvent e =
                arrivals.get(chance(25) ? r.nextInt(arrivals.size()) : Math.max(0, i - (chance(4) ? r.nextInt(9) : 0)));
        boolean own = e.stream().equals("s0") && !chance(4);
        long t = e.eventTime() + (own ? 0 : new long[] {0, 1, step, step + 1, 3 * step, -step}[r.nextInt(6)]);
        long k = switch (r.nextInt(6)) {
            case 0 -> t;
            case 1 -> Long.MAX_VALUE;
            case 2 -> e.availableTime() + r.nextInt(40) * step;
            default -> e.availableTime();
        };
        boolean served = chance(12);
        return own
                ? new History.Ask(e.values(), e.id(), t, k, judged, served)
                : new History.Ask(row("request", t, i), chance(2) ? null : "request", t, k, judged, served);
    }
}
