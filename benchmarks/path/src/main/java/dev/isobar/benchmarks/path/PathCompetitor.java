package dev.isobar.benchmarks.path;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.Row;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.runtime.stream.StreamJob;
import dev.isobar.runtime.stream.StreamSettings;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Log in, Parquet and online state out. The clock runs from opening the job until all is durable; writing the log and reading the answers back from Parquet is not in it. */
final class PathCompetitor implements Competitor {
    private @Nullable Path home;
    private @Nullable AdapterSession session;
    private int passes;

    @Override
    public String name() {
        return "path";
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    @Override
    public void pass(Workload workload, Answers answers, PassClock clock) throws IOException {
        AdapterSession open = session;
        Path place = home;
        if (open == null || place == null) {
            place = Files.createTempDirectory("isobar-path");
            open = Cards.open(place);
            Cards.write(open.eventStream(), workload);
            home = place;
            session = open;
        }
        String name = "pass-" + passes++;
        clock.start();
        try (StreamJob job = Cards.job(open, place, name)) {
            long taken = job.run(Duration.ZERO);
            if (taken != workload.size() || job.counts().vectors() != workload.size()) {
                throw new IllegalStateException(job.counts() + " of " + workload.size() + " transactions");
            }
        }
        clock.stop();
        if (passes == 1) {
            read(open, name, answers);
        }
        open.offlineStore().drop(name);
        open.onlineStore().delete(name);
    }

    private static void read(AdapterSession session, String table, Answers answers) {
        Row row = new Row(FeatureTable.vectors(table, Cards.PLAN).schema());
        double[] vector = new double[Features.SIZE];
        try (RowCursor cursor = session.offlineStore().scan(new ScanRequest(table, null, null, false))) {
            while (cursor.next(row)) {
                for (int i = 0; i < vector.length; i++) {
                    int slot = FeatureTable.VECTOR_HEAD + i;
                    vector[i] = row.isNull(slot) ? Double.NaN : row.float64(slot);
                }
                answers.take(Long.parseLong(String.valueOf(row.text(2))), vector);
            }
        }
    }

    @Override
    public String note() {
        return "checkpoints every " + StreamSettings.CHECKPOINT_EVENTS + " events, online state every "
                + StreamSettings.ONLINE_EVERY + " of them, one partition, one thread";
    }
}
