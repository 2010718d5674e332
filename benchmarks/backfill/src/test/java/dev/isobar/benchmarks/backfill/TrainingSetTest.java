package dev.isobar.benchmarks.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.Row;
import dev.isobar.features.Backfill;
import dev.isobar.features.FeaturePlan;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Training sets of the benchmark")
class TrainingSetTest {
    private static final Workload EVENTS = Workload.generate(7, 20_000, 200_000, 500, true);
    private static final Labels LABELS = Labels.of(EVENTS, 4_000);

    @TempDir
    Path folder;

    @Test
    void haveEqualRowsWhoeverMakesThem() throws Exception {
        ParquetFiles files = ParquetFiles.in(folder, Pipeline.last(), EVENTS, LABELS);
        long ours = sum(new Ours("ours", Pipeline.last(), EVENTS, LABELS));

        assertThat(sum(new OursParquet("parquet", Pipeline.last(), files, LABELS.size(), EVENTS.size())))
                .isEqualTo(ours);
        assertThat(sum(new DuckDbAsOf("asof", EVENTS, LABELS, null))).isEqualTo(ours);
        assertThat(sum(new DuckDbAsOf("asof_parquet", EVENTS, LABELS, files))).isEqualTo(ours);
    }

    @Test
    void haveAnotherDigestWhereOneValueDiffers() {
        Digest one = new Digest();
        one.row(1, 2, 3, 0).value(5).end();
        Digest other = new Digest();
        other.row(1, 2, 3, 0).value(Math.nextUp(5.0)).end();

        assertThat(other.sum()).isNotEqualTo(one.sum());
    }

    @Test
    void haveTheWindowsThatALoopOverAllTransactionsFinds() {
        FeaturePlan plan = Pipeline.windows();
        Backfill backfill = new Backfill(plan, 2, 2);
        Row label = new Row(plan.decisionSchema());
        for (int i = 0; i < LABELS.size(); i++) {
            label.setWord(0, i)
                    .setWord(1, LABELS.card()[i])
                    .setWord(2, LABELS.time()[i])
                    .setWord(3, 0);
            backfill.decision(label, null, LABELS.time()[i], Long.MAX_VALUE);
        }
        for (int pass = 0; pass < 2; pass++) {
            Row event = new Row(plan.streamSchema(0));
            for (int i = 0; i < EVENTS.size(); i++) {
                event.setWord(0, EVENTS.id()[i])
                        .setWord(1, EVENTS.card()[i])
                        .setWord(2, EVENTS.eventTime()[i])
                        .setWord(3, EVENTS.availableTime()[i])
                        .setWord(4, EVENTS.cents()[i]);
                backfill.event(0, event);
            }
            backfill.answer();
        }
        double[] expected = new double[Features.SIZE];
        double[] actual = new double[Features.SIZE];
        for (int i = 0; i < LABELS.size(); i += 7) {
            for (int w = 0; w < Features.WINDOW_COUNT; w++) {
                window(LABELS.card()[i], LABELS.time()[i], w, expected);
            }
            for (int c = 0; c < Features.SIZE; c++) {
                actual[c] = backfill.valueOrNan(i, c);
            }
            assertThat(bits(actual)).as("label %d", i).isEqualTo(bits(expected));
        }
    }

    private static void window(long card, long t, int w, double[] into) {
        long count = 0;
        long sum = 0;
        long squares = 0;
        long max = 0;
        for (int i = 0; i < EVENTS.size(); i++) {
            long at = EVENTS.eventTime()[i];
            if (EVENTS.card()[i] == card && at < t && at >= t - Features.window(w)) {
                long cents = EVENTS.cents()[i];
                count++;
                sum += cents;
                squares += cents * cents;
                max = Math.max(max, cents);
            }
        }
        Features.put(into, w, count, sum, squares, max);
    }

    private static long[] bits(double[] values) {
        return Arrays.stream(values).mapToLong(Double::doubleToLongBits).toArray();
    }

    private static long sum(TrainingSet set) throws Exception {
        set.make(new PassClock());
        Digest digest = set.digest();
        assertThat(digest.rows()).isEqualTo(LABELS.size());
        return digest.sum();
    }
}
