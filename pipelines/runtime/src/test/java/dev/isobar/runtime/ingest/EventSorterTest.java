package dev.isobar.runtime.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Candidate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Sorting events")
class EventSorterTest {
    private static final Comparator<Candidate> ORDER =
            StreamAdmission.BY_ENVELOPE.thenComparing(Candidate::payload, Arrays::compareUnsigned);

    @TempDir
    Path scratch;

    @Test
    @DisplayName("on disk gives the very order of sorting in memory, bytes included, and leaves no file")
    void spillingChangesNothing() throws IOException {
        for (int round = 0; round < 20; round++) {
            long seed = System.nanoTime();
            System.out.println("EventSorterTest seed " + seed);
            List<Candidate> events = events(new Random(seed), 2_000);
            List<Candidate> expected = new ArrayList<>(events);
            expected.sort(ORDER);
            // From everything on disk, a few events a run, to everything in memory.
            for (long memory : new long[] {2_000, 50_000, Long.MAX_VALUE}) {
                List<Candidate> sorted = new ArrayList<>();
                try (EventSorter sorter = new EventSorter(scratch, ORDER, memory)) {
                    events.forEach(sorter::add);
                    assertThat(files() > 0).as("spilled with %d bytes", memory).isEqualTo(memory < 100_000);
                    for (Iterator<Candidate> i = sorter.sorted(); i.hasNext(); ) {
                        sorted.add(i.next());
                    }
                }
                assertThat(sorted)
                        .as("seed %d, %d bytes", seed, memory)
                        .usingElementComparator(EventSorterTest::compare)
                        .containsExactlyElementsOf(expected);
                assertThat(files()).isZero();
            }
        }
    }

    @Test
    @DisplayName("leaves no file when it is closed before the end")
    void closedEarly() throws IOException {
        try (EventSorter sorter = new EventSorter(scratch, ORDER, 1_000)) {
            events(new Random(1), 100).forEach(sorter::add);
            sorter.sorted().next();
            assertThat(files()).isPositive();
        }
        assertThat(files()).isZero();
    }

    /** Few values each, so that ties at every level of the order are common. */
    private static List<Candidate> events(Random random, int n) {
        List<Candidate> events = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            byte[] payload = new byte[random.nextInt(4)];
            random.nextBytes(payload);
            events.add(new Candidate(
                    (random.nextBoolean() ? "é" : "") + random.nextInt(50),
                    "k" + random.nextInt(3),
                    random.nextInt(5) - 2L,
                    random.nextInt(20) - 10L,
                    payload));
        }
        return events;
    }

    private static int compare(Candidate a, Candidate b) {
        return ORDER.compare(a, b);
    }

    private long files() throws IOException {
        try (Stream<Path> all = Files.list(scratch)) {
            return all.count();
        }
    }
}
