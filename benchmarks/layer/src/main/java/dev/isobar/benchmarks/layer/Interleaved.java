package dev.isobar.benchmarks.layer;

import dev.isobar.benchmarks.workload.JsonLine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Runs sides in turn, so that what changes on the machine or in the JVM meets all of them: A B, B A, A B. Medians of the passes count. Before that each side is
 * judged: what arrived, and what came back, must be the same for all.
 */
public final class Interleaved {
    private static final int WARM = 10;
    private static final double NANOS = 1e9;

    private final List<Side> sides;
    private final Other other;

    /** Those sides, against that process. */
    public Interleaved(Other other, Side... sides) {
        this.other = other;
        this.sides = List.of(sides);
    }

    /**
     * Measures.
     *
     * @param prefix of the fields' names
     * @param units how many records or bytes a pass is about; costs are given for one
     * @param passes how many of each side at least
     * @param seconds how long at least
     */
    public void measure(String prefix, JsonLine into, double units, int passes, double seconds) throws Exception {
        into.put(prefix + "same", judge(prefix) ? "true" : "false");
        for (int i = 0; i < WARM; i++) {
            for (Side side : sides) {
                side.pass(false);
            }
        }
        other.arrived();
        List<List<Cost.Used>> used = new ArrayList<>();
        sides.forEach(s -> used.add(new ArrayList<>()));
        long began = System.nanoTime();
        for (int round = 0; round < passes || System.nanoTime() - began < seconds * NANOS; round++) {
            for (int i = 0; i < sides.size(); i++) {
                int which = round % 2 == 0 ? i : sides.size() - 1 - i;
                // Garbage of the pass before is not this pass's.
                System.gc();
                Cost cost = new Cost();
                sides.get(which).pass(false);
                used.get(which).add(cost.used());
                other.arrived();
            }
        }
        into.put(prefix + "passes", used.get(0).size());
        for (int i = 0; i < sides.size(); i++) {
            String name = prefix + sides.get(i).name();
            List<Cost.Used> of = used.get(i);
            into.put(name + "_cpu_ns", median(of, Cost.Used::cpuNanos) / units)
                    .put(name + "_cpu_spread", spread(of, Cost.Used::cpuNanos))
                    .put(name + "_bytes", median(of, Cost.Used::bytes) / units)
                    .put(name + "_bytes_spread", spread(of, Cost.Used::bytes))
                    .put(name + "_per_second", units / median(of, Cost.Used::wallNanos) * NANOS);
        }
    }

    private boolean judge(String prefix) throws Exception {
        List<String> answers = new ArrayList<>();
        for (Side side : sides) {
            other.arrived();
            String back = side.pass(true);
            answers.add(back + " / " + other.arrived());
            System.err.println(prefix + side.name() + ": " + answers.get(answers.size() - 1));
        }
        return answers.stream().distinct().count() == 1;
    }

    private static double median(List<Cost.Used> of, ToLongFunction<Cost.Used> what) {
        List<Long> sorted = sorted(of, what);
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2.0;
    }

    /** Half of what lies between the quartiles, in units of the median: what the machine adds. */
    private static double spread(List<Cost.Used> of, ToLongFunction<Cost.Used> what) {
        List<Long> sorted = sorted(of, what);
        int n = sorted.size();
        return (sorted.get(n - 1 - n / 4) - sorted.get(n / 4)) / 2.0 / Math.max(1, median(of, what));
    }

    private static List<Long> sorted(List<Cost.Used> of, ToLongFunction<Cost.Used> what) {
        List<Long> values = new ArrayList<>();
        of.forEach(u -> values.add(what.applyAsLong(u)));
        Collections.sort(values);
        return values;
    }
}
