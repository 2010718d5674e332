package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Row;
import dev.isobar.features.Backfill;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A backfill over a whole history")
class BackfillTest {
    private static final long SEED = Long.getLong("isobar.seed", 1);
    private static final int SMALL = 1_200;
    private static final int HOT = 60;

    private long vectors;
    private long values;
    private long nulls;

    @Test
    void givesTheKernelsVectorsBitForBit() {
        for (long seed = SEED; seed < SEED + SMALL; seed++) {
            compare(Histories.of(seed));
        }
        for (long seed = SEED; seed < SEED + HOT; seed++) {
            compare(HotHistories.of(seed));
        }
        System.out.printf(
                "backfill: %d vectors of seeds from %d, %d values, %d of them null%n", vectors, SEED, values, nulls);
        assertThat(vectors).isGreaterThan(10_000);
        assertThat(nulls).isBetween(values / 20, values / 2);
    }

    private void compare(History history) {
        Random r = new Random(history.seed());
        FeaturePlan plan = FeaturePlan.compile(history.spec());
        List<RawEvent> events = new ArrayList<>(admitted(history));
        events.sort(Comparator.comparingLong(RawEvent::availableTime));
        FeatureKernel kernel = new FeatureKernel(plan, Retention.unbounded());
        for (RawEvent e : events) {
            for (int state : plan.statesOf(e.stream())) {
                Row row = Histories.toRow(plan.streamSchema(state), e.values());
                String key = plan.key(state, row);
                if (key != null) {
                    kernel.accept(state, e.id(), key, e.eventTime(), e.availableTime(), row);
                }
            }
        }
        List<History.Ask> asks = asks(history);
        if (r.nextInt(3) == 0) {
            // What was delivered twice is recorded twice.
            events.addAll(new ArrayList<>(events.subList(0, events.size() / 3)));
        }
        if (r.nextBoolean()) {
            Collections.shuffle(events, r);
            Collections.shuffle(asks, r);
        }
        Backfill backfill = new Backfill(plan, 1 + r.nextInt(3), 1 + r.nextInt(3));
        for (History.Ask ask : asks) {
            backfill.decision(Histories.toRow(plan.decisionSchema(), ask.decision()), ask.id(), ask.t(), ask.k());
        }
        for (int pass = 0; pass < backfill.passes(); pass++) {
            for (RawEvent e : events) {
                for (int state : plan.statesOf(e.stream())) {
                    backfill.event(
                            state,
                            e.id(),
                            e.eventTime(),
                            e.availableTime(),
                            Histories.toRow(plan.streamSchema(state), e.values()));
                }
            }
            backfill.answer();
        }
        FeatureVector expected = new FeatureVector(plan);
        FeatureVector actual = new FeatureVector(plan);
        for (int i = 0; i < asks.size(); i++) {
            History.Ask ask = asks.get(i);
            kernel.evaluate(
                    Histories.toRow(plan.decisionSchema(), ask.decision()), ask.id(), ask.t(), ask.k(), expected);
            backfill.read(i, actual);
            assertThat(actual).as("%s of %s", ask, history).isEqualTo(expected);
            vectors++;
            for (int v = 0; v < actual.size(); v++) {
                values++;
                nulls += actual.isNull(v) ? 1 : 0;
            }
        }
    }

    /** What ingest makes of the copies: one event for each id. */
    private static Collection<RawEvent> admitted(History history) {
        Map<String, RawEvent> winners = new LinkedHashMap<>();
        for (History.Step s : history.steps()) {
            if (s instanceof History.Arrive a) {
                RawEvent e = a.event();
                if (NaiveTwin.late(e, history.spec().stream(e.stream()).allowedLatenessMicros()) <= 0) {
                    winners.merge(e.stream() + "/" + e.id(), e, (x, y) -> NaiveTwin.COPIES.compare(x, y) <= 0 ? x : y);
                }
            }
        }
        return winners.values();
    }

    /** The questions of the history, and each decision once more as of later times. */
    private static List<History.Ask> asks(History history) {
        List<History.Ask> asks = new ArrayList<>();
        for (History.Step s : history.steps()) {
            if (s instanceof History.Ask a) {
                asks.add(a);
                asks.add(new History.Ask(a.decision(), a.id(), a.t() + 1, Long.MAX_VALUE, true, false));
            }
        }
        return asks;
    }
}
