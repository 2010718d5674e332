package dev.isobar.features.twin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One of the ways in which a history can happen: its events in another order, over several partitions, with restarts elsewhere. None of it may change a
 * final vector.
 *
 * @param partitions how many processes share the keys
 */
record Life(String order, History history, int partitions) {

    /** Whose key it is. */
    int owner(String key) {
        long h = (key.hashCode() + history.seed()) * 0x9E3779B97F4A7C15L;
        return (int) Math.floorMod(h >>> 20, (long) partitions);
    }

    /** The history as it was generated, by one process. */
    static Life asGenerated(History history) {
        return new Life("as generated", history, 1);
    }

    /**
     * The other lives of a history in which every step is possible. Together they have every order and one, two and three partitions, which goes
     * with which turns with the seed.
     */
    static List<Life> others(History history) {
        List<Life> lives = new ArrayList<>();
        List<History.Step> steps = history.steps().stream()
                .filter(s -> s instanceof History.Arrive || s instanceof History.Frontier || s instanceof History.Ask)
                .toList();
        int turn = (int) Math.floorMod(history.seed(), 6L);
        for (int i = 0; i < 3; i++) {
            Random r = new Random(history.seed() * 31 + i);
            int partitions = 1 + (turn % 2 == 0 ? turn / 2 + i : turn / 2 + 3 - i) % 3;
            List<History.Step> ordered = switch (i) {
                case 0 -> shuffled(steps, r);
                case 1 -> backfilled(steps, r);
                default -> reversed(steps);
            };
            String order = List.of("shuffled", "backfilled", "reversed").get(i);
            Life life = new Life(order, history.with(withRestarts(ordered, partitions, r)), partitions);
            lives.add(partitions == 1 ? life : new Life(order, history.with(life.settled()), partitions));
        }
        return lives;
    }

    /** Any order that keeps each frontier's promise. */
    private static List<History.Step> shuffled(List<History.Step> steps, Random r) {
        List<Integer> places = new ArrayList<>();
        int[] deadlines = new int[steps.size()];
        Map<String, List<Integer>> frontiers = new HashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof History.Frontier f) {
                frontiers.computeIfAbsent(f.stream(), s -> new ArrayList<>()).add(i);
            }
        }
        Map<RawEvent, Boolean> seen = new IdentityHashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof History.Arrive a) {
                places.add(i);
                deadlines[i] = Integer.MAX_VALUE;
                // What comes again may come whenever it likes.
                if (seen.put(a.event(), true) == null) {
                    for (int at : frontiers.getOrDefault(a.event().stream(), List.of())) {
                        if (((History.Frontier) steps.get(at)).micros()
                                > a.event().availableTime()) {
                            deadlines[i] = at;
                            break;
                        }
                    }
                }
            }
        }
        List<History.Step> ordered = new ArrayList<>(steps);
        for (int n = 3 * places.size(); n > 0; n--) {
            int i = places.get(r.nextInt(places.size()));
            int j = places.get(r.nextInt(places.size()));
            if (j < deadlines[i] && i < deadlines[j]) {
                Collections.swap(ordered, i, j);
                int d = deadlines[i];
                deadlines[i] = deadlines[j];
                deadlines[j] = d;
            }
        }
        return ordered;
    }

    /** By available time, frontiers close behind, questions as soon as they are final: as a history is read from the lake. */
    private static List<History.Step> backfilled(List<History.Step> steps, Random r) {
        Map<String, Long> last = new HashMap<>();
        List<History.Arrive> arrivals = new ArrayList<>();
        List<History.Ask> asks = new ArrayList<>();
        for (History.Step s : steps) {
            if (s instanceof History.Frontier f) {
                last.merge(f.stream(), f.micros(), Math::max);
            } else if (s instanceof History.Arrive a) {
                arrivals.add(a);
            } else if (s instanceof History.Ask q) {
                asks.add(q);
            }
        }
        arrivals.sort(Comparator.comparingLong(a -> a.event().availableTime()));
        asks.sort(Comparator.comparingLong(History.Ask::k));
        List<History.Step> ordered = new ArrayList<>();
        int asked = 0;
        for (History.Arrive a : arrivals) {
            long now = a.event().availableTime();
            if (r.nextInt(3) == 0) {
                last.forEach((stream, end) -> ordered.add(new History.Frontier(stream, Math.min(now, end))));
            }
            while (asked < asks.size() && asks.get(asked).k() < now) {
                ordered.add(asks.get(asked++));
            }
            ordered.add(a);
        }
        ordered.addAll(asks.subList(asked, asks.size()));
        last.forEach((stream, end) -> ordered.add(new History.Frontier(stream, end)));
        return ordered;
    }

    /** Backwards from frontier to frontier. */
    private static List<History.Step> reversed(List<History.Step> steps) {
        List<History.Step> ordered = new ArrayList<>(steps);
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i <= steps.size(); i++) {
            if (i == steps.size() || steps.get(i) instanceof History.Frontier) {
                for (int a = 0, b = places.size() - 1; a < b; a++, b--) {
                    Collections.swap(ordered, places.get(a), places.get(b));
                }
                places.clear();
            } else if (steps.get(i) instanceof History.Arrive) {
                places.add(i);
            }
        }
        return ordered;
    }

    private static List<History.Step> withRestarts(List<History.Step> steps, int partitions, Random r) {
        List<History.Step> all = new ArrayList<>(steps);
        for (int n = r.nextInt(5); n > 0; n--) {
            all.add(r.nextInt(all.size() + 1), new History.Checkpoint(r.nextInt(partitions)));
        }
        for (int n = r.nextInt(4); n > 0; n--) {
            int at = r.nextInt(all.size() + 1);
            all.add(
                    at,
                    r.nextInt(4) == 0
                            ? new History.Move(r.nextInt(partitions))
                            : new History.Crash(r.nextInt(partitions), r.nextInt(3)));
        }
        return all;
    }

    /**
     * A kernel knows the ids of its own partition. Where copies of one id have keys of several, ingest has settled which one is the event before any
     * partition sees it.
     */
    private List<History.Step> settled() {
        Map<String, RawEvent> winners = new HashMap<>();
        for (History.Step s : history.steps()) {
            if (s instanceof History.Arrive a && !late(a.event())) {
                winners.merge(name(a.event()), a.event(), (x, y) -> NaiveTwin.COPIES.compare(x, y) <= 0 ? x : y);
            }
        }
        return history.steps().stream()
                .filter(s -> !(s instanceof History.Arrive a)
                        || late(a.event())
                        || owner(a.event().key())
                                == owner(winners.get(name(a.event())).key()))
                .toList();
    }

    private boolean late(RawEvent e) {
        return NaiveTwin.late(e, history.spec().stream(e.stream()).allowedLatenessMicros()) > 0;
    }

    private static String name(RawEvent e) {
        return e.stream() + "/" + e.id();
    }

    @Override
    public String toString() {
        return order + ", " + partitions + (partitions == 1 ? " partition" : " partitions") + ": " + history;
    }
}
