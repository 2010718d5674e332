package dev.isobar.cli.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Row;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.port.Resource;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.journal.Journal.Boundary.Moment;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.AuditResult.AlteredEvent;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunResult.Consistency;
import dev.isobar.runtime.result.RunResult.Step;
import dev.isobar.runtime.result.RunResult.StreamCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A whole run on the local target")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholeRunTest {
    private static final int FLIGHTS = 11_409;

    @TempDir
    static Path temp;

    private Place calm;
    private RunResult first;
    private RunResult second;

    @BeforeAll
    void undisturbed() throws IOException {
        calm = Place.in(temp.resolve("calm"));
        first = calm.run(WeekOfFlights.withRounds(8));
        assertThat(first.failure()).isNull();
        assertThat(first.status()).isEqualTo("SUCCEEDED");
        // Here and not in its test: another test brings a new champion.
        second = calm.run(WeekOfFlights.withRounds(8));
    }

    @AfterAll
    void stop() {
        if (calm != null) {
            stop(calm);
        }
    }

    @Test
    @DisplayName("accounts for every record, and serves what the lake says to the last bit")
    void accountsForEverything() {
        assertThat(first.resumed()).isFalse();
        for (StreamCount s : first.streams()) {
            assertThat(s.in()).as(s.name()).isEqualTo(FLIGHTS);
            assertThat(s.out() + s.late() + s.deadLetter() + s.duplicates())
                    .as(s.name())
                    .isEqualTo(s.in());
        }
        assertThat(first.features().rows()).isEqualTo(FLIGHTS);
        assertThat(first.consistency().compared()).isGreaterThan(1_000);
        assertThat(first.consistency())
                .isEqualTo(new Consistency(first.consistency().compared(), 0, 0, 0));
        assertThat(first.endpoint().modelDigest()).isEqualTo(first.model().digest());
        assertThat(first.steps()).extracting(Step::status).containsOnly("SUCCEEDED");
    }

    @Test
    @DisplayName("is followed by a new run of the same digests, whose training ends as UNCHANGED")
    void secondRunIsUnchanged() {
        assertThat(second.runId()).isNotEqualTo(first.runId());
        assertThat(second.resumed()).isFalse();
        assertThat(second.steps())
                .extracting(Step::status)
                .containsExactly("SUCCEEDED", "SUCCEEDED", "UNCHANGED", "SUCCEEDED", "SUCCEEDED");
        assertThat(Result.of(second)).isEqualTo(Result.of(first));
    }

    @Test
    @DisplayName("has the training set and the features that a backfill makes of the same file, to the last bit")
    void backfillsTheSame() {
        BackfillResult set = calm.backfill(WeekOfFlights.withRounds(8), temp.resolve("set.parquet"), false);
        assertThat(set.digest()).isEqualTo(first.trainingSet().digest());
        assertThat(set.rows()).isEqualTo(first.trainingSet().rows());
        assertThat(set.reasons()).isEqualTo(first.trainingSet().reasons());
        assertThat(set.streams()).isEqualTo(first.streams());
        BackfillResult all = calm.backfill(WeekOfFlights.withRounds(8), temp.resolve("all.parquet"), true);
        assertThat(all.digest()).isEqualTo(first.features().digest());
        assertThat(all.rows()).isEqualTo(first.features().rows());
    }

    @Test
    @DisplayName("fails its audit when an event of the lake is altered, removed or added, and the audit names it")
    void auditNamesTampering() {
        String table = first.runId() + "/events/landings";
        List<Row> rows = rows(table);
        Row victim = rows.get(rows.size() / 2);
        String id = String.valueOf(victim.text(0));
        int delay = victim.schema().require("arr_delay_min");

        AuditResult altered = auditWith(table, all -> changed(all, id, r -> r.setWord(delay, r.word(delay) + 7)));
        assertThat(altered.ok()).isFalse();
        assertThat(altered.altered()).extracting(AlteredEvent::id).containsOnly(id);
        assertThat(altered.findings()).anyMatch(f -> f.contains("Event " + id + " of 'landings'"));

        AuditResult removed = auditWith(
                table, all -> all.stream().filter(r -> !id.equals(r.text(0))).toList());
        assertThat(removed.ok()).isFalse();
        assertThat(removed.altered()).extracting(AlteredEvent::id).containsOnly(id);

        AuditResult added = auditWith(table, all -> {
            List<Row> more = new ArrayList<>(all);
            more.add(victim.copy().setText(0, "999999999"));
            return more;
        });
        assertThat(added.ok()).isFalse();
        assertThat(added.altered()).extracting(AlteredEvent::id).containsOnly("999999999");

        AuditResult restored = auditWith(table, all -> all);
        assertThat(restored.findings()).isEmpty();
        assertThat(restored.ok()).isTrue();
    }

    @Test
    @DisplayName("names an event that was altered late enough to change no served vector")
    void auditNamesWhatNobodyAskedFor() {
        String table = first.runId() + "/events/departures";
        List<Row> rows = rows(table);
        String id = String.valueOf(rows.get(rows.size() - 1).text(0));
        AuditResult altered = auditWith(table, all -> changed(all, id, r -> r.setWord(3, r.word(3) + 1_000_000)));
        assertThat(altered.ok()).isFalse();
        assertThat(altered.altered()).extracting(AlteredEvent::id).containsOnly(id);
    }

    @Test
    @DisplayName(
            "dies at every boundary, is taken up each time, also where the log remembers late or the online store was emptied, and ends as if nothing had happened")
    void diesEverywhere() throws IOException {
        RunResult undisturbed = calm.run(WeekOfFlights.withRounds(5));
        Place rough = Place.in(temp.resolve("rough")).on(LateCommits::new);
        try {
            Deaths deaths = new Deaths(rough, Set.of());
            RunResult survived = untilItEnds(rough, 8, deaths);
            assertThat(Result.of(survived)).isEqualTo(Result.of(first));
            for (String effect : List.of(
                    "ingest.load",
                    "feature.backfill",
                    "train.champion",
                    "train.stage",
                    "train.submit.1",
                    "train.outcome.1",
                    Place.seesProcesses() ? "train.submit.2" : "train.submit.1",
                    "train.accept",
                    "deploy.apply",
                    "monitor.features",
                    "monitor.features-digest",
                    "monitor.audit")) {
                for (Moment moment : Moment.values()) {
                    assertThat(deaths.died).contains(effect + " " + moment);
                }
            }
            // The next model comes with a canary: only what is new can still kill.
            RunResult next = untilItEnds(rough, 5, new Deaths(rough, deaths.died));
            assertThat(Result.of(next)).isEqualTo(Result.of(undisturbed));

            Set<Long> listed = rough.with(at ->
                    at.isobar().status().processes().stream().map(Resource::pid).collect(Collectors.toSet()));
            assertThat(listed).containsAll(rough.livingProcesses());
        } finally {
            stop(rough);
        }
    }

    /** Deaths after which the online store is empty too: before anything was served, and twice in the middle of it. */
    private static final Set<String> EMPTIED =
            Set.of("deploy.apply AFTER_DONE", "monitor.served BEFORE_INTENT 2", "monitor.served AFTER_DONE 3");

    private static RunResult untilItEnds(Place place, int rounds, Deaths deaths) {
        Set<String> ids = new LinkedHashSet<>();
        int attempts = 0;
        while (true) {
            int attempt = attempts++;
            try {
                RunResult result = place.run(
                        WeekOfFlights.withRounds(rounds),
                        new RunListener() {
                            @Override
                            public void runStarted(String runId, boolean resumed) {
                                ids.add(runId);
                                assertThat(resumed).isEqualTo(attempt > 0);
                            }
                        },
                        deaths);
                assertThat(result.failure()).isNull();
                assertThat(result.status()).isEqualTo("SUCCEEDED");
                assertThat(attempts).as("a run that nothing disturbed").isGreaterThan(1);
                assertThat(ids).as("every attempt takes up the same run").hasSize(1);
                return result;
            } catch (Death expected) {
                assertThat(attempts).isLessThan(200);
                if (EMPTIED.contains(expected.getMessage())) {
                    place.with(at -> {
                        ids.forEach(at.session().onlineStore()::delete);
                        return ids;
                    });
                }
            }
        }
    }

    /** Rewrites a table, audits the first run, and puts the table back. */
    private AuditResult auditWith(String table, UnaryOperator<List<Row>> change) {
        List<Row> before = rows(table);
        return calm.with(at -> {
            OfflineStore store = at.session().offlineStore();
            TableDefinition definition = store.describe(table).orElseThrow().definition();
            try {
                rewrite(store, definition, change.apply(before));
                return at.isobar().audit(first.runId(), null);
            } finally {
                rewrite(store, definition, before);
            }
        });
    }

    private static List<Row> changed(List<Row> all, String id, UnaryOperator<Row> change) {
        return all.stream()
                .map(r -> id.equals(r.text(0)) ? change.apply(r.copy()) : r)
                .toList();
    }

    private List<Row> rows(String table) {
        return calm.with(at -> {
            OfflineStore store = at.session().offlineStore();
            Row row = new Row(store.describe(table).orElseThrow().definition().schema());
            List<Row> all = new ArrayList<>();
            try (RowCursor cursor = store.scan(ScanRequest.ordered(table))) {
                while (cursor.next(row)) {
                    all.add(row.copy());
                }
            }
            return all;
        });
    }

    private static void rewrite(OfflineStore store, TableDefinition definition, List<Row> rows) {
        store.drop(definition.table());
        store.create(definition);
        try (PartWriter writer = store.write(definition.table(), "ingest")) {
            rows.forEach(writer::append);
            writer.commit();
        }
    }

    private static void stop(Place place) {
        place.with(at -> at.isobar().stop(null));
        assertThat(place.livingProcesses()).as("processes after a stop").isEmpty();
    }

    /** What two runs on the same input must have in common. */
    private record Result(
            List<StreamCount> streams,
            RunResult.TrainingSet trainingSet,
            RunResult.Features features,
            String model,
            RunResult.Quality quality,
            String served,
            Map<String, Integer> traffic,
            Consistency consistency) {
        static Result of(RunResult r) {
            // A deployment is named by its run; how the traffic is split is what must agree.
            Map<String, Integer> traffic = new HashMap<>();
            r.endpoint().routes().forEach((name, points) -> traffic.put("" + traffic.size(), points));
            return new Result(
                    r.streams(),
                    r.trainingSet(),
                    r.features(),
                    r.model().digest(),
                    r.model().metrics(),
                    r.endpoint().modelDigest(),
                    traffic,
                    r.consistency());
        }
    }

    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death(String where) {
            super(where, null, false, false);
        }
    }

    /**
     * Lets a run die once at every moment of every effect. Milestones of the replay come often: each of their moments kills three times. The first trainer dies
     * alone, under its shell; the second, before it began, and a server under load die with every other process of the home.
     */
    private static final class Deaths implements Journal.Boundary {
        private static final String MILESTONE = "monitor.served";

        private final Place place;
        private final Set<String> died = new LinkedHashSet<>();
        private final Set<String> spared;

        Deaths(Place place, Set<String> spared) {
            this.place = place;
            this.spared = spared;
        }

        @Override
        public void at(String effect, Moment moment) {
            String where = effect + " " + moment;
            int occurrence = 1;
            while (effect.equals(MILESTONE) && occurrence < 3 && died.contains(where + " " + occurrence)) {
                occurrence++;
            }
            String key = effect.equals(MILESTONE) ? where + " " + occurrence : where;
            if (spared.contains(key) || !died.add(key)) {
                return;
            }
            if (key.equals("train.submit.1 AFTER_DONE") && Place.seesProcesses()) {
                place.killTrainer();
            }
            if (key.equals("train.submit.2 AFTER_DONE")) {
                place.killAll();
                place.forgetBegin("-train-2");
            }
            if (key.equals(MILESTONE + " BEFORE_INTENT 2")) {
                place.killAll();
            }
            throw new Death(key);
        }
    }
}
