package dev.isobar.runtime.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * Latencies in bounded memory (an HdrHistogram of three digits from one microsecond to one hour, about 0.2 MB). Thread safe.
 *
 * @since 0.1
 */
public final class LatencyMonitor {
    private static final long HIGHEST = 3_600_000_000L;
    private static final int PER_OCTAVE = 3;

    private final ConcurrentHistogram histogram = new ConcurrentHistogram(1, HIGHEST, 3);

    /** Records one request. Less than a microsecond counts as one, more than an hour as an hour. */
    public void addNanos(long nanos) {
        histogram.recordValue(Math.max(1, Math.min(HIGHEST, Math.round(nanos / 1_000.0))));
    }

    /** What came so far. */
    public LatencyResult result() {
        Histogram now = histogram.copy();
        if (now.getTotalCount() == 0) {
            return new LatencyResult(null, null, null, null, 0, List.of());
        }
        return new LatencyResult(
                now.getValueAtPercentile(50) / 1e3,
                now.getValueAtPercentile(95) / 1e3,
                now.getValueAtPercentile(99) / 1e3,
                now.getMaxValue() / 1e3,
                now.getTotalCount(),
                buckets(now));
    }

    private static List<LatencyResult.Bucket> buckets(Histogram histogram) {
        // Each recorded value goes to one bucket: asking the histogram for ranges would count its own cells twice at
        // our bounds.
        SortedMap<Integer, Long> counts = new TreeMap<>();
        for (HistogramIterationValue value : histogram.recordedValues()) {
            counts.merge(bucket(value.getValueIteratedTo()), value.getCountAtValueIteratedTo(), Long::sum);
        }
        List<LatencyResult.Bucket> buckets = new ArrayList<>();
        for (int i = counts.firstKey(); i <= counts.lastKey(); i++) {
            buckets.add(new LatencyResult.Bucket(bound(i) / 1e3, bound(i + 1) / 1e3, counts.getOrDefault(i, 0L)));
        }
        return buckets;
    }

    private static int bucket(long micros) {
        int i = (int) Math.floor(Math.log((double) micros) / Math.log(2) * PER_OCTAVE);
        return bound(i + 1) <= micros
                ? i + 1
                : bound(i) > micros ? i - 1 : i; // where the logarithm rounds across a bound
    }

    private static double bound(int i) {
        return Math.pow(2, i / (double) PER_OCTAVE);
    }
}
