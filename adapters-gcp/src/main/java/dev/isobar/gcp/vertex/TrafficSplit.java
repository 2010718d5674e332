package dev.isobar.gcp.vertex;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Shares in basis points, and the whole percents that Vertex AI knows. */
final class TrafficSplit {
    /** All traffic, in basis points. */
    static final int ALL = 10_000;

    private static final int POINTS = 100;

    private TrafficSplit() {}

    /**
     * Whole percents by largest remainder; of equal remainders the first name wins, so that everybody comes to the same. None for a share of 0.
     *
     * @param basisPoints 10,000 in all
     */
    static Map<String, Integer> percents(Map<String, Integer> basisPoints) {
        Map<String, Integer> percents = new HashMap<>();
        List<Map.Entry<String, Integer>> shares = new ArrayList<>(new TreeMap<>(basisPoints).entrySet());
        int left = ALL / POINTS;
        for (Map.Entry<String, Integer> share : shares) {
            percents.put(share.getKey(), share.getValue() / POINTS);
            left -= share.getValue() / POINTS;
        }
        shares.sort(Comparator.comparing((Map.Entry<String, Integer> s) -> s.getValue() % POINTS)
                .reversed());
        for (Map.Entry<String, Integer> share : shares.subList(0, left)) {
            percents.merge(share.getKey(), 1, Integer::sum);
        }
        percents.values().removeIf(p -> p == 0);
        return Map.copyOf(percents);
    }
}
