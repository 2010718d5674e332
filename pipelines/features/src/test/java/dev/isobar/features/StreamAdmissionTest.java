package dev.isobar.features;

import static dev.isobar.features.Shop.HOUR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.IsobarException;
import dev.isobar.event.RowCodec;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.features.StreamAdmission.Verdict;
import dev.isobar.spec.AggregateFn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StreamAdmissionTest {
    private static final long T = 1_000 * HOUR;

    private static Verdict offer(StreamAdmission a, Candidate c) {
        return a.offer(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload());
    }

    private static Candidate record(String id, long at, long known, int payload) {
        FeaturePlan plan = Shop.plan(Shop.feature("n", Shop.over(AggregateFn.COUNT, "payments", null, HOUR)));
        return new Candidate(
                id,
                "k",
                at,
                known,
                new RowCodec(plan.decisionSchema()).encode(Shop.row(plan, "k", (long) payload, null)));
    }

    @Test
    void everyRecordIsCountedOnce() {
        StreamAdmission a = new StreamAdmission(Shop.stream("payments"));
        assertThat(offer(a, record("1", T, T, 1))).isEqualTo(Verdict.OUT);
        assertThat(offer(a, record("1", T, T + 1, 1))).isEqualTo(Verdict.DUPLICATE);
        assertThat(offer(a, record("1", T, T + 2, 2))).isEqualTo(Verdict.CONFLICT);
        assertThat(offer(a, record("2", T - HOUR, T + 3, 2))).isEqualTo(Verdict.LATE);
        assertThat(offer(a, record("2", T, T + 4, 2))).isEqualTo(Verdict.OUT);
        a.reject("NOT_A_NUMBER");
        assertThat(a.in()).isEqualTo(6).isEqualTo(a.out() + a.late() + a.deadLetter() + a.duplicates());
        assertThat(a.reasons()).isEqualTo(Map.of("CONFLICTING_PAYLOAD", 1L, "LATE", 1L, "NOT_A_NUMBER", 1L));
    }

    @Test
    void anIdIsRememberedForTheHorizonAfterItWasLastSeen() {
        StreamAdmission a = new StreamAdmission(Shop.stream("payments"));
        offer(a, record("1", T, T, 1));
        assertThat(offer(a, record("1", T + 2 * HOUR, T + 2 * HOUR, 1))).isEqualTo(Verdict.CONFLICT);
        assertThat(offer(a, record("1", T + 4 * HOUR, T + 4 * HOUR, 1))).isEqualTo(Verdict.CONFLICT);
        assertThat(offer(a, record("1", T + 6 * HOUR + 1, T + 6 * HOUR + 1, 1))).isEqualTo(Verdict.OUT);
    }

    @Test
    void memoryIsBoundedByTheHorizon() {
        StreamAdmission a = new StreamAdmission(Shop.stream("payments"));
        for (int i = 0; i < 10_000; i++) {
            long at = T + i * HOUR / 50;
            offer(a, record("id" + i, at, at, 1));
        }
        assertThat(a.remembered()).isEqualTo(101);
    }

    @Test
    void recordsOutOfOrderAreRefused() {
        StreamAdmission a = new StreamAdmission(Shop.stream("payments"));
        List<Candidate> rivals = new ArrayList<>(List.of(record("1", T, T, 2), record("1", T, T, 1)));
        rivals.sort(StreamAdmission.order(Shop.stream("payments")));
        offer(a, rivals.get(1));
        assertThatThrownBy(() -> offer(a, rivals.get(0))).isInstanceOf(IsobarException.class);
        assertThatThrownBy(() -> offer(a, record("0", T, T - 1, 1))).isInstanceOf(IsobarException.class);
    }

    @Test
    void theKernelAgreesAndARestartChangesNothing() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int round = 0; round < 50; round++) {
            Random random = new Random(seed + round);
            FeaturePlan plan = Shop.plan(Shop.feature("n", Shop.over(AggregateFn.COUNT, "payments", null, HOUR)));
            List<Candidate> records = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String card = "c" + random.nextInt(2);
                byte[] payload = new RowCodec(plan.decisionSchema())
                        .encode(Shop.row(plan, card, (long) random.nextInt(2), null));
                long at = T + random.nextInt(3);
                records.add(new Candidate(
                        "id" + random.nextInt(40),
                        card,
                        at,
                        at + (random.nextInt(9) == 0 ? 2 * HOUR : random.nextInt(3)),
                        payload));
            }
            List<Candidate> sorted = new ArrayList<>(records);
            sorted.sort(StreamAdmission.order(Shop.stream("payments")));
            StreamAdmission a = new StreamAdmission(Shop.stream("payments"));
            List<Candidate> out = new ArrayList<>();
            Candidate before = null;
            for (Candidate c : sorted) {
                if (random.nextInt(10) == 0 && (before == null || !before.id().equals(c.id()))) {
                    StreamAdmission again = new StreamAdmission(Shop.stream("payments"));
                    again.restore(a.snapshot());
                    assertThat(again.snapshot()).isEqualTo(a.snapshot());
                    a = again;
                }
                if (offer(a, c) == Verdict.OUT) {
                    out.add(c);
                }
                before = c;
            }
            assertThat(a.in()).isEqualTo(100).isEqualTo(a.out() + a.late() + a.deadLetter() + a.duplicates());

            FeatureKernel raw = new FeatureKernel(plan, Retention.unbounded());
            Collections.shuffle(records, random);
            records.forEach(c -> accept(raw, c));
            FeatureKernel admitted = new FeatureKernel(plan, Retention.unbounded());
            out.forEach(c -> assertThat(accept(admitted, c)).isEqualTo(Admission.ADMITTED));
            for (String card : new TreeSet<>(List.of("c0", "c1"))) {
                raw.advance(0, Long.MAX_VALUE);
                admitted.advance(0, Long.MAX_VALUE);
                assertThat(raw.snapshot(card)).as("seed %s", seed + round).isEqualTo(admitted.snapshot(card));
            }
        }
    }

    private static Admission accept(FeatureKernel k, Candidate c) {
        return k.accept(
                0, dev.isobar.event.Event.insert(c.id(), c.key(), c.eventTime(), c.availableTime(), "s", c.payload()));
    }
}
