package dev.isobar.aws.cloudwatch;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Metrics;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.ListMetricsRequest;
import software.amazon.awssdk.services.cloudwatch.model.ListMetricsResponse;
import software.amazon.awssdk.services.cloudwatch.model.Metric;
import software.amazon.awssdk.services.cloudwatch.model.MetricDatum;

/**
 * Gauges as custom metrics of the namespace {@code Isobar/PREFIX}, with a resolution of one second. CloudWatch merges what is published of a series for the
 * same second, so a second point of a session goes to the next one.
 *
 * <p><b>Points of long ago.</b> CloudWatch refuses what is older than two weeks or more than two hours ahead, which is what replayed history consists of. The
 * newest such point of each series is published under the present time instead: it is seen, it can raise an alarm, and the log says once that it was moved.
 * Its own time is not kept, for a dimension that holds it would make each point a metric of its own, which CloudWatch bills one by one.
 *
 * <p>CloudWatch lists a new metric some minutes after its first point; a session finds those that it has published itself at once.
 */
public final class CloudWatchMetrics implements Metrics {
    /** Times are kept to this. */
    public static final long STEP_MICROS = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(CloudWatchMetrics.class);
    private static final int MOST_DATA = 1_000;
    // Of 1 MB; what a datum takes beside its texts is generously 200 bytes.
    private static final int MOST_BYTES = 900_000;
    private static final int DATUM_BYTES = 200;

    private final CloudWatchClient client;
    private final String instance;
    private final String namespace;
    private final Clock clock;
    private final Map<Series, Last> published = new HashMap<>();
    private boolean moved;

    /**
     * The metrics of an adapter instance; asks for nothing yet.
     *
     * @param prefix last part of the namespace
     */
    public CloudWatchMetrics(CloudWatchClient client, String instance, String prefix, Clock clock) {
        this.client = client;
        this.instance = instance;
        this.namespace = namespace(prefix);
        this.clock = clock;
    }

    /** The namespace of metrics that have this as its last part. */
    public static String namespace(String prefix) {
        return "Isobar/" + prefix;
    }

    @Override
    public synchronized void publish(List<Point> points) {
        for (Point point : points) {
            String problem = Validity.problem(point);
            if (problem != null) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, problem)
                        .adapter(instance)
                        .at("Metrics", "publish")
                        .resource(point.name())
                        .hint(
                                "Names are [a-z_][a-z0-9_]*, values finite and at most 2^360, labels at most 30. Nothing of this call was published.")
                        .build();
            }
        }
        Batch batch = new Batch();
        for (Placed each : placed(points)) {
            MetricDatum datum = MetricDatum.builder()
                    .metricName(each.series().name())
                    .dimensions(each.series().dimensions())
                    .value(each.point().value())
                    .unit(each.series().unit())
                    .timestamp(Instant.ofEpochSecond(each.second()))
                    .storageResolution(1)
                    .build();
            if (!batch.takes(datum)) {
                send(batch);
                batch = new Batch();
            }
            batch.add(datum, each);
        }
        send(batch);
    }

    /** What is to be published of these, oldest first, and for which second. */
    private List<Placed> placed(List<Point> points) {
        Instant now = clock.instant();
        long first = now.minus(Validity.PAST).getEpochSecond();
        long last = now.plus(Validity.FUTURE).getEpochSecond();
        Map<Series, TreeMap<Long, Point>> bySeries = new TreeMap<>();
        for (Point point : points) {
            Series series = Series.of(point);
            Last before = published.get(series);
            if (before == null || point.micros() > before.micros()) {
                // of two for the same time the first counts
                bySeries.computeIfAbsent(series, s -> new TreeMap<>()).putIfAbsent(point.micros(), point);
            }
        }
        List<Placed> placed = new ArrayList<>();
        int elsewhere = 0;
        for (Map.Entry<Series, TreeMap<Long, Point>> each : bySeries.entrySet()) {
            Last before = published.get(each.getKey());
            long free = before == null ? Long.MIN_VALUE : before.second() + 1;
            List<Point> ascending = List.copyOf(each.getValue().values());
            for (int i = 0; i < ascending.size(); i++) {
                Point point = ascending.get(i);
                long second = Math.floorDiv(point.micros(), STEP_MICROS);
                if (second < first || second > last) {
                    elsewhere++;
                    if (i < ascending.size() - 1) {
                        continue;
                    }
                    second = now.getEpochSecond();
                }
                second = Math.min(last, Math.max(second, free));
                placed.add(new Placed(each.getKey(), point, second));
                free = second + 1;
            }
        }
        if (elsewhere > 0 && !moved) {
            moved = true;
            LOG.warn(
                    "{} of {} points lie outside the two weeks that CloudWatch takes: the newest of each series is published under the present time. Not said again.",
                    elsewhere,
                    points.size());
        }
        return placed;
    }

    private void send(Batch batch) {
        if (batch.data.isEmpty()) {
            return;
        }
        try {
            client.putMetricData(request -> request.namespace(namespace).metricData(batch.data));
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "Metrics", "publish", namespace);
        }
        // Only now: what failed may be published again.
        batch.placed.forEach(p -> published.put(p.series(), new Last(p.point().micros(), p.second())));
    }

    @Override
    public List<Point> latest(String prefix) {
        Set<Series> series = new TreeSet<>();
        synchronized (this) {
            published.keySet().stream().filter(s -> s.name().startsWith(prefix)).forEach(series::add);
        }
        try {
            @Nullable String next = null;
            do {
                ListMetricsResponse page = client.listMetrics(ListMetricsRequest.builder()
                        .namespace(namespace)
                        .nextToken(next)
                        .build());
                for (Metric metric : page.metrics()) {
                    if (metric.metricName().startsWith(prefix)) {
                        series.add(Series.of(metric));
                    }
                }
                next = page.nextToken();
            } while (next != null);
            return new LatestPoints(client, namespace, clock.instant()).of(series);
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "Metrics", "latest", prefix);
        }
    }

    /** A point and the second it is published for. */
    private record Placed(Series series, Point point, long second) {}

    /**
     * What this session published last of a series.
     *
     * @param micros the point's own time
     */
    private record Last(long micros, long second) {}

    private static final class Batch {
        private final List<MetricDatum> data = new ArrayList<>();
        private final List<Placed> placed = new ArrayList<>();
        private int bytes;

        boolean takes(MetricDatum datum) {
            return data.size() < MOST_DATA && bytes + size(datum) <= MOST_BYTES;
        }

        void add(MetricDatum datum, Placed from) {
            data.add(datum);
            placed.add(from);
            bytes += size(datum);
        }

        private static int size(MetricDatum datum) {
            int size = DATUM_BYTES + datum.metricName().length();
            for (var dimension : datum.dimensions()) {
                size += dimension.name().length() + dimension.value().length() + 20;
            }
            return size;
        }
    }
}
