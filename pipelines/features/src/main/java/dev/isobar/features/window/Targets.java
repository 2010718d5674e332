package dev.isobar.features.window;

import dev.isobar.spec.AggregateFn;
import java.util.Map;

/**
 * Where the values of one argument over one window go; −1 for those that nobody asks for.
 *
 * @param any whether there is any
 * @param mean also of conditions, where it is the share
 */
record Targets(boolean any, int count, int sum, int mean, int min, int max, int deviation, int last, int distinct) {

    static Targets of(Map<AggregateFn, Integer> targets) {
        return new Targets(
                !targets.isEmpty(),
                targets.getOrDefault(AggregateFn.COUNT, -1),
                targets.getOrDefault(AggregateFn.SUM, -1),
                targets.getOrDefault(AggregateFn.MEAN, targets.getOrDefault(AggregateFn.SHARE, -1)),
                targets.getOrDefault(AggregateFn.MIN, -1),
                targets.getOrDefault(AggregateFn.MAX, -1),
                targets.getOrDefault(AggregateFn.STDDEV, -1),
                targets.getOrDefault(AggregateFn.LAST, -1),
                targets.getOrDefault(AggregateFn.APPROX_DISTINCT, -1));
    }
}
