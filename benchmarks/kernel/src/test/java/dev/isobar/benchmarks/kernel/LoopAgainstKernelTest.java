package dev.isobar.benchmarks.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.benchmarks.cards.CardKernel;
import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.features.Admission;
import dev.isobar.features.FeaturePlan;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The loop is what the kernel is measured by, so it must do all that the kernel does. */
@DisplayName("The hand-written loop and the kernel")
class LoopAgainstKernelTest {
    private static final int CARDS = 40;
    private static final int EVENTS = 60_000;

    private final FeaturePlan plan = FeaturePlan.compile(CardPipeline.spec(false));

    @Test
    void agreeToTheLastBitOnLateData() {
        Workload w = Workload.generate(seed(1), EVENTS, 50_000, CARDS, true);

        Map<Admission, Integer> seen = compare(w);

        assertThat(seen).containsOnlyKeys(Admission.ADMITTED);
    }

    @Test
    void agreeWhereCopiesConflictsAndEventsBeyondTheLatenessAreAmongThem() {
        Workload w = disturbed(seed(2));

        Map<Admission, Integer> seen = compare(w);

        assertThat(seen)
                .containsKeys(
                        Admission.ADMITTED,
                        Admission.DUPLICATE,
                        Admission.LATE,
                        Admission.CONFLICT_REJECTED,
                        Admission.CONFLICT_REPLACED);
    }

    @Test
    void agreeAfterCardsWereIdleForDays() {
        // Two cards with an event now and then: rings are freed and begin again.
        Workload w = Workload.generate(seed(3), 4_000, 300, 200, true);

        compare(w);
    }

    private static long seed(long fixed) {
        long seed = Long.getLong("isobar.seed", fixed);
        System.out.println("seed " + seed);
        return seed;
    }

    private Map<Admission, Integer> compare(Workload w) {
        CardKernel kernel = new CardKernel(plan);
        Loop loop = new Loop(w.cards());
        double[] expected = new double[Features.SIZE];
        double[] actual = new double[Features.SIZE];
        Map<Admission, Integer> seen = new EnumMap<>(Admission.class);
        long latest = Long.MIN_VALUE;
        int compared = 0;
        for (int i = 0; i < w.size(); i++) {
            kernel.read(w, i);
            // Further back than the lateness the kernel refuses to answer.
            if (w.eventTime()[i] >= latest - Features.LATENESS) {
                kernel.evaluate(w.availableTime()[i], expected);
                loop.evaluate(w.card()[i], w.eventTime()[i], w.availableTime()[i], actual);
                assertThat(bits(actual)).as("vector of %s", describe(w, i)).isEqualTo(bits(expected));
                compared++;
            }
            Admission admission = kernel.accept();
            Loop.Outcome outcome =
                    loop.accept(w.id()[i], w.card()[i], w.eventTime()[i], w.availableTime()[i], w.cents()[i]);
            assertThat(outcome.name()).as("outcome of %s", describe(w, i)).isEqualTo(admission.name());
            seen.merge(admission, 1, Integer::sum);
            if (admission != Admission.LATE) {
                latest = Math.max(latest, w.availableTime()[i]);
            }
            kernel.advance(latest - 2 * Features.LATENESS);
        }
        assertThat(compared).isGreaterThan(w.size() * 9 / 10);
        return seen;
    }

    private static String describe(Workload w, int i) {
        return "event " + i + ": id " + w.id()[i] + ", card " + w.card()[i] + ", at " + w.eventTime()[i]
                + ", available " + w.availableTime()[i];
    }

    private static List<Long> bits(double[] vector) {
        List<Long> bits = new ArrayList<>();
        for (double v : vector) {
            bits.add(Double.doubleToLongBits(v));
        }
        return bits;
    }

    // Copies and conflicts come within a minute of the first, some available earlier than what was delivered before.
    private static Workload disturbed(long seed) {
        Workload base = Workload.generate(seed, EVENTS, 50_000, CARDS, true);
        Random r = new Random(seed);
        List<long[]> rows = new ArrayList<>();
        for (int i = 0; i < base.size(); i++) {
            long[] row = {base.id()[i], base.card()[i], base.eventTime()[i], base.availableTime()[i], base.cents()[i], i
            };
            rows.add(row);
            if (r.nextInt(10) > 0) {
                continue;
            }
            long[] copy = row.clone();
            switch (r.nextInt(5)) {
                case 0 -> copy[3] += 1_000L * r.nextInt(20_000);
                case 1 -> copy[1] = r.nextInt(CARDS);
                case 2 -> copy[4] = 1L + r.nextInt(100_000);
                case 3 -> copy[3] = copy[2] + Features.LATENESS + 1L + r.nextInt(1_000_000);
                default -> {
                    // the same again
                }
            }
            copy[5] += r.nextInt(30);
            rows.add(copy);
        }
        rows.sort((a, b) -> Long.compare(a[5], b[5]));
        int n = rows.size();
        Workload w = new Workload(new long[n], new int[n], new long[n], new long[n], new long[n], CARDS);
        for (int i = 0; i < n; i++) {
            long[] row = rows.get(i);
            w.id()[i] = row[0];
            w.card()[i] = (int) row[1];
            w.eventTime()[i] = row[2];
            w.availableTime()[i] = row[3];
            w.cents()[i] = row[4];
        }
        return w;
    }
}
