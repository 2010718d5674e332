package dev.isobar.benchmarks.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The state that competitors on other engines keep, against sums over everything. */
@DisplayName("The windows of a card")
class WindowsTest {
    @Test
    void areThoseOfTheWholeHistoryWhereNothingIsLate() {
        Workload w = Workload.generate(11, 6_000, 6_000, 3, false);
        CardWindows[] plain = {new CardWindows(), new CardWindows(), new CardWindows()};
        byte[] @Nullable [] headers = new byte[3][];
        InMemory[] chunks = {new InMemory(), new InMemory(), new InMemory()};
        ChunkedCard chunked = new ChunkedCard();
        double[] actual = new double[Features.SIZE];
        for (int i = 0; i < w.size(); i++) {
            int card = w.card()[i];
            double[] expected = naive(w, i);

            plain[card].evaluate(w.eventTime()[i], actual);
            assertThat(actual).as("event %d, in one object", i).isEqualTo(expected);
            plain[card].add(w.eventTime()[i], w.cents()[i]);

            chunked.read(headers[card]);
            chunked.evaluate(w.eventTime()[i], actual, chunks[card]);
            assertThat(actual).as("event %d, in chunks", i).isEqualTo(expected);
            chunked.add(w.eventTime()[i], w.cents()[i], chunks[card]);
            headers[card] = chunked.write();
        }
        // Two thousand events of a week on each card: what lies before the last day is gone.
        assertThat(Arrays.stream(chunks).mapToInt(c -> c.bytes.size()).max().orElse(0))
                .isLessThan(15);
    }

    @Test
    void comeInEventTimeOutOfTheBuffer() {
        Workload w = Workload.generate(12, 5_000, 2_000_000, 3, true);
        EventTimeOrder order = new EventTimeOrder();
        long last = Long.MIN_VALUE;
        int out = 0;
        for (int i = 0; i <= w.size(); i++) {
            long complete = Long.MAX_VALUE;
            if (i < w.size()) {
                complete = w.availableTime()[i] - Features.LATENESS;
                order.add(w.eventTime()[i], i);
            }
            for (int next = order.poll(complete); next >= 0; next = order.poll(complete)) {
                assertThat(w.eventTime()[next]).isGreaterThan(last);
                last = w.eventTime()[next];
                out++;
            }
        }
        assertThat(out).isEqualTo(w.size());
    }

    private static double[] naive(Workload w, int at) {
        double[] vector = new double[Features.SIZE];
        for (int window = 0; window < Features.WINDOW_COUNT; window++) {
            long count = 0;
            long sum = 0;
            long squares = 0;
            long max = 0;
            for (int i = 0; i < at; i++) {
                if (w.card()[i] == w.card()[at] && w.eventTime()[i] >= w.eventTime()[at] - Features.window(window)) {
                    count++;
                    sum += w.cents()[i];
                    squares += w.cents()[i] * w.cents()[i];
                    max = Math.max(max, w.cents()[i]);
                }
            }
            Features.put(vector, window, count, sum, squares, max);
        }
        return vector;
    }

    private static final class InMemory implements ChunkedCard.Chunks {
        private final Map<Integer, byte[]> bytes = new HashMap<>();

        @Override
        public byte @Nullable [] get(int chunk) {
            return bytes.get(chunk);
        }

        @Override
        public void put(int chunk, byte[] of) {
            bytes.put(chunk, of);
        }

        @Override
        public void remove(int chunk) {
            bytes.remove(chunk);
        }
    }
}
