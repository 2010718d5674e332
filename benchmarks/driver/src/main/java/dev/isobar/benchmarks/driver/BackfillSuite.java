package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Training sets: a million labels, and features as of before each from the history of all transactions. Everything by event time, strictly before the label. A
 * competitor is believed if its rows are ours: all of them, by a digest that does not depend on their order.
 */
final class BackfillSuite implements Suite {
    private static final String MAIN = "dev.isobar.benchmarks.backfill.Main";
    private static final String EVENT_TIME = "EVENT_TIME";
    private static final String COST = "cpu_seconds_per_set";
    private static final int ALL = Integer.MAX_VALUE;

    /** Of the whole workload, one label for so many transactions. */
    private static final int EVENTS_PER_LABEL = 5;

    private static final List<Entrant> ENTRANTS = List.of(
            entrant("backfill_last", "Isobar backfill, last amount, memory to memory"),
            entrant("duckdb_asof", "DuckDB ASOF join, last amount, memory to memory"),
            entrant("backfill_last_parquet", "Isobar backfill, last amount, Parquet to Parquet"),
            entrant("duckdb_asof_parquet", "DuckDB ASOF join, last amount, Parquet to Parquet"),
            entrant("backfill_windows", "Isobar backfill, 15 windows, memory to memory"),
            entrant("backfill_windows_parquet", "Isobar backfill, 15 windows, Parquet to Parquet"));

    /** A ratio: what it is called, whose cost is divided by whose. */
    private record Ratio(String key, String ours, String peer) {}

    private static final List<Ratio> RATIOS = List.of(
            new Ratio("training_set_vs_duckdb_asof", "backfill_last", "duckdb_asof"),
            new Ratio("training_set_parquet_vs_duckdb_asof", "backfill_last_parquet", "duckdb_asof_parquet"));

    private final Map<String, List<JsonNode>> runs = new LinkedHashMap<>();
    private final Map<String, String> failed = new LinkedHashMap<>();

    private static Entrant entrant(String name, String title) {
        return Entrant.of(name, title, "backfill", MAIN, EVENT_TIME, ALL);
    }

    @Override
    public String name() {
        return "backfill";
    }

    @Override
    public void run(Settings settings, Report report) {
        Launch launch = new Launch(settings);
        List<Entrant> entrants = new ArrayList<>();
        for (Entrant e : ENTRANTS) {
            String missing = launch.missing(e);
            if (settings.wants(e.name()) && missing.isEmpty()) {
                entrants.add(e);
            } else {
                failed.put(e.name(), missing.isEmpty() ? "not asked for" : missing);
            }
        }
        for (int r = 0; r < settings.repetitions(); r++) {
            for (Entrant e : entrants) {
                if (!failed.containsKey(e.name())) {
                    measure(launch, settings, e, r);
                }
            }
        }
        for (Entrant e : entrants) {
            figure(e, report);
        }
        for (Ratio ratio : RATIOS) {
            String why = whyNot(ratio);
            if (why.isEmpty()) {
                report.ratios.put(ratio.key(), cost(ratio.peer()) / cost(ratio.ours()));
            } else {
                report.notMeasured.put(ratio.key(), why);
            }
        }
        report.tables.put(name(), table(entrants, settings));
    }

    private void measure(Launch launch, Settings settings, Entrant e, int repetition) {
        JsonNode result = launch.run(
                e,
                "--events",
                "" + settings.events(),
                "--labels",
                "" + settings.events() / EVENTS_PER_LABEL,
                "--measure",
                "" + settings.seconds(),
                "--folder",
                settings.scratch().resolve("parquet").toString());
        if (result.has("failed")) {
            failed.put(e.name(), result.get("failed").asText());
            Say.progress(e.name() + " failed: " + failed.get(e.name()));
            return;
        }
        runs.computeIfAbsent(e.name(), n -> new ArrayList<>()).add(result);
        Say.progress(String.format(
                Locale.ROOT,
                "%d/%d  %-26s %6.2f CPU-s a training set",
                repetition + 1,
                settings.repetitions(),
                e.name(),
                result.get(COST).asDouble()));
    }

    private String whyNot(Ratio ratio) {
        for (String name : List.of(ratio.ours(), ratio.peer())) {
            if (failed.containsKey(name)) {
                return name + ": " + failed.get(name);
            }
        }
        String ours = digest(ratio.ours());
        return ours.equals(digest(ratio.peer())) ? "" : "the rows of " + ratio.peer() + " are not ours";
    }

    private String digest(String name) {
        return runs.getOrDefault(name, List.of()).stream()
                .map(n -> n.get("digest").asText())
                .distinct()
                .reduce((a, b) -> a + " and " + b)
                .orElse("none");
    }

    private double cost(String name) {
        double[] costs = runs.getOrDefault(name, List.of()).stream()
                .mapToDouble(n -> n.get(COST).asDouble())
                .sorted()
                .toArray();
        return costs.length == 0 ? Double.NaN : (costs[(costs.length - 1) / 2] + costs[costs.length / 2]) / 2;
    }

    private void figure(Entrant e, Report report) {
        for (JsonNode run : runs.getOrDefault(e.name(), List.of())) {
            ObjectNode figure = report.figures.addObject();
            figure.put("suite", name());
            figure.setAll((ObjectNode) run);
        }
    }

    private String table(List<Entrant> entrants, Settings settings) {
        StringBuilder t = new StringBuilder(String.format(
                Locale.ROOT,
                "%,d labels, %,d transactions; equal rows were checked by a digest of all of them."
                        + " `training_set_vs_duckdb_asof` is the join, memory to memory; `training_set_parquet_vs_duckdb_asof` has files on both sides.%n%n",
                settings.events() / EVENTS_PER_LABEL,
                settings.events()));
        t.append("| training set | CPU-s | first, in a cold process | wall s | rows |\n|---|---:|---:|---:|---|\n");
        for (Entrant e : entrants) {
            List<JsonNode> own = runs.getOrDefault(e.name(), List.of());
            if (own.isEmpty()) {
                t.append("| ")
                        .append(e.title())
                        .append(" | | | | ")
                        .append(failed.get(e.name()))
                        .append(" |\n");
                continue;
            }
            JsonNode first = own.get(0);
            t.append(String.format(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %.2f | `%s` |%n",
                    e.title(),
                    cost(e.name()),
                    first.get("first_cpu_seconds").asDouble(),
                    first.get("wall_seconds_per_set").asDouble(),
                    digest(e.name())));
        }
        return t.toString();
    }
}
