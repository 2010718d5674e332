package dev.isobar.emulator.gcp.monitoring;

import com.google.api.LabelDescriptor;
import com.google.api.MetricDescriptor;
import com.google.api.MetricDescriptor.MetricKind;
import com.google.monitoring.v3.CreateMetricDescriptorRequest;
import com.google.monitoring.v3.CreateTimeSeriesRequest;
import com.google.monitoring.v3.CreateTimeSeriesSummary;
import com.google.monitoring.v3.DeleteMetricDescriptorRequest;
import com.google.monitoring.v3.GetMetricDescriptorRequest;
import com.google.monitoring.v3.ListMetricDescriptorsRequest;
import com.google.monitoring.v3.ListMetricDescriptorsResponse;
import com.google.monitoring.v3.ListTimeSeriesRequest;
import com.google.monitoring.v3.ListTimeSeriesRequest.TimeSeriesView;
import com.google.monitoring.v3.ListTimeSeriesResponse;
import com.google.monitoring.v3.MetricServiceGrpc;
import com.google.monitoring.v3.Point;
import com.google.monitoring.v3.TimeSeries;
import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.Code;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls about metrics. What of a {@code createTimeSeries} can be written is written; the answer is then an error that names the rest.
 *
 * @see <a href="https://cloud.google.com/monitoring/api/ref_v3/rpc/google.monitoring.v3#metricservice">MetricService</a>
 */
final class MetricService extends MetricServiceGrpc.MetricServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(MetricService.class);
    private static final Pattern PROJECT = Pattern.compile("projects/[a-z0-9.:-]+");
    private static final Pattern INDEX = Pattern.compile("timeSeries\\[\\d+]");
    private static final int MOST_PAGE = 100_000;
    private static final int MOST_WORDS = 2_000;
    private static final int MOST_REASONS = 8;

    private final SeriesLog log;
    private final Clock clock;

    MetricService(SeriesLog log, Clock clock) {
        this.log = log;
        this.clock = clock;
    }

    @Override
    public void createTimeSeries(CreateTimeSeriesRequest request, StreamObserver<Empty> to) {
        answer(to, () -> {
            project(request.getName());
            if (request.getTimeSeriesCount() == 0) {
                throw invalid("Request was missing field timeSeries.");
            }
            if (request.getTimeSeriesCount() > Rules.MOST_SERIES) {
                throw invalid("Field timeSeries had an invalid value: A maximum of " + Rules.MOST_SERIES
                        + " TimeSeries objects can be written per request, not " + request.getTimeSeriesCount() + ".");
            }
            write(request);
            return Empty.getDefaultInstance();
        });
    }

    private void write(CreateTimeSeriesRequest request) {
        List<TimeSeries> good = new ArrayList<>();
        Map<String, Refusal> refusals = new LinkedHashMap<>();
        Set<SeriesId> seen = new HashSet<>();
        for (int i = 0; i < request.getTimeSeriesCount(); i++) {
            TimeSeries series = request.getTimeSeries(i);
            SeriesId id = SeriesId.of(request.getName(), series);
            String reason = Rules.problem(i, series, clock.instant());
            if (reason == null && !seen.add(id)) {
                reason = "Field timeSeries[" + i
                        + "] had an invalid value: Duplicate TimeSeries encountered. Only one point can be written per TimeSeries per request.";
            }
            if (reason == null) {
                reason = described(request.getName(), i, series);
            }
            if (reason == null) {
                reason = order(id, series.getPoints(0));
            }
            if (reason == null) {
                good.add(series);
            } else {
                refusals.computeIfAbsent(reason, r -> new Refusal(id, new ArrayList<>()))
                        .indices()
                        .add(i);
            }
        }
        log.add(request.getName(), good);
        if (!refusals.isEmpty()) {
            throw refused(request.getTimeSeriesCount(), good.size(), refusals);
        }
    }

    /**
     * Series that were refused for one reason.
     *
     * @param first is named, the others are counted
     */
    private record Refusal(SeriesId first, List<Integer> indices) {}

    /** All that is said fits into the 8 KB that trailers of a call may have. */
    private static StatusRuntimeException refused(int total, int written, Map<String, Refusal> refusals) {
        StringBuilder message = new StringBuilder("One or more TimeSeries could not be written: ");
        Map<String, Integer> reasons = new LinkedHashMap<>();
        refusals.forEach((reason, refusal) -> {
            String clause = reason + ": " + refusal.first().resource() + " timeSeries[" + ranges(refusal.indices())
                    + "]: " + refusal.first().type() + refusal.first().labels() + "; ";
            if (message.length() + clause.length() <= MOST_WORDS) {
                message.append(clause);
            }
            reasons.merge(
                    INDEX.matcher(reason).replaceAll("timeSeries"),
                    refusal.indices().size(),
                    Integer::sum);
        });
        CreateTimeSeriesSummary.Builder summary =
                CreateTimeSeriesSummary.newBuilder().setTotalPointCount(total).setSuccessPointCount(written);
        reasons.forEach((reason, count) -> {
            if (summary.getErrorsCount() < MOST_REASONS) {
                summary.addErrorsBuilder()
                        .setPointCount(count)
                        .setStatus(com.google.rpc.Status.newBuilder()
                                .setCode(Code.INVALID_ARGUMENT_VALUE)
                                .setMessage(reason.substring(0, Math.min(reason.length(), 200))));
            }
        });
        return StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Code.INVALID_ARGUMENT_VALUE)
                .setMessage(message.substring(0, message.length() - 2))
                .addDetails(Any.pack(summary.build()))
                .build());
    }

    /** As 0-3,7. */
    private static String ranges(List<Integer> ascending) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ascending.size(); i++) {
            int from = i;
            while (i + 1 < ascending.size() && ascending.get(i + 1) == ascending.get(i) + 1) {
                i++;
            }
            text.append(text.isEmpty() ? "" : ",").append(ascending.get(from));
            if (i > from) {
                text.append('-').append(ascending.get(i));
            }
        }
        return text.toString();
    }

    private @Nullable String order(SeriesId id, Point point) {
        Optional<Point> newest = log.newest(id);
        if (newest.isEmpty()) {
            return null;
        }
        if (!Rules.time(point).isAfter(Rules.time(newest.get()))) {
            return "Points must be written in order. One or more of the points specified had an older start time than the most recent point.";
        }
        return Rules.time(point).isBefore(Rules.time(newest.get()).plus(Rules.LEAST_APART))
                ? "One or more points were written more frequently than the maximum sampling period configured for the metric."
                : null;
    }

    /** Makes the descriptor of a metric that is written for the first time, and adds labels that are new. */
    private @Nullable String described(String project, int index, TimeSeries series) {
        String name = project + "/metricDescriptors/" + series.getMetric().getType();
        MetricKind kind = series.getMetricKind() == MetricKind.METRIC_KIND_UNSPECIFIED
                ? MetricKind.GAUGE
                : series.getMetricKind();
        Optional<MetricDescriptor> known = log.descriptor(name);
        MetricDescriptor.Builder descriptor = known.map(MetricDescriptor::toBuilder)
                .orElseGet(() -> MetricDescriptor.newBuilder()
                        .setName(name)
                        .setType(series.getMetric().getType())
                        .setMetricKind(kind)
                        .setValueType(Rules.type(series.getPoints(0).getValue()))
                        .setUnit(series.getUnit()));
        if (descriptor.getMetricKind() != kind) {
            return "Field timeSeries[" + index + "].metricKind had an invalid value of \"" + kind
                    + "\": The metric kind for metric " + series.getMetric().getType() + " must be "
                    + descriptor.getMetricKind() + ", but is " + kind + ".";
        }
        if (descriptor.getValueType() != Rules.type(series.getPoints(0).getValue())) {
            return "Field timeSeries[" + index + "].points[0].value had an invalid value: Value type for metric "
                    + series.getMetric().getType() + " must be " + descriptor.getValueType() + ", but is "
                    + Rules.type(series.getPoints(0).getValue()) + ".";
        }
        Set<String> labels = new HashSet<>();
        descriptor.getLabelsList().forEach(label -> labels.add(label.getKey()));
        for (String label : new TreeMap<>(series.getMetric().getLabelsMap()).keySet()) {
            if (labels.add(label)) {
                descriptor.addLabels(LabelDescriptor.newBuilder().setKey(label));
            }
        }
        if (labels.size() > 30) {
            return "Field timeSeries[" + index
                    + "].metric.labels had an invalid value: A metric has at most 30 labels.";
        }
        if (known.isEmpty() || known.get().getLabelsCount() < descriptor.getLabelsCount()) {
            log.put(descriptor.build());
        }
        return null;
    }

    @Override
    public void listTimeSeries(ListTimeSeriesRequest request, StreamObserver<ListTimeSeriesResponse> to) {
        answer(to, () -> {
            project(request.getName());
            if (!request.getInterval().hasEndTime()) {
                throw invalid("Request was missing field interval.endTime.");
            }
            if (request.hasAggregation()
                    || request.hasSecondaryAggregation()
                    || !request.getOrderBy().isEmpty()) {
                throw notHere("Aggregation of time series");
            }
            if (request.getPageSize() < 0) {
                throw invalid("Field pageSize had an invalid value of \"" + request.getPageSize() + "\".");
            }
            if (request.getFilter().isEmpty()) {
                throw invalid("Request was missing field filter.");
            }
            return page(request, SeriesFilter.parsed(request.getFilter()));
        });
    }

    /** A page of points, or of series if points are not asked for. */
    private ListTimeSeriesResponse page(ListTimeSeriesRequest request, Predicate<TimeSeries> filter) {
        boolean headers = request.getView() == TimeSeriesView.HEADERS;
        int limit = request.getPageSize() == 0 ? MOST_PAGE : Math.min(request.getPageSize(), MOST_PAGE);
        int skip = skipped(request.getPageToken());
        int count = 0;
        ListTimeSeriesResponse.Builder page = ListTimeSeriesResponse.newBuilder();
        for (SeriesLog.Kept kept : log.all(request.getName())) {
            if (!filter.test(kept.header())) {
                continue;
            }
            TimeSeries.Builder found = kept.header().toBuilder();
            boolean any = false;
            for (Point point : kept.points()) {
                if (!within(request, point.getInterval().getEndTime()) || (headers && any)) {
                    continue;
                }
                any = true;
                if (count >= skip && count < skip + limit && !headers) {
                    found.addPoints(point);
                }
                count += headers ? 0 : 1;
            }
            if (any && headers) {
                if (count >= skip && count < skip + limit) {
                    page.addTimeSeries(found);
                }
                count++;
            } else if (found.getPointsCount() > 0) {
                page.addTimeSeries(found);
            }
        }
        return page.setNextPageToken(count > skip + limit ? Integer.toString(skip + limit) : "")
                .build();
    }

    private static int skipped(String token) {
        try {
            return token.isEmpty() ? 0 : Integer.parseUnsignedInt(token);
        } catch (NumberFormatException e) {
            throw invalid("Field pageToken had an invalid value of \"" + token + "\".");
        }
    }

    /** An interval is open at its start; one without is a single moment. */
    private static boolean within(ListTimeSeriesRequest request, Timestamp end) {
        if (Timestamps.compare(end, request.getInterval().getEndTime()) > 0) {
            return false;
        }
        return request.getInterval().hasStartTime()
                ? Timestamps.compare(end, request.getInterval().getStartTime()) > 0
                : end.equals(request.getInterval().getEndTime());
    }

    @Override
    public void createMetricDescriptor(CreateMetricDescriptorRequest request, StreamObserver<MetricDescriptor> to) {
        answer(to, () -> {
            project(request.getName());
            MetricDescriptor descriptor = request.getMetricDescriptor().toBuilder()
                    .setName(request.getName() + "/metricDescriptors/"
                            + request.getMetricDescriptor().getType())
                    .build();
            log.put(descriptor);
            return descriptor;
        });
    }

    @Override
    public void getMetricDescriptor(GetMetricDescriptorRequest request, StreamObserver<MetricDescriptor> to) {
        answer(to, () -> descriptor(request.getName()));
    }

    @Override
    public void listMetricDescriptors(
            ListMetricDescriptorsRequest request, StreamObserver<ListMetricDescriptorsResponse> to) {
        answer(to, () -> {
            project(request.getName());
            Predicate<TimeSeries> filter =
                    request.getFilter().isEmpty() ? each -> true : SeriesFilter.parsed(request.getFilter());
            ListMetricDescriptorsResponse.Builder all = ListMetricDescriptorsResponse.newBuilder();
            for (MetricDescriptor each : log.descriptors(request.getName())) {
                TimeSeries.Builder like = TimeSeries.newBuilder();
                like.getMetricBuilder().setType(each.getType());
                if (filter.test(like.build())) {
                    all.addMetricDescriptors(each);
                }
            }
            return all.build();
        });
    }

    @Override
    public void deleteMetricDescriptor(DeleteMetricDescriptorRequest request, StreamObserver<Empty> to) {
        answer(to, () -> {
            log.delete(descriptor(request.getName()));
            return Empty.getDefaultInstance();
        });
    }

    private MetricDescriptor descriptor(String name) {
        return log.descriptor(name)
                .orElseThrow(() -> Status.NOT_FOUND
                        .withDescription("Could not find descriptor for metric '" + name + "'.")
                        .asRuntimeException());
    }

    private static void project(String name) {
        if (!PROJECT.matcher(name).matches()) {
            throw invalid("Field name had an invalid value of \"" + name
                    + "\": Name must be of the form 'projects/[PROJECT_ID_OR_NUMBER]'.");
        }
    }

    private static StatusRuntimeException invalid(String why) {
        return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }

    private static StatusRuntimeException notHere(String what) {
        return Status.UNIMPLEMENTED
                .withDescription(what + " is not part of this emulator.")
                .asRuntimeException();
    }

    private <T> void answer(StreamObserver<T> to, Supplier<T> call) {
        T answer;
        try {
            synchronized (log) {
                answer = call.get();
            }
        } catch (StatusRuntimeException e) {
            to.onError(e);
            return;
        } catch (RuntimeException e) {
            LOG.error("The emulator failed", e);
            to.onError(
                    Status.INTERNAL.withDescription(e.toString()).withCause(e).asRuntimeException());
            return;
        }
        to.onNext(answer);
        to.onCompleted();
    }
}
