package dev.isobar.features;

import static dev.isobar.features.Shop.HOUR;
import static dev.isobar.features.Shop.MINUTE;
import static dev.isobar.features.Shop.SECOND;
import static dev.isobar.features.Shop.call;
import static dev.isobar.features.Shop.col;
import static dev.isobar.features.Shop.feature;
import static dev.isobar.features.Shop.over;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.state.ContentHash;
import dev.isobar.features.state.MemorySpill;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FeatureKernelTest {
    private static final long T = 1_000 * HOUR;
    private static final FeaturePlan SUMS = Shop.plan(
            feature("n", over(AggregateFn.COUNT, "payments", null, HOUR)),
            feature("sum", over(AggregateFn.SUM, "payments", "amount", HOUR)),
            feature("last", over(AggregateFn.LAST, "payments", "amount", HOUR)));

    /** Two amounts of which the first has the smaller content hash. */
    private static final long WINS = smaller(4, 5);

    private static final long LOSES = 9 - WINS;

    private static long smaller(long a, long b) {
        ContentHash hash =
                new ContentHash(SUMS.decisionSchema(), FeaturePlan.identity(Shop.stream("payments"), List.of("card")));
        return Long.compareUnsigned(hash.of(Shop.row(SUMS, "a", a, null)), hash.of(Shop.row(SUMS, "a", b, null))) < 0
                ? a
                : b;
    }

    private static Admission pay(FeatureKernel k, String id, String card, long at, long known, long amount) {
        return k.accept(0, id, card, at, known, Shop.row(SUMS, card, amount, null));
    }

    private static FeatureVector ask(FeaturePlan plan, FeatureKernel kernel, String card, long t, long k) {
        FeatureVector v = new FeatureVector(plan);
        kernel.evaluate(Shop.row(plan, card, 7L, 0.5), null, t, k, v);
        return v;
    }

    @Test
    void aWindowIsHalfOpen() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        pay(k, "start", "a", T - HOUR, T - HOUR, 1);
        pay(k, "before", "a", T - HOUR - 1, T - HOUR - 1, 10);
        pay(k, "end", "a", T, T, 100);
        pay(k, "inside", "a", T - 1, T - 1, 1000);
        assertThat(ask(SUMS, k, "a", T, Long.MAX_VALUE).value(1)).isEqualTo(1001);
        assertThat(ask(SUMS, k, "a", T + 1, Long.MAX_VALUE).value(1)).isEqualTo(1100);
    }

    @Test
    void onlyWhatWasAvailableCounts() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        pay(k, "1", "a", T - 10, T + 5, 1);
        pay(k, "2", "a", T - 20, T - 20, 2);
        assertThat(ask(SUMS, k, "a", T, T + 4).value(1)).isEqualTo(2);
        assertThat(ask(SUMS, k, "a", T, T + 4).value(2)).isEqualTo(2);
        assertThat(ask(SUMS, k, "a", T, T + 5).value(1)).isEqualTo(3);
        assertThat(ask(SUMS, k, "a", T, T + 5).value(2)).isEqualTo(1);
        assertThat(ask(SUMS, k, "a", T, T - 21).value(0)).isZero();
        assertThat(ask(SUMS, k, "a", T, T - 21).isNull(1)).isTrue();
    }

    /** On a key with very many events a second, a question that comes a little late is one over hundreds of events. */
    @Test
    void aHotKeyIsAskedBackAndForth() {
        FeaturePlan plan = Shop.plan(
                feature("n", over(AggregateFn.COUNT, "payments", null, HOUR)),
                feature("sum", over(AggregateFn.SUM, "payments", "amount", HOUR)),
                feature("max", over(AggregateFn.MAX, "payments", "amount", HOUR)),
                feature("minute", over(AggregateFn.SUM, "payments", "amount", MINUTE)));
        FeatureKernel k = new FeatureKernel(plan, Retention.unbounded());
        Random random = new Random(20261124);
        int events = 60_000;
        long step = 100_000;
        long[] amounts = new long[events];
        for (int i = 0; i < events; i++) {
            long at = T + i * step;
            amounts[i] = random.nextInt(1_000_000);
            pay(k, "e" + i, "hot", at, at, amounts[i]);
            if (i < 20_000 || i % 97 != 0) {
                continue;
            }
            int asked = i + 1 - (i % 2 == 0 ? 0 : 400 + random.nextInt(1_800));
            FeatureVector v = ask(plan, k, "hot", T + asked * step, at);
            int from = Math.max(0, asked - 36_000);
            assertThat(v.value(0)).isEqualTo(asked - from);
            assertThat(v.value(1)).isEqualTo(Arrays.stream(amounts, from, asked).sum());
            assertThat(v.value(2))
                    .isEqualTo(Arrays.stream(amounts, from, asked).max().orElseThrow());
            assertThat(v.value(3))
                    .isEqualTo(Arrays.stream(amounts, asked - 600, asked).sum());
        }
    }

    @Test
    void anEventIsLateOnlyBeyondTheAllowedLateness() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        assertThat(pay(k, "1", "a", T, T + HOUR, 1)).isEqualTo(Admission.ADMITTED);
        assertThat(pay(k, "2", "a", T, T + HOUR + 1, 1)).isEqualTo(Admission.LATE);
        assertThat(k.events()).isEqualTo(1);
    }

    @Test
    void theEarliestCopyOfAnEventCounts() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        assertThat(pay(k, "1", "a", T, T + 9, 1)).isEqualTo(Admission.ADMITTED);
        assertThat(pay(k, "1", "a", T, T + 3, 1)).isEqualTo(Admission.DUPLICATE);
        assertThat(pay(k, "1", "a", T, T + 5, 1)).isEqualTo(Admission.DUPLICATE);
        assertThat(ask(SUMS, k, "a", T + 1, T + 2).value(0)).isZero();
        assertThat(ask(SUMS, k, "a", T + 1, T + 3).value(0)).isEqualTo(1);
        assertThat(k.events()).isEqualTo(1);
    }

    @Test
    void ofConflictingCopiesTheSmallestIsTheEventInWhateverOrderTheyCome() {
        record Copy(String card, long at, long known, long amount) {}
        List<List<Copy>> pairs = List.of(
                List.of(new Copy("a", T, T + 1, 5), new Copy("a", T, T + 2, 4)),
                List.of(new Copy("a", T, T + 1, 5), new Copy("a", T + 1, T + 1, 4)),
                List.of(new Copy("a", T, T + 1, 5), new Copy("b", T, T + 1, 4)),
                List.of(new Copy("a", T, T + 1, WINS), new Copy("a", T, T + 1, LOSES)));
        for (List<Copy> pair : pairs) {
            for (boolean smallerFirst : new boolean[] {true, false}) {
                FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
                Copy smaller = pair.get(0);
                Copy larger = pair.get(1);
                Copy first = smallerFirst ? smaller : larger;
                Copy second = smallerFirst ? larger : smaller;
                assertThat(pay(k, "x", first.card, first.at, first.known, first.amount))
                        .isEqualTo(Admission.ADMITTED);
                k.drainDirtyKeys();
                assertThat(pay(k, "x", second.card, second.at, second.known, second.amount))
                        .isEqualTo(smallerFirst ? Admission.CONFLICT_REJECTED : Admission.CONFLICT_REPLACED);
                assertThat(k.drainDirtyKeys()).hasSize(smallerFirst ? 0 : first.card.equals(second.card) ? 1 : 2);
                assertThat(k.events()).isEqualTo(1);
                assertThat(ask(SUMS, k, smaller.card, T + 10, T + 10).value(1)).isEqualTo(smaller.amount);
                if (!larger.card.equals(smaller.card)) {
                    assertThat(ask(SUMS, k, larger.card, T + 10, T + 10).value(0))
                            .isZero();
                }
            }
        }
    }

    @Test
    void aConflictAcrossARestartEndsAsWithoutOne() {
        for (boolean passed : new boolean[] {false, true}) {
            FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
            pay(k, "x", "a", T, T + 1, LOSES);
            k.advance(0, passed ? T + 2 : T);
            FeatureKernel again = new FeatureKernel(SUMS, Retention.unbounded());
            again.restorePartition(k.partitionState());
            again.restore("a", k.snapshot("a"));
            // A rival is judged by what is kept of its opponent, before the frontier has passed as after.
            assertThat(pay(again, "x", "a", T, T + 1, WINS)).isEqualTo(Admission.CONFLICT_REPLACED);
            assertThat(pay(again, "x", "a", T, T + 1, LOSES)).isEqualTo(Admission.CONFLICT_REJECTED);
        }
    }

    @Test
    void aVectorIsFinalOnceEveryFrontierHasPassedItsKnownTime() {
        FeaturePlan both = Shop.plan(
                feature("p", over(AggregateFn.COUNT, "payments", null, HOUR)),
                feature("r", over(AggregateFn.COUNT, "refunds", null, HOUR)));
        FeatureKernel k = new FeatureKernel(both, Retention.unbounded());
        assertThat(ask(both, k, "never", T, T).isFinal()).isFalse();
        k.advance(0, T + 1);
        assertThat(ask(both, k, "never", T, T).isFinal()).isFalse();
        k.advance(1, T);
        assertThat(ask(both, k, "never", T, T).isFinal()).isFalse();
        k.advance(1, T + 1);
        FeatureVector v = ask(both, k, "never", T, T);
        assertThat(v.isFinal()).isTrue();
        assertThat(v.frontier(1)).isEqualTo(T + 1);
        assertThat(v.value(0)).isZero();
    }

    @Test
    void aNullKeyHasEmptyWindows() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        pay(k, "1", "a", T - 1, T - 1, 1);
        FeatureVector v = new FeatureVector(SUMS);
        k.evaluate(Shop.row(SUMS, null, 1L, null), "d", T, T, v);
        assertThat(v.value(0)).isZero();
        assertThat(v.isNull(1)).isTrue();
    }

    @Test
    void theDecisionCountsOnceWhereItIsIncluded() {
        FeaturePlan plan = Shop.plan(
                feature(
                        "sum",
                        new ExprSpec.Aggregate(AggregateFn.SUM, "payments", col("payments", "amount"), HOUR, true)),
                feature(
                        "last",
                        new ExprSpec.Aggregate(AggregateFn.LAST, "payments", col("payments", "amount"), HOUR, true)));
        FeatureKernel k = new FeatureKernel(plan, Retention.unbounded());
        k.accept(0, "1", "a", T - 2, T - 2, Shop.row(plan, "a", 3L, null));
        k.accept(0, "2", "a", T - 1, T - 1, Shop.row(plan, "a", 7L, null));
        FeatureVector v = new FeatureVector(plan);
        k.evaluate(Shop.row(plan, "a", 7L, null), "3", T, T, v);
        assertThat(v.value(0)).isEqualTo(17);
        k.evaluate(Shop.row(plan, "a", 7L, null), "2", T, T, v);
        assertThat(v.value(0)).isEqualTo(10);
        k.evaluate(Shop.row(plan, "a", 5L, null), null, T, T, v);
        assertThat(v.value(0)).isEqualTo(15);
        assertThat(v.value(1)).isEqualTo(5);
    }

    @Test
    void askingBeforeWhatIsRetainedIsAnErrorThatNamesKeyAndTimes() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.ofMicros(MINUTE));
        pay(k, "1", "a", T, T, 1);
        pay(k, "2", "a", T + 5 * HOUR, T + 5 * HOUR, 1);
        k.advance(0, T + 5 * HOUR);
        assertThat(k.retainedFrom(0)).isEqualTo(T + 4 * HOUR - MINUTE);
        ask(SUMS, k, "a", T + 5 * HOUR - MINUTE, T + 5 * HOUR);
        IsobarException e = catchThrowableOfType(
                IsobarException.class, () -> ask(SUMS, k, "a", T + 5 * HOUR - MINUTE - 1, T + 5 * HOUR));
        assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_RETENTION);
        assertThat(e.getMessage()).contains("'a'", "'payments'", "1970-02-11T19:58:59.999999Z", "1970-02-11T19:59:00Z");
        KeyState state = KeyState.decode(SUMS, k.snapshot("a"));
        assertThat(state.events(0)).isEqualTo(1);
        assertThat(state.retainedFrom(0)).isEqualTo(k.retainedFrom(0));
    }

    @Test
    void theEndOfAStreamDoesNotFreeItsLastWindow() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.ofMicros(MINUTE));
        pay(k, "1", "a", T, T, 1);
        k.advance(0, Long.MAX_VALUE);
        FeatureVector v = ask(SUMS, k, "a", T + 1, T + 1);
        assertThat(v.value(0)).isEqualTo(1);
        assertThat(v.isFinal()).isTrue();
    }

    @Test
    void idleKeysAreFreed() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.ofMicros(0));
        for (int i = 0; i < 1_000; i++) {
            pay(k, "i" + i, "card" + i, T + i, T + i, 1);
        }
        k.drainDirtyKeys();
        for (int i = 0; i < 5_000; i++) {
            long at = T + 10 * HOUR + i;
            pay(k, "j" + i, "busy", at, at, 1);
            k.advance(0, at);
        }
        assertThat(k.keys()).isEqualTo(1);
        assertThat(k.events()).isEqualTo(5_000);
    }

    @Test
    void anErasedKeyLeavesNothing() {
        FeatureKernel k = new FeatureKernel(SUMS, Retention.unbounded());
        pay(k, "1", "a", T, T, 1);
        assertThat(k.erase("a")).isTrue();
        assertThat(k.erase("a")).isFalse();
        assertThat(k.events()).isZero();
        assertThat(k.drainDirtyKeys()).isEmpty();
        assertThat(pay(k, "1", "a", T, T, 2)).isEqualTo(Admission.ADMITTED);
    }

    private record Delivery(int stream, Event event) {}

    private static List<Delivery> history(FeaturePlan plan, Random random, int n) {
        List<Delivery> all = new ArrayList<>();
        double[] prices = {
            0.1, -0.0, 1e300, -1e300, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, 3.25, 1e-300
        };
        long[] amounts = {0, 1, -1, 7, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40};
        boolean tame = random.nextBoolean();
        RowCodec codec = new RowCodec(plan.decisionSchema());
        for (int i = 0; i < n; i++) {
            int stream = random.nextInt(2);
            String card = "card" + random.nextInt(3);
            Row r = new Row(plan.decisionSchema());
            r.setText(r.schema().require("card"), card);
            if (random.nextInt(5) > 0) {
                r.setWord(
                        r.schema().require("amount"),
                        tame ? random.nextInt(100) : amounts[random.nextInt(amounts.length)]);
            }
            if (random.nextInt(5) > 0) {
                r.setFloat64(
                        r.schema().require("price"),
                        tame ? random.nextGaussian() : prices[random.nextInt(prices.length)]);
            }
            if (random.nextInt(5) > 0) {
                r.setWord(r.schema().require("good"), random.nextInt(2));
            }
            if (random.nextInt(5) > 0) {
                r.setText(r.schema().require("place"), "p" + random.nextInt(9));
            }
            long at = T + random.nextInt(60) * 20 * SECOND;
            long known = at + random.nextInt(4) * 20 * MINUTE;
            // few ids: copies and conflicts are common
            String id = random.nextInt(4) == 0 ? "e" + random.nextInt(n) : "an-id-that-is-long-" + i;
            Event e = Event.insert(id, card, at, known, "s", codec.encode(r));
            all.add(new Delivery(stream, e));
            if (random.nextInt(6) == 0) {
                all.add(new Delivery(stream, Event.insert(id, card, at, known + MINUTE, "s", codec.encode(r))));
            }
        }
        return all;
    }

    private static String values(FeaturePlan plan, FeatureKernel kernel) {
        StringBuilder b = new StringBuilder();
        FeatureVector v = new FeatureVector(plan);
        Row d = Shop.row(plan, "card1", 4L, 2.5).setText(plan.decisionSchema().require("other"), "card2");
        for (int i = 0; i < 12; i++) {
            long t = T + i * 100 * SECOND + (i % 3 - 1);
            kernel.evaluate(d, "e3", t, t + (i % 4) * 15 * MINUTE, v);
            b.append(v).append('\n');
        }
        return b.toString();
    }

    @Test
    void orderOfArrivalAndRestartsDoNotChangeABit() {
        FeaturePlan plan = Shop.everything();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int round = 0; round < 60; round++) {
            Random random = new Random(seed + round);
            List<Delivery> events = history(plan, random, 120);
            String expected = null;
            Map<String, byte[]> expectedStates = new LinkedHashMap<>();
            for (int order = 0; order < 4; order++) {
                FeatureKernel kernel = new FeatureKernel(plan, Retention.ofMicros(HOUR));
                Map<String, byte[]> stored = new LinkedHashMap<>();
                for (int i = 0; i < events.size(); i++) {
                    kernel.accept(events.get(i).stream, events.get(i).event);
                    if (order > 1 && random.nextInt(20) == 0) {
                        for (String key : kernel.drainDirtyKeys()) {
                            stored.put(key, kernel.snapshot(key));
                        }
                        byte[] partition = kernel.partitionState();
                        kernel = new FeatureKernel(plan, Retention.ofMicros(HOUR));
                        kernel.restorePartition(partition);
                        FeatureKernel target = kernel;
                        stored.forEach(target::restore);
                    }
                }
                String got = values(plan, kernel);
                kernel.advance(0, T + 6 * HOUR);
                kernel.advance(1, T + 6 * HOUR);
                for (String key : List.of("card0", "card1", "card2")) {
                    byte[] state = kernel.snapshot(key);
                    byte[] other = expectedStates.putIfAbsent(key, state);
                    assertThat(state).as("seed %s", seed + round).isEqualTo(other == null ? state : other);
                }
                if (expected == null) {
                    expected = got;
                }
                assertThat(got).as("seed %s order %s", seed + round, order).isEqualTo(expected);
                Collections.shuffle(events, random);
            }
        }
    }

    @Test
    void aBaseMadeMeanwhileAndTheChangesGiveTheStateBack() {
        FeaturePlan plan = Shop.everything();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int round = 0; round < 60; round++) {
            Random random = new Random(seed + round);
            FeatureKernel kernel = new FeatureKernel(plan, Retention.ofMicros(HOUR));
            kernel.noteChanges();
            List<byte[]> base = new ArrayList<>();
            List<byte[]> changes = new ArrayList<>();
            int next = -1;
            for (Delivery d : history(plan, random, 300)) {
                kernel.accept(d.stream, d.event);
                switch (random.nextInt(40)) {
                    case 0 -> changes.add(kernel.drainChanges());
                    case 1 -> {
                        if (next < 0) {
                            // What is noted from here on stands behind the base.
                            kernel.drainChanges();
                            base.clear();
                            changes.clear();
                            next = 0;
                        }
                    }
                    case 2 -> kernel.erase("card" + random.nextInt(3));
                    case 3 -> kernel.advance(random.nextInt(2), d.event.availableTime() - HOUR);
                    default -> {
                        if (next >= 0 && random.nextInt(3) == 0) {
                            base.add(kernel.state(next, next + 1));
                            next = next + 1 < kernel.keyNumbers() ? next + 1 : -1;
                        }
                    }
                }
            }
            while (next >= 0) {
                base.add(kernel.state(next, next + 1));
                next = next + 1 < kernel.keyNumbers() ? next + 1 : -1;
            }
            changes.add(kernel.drainChanges());
            FeatureKernel again = new FeatureKernel(plan, Retention.ofMicros(HOUR));
            again.restorePartition(kernel.partitionState());
            base.forEach(again::redo);
            changes.forEach(again::redo);
            for (String key : List.of("card0", "card1", "card2")) {
                assertThat(again.snapshot(key)).as("seed %s", seed + round).isEqualTo(kernel.snapshot(key));
            }
            assertThat(again.partitionState()).isEqualTo(kernel.partitionState());
            assertThat(values(plan, again)).isEqualTo(values(plan, kernel));
        }
    }

    @Test
    void whatDoesNotFitIntoMemoryChangesNothing() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        MemorySpill disk = new MemorySpill();
        FeaturePlan plan = Shop.everything();
        FeatureKernel roomy = new FeatureKernel(plan, Retention.ofMicros(HOUR));
        FeatureKernel tight = new FeatureKernel(plan, Retention.ofMicros(HOUR), disk, 0);
        FeatureVector a = new FeatureVector(plan);
        FeatureVector b = new FeatureVector(plan);
        int other = plan.decisionSchema().require("other");
        for (int i = 0; i < 40_000; i++) {
            // A few cards that are always busy, many that come and go.
            int card = random.nextInt(3) == 0 ? random.nextInt(5) : 5 + (i / 40 + random.nextInt(9_000)) % 12_000;
            Row row = Shop.row(plan, "c" + card, (long) random.nextInt(1_000), random.nextInt(5_000) / 100.0)
                    .setText(other, "c" + random.nextInt(12_000));
            long t = T + i * SECOND;
            long known = t + random.nextInt(3) * random.nextInt(600) * SECOND;
            if (i % 3 == 0) {
                roomy.evaluate(row, null, t, known, a);
                tight.evaluate(row, null, t, known, b);
                assertThat(b).as("seed %s, event %s", seed, i).isEqualTo(a);
            }
            int stream = random.nextInt(2);
            assertThat(tight.accept(stream, "e" + i, "c" + card, t, known, row))
                    .isEqualTo(roomy.accept(stream, "e" + i, "c" + card, t, known, row));
            if (i % 100 == 0) {
                roomy.advance(stream, t);
                tight.advance(stream, t);
                roomy.discardDirtyKeys();
                tight.discardDirtyKeys();
            }
        }
        assertThat(disk.reads()).isGreaterThan(10_000);
        // Freeing is lazy, and lazier where a page would have to be read for it; what can be asked is the same.
        for (int card = 0; card < 12_000; card += 7) {
            assertThat(tight.snapshot("c" + card)).isEqualTo(roomy.snapshot("c" + card));
        }
    }

    @Test
    void aReaderOfTheOnlineStoreComputesTheSameBits() {
        FeaturePlan plan = Shop.everything();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        FeatureKernel kernel = new FeatureKernel(plan, Retention.unbounded());
        history(plan, new Random(seed), 400).forEach(d -> kernel.accept(d.stream, d.event));
        kernel.advance(0, T + HOUR);
        VectorEvaluator reader = new VectorEvaluator(plan);
        FeatureVector a = new FeatureVector(plan);
        FeatureVector b = new FeatureVector(plan);
        PartitionState partition = PartitionState.decode(plan, kernel.partitionState());
        for (String card : List.of("card0", "unseen")) {
            Row d = Shop.row(plan, card, 4L, 2.5).setText(plan.decisionSchema().require("other"), "card2");
            KeyState[] states = plan.uses().stream()
                    .map(u -> u.key(d))
                    .map(key ->
                            "unseen".equals(key) ? null : KeyState.decode(plan, kernel.snapshot(String.valueOf(key))))
                    .toArray(KeyState[]::new);
            for (int i = 0; i < 40; i++) {
                long t = T + i * 31 * SECOND;
                kernel.evaluate(d, null, t, t + i * MINUTE, a);
                reader.evaluate(d, null, t, t + i * MINUTE, states, partition, b);
                assertThat(b).as("seed %s", seed).isEqualTo(a).hasToString(a.toString());
                assertThat(b.frontier(0)).isEqualTo(a.frontier(0));
            }
        }
    }

    @Test
    void hostileBytesAreCorruptAndNothingElse() {
        FeaturePlan plan = Shop.everything();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        FeatureKernel kernel = new FeatureKernel(plan, Retention.unbounded());
        history(plan, random, 60).forEach(d -> kernel.accept(d.stream, d.event));
        byte[] good = kernel.snapshot("card0");
        KeyState.decode(plan, good);
        for (int i = 0; i < 3_000; i++) {
            byte[] bad = good.clone();
            int cut = bad.length;
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
            }
            if (random.nextInt(4) == 0) {
                cut = random.nextInt(bad.length);
            }
            byte[] bytes = java.util.Arrays.copyOf(bad, cut);
            if (random.nextBoolean() && cut > 4) {
                // a forger knows how to compute a checksum
                java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
                crc.update(bytes, 0, cut - 4);
                for (int b = 0; b < 4; b++) {
                    bytes[cut - 4 + b] = (byte) (crc.getValue() >> 24 - 8 * b);
                }
            }
            try {
                KeyState.decode(plan, bytes);
            } catch (IsobarException e) {
                assertThat(e.code()).as("seed %s", seed).isEqualTo(ErrorCode.CORRUPT);
            }
        }
        assertThat(catchThrowableOfType(IsobarException.class, () -> KeyState.decode(SUMS, good))
                        .code())
                .isEqualTo(ErrorCode.CORRUPT);
        assertThat(catchThrowableOfType(IsobarException.class, () -> kernel.restore("card1", good))
                        .code())
                .isEqualTo(ErrorCode.CORRUPT);
        assertThat(catchThrowableOfType(IsobarException.class, () -> kernel.restorePartition(good))
                        .code())
                .isEqualTo(ErrorCode.CORRUPT);
    }

    @Test
    void featuresReferToFeaturesInWhateverOrderTheyAreWritten() {
        FeaturePlan plan = Shop.plan(
                feature(
                        "twice",
                        call(Fn.ADD, new ExprSpec.FeatureRef("card", "sum"), new ExprSpec.FeatureRef("card", "sum"))),
                feature("sum", over(AggregateFn.SUM, "payments", "amount", HOUR)),
                feature(
                        "share",
                        call(Fn.DIVIDE, col("payments", "amount"), over(AggregateFn.SUM, "payments", "amount", HOUR))));
        FeatureKernel k = new FeatureKernel(plan, Retention.unbounded());
        assertThat(ask(plan, k, "a", T, T).isNull(0)).isTrue();
        k.accept(0, "1", "a", T - 1, T - 1, Shop.row(plan, "a", 21L, null));
        FeatureVector v = ask(plan, k, "a", T, T);
        assertThat(v.value(0)).isEqualTo(42);
        assertThat(v.value(2)).isEqualTo(7.0 / 21);
        assertThat(plan.columns().get(0).lineage()).containsExactly("payments.amount");
        assertThat(plan.columns().get(0).version())
                .hasSize(64)
                .isNotEqualTo(plan.columns().get(1).version());
    }

    @Test
    void plansThatCannotBeAreRefused() {
        refused("refers to itself", feature("a", new ExprSpec.FeatureRef("card", "a")));
        refused("not in the vector", feature("a", new ExprSpec.FeatureRef("card", "b")));
        refused("no number", feature("a", col("payments", "place")));
        refused("which is not there", feature("a", col("payments", "amonut")));
        refused("It takes numbers", feature("a", over(AggregateFn.SUM, "payments", "place", HOUR)));
        refused("It takes a condition", feature("a", over(AggregateFn.SHARE, "payments", "amount", HOUR)));
        refused(
                "Only windows over the decisions",
                feature("a", new ExprSpec.Aggregate(AggregateFn.COUNT, "refunds", null, HOUR, true)));
        refused("longer than 0", feature("a", over(AggregateFn.COUNT, "refunds", null, 0)));
    }

    private static void refused(String why, dev.isobar.spec.ViewSpec.FeatureSpec f) {
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> Shop.plan(f));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PIPELINE);
        assertThat(e.getMessage() + " " + e.hint()).contains(why);
    }

    @Test
    void typesOfColumnsAreThoseOfTheStream() {
        assertThat(SUMS.decisionSchema()
                        .field(SUMS.decisionSchema().require("amount"))
                        .type())
                .isEqualTo(FieldType.INT64);
        assertThat(SUMS.streams()).containsExactly("payments");
        assertThat(SUMS.maxWindowMicros()).isEqualTo(HOUR);
    }
}
