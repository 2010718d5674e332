package dev.isobar.server.http;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** Counts of one server, as Prometheus text. Thread safe. */
final class ServerMetrics {
    /** Upper bounds in seconds, about a factor of 1.6 apart: p50 and p99 are read off within that. */
    private static final double[] BOUNDS = {
        0.0001, 0.00016, 0.00025, 0.0004, 0.00063, 0.001, 0.0016, 0.0025, 0.004, 0.0063, 0.01, 0.016, 0.025, 0.04,
        0.063, 0.1, 0.16, 0.25, 0.4, 0.63, 1, 2.5, 5, 10, 30, 60
    };

    private static final int STATUSES = 600;
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 2;
    private static final double P99 = 99;

    private final LongAdder[] buckets = new LongAdder[BOUNDS.length + 1];
    /** Times since somebody last took their percentile. */
    private final Recorder recent = new Recorder(LONGEST_NANOS, DIGITS);

    private final LongAdder nanos = new LongAdder();
    private final LongAdder instances = new LongAdder();
    private final LongAdder requests = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder batched = new LongAdder();
    /** By route and status. */
    private final AtomicReferenceArray<@Nullable LongAdder> byRoute =
            new AtomicReferenceArray<>(Route.values().length * STATUSES);

    ServerMetrics() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    /** Counts one answer; its latency too if the route scores. */
    void answered(Route route, int status, long took) {
        int at = route.ordinal() * STATUSES + status;
        LongAdder count = byRoute.get(at);
        if (count == null) {
            byRoute.compareAndSet(at, null, new LongAdder());
            count = byRoute.get(at);
        }
        count.increment();
        requests.increment();
        if (status >= 400) {
            errors.increment();
        }
        if (route.scores()) {
            nanos.add(took);
            recent.recordValue(Math.min(took, LONGEST_NANOS));
            int i = 0;
            double seconds = took / 1e9;
            while (i < BOUNDS.length && seconds > BOUNDS[i]) {
                i++;
            }
            buckets[i].increment();
        }
    }

    void scored(int count) {
        instances.add(count);
    }

    void batch(int requests) {
        batches.increment();
        batched.add(requests);
    }

    /** The 99th percentile of a scoring request's time in seconds, within 1 %, since this was last called; 0 if there was none. */
    synchronized double takeP99() {
        Histogram taken = recent.getIntervalHistogram();
        return taken.getTotalCount() == 0 ? 0 : taken.getValueAtPercentile(P99) / 1e9;
    }

    long requests() {
        return requests.sum();
    }

    long errors() {
        return errors.sum();
    }

    /** The sum of the heap pools' peaks since the start. */
    static long peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
                .sum();
    }

    String text(@Nullable Scorer scorer, boolean ready, int inFlight) {
        StringBuilder b = new StringBuilder(4096);
        if (scorer != null) {
            head(b, "isobar_server_info", "gauge", "The model that is served.");
            b.append("isobar_server_info{model=\"").append(escaped(scorer.modelName()));
            b.append("\",version=\"").append(escaped(scorer.modelVersion()));
            b.append("\",digest=\"").append(escaped(scorer.modelDigest()));
            b.append("\",evaluator=\"").append(escaped(scorer.evaluator())).append("\"} 1\n");
        }
        head(b, "isobar_server_ready", "gauge", "1 once requests are taken.");
        b.append("isobar_server_ready ").append(ready ? 1 : 0).append('\n');
        head(b, "isobar_server_in_flight", "gauge", "Requests that are being answered.");
        b.append("isobar_server_in_flight ").append(inFlight).append('\n');
        head(b, "isobar_server_requests_total", "counter", "Requests answered, by route and status.");
        Route[] routes = Route.values();
        for (int at = 0; at < byRoute.length(); at++) {
            LongAdder count = byRoute.get(at);
            if (count != null) {
                b.append("isobar_server_requests_total{route=\"")
                        .append(routes[at / STATUSES].label)
                        .append("\",status=\"")
                        .append(at % STATUSES)
                        .append("\"} ")
                        .append(count.sum())
                        .append('\n');
            }
        }
        head(b, "isobar_server_errors_total", "counter", "Requests answered with a status of 400 or more.");
        b.append("isobar_server_errors_total ").append(errors.sum()).append('\n');
        head(b, "isobar_server_instances_total", "counter", "Instances scored.");
        b.append("isobar_server_instances_total ").append(instances.sum()).append('\n');
        head(b, "isobar_server_request_seconds", "histogram", "From the last byte of a scoring request to its answer.");
        long cumulative = 0;
        for (int i = 0; i < buckets.length; i++) {
            cumulative += buckets[i].sum();
            b.append("isobar_server_request_seconds_bucket{le=\"")
                    .append(i < BOUNDS.length ? Double.toString(BOUNDS[i]) : "+Inf")
                    .append("\"} ")
                    .append(cumulative)
                    .append('\n');
        }
        b.append(String.format(Locale.ROOT, "isobar_server_request_seconds_sum %.6f", nanos.sum() / 1e9))
                .append('\n');
        b.append("isobar_server_request_seconds_count ").append(cumulative).append('\n');
        if (scorer != null) {
            for (Scorer.Count c : scorer.counts()) {
                head(b, c.name(), c.name().endsWith("_total") ? "counter" : "gauge", c.help());
                b.append(c.name()).append(' ').append(c.value()).append('\n');
            }
        }
        head(b, "isobar_server_batches_total", "counter", "Calls of the scorer for several requests at once.");
        b.append("isobar_server_batches_total ").append(batches.sum()).append('\n');
        head(b, "isobar_server_batched_requests_total", "counter", "Requests scored in such calls.");
        b.append("isobar_server_batched_requests_total ").append(batched.sum()).append('\n');
        head(b, "isobar_server_peak_heap_bytes", "gauge", "The sum of the heap pools' peaks.");
        b.append("isobar_server_peak_heap_bytes ").append(peakHeap()).append('\n');
        return b.toString();
    }

    private static void head(StringBuilder b, String name, String type, String help) {
        b.append("# HELP ").append(name).append(' ').append(help).append('\n');
        b.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static String escaped(String s) {
        return s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
