package dev.isobar.benchmarks.scale;

import dev.isobar.benchmarks.cards.CardKernel;
import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.kernel.Loop;
import dev.isobar.benchmarks.workload.Contest;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Heap;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.Retention;
import dev.isobar.runtime.spill.FileSpill;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures a point and ends in one line of JSON: {@code kernel} or {@code loop}, then {@code --events N --keys N --per-week N}, {@code --seconds S} to measure
 * at least, and {@code --memory BYTES} with {@code --folder F} for the kernel's events in memory and the rest in a file.
 */
public final class Main {
    private static final int WARM_UP = 1_000_000;
    private static final double NANOS = 1e9;

    private final FeaturePlan plan = FeaturePlan.compile(CardPipeline.spec(false));
    private final Map<String, String> options;
    private final double[] vector = new double[Features.SIZE];
    private long digest;

    private Main(Map<String, String> options) {
        this.options = options;
    }

    /** Entry point. */
    public static void main(String[] args) {
        Main main = new Main(Contest.options(Arrays.copyOfRange(args, 1, args.length)));
        System.out.println(main.measure(
                args[0].equals("loop")
                        ? (w, spill) -> main.new OfLoop(w.cards())
                        : (w, spill) -> main.new OfKernel(spill)));
    }

    private Workload workload() {
        return Workload.generate(
                Workload.SEED,
                Integer.parseInt(options.get("--events")),
                Integer.parseInt(options.get("--per-week")),
                Integer.parseInt(options.get("--keys")),
                true);
    }

    /** What is measured, with state that a pass begins anew. */
    private interface Subject {
        void pass(Workload w);

        void describe(JsonLine line);
    }

    /** Makes a subject; the one before is garbage then. */
    private interface Maker {
        Subject make(Workload w, @Nullable FileSpill spill);
    }

    private JsonLine measure(Maker maker) {
        Workload warm = Workload.published(WARM_UP, true);
        try (FileSpill spill = spill()) {
            maker.make(warm, spill).pass(warm);
        }
        Workload w = workload();
        long before = Heap.afterCollection();
        PassClock clock = new PassClock();
        Sum sum = new Sum(Double.parseDouble(options.getOrDefault("--seconds", "3")));
        Subject subject = null;
        while (sum.goesOn()) {
            subject = null;
            System.gc();
            try (FileSpill spill = spill()) {
                subject = maker.make(w, spill);
                digest = 0;
                clock.start();
                subject.pass(w);
                clock.stop();
                sum.add(clock, w.size(), spill);
            }
        }
        JsonLine line = sum.line(w, digest).put("state_bytes", Heap.afterCollection() - before);
        if (subject != null) {
            subject.describe(line);
        }
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(subject);
        return line;
    }

    private @Nullable FileSpill spill() {
        return options.containsKey("--memory") ? new FileSpill(Path.of(options.get("--folder"))) : null;
    }

    private final class OfKernel implements Subject {
        private final FeatureKernel kernel;

        OfKernel(@Nullable FileSpill spill) {
            this.kernel = new FeatureKernel(
                    plan,
                    Retention.ofMicros(Features.LATENESS),
                    spill,
                    spill == null ? Long.MAX_VALUE : Long.parseLong(options.get("--memory")));
        }

        @Override
        public void pass(Workload w) {
            CardKernel k = new CardKernel(plan, kernel);
            for (int i = 0; i < w.size(); i++) {
                k.expect(w, i);
                k.read(w, i);
                k.evaluate(w.availableTime()[i], vector);
                take();
                k.accept();
                k.advance(w.availableTime()[i]);
            }
        }

        @Override
        public void describe(JsonLine line) {
            line.put("keys_with_state", kernel.keys()).put("events_kept", kernel.events());
        }
    }

    private final class OfLoop implements Subject {
        private final Loop loop;

        OfLoop(int cards) {
            this.loop = new Loop(cards);
        }

        @Override
        public void pass(Workload w) {
            for (int i = 0; i < w.size(); i++) {
                loop.evaluate(w.card()[i], w.eventTime()[i], w.availableTime()[i], vector);
                take();
                loop.accept(w.id()[i], w.card()[i], w.eventTime()[i], w.availableTime()[i], w.cents()[i]);
            }
        }

        @Override
        public void describe(JsonLine line) {
            // It does not count its cards.
        }
    }

    // Over every bit of every vector, in their order: all points with the same events must agree.
    private void take() {
        long d = digest;
        for (double v : vector) {
            d = d * 0x9e3779b97f4a7c15L + Double.doubleToLongBits(v);
        }
        digest = d ^ d >>> 29;
    }

    /** Passes until there are enough. */
    private static final class Sum {
        private final double seconds;
        private long cpu;
        private long wall;
        private long events;
        private long spilled;

        Sum(double seconds) {
            this.seconds = seconds;
        }

        boolean goesOn() {
            return wall < seconds * NANOS;
        }

        void add(PassClock clock, int n, @Nullable FileSpill spill) {
            cpu += clock.cpuNanos();
            wall += clock.wallNanos();
            events += n;
            spilled = spill == null ? 0 : spill.bytes();
        }

        JsonLine line(Workload w, long digest) {
            return new JsonLine()
                    .put("events", w.size())
                    .put("keys", w.cards())
                    .put("digest", Long.toHexString(digest))
                    .put("cpu_ns_per_event", (double) cpu / events)
                    .put("wall_ns_per_event", (double) wall / events)
                    .put("disk_bytes", spilled);
        }
    }
}
