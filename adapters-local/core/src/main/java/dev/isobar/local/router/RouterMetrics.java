package dev.isobar.local.router;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts and latencies of one endpoint, per deployment, in Prometheus text. Thread safe. */
final class RouterMetrics {
    /** Upper bounds in microseconds: 0.25 ms to 10 s. */
    private static final long[] BOUNDS = {
        250,
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        10_000_000
    };

    private static final String REQUESTS = "isobar_endpoint_requests_total";
    private static final String SECONDS = "isobar_endpoint_request_duration_seconds";

    private final String endpoint;
    private final Map<String, Lane> lanes = new ConcurrentSkipListMap<>();

    RouterMetrics(String endpoint) {
        this.endpoint = endpoint;
    }

    void count(String deployment, int status, long nanos) {
        Lane lane = lanes.get(deployment);
        if (lane == null) {
            lane = lanes.computeIfAbsent(deployment, d -> new Lane());
        }
        lane.count(status, nanos / 1_000);
    }

    /** What was counted so far of a deployment's requests, and how many of them took longer than that. A new limit counts anew. */
    Router.Load load(String deployment, long limitMicros) {
        Lane lane = lanes.computeIfAbsent(deployment, d -> new Lane());
        return lane.load(limitMicros);
    }

    String text() {
        StringBuilder out = new StringBuilder(4096);
        out.append("# HELP ").append(REQUESTS).append(" Requests answered, by deployment and status.\n");
        out.append("# TYPE ").append(REQUESTS).append(" counter\n");
        lanes.forEach((deployment, lane) -> {
            for (int status = 0; status < lane.statuses.length(); status++) {
                long count = lane.statuses.get(status);
                if (count > 0) {
                    out.append(REQUESTS).append(labels(deployment));
                    out.append(",code=\"")
                            .append(status)
                            .append("\"} ")
                            .append(count)
                            .append('\n');
                }
            }
        });
        out.append("# HELP ")
                .append(SECONDS)
                .append(" Time from a request's last byte in to its answer's first byte out.\n");
        out.append("# TYPE ").append(SECONDS).append(" histogram\n");
        lanes.forEach((deployment, lane) -> {
            long total = 0;
            for (int b = 0; b <= BOUNDS.length; b++) {
                total += lane.buckets.get(b);
                String bound = b == BOUNDS.length ? "+Inf" : Double.toString(BOUNDS[b] / 1e6);
                out.append(SECONDS).append("_bucket").append(labels(deployment));
                out.append(",le=\"").append(bound).append("\"} ").append(total).append('\n');
            }
            out.append(SECONDS).append("_sum").append(labels(deployment)).append("} ");
            out.append(lane.micros.get() / 1e6).append('\n');
            out.append(SECONDS)
                    .append("_count")
                    .append(labels(deployment))
                    .append("} ")
                    .append(total)
                    .append('\n');
        });
        return out.toString();
    }

    /** Names of endpoints and deployments need no escaping: they are {@code [a-z0-9-]+}. The brace is left open for more. */
    private String labels(String deployment) {
        return "{endpoint=\"" + endpoint + "\",deployment=\"" + deployment + "\"";
    }

    private static final class Watch {
        private final long limit;
        private final LongAdder requests = new LongAdder();
        private final LongAdder slow = new LongAdder();

        Watch(long limit) {
            this.limit = limit;
        }
    }

    private static final class Lane {
        private final AtomicLongArray statuses = new AtomicLongArray(600);
        private final AtomicLongArray buckets = new AtomicLongArray(BOUNDS.length + 1);
        private final AtomicLong micros = new AtomicLong();
        private volatile Watch watch = new Watch(Long.MAX_VALUE);

        Router.Load load(long limit) {
            Watch now = watch;
            if (now.limit != limit) {
                now = new Watch(limit);
                watch = now;
            }
            return new Router.Load(now.requests.sum(), now.slow.sum());
        }

        void count(int status, long took) {
            Watch now = watch;
            now.requests.increment();
            if (took > now.limit) {
                now.slow.increment();
            }
            statuses.incrementAndGet(Math.min(Math.max(status, 0), 599));
            int bucket = 0;
            while (bucket < BOUNDS.length && took > BOUNDS[bucket]) {
                bucket++;
            }
            buckets.incrementAndGet(bucket);
            micros.addAndGet(took);
        }
    }
}
