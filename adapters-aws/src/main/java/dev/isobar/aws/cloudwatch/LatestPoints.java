package dev.isobar.aws.cloudwatch;

import dev.isobar.port.Metrics.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.GetMetricDataRequest;
import software.amazon.awssdk.services.cloudwatch.model.GetMetricDataResponse;
import software.amazon.awssdk.services.cloudwatch.model.Metric;
import software.amazon.awssdk.services.cloudwatch.model.MetricDataQuery;
import software.amazon.awssdk.services.cloudwatch.model.MetricStat;
import software.amazon.awssdk.services.cloudwatch.model.ScanBy;

/**
 * Finds the newest point of many series with few requests: first in a window around now, then further back for those that were not found, by minutes or
 * hours, and at last in the seconds of the period that was found. Not thread safe.
 */
final class LatestPoints {
    /** Of one GetMetricData. */
    private static final int MOST_QUERIES = 500;

    private static final int MINUTE = 60;
    private static final int HOUR = 3_600;
    // How long CloudWatch keeps seconds; a little less, so that a window is not at its edge.
    private static final Duration SECONDS_KEPT = Duration.ofMinutes(178);

    private final CloudWatchClient client;
    private final String namespace;
    private final Instant now;

    LatestPoints(CloudWatchClient client, String namespace, Instant now) {
        this.client = client;
        this.namespace = namespace;
        this.now = now;
    }

    List<Point> of(Collection<Series> series) {
        Map<Series, Found> minutes =
                new HashMap<>(newest(series, now.minus(Duration.ofMinutes(15)), now.plus(Validity.FUTURE), MINUTE));
        minutes.putAll(newest(
                without(series, minutes.keySet()), now.minus(SECONDS_KEPT), now.minus(Duration.ofMinutes(14)), MINUTE));
        // A minute is the finest that is left of those, an hour the finest that can be asked of all in one answer.
        Map<Series, Found> hours =
                newest(without(series, minutes.keySet()), now.minus(Validity.PAST), now.minus(SECONDS_KEPT), HOUR);
        minutes.putAll(refined(hours, HOUR, MINUTE));
        Map<Series, Found> recent = new HashMap<>(minutes);
        recent.values().removeIf(f -> f.time().isBefore(now.minus(SECONDS_KEPT)));
        minutes.putAll(refined(recent, MINUTE, 1));
        return new TreeMap<>(minutes)
                .entrySet().stream()
                        .map(e -> new Point(
                                e.getKey().name(),
                                e.getKey().labels(),
                                e.getValue().value(),
                                e.getValue().time().getEpochSecond() * 1_000_000))
                        .toList();
    }

    private static List<Series> without(Collection<Series> series, Collection<Series> found) {
        return series.stream().filter(s -> !found.contains(s)).toList();
    }

    private Map<Series, Found> refined(Map<Series, Found> coarse, int period, int finer) {
        Map<Instant, List<Series>> byTime = new TreeMap<>();
        coarse.forEach((series, found) ->
                byTime.computeIfAbsent(found.time(), t -> new ArrayList<>()).add(series));
        Map<Series, Found> fine = new HashMap<>(coarse);
        byTime.forEach((time, series) -> fine.putAll(newest(series, time, time.plusSeconds(period), finer)));
        return fine;
    }

    private Map<Series, Found> newest(Collection<Series> series, Instant from, Instant to, int period) {
        Map<Series, Found> found = new HashMap<>();
        List<Series> all = List.copyOf(series);
        for (int i = 0; i < all.size(); i += MOST_QUERIES) {
            List<Series> some = all.subList(i, Math.min(all.size(), i + MOST_QUERIES));
            List<MetricDataQuery> queries = new ArrayList<>();
            for (int q = 0; q < some.size(); q++) {
                Series each = some.get(q);
                queries.add(MetricDataQuery.builder()
                        .id("q" + q)
                        .metricStat(MetricStat.builder()
                                .metric(Metric.builder()
                                        .namespace(namespace)
                                        .metricName(each.name())
                                        .dimensions(each.dimensions())
                                        .build())
                                .period(period)
                                // of one value, that value
                                .stat("Average")
                                .build())
                        .build());
            }
            GetMetricDataRequest.Builder request = GetMetricDataRequest.builder()
                    .metricDataQueries(queries)
                    .startTime(from)
                    .endTime(to)
                    .scanBy(ScanBy.TIMESTAMP_DESCENDING);
            String next = null;
            do {
                GetMetricDataResponse response =
                        client.getMetricData(request.nextToken(next).build());
                response.metricDataResults().forEach(result -> {
                    if (!result.timestamps().isEmpty()) {
                        found.merge(
                                some.get(Integer.parseInt(result.id().substring(1))),
                                new Found(
                                        result.timestamps().get(0),
                                        result.values().get(0)),
                                (a, b) -> a.time().isBefore(b.time()) ? b : a);
                    }
                });
                next = response.nextToken();
            } while (next != null);
        }
        return found;
    }

    private record Found(Instant time, double value) {}
}
