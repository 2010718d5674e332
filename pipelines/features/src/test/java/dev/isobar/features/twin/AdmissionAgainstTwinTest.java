package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Verdict;
import dev.isobar.spec.StreamSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Admission at ingest, beside plain counting")
class AdmissionAgainstTwinTest {
    private static final long SEED = Long.getLong("isobar.seed", 1);

    @Test
    void decidesAndCountsEveryCopyWhateverTheOrderOfTheFile() {
        System.out.println("Admission: histories " + SEED + " to " + (SEED + 2_999));
        Map<Verdict, Long> all = new EnumMap<>(Verdict.class);
        for (long seed = SEED; seed < SEED + 3_000; seed++) {
            History history = Histories.of(seed);
            for (StreamSpec stream : history.spec().streams()) {
                admit(seed, history, stream).forEach((v, n) -> all.merge(v, n, Long::sum));
            }
        }
        assertThat(all).hasSize(Verdict.values().length);
    }

    private static Map<Verdict, Long> admit(long seed, History history, StreamSpec stream) {
        Random r = new Random(seed);
        List<StreamAdmission.Candidate> copies = new ArrayList<>();
        for (History.Step step : history.steps()) {
            if (step instanceof History.Arrive a && a.event().stream().equals(stream.name())) {
                RawEvent e = a.event();
                copies.add(
                        new StreamAdmission.Candidate(e.id(), e.key(), e.eventTime(), e.availableTime(), e.payload()));
            }
        }
        Collections.shuffle(copies, r);
        copies.sort(StreamAdmission.order(stream));
        StreamAdmission admission = new StreamAdmission(stream);
        Map<String, StreamAdmission.Candidate> out = new HashMap<>();
        Map<Verdict, Long> counts = new EnumMap<>(Verdict.class);
        for (StreamAdmission.Candidate c : copies) {
            StreamAdmission.Candidate first = out.get(c.id());
            Verdict expected;
            if (c.availableTime() - c.eventTime() > stream.allowedLatenessMicros()) {
                expected = Verdict.LATE;
            } else if (first == null) {
                expected = Verdict.OUT;
                out.put(c.id(), c);
            } else if (first.eventTime() == c.eventTime()
                    && first.key().equals(c.key())
                    && Arrays.equals(first.payload(), c.payload())) {
                expected = Verdict.DUPLICATE;
            } else {
                expected = Verdict.CONFLICT;
            }
            assertThat(admission.offer(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload()))
                    .as("stream %s of history %d: %s", stream.name(), seed, c)
                    .isEqualTo(expected);
            counts.merge(expected, 1L, Long::sum);
            if (r.nextInt(10) == 0) {
                byte[] bytes = admission.snapshot();
                admission = new StreamAdmission(stream);
                admission.restore(bytes);
                assertThat(admission.snapshot()).isEqualTo(bytes);
            }
        }
        admission.reject("UNREADABLE");
        assertThat(admission.in()).isEqualTo(copies.size() + 1L);
        assertThat(admission.out()).isEqualTo(counts.getOrDefault(Verdict.OUT, 0L));
        assertThat(admission.late()).isEqualTo(counts.getOrDefault(Verdict.LATE, 0L));
        assertThat(admission.duplicates()).isEqualTo(counts.getOrDefault(Verdict.DUPLICATE, 0L));
        assertThat(admission.deadLetter()).isEqualTo(counts.getOrDefault(Verdict.CONFLICT, 0L) + 1);
        assertThat(admission.in())
                .isEqualTo(admission.out() + admission.late() + admission.deadLetter() + admission.duplicates());
        assertThat(admission.reasons()).containsEntry("UNREADABLE", 1L);
        return counts;
    }
}
