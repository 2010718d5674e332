package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@code -Disobar.seed=S -Disobar.histories=N} runs the histories S, S + 1, … S + N − 1 on all cores; a failing one is replayed with its own seed and
 * N = 1.
 */
@DisplayName("The kernel and its naive twin")
class KernelAgainstTwinTest {
    private static final long SEED = Long.getLong("isobar.seed", 1);
    private static final long HISTORIES = Long.getLong("isobar.histories", 1_500);
    private static final int CHUNK = 250;
    /** After so many failing histories more of them say nothing new. */
    private static final int ENOUGH = 50;

    private final AtomicLong next = new AtomicLong(SEED);
    private final TreeMap<Long, Judge.Finding> findings = new TreeMap<>();
    private final Judge.Tally tally = new Judge.Tally();
    private final AtomicLong cpuNanos = new AtomicLong();
    private long reported = System.nanoTime();

    @Test
    void agreeToTheLastBitOnGeneratedHistories() throws InterruptedException {
        System.out.println("Histories " + SEED + " to " + (SEED + HISTORIES - 1));
        long start = System.nanoTime();
        int threads = Runtime.getRuntime().availableProcessors();
        ExecutorService cores = Executors.newFixedThreadPool(threads);
        for (int i = 0; i < threads; i++) {
            cores.execute(this::chunks);
        }
        cores.shutdown();
        assertThat(cores.awaitTermination(7, TimeUnit.DAYS)).isTrue();
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%s%n%.0f histories a second on %d threads, %.0f a CPU-second, differences in %d%n",
                tally, tally.histories / seconds, threads, tally.histories * 1e9 / cpuNanos.get(), findings.size());
        if (!findings.isEmpty()) {
            long seed = findings.firstKey();
            Judge.Finding found = findings.get(seed);
            Life small = Judge.smallest(found.life());
            fail("Histories " + findings.keySet() + " fail; replay the first with -Disobar.seed=" + seed
                    + " -Disobar.histories=1\nIn the life " + found.life().order() + ", "
                    + found.life().partitions()
                    + " partition(s): " + found.message() + "\nAs small as it gets: " + Judge.difference(small) + "\n"
                    + small);
        }
        assertThat(tally.histories).isEqualTo(HISTORIES);
        if (HISTORIES >= 1_000) {
            // A judge that saw nothing has judged nothing.
            assertThat(tally.finals).isPositive();
            assertThat(tally.refused).isPositive();
            assertThat(tally.restarts).isPositive();
            assertThat(tally.readBack).isPositive();
            assertThat(tally.across).isPositive();
            assertThat(tally.lives).hasSize(10);
            assertThat(tally.values - tally.nulls).isGreaterThan(tally.nulls / 4);
            assertThat(tally.admissions.keySet()).hasSize(dev.isobar.features.Admission.values().length);
        }
    }

    private void chunks() {
        Set<Fault> none = EnumSet.noneOf(Fault.class);
        for (long from = next.getAndAdd(CHUNK); from < SEED + HISTORIES; from = next.getAndAdd(CHUNK)) {
            Judge.Tally seen = new Judge.Tally();
            TreeMap<Long, Judge.Finding> found = new TreeMap<>();
            for (long seed = from; seed < Math.min(from + CHUNK, SEED + HISTORIES); seed++) {
                try {
                    Judge.Finding finding = Judge.difference(Histories.of(seed), none, seen);
                    if (finding != null) {
                        found.put(seed, finding);
                    }
                } catch (RuntimeException e) {
                    throw new IllegalStateException("history " + seed, e);
                }
            }
            report(seen, found);
        }
        cpuNanos.addAndGet(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
    }

    private synchronized void report(Judge.Tally seen, TreeMap<Long, Judge.Finding> found) {
        tally.add(seen);
        found.forEach((seed, f) -> System.out.println("DIFFERENCE in history " + seed + ": " + f.message()));
        findings.putAll(found);
        if (findings.size() >= ENOUGH) {
            next.set(Long.MAX_VALUE / 2);
        }
        if (System.nanoTime() - reported > TimeUnit.SECONDS.toNanos(30)) {
            reported = System.nanoTime();
            System.out.println(tally.histories + " of " + HISTORIES + " histories, differences in " + findings.size());
        }
    }
}
