package dev.isobar.gcp.monitoring;

import com.google.api.MetricDescriptor.MetricKind;
import com.google.api.MetricDescriptor.ValueType;
import com.google.api.MonitoredResource;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.cloud.monitoring.v3.MetricServiceClient;
import com.google.monitoring.v3.CreateTimeSeriesRequest;
import com.google.monitoring.v3.CreateTimeSeriesSummary;
import com.google.monitoring.v3.ListTimeSeriesRequest;
import com.google.monitoring.v3.ListTimeSeriesRequest.TimeSeriesView;
import com.google.monitoring.v3.TimeInterval;
import com.google.monitoring.v3.TimeSeries;
import com.google.monitoring.v3.TypedValue;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.port.Metrics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges as custom metrics {@code custom.googleapis.com/PREFIX/NAME} of the resource {@code global}. Cloud Monitoring takes one point of a series every five seconds, so
 * times are kept to five seconds, and a second point of a session for the same five seconds goes to the next ones.
 *
 * <p><b>Points of long ago.</b> Cloud Monitoring refuses what is older than 25 hours or more than five minutes ahead, which is what replayed history consists of. The
 * newest such point of each series is published under the present time instead: it is seen, it can raise an alert and scale an endpoint, and the log says once
 * that it was moved.
 *
 * <p>Points of a request that Cloud Monitoring refuses because the series has one that is as new are ignored, as the port says; the others of the request are written.
 * That is also what a repeated request is answered whose first answer was lost.
 *
 * <p>Cloud Monitoring shows a new point some seconds later, of a new metric some minutes; a session finds those that it has published itself at once.
 */
public final class CloudMonitoringMetrics implements Metrics {
    /** Times are kept to this. */
    public static final long STEP_MICROS = 5_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(CloudMonitoringMetrics.class);
    private static final int MOST_SERIES = 200;

    /** What says that a series has a point as new, or one of less than five seconds before. */
    private static final Pattern NOT_NEWER = Pattern.compile("must be written in order|written more frequently than");

    private static final Pattern SEPARATOR = Pattern.compile(";\\s*");

    /** How long custom metrics are kept: 24 months, but the first six weeks only as they were written. */
    private static final Duration KEPT = Duration.ofDays(42);

    private static final Duration RECENT = Duration.ofHours(2);

    private final MetricServiceClient client;
    private final String instance;
    private final String project;
    private final String prefix;
    private final Clock clock;
    private final Map<Series, Last> published = new HashMap<>();
    private boolean moved;

    /**
     * The metrics of an adapter instance; asks for nothing yet.
     *
     * @param project the project's id
     * @param prefix first part of the metrics' names
     */
    public CloudMonitoringMetrics(
            MetricServiceClient client, String instance, String project, String prefix, Clock clock) {
        this.client = client;
        this.instance = instance;
        this.project = project;
        this.prefix = type(prefix, "");
        this.clock = clock;
    }

    /** The type of a metric, as dashboards and alerting policies name it. A metric's type has no hyphen. */
    public static String type(String prefix, String name) {
        return "custom.googleapis.com/" + prefix.replace('-', '_') + "/" + name;
    }

    @Override
    public synchronized void publish(List<Point> points) {
        for (Point point : points) {
            String problem = Validity.problem(point, prefix);
            if (problem != null) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, problem)
                        .adapter(instance)
                        .at("Metrics", "publish")
                        .resource(point.name())
                        .hint(
                                "Names are [a-z_][a-z0-9_]*, values finite, labels at most 30 that begin with a letter. Nothing of this call was published.")
                        .build();
            }
        }
        for (List<Placed> round : rounds(points)) {
            for (int from = 0; from < round.size(); from += MOST_SERIES) {
                send(round.subList(from, Math.min(round.size(), from + MOST_SERIES)));
            }
        }
    }

    /** What is to be published of these, and when: a request has one point of a series, the oldest go first. */
    private List<List<Placed>> rounds(List<Point> points) {
        long now = micros(clock.instant());
        long first = now - micros(Validity.PAST);
        long last = now + micros(Validity.FUTURE);
        Map<Series, TreeMap<Long, Point>> bySeries = new TreeMap<>();
        for (Point point : points) {
            Series series = Series.of(point);
            Last before = published.get(series);
            if (before == null || point.micros() > before.micros()) {
                // of two for the same time the first counts
                bySeries.computeIfAbsent(series, s -> new TreeMap<>()).putIfAbsent(point.micros(), point);
            }
        }
        List<List<Placed>> rounds = new ArrayList<>();
        int elsewhere = 0;
        for (Map.Entry<Series, TreeMap<Long, Point>> each : bySeries.entrySet()) {
            Last before = published.get(each.getKey());
            long free = before == null ? Long.MIN_VALUE : before.end() + STEP_MICROS;
            List<Point> ascending = List.copyOf(each.getValue().values());
            int round = 0;
            for (int i = 0; i < ascending.size(); i++) {
                Point point = ascending.get(i);
                long end = point.micros();
                boolean outside = end < first || end > last;
                if (outside && i == ascending.size() - 1) {
                    end = now;
                }
                end = Math.max(Math.floorDiv(end, STEP_MICROS) * STEP_MICROS, free);
                elsewhere += outside || end > last ? 1 : 0;
                if ((outside && i < ascending.size() - 1) || end > last) {
                    continue;
                }
                if (rounds.size() == round) {
                    rounds.add(new ArrayList<>());
                }
                rounds.get(round++).add(new Placed(each.getKey(), point, end));
                free = end + STEP_MICROS;
            }
        }
        if (elsewhere > 0 && !moved) {
            moved = true;
            LOG.warn(
                    "{} of {} points lie outside the 25 hours that Cloud Monitoring takes, or are more than one in five seconds for minutes: the newest of each series is published under the present time. Not said again.",
                    elsewhere,
                    points.size());
        }
        return rounds;
    }

    private void send(List<Placed> placed) {
        CreateTimeSeriesRequest.Builder request =
                CreateTimeSeriesRequest.newBuilder().setName("projects/" + project);
        for (Placed each : placed) {
            request.addTimeSeriesBuilder()
                    .setMetric(each.series().metric(prefix))
                    .setResource(
                            MonitoredResource.newBuilder().setType("global").putLabels("project_id", project))
                    .setMetricKind(MetricKind.GAUGE)
                    .setValueType(ValueType.DOUBLE)
                    .setUnit(each.series().unit())
                    .addPointsBuilder()
                    .setInterval(TimeInterval.newBuilder().setEndTime(Timestamps.fromMicros(each.end())))
                    .setValue(
                            TypedValue.newBuilder().setDoubleValue(each.point().value()));
        }
        boolean whole = true;
        try {
            client.createTimeSeries(request.build());
        } catch (InvalidArgumentException e) {
            whole = false;
            if (!onlyNotNewer(e)) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "Cloud Monitoring did not take all of " + placed.size() + " points: " + e.getMessage())
                        .adapter(instance)
                        .at("Metrics", "publish")
                        .resource(prefix)
                        .hint(
                                "The others were written. If a metric has the wrong labels, kind or type, delete its descriptor: it is made anew.")
                        .cause(e)
                        .build();
            }
        } catch (ApiException e) {
            throw translated(e, "publish", prefix);
        }
        // Only now: what failed may be published again.
        for (Placed each : placed) {
            published.put(
                    each.series(),
                    new Last(
                            each.point().micros(),
                            each.end(),
                            whole ? each.point().value() : null));
        }
    }

    /** Whether nothing else is said than that some series have points as new. */
    private static boolean onlyNotNewer(InvalidArgumentException e) {
        CreateTimeSeriesSummary summary =
                e.getErrorDetails() == null ? null : e.getErrorDetails().getMessage(CreateTimeSeriesSummary.class);
        if (summary != null && summary.getErrorsCount() > 0) {
            int notNewer = summary.getErrorsList().stream()
                    .filter(error ->
                            NOT_NEWER.matcher(error.getStatus().getMessage()).find())
                    .mapToInt(CreateTimeSeriesSummary.Error::getPointCount)
                    .sum();
            return notNewer == summary.getTotalPointCount() - summary.getSuccessPointCount();
        }
        // One clause for each that was refused; a label's value may have a semicolon, and is then taken for a failure
        // rather than not.
        String message = String.valueOf(e.getMessage());
        return SEPARATOR
                .splitAsStream(message)
                .allMatch(clause -> NOT_NEWER.matcher(clause).find());
    }

    @Override
    public List<Point> latest(String namePrefix) {
        Instant now = clock.instant();
        Timestamp ahead = Timestamps.fromMicros(micros(now.plus(Duration.ofMinutes(5))));
        Timestamp recent = Timestamps.fromMicros(micros(now.minus(RECENT)));
        Timestamp oldest = Timestamps.fromMicros(micros(now.minus(KEPT)));
        String below = "metric.type = starts_with(\"" + prefix + namePrefix + "\")";
        Map<Series, Found> found = new TreeMap<>();
        try {
            for (TimeSeries series : list(below, recent, ahead, TimeSeriesView.FULL)) {
                found.merge(Series.of(series.getMetric(), prefix), Found.of(series), Found::newer);
            }
            List<Series> older = new ArrayList<>();
            for (TimeSeries series : list(below, oldest, recent, TimeSeriesView.HEADERS)) {
                Series each = Series.of(series.getMetric(), prefix);
                if (!found.containsKey(each)) {
                    older.add(each);
                }
            }
            for (Series each : older) {
                // Points come newest first, and a page of one point has the newest.
                var page = client.listTimeSeries(request(each.filter(prefix), oldest, recent, TimeSeriesView.FULL)
                                .setPageSize(1)
                                .build())
                        .getPage();
                for (TimeSeries series : page.getValues()) {
                    found.merge(Series.of(series.getMetric(), prefix), Found.of(series), Found::newer);
                }
            }
        } catch (ApiException e) {
            throw translated(e, "latest", namePrefix);
        }
        synchronized (this) {
            published.forEach((series, last) -> {
                if (last.value() != null && series.name().startsWith(namePrefix)) {
                    found.merge(series, new Found(last.end(), last.value()), Found::newer);
                }
            });
        }
        List<Point> points = new ArrayList<>();
        found.forEach(
                (series, point) -> points.add(new Point(series.name(), series.labels(), point.value(), point.end())));
        return points;
    }

    private Iterable<TimeSeries> list(String filter, Timestamp from, Timestamp to, TimeSeriesView view) {
        return client.listTimeSeries(request(filter, from, to, view).build()).iterateAll();
    }

    private ListTimeSeriesRequest.Builder request(String filter, Timestamp from, Timestamp to, TimeSeriesView view) {
        return ListTimeSeriesRequest.newBuilder()
                .setName("projects/" + project)
                .setFilter(filter)
                .setInterval(TimeInterval.newBuilder().setStartTime(from).setEndTime(to))
                .setView(view);
    }

    private IsobarException translated(ApiException e, String operation, String resource) {
        if (GcpErrors.code(e) == ErrorCode.PERMISSION_DENIED) {
            String role = operation.equals("publish") ? "roles/monitoring.metricWriter" : "roles/monitoring.viewer";
            return IsobarException.of(ErrorCode.PERMISSION_DENIED, "Google Cloud answered: " + e.getMessage())
                    .adapter(instance)
                    .at("Metrics", operation)
                    .resource(resource)
                    .hint("Give the identity of this adapter instance " + role + " in project " + project
                            + ", and enable monitoring.googleapis.com there.")
                    .cause(e)
                    .build();
        }
        return GcpErrors.translate(e, instance, "Metrics", operation, resource);
    }

    private static long micros(Instant time) {
        return TimeUnit.SECONDS.toMicros(time.getEpochSecond()) + time.getNano() / 1_000;
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1_000;
    }

    /**
     * A point and the time it is published for.
     *
     * @param end microseconds, a multiple of the step
     */
    private record Placed(Series series, Point point, long end) {}

    /**
     * What this session published last of a series.
     *
     * @param micros the point's own time
     * @param value null if it may be that another one is as new
     */
    private record Last(long micros, long end, @Nullable Double value) {}

    private record Found(long end, double value) {
        static Found of(TimeSeries series) {
            com.google.monitoring.v3.Point newest = series.getPoints(0);
            return new Found(
                    Timestamps.toMicros(newest.getInterval().getEndTime()),
                    newest.getValue().getDoubleValue());
        }

        static Found newer(Found one, Found other) {
            return one.end() >= other.end() ? one : other;
        }
    }
}
