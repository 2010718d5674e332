package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.ServiceError;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * CloudWatch, in the query protocol that SDKs spoke for long and in Smithy's RPCv2 CBOR ({@code POST
 * /service/GraniteServiceVersion20100801/operation/NAME}) that newer ones speak, gzip or not. What is published is in memory, and appended to a file if there is one; it is not forgotten after 15 months, but is too coarse or too old to be read when the service says so. Thread safe.
 *
 * <p>A test can make its minutes shorter: data of standard resolution are kept by that minute, and alarms count in it. What is read by the second is not.
 *
 * @see <a href="https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html">the newer protocol</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html">the API reference</a>
 */
public final class CloudWatchService implements WireService {
    private static final String PATH = "/service/GraniteServiceVersion20100801/operation/";
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MOST_BODY_BYTES = 1 << 20;
    private static final int MOST_QUERIES = 500;
    private static final int MOST_DATAPOINTS = 100_800;
    private static final int MOST_STATISTICS = 1_440;
    private static final int LIST_PAGE = 500;
    private static final Duration FINE = Duration.ofHours(3);
    private static final Duration MINUTES = Duration.ofDays(15);
    private static final Duration FIVE_MINUTES = Duration.ofDays(63);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Clock clock;
    private final @Nullable Path file;
    private final Duration minute;
    private final Map<String, Function<JsonNode, ObjectNode>> operations = new TreeMap<>();
    private final TreeMap<MetricId, TreeMap<Long, Samples>> metrics = new TreeMap<>();
    private final Alarms alarms = new Alarms(this);

    /** Everything in memory. */
    public static CloudWatchService inMemory(Clock clock) {
        return inMemory(clock, MINUTE);
    }

    /**
     * Everything in memory, faster than the service.
     *
     * @param minute what its minute takes: 1 ms to a minute
     */
    public static CloudWatchService inMemory(Clock clock, Duration minute) {
        return new CloudWatchService(clock, null, minute);
    }

    /** Keeps what is published in a file, and begins with what is in it. */
    public static CloudWatchService in(Path file, Clock clock) throws IOException {
        CloudWatchService service = new CloudWatchService(clock, file, MINUTE);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                service.restore(JSON.readTree(line));
            }
        }
        return service;
    }

    private CloudWatchService(Clock clock, @Nullable Path file, Duration minute) {
        if (minute.toMillis() < 1 || minute.compareTo(MINUTE) > 0) {
            throw new IllegalArgumentException("A minute takes 1 ms to a minute, not " + minute);
        }
        this.minute = minute;
        this.clock = clock;
        this.file = file;
        operations.put("PutMetricData", this::putMetricData);
        operations.put("ListMetrics", this::listMetrics);
        operations.put("GetMetricData", this::getMetricData);
        operations.put("GetMetricStatistics", this::getMetricStatistics);
        operations.put("PutMetricAlarm", input -> saved("PutMetricAlarm", input, alarms.put(input)));
        operations.put("DescribeAlarms", alarms::describe);
        operations.put("DeleteAlarms", input -> saved("DeleteAlarms", input, alarms.delete(input)));
    }

    @Override
    public boolean takes(WireRequest request) {
        return request.path().startsWith(PATH)
                || (String.valueOf(request.header("content-type")).startsWith(FORM)
                        && String.valueOf(request.header("authorization")).contains("/monitoring/aws4_request"));
    }

    @Override
    public WireResponse answer(WireRequest request) throws IOException {
        boolean cbor = request.path().startsWith(PATH);
        String id = UUID.randomUUID().toString();
        try {
            if (cbor && !"rpc-v2-cbor".equals(request.header("smithy-protocol"))) {
                throw new ServiceError(400, "SerializationException", "This path speaks smithy-protocol rpc-v2-cbor");
            }
            if (request.body().length > MOST_BODY_BYTES) {
                throw new ServiceError(413, "RequestEntityTooLarge", "The request is larger than 1 MB");
            }
            byte[] body = "gzip".equals(request.header("content-encoding")) ? unzipped(request.body()) : request.body();
            JsonNode input = cbor ? CborCodec.read(body) : QueryCodec.read(body);
            String name = cbor
                    ? request.path().substring(PATH.length())
                    : input.path("Action").asText();
            Function<JsonNode, ObjectNode> operation = operations.get(name);
            if (operation == null) {
                throw new ServiceError(
                        cbor ? 404 : 400,
                        cbor ? "UnknownOperationException" : "InvalidAction",
                        "This emulator has no operation " + name);
            }
            ObjectNode answer;
            synchronized (this) {
                answer = operation.apply(input);
            }
            return cbor
                    ? cbor(200, Map.of(), answer)
                    : WireResponse.of(200, "text/xml", QueryCodec.write(name, answer, id));
        } catch (ServiceError e) {
            // The codes of the query protocol, which SDKs that speak CBOR give to their callers too.
            String code = e.type()
                    .replaceFirst("^MissingRequiredParameterException$", "MissingParameter")
                    .replaceFirst("^(InvalidParameter.*)Exception$", "$1");
            if (!cbor) {
                return WireResponse.of(
                        e.status(), "text/xml", QueryCodec.error(code, String.valueOf(e.getMessage()), id));
            }
            ObjectNode error = JSON.createObjectNode();
            error.put("__type", "com.amazonaws.cloudwatch#" + e.type());
            error.put("message", e.getMessage());
            return cbor(e.status(), Map.of("x-amzn-query-error", code + ";Sender"), error);
        }
    }

    private static byte[] unzipped(byte[] body) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            return in.readAllBytes();
        }
    }

    private static WireResponse cbor(int status, Map<String, String> headers, ObjectNode body) throws IOException {
        Map<String, String> all = new TreeMap<>(headers);
        all.put("smithy-protocol", "rpc-v2-cbor");
        return new WireResponse(status, "application/cbor", all, CborCodec.write(body));
    }

    /** The time that it goes by. */
    public Clock clock() {
        return clock;
    }

    /** What its minute takes. */
    public Duration minute() {
        return minute;
    }

    /**
     * Makes or replaces an alarm.
     *
     * @param alarm as {@code PutMetricAlarm} takes it
     * @return its ARN
     */
    public synchronized String putAlarm(ObjectNode alarm) {
        saved("PutMetricAlarm", alarm, alarms.put(alarm));
        return Alarms.arn(alarm.path("AlarmName").asText());
    }

    /** Deletes alarms; those that are not there are no error. */
    public synchronized void deleteAlarms(List<String> names) {
        ObjectNode input = JSON.createObjectNode();
        names.forEach(input.putArray("AlarmNames")::add);
        saved("DeleteAlarms", input, alarms.delete(input));
    }

    /** The newest value of an alarm's metric, if there is such an alarm and its state is ALARM. */
    public synchronized OptionalDouble breach(String name) {
        return alarms.breach(name);
    }

    /** Whether there is an alarm of this name. */
    public synchronized boolean hasAlarm(String name) {
        return alarms.has(name);
    }

    /** Whether there is an alarm of this name and it is in the state ALARM now. */
    public synchronized boolean inAlarm(String name) {
        return alarms.inAlarm(name);
    }

    Instant now() {
        return clock.instant();
    }

    private ObjectNode putMetricData(JsonNode input) {
        String namespace = Validation.namespace(input, true);
        JsonNode data = input.path("MetricData");
        Validation.metricData(data, now());
        for (JsonNode datum : data) {
            if (!datum.has("Timestamp")) {
                ((ObjectNode) datum).put("Timestamp", now().toEpochMilli() / 1e3);
            }
        }
        apply(namespace, data);
        return saved("PutMetricData", input, JSON.createObjectNode());
    }

    private void apply(String namespace, JsonNode data) {
        for (JsonNode datum : data) {
            int resolution = datum.path("StorageResolution").asInt(60);
            long step = resolution == 60 ? minute.toMillis() : Math.min(1_000, minute.toMillis());
            long moment = Math.floorDiv(Validation.time(datum.path("Timestamp")).toEpochMilli(), step) * step;
            Samples samples = metrics.computeIfAbsent(MetricId.of(namespace, datum), id -> new TreeMap<>())
                    .computeIfAbsent(moment, s -> new Samples());
            JsonNode set = datum.path("StatisticValues");
            if (datum.has("Value")) {
                samples.add(Validation.number(datum.path("Value"), "Value"), 1);
            } else if (!set.isMissingNode()) {
                samples.addSet(
                        Validation.number(set.path("SampleCount"), "SampleCount"),
                        Validation.number(set.path("Sum"), "Sum"),
                        Validation.number(set.path("Minimum"), "Minimum"),
                        Validation.number(set.path("Maximum"), "Maximum"));
            } else {
                for (int i = 0; i < datum.path("Values").size(); i++) {
                    samples.add(
                            Validation.number(datum.path("Values").get(i), "Values"),
                            datum.path("Counts").path(i).asDouble(1));
                }
            }
        }
    }

    private ObjectNode saved(String operation, JsonNode input, ObjectNode answer) {
        if (file != null) {
            ObjectNode line = JSON.createObjectNode();
            line.put("operation", operation);
            line.set("input", input);
            try {
                Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return answer;
    }

    private void restore(JsonNode line) {
        JsonNode input = line.path("input");
        switch (line.path("operation").asText()) {
            case "PutMetricData" -> apply(input.path("Namespace").asText(), input.path("MetricData"));
            case "PutMetricAlarm" -> alarms.put(input);
            case "DeleteAlarms" -> alarms.delete(input);
            default -> throw new IllegalStateException("Not a line of this emulator: " + line);
        }
    }

    private ObjectNode listMetrics(JsonNode input) {
        List<MetricId> found = metrics.entrySet().stream()
                .filter(e -> matches(input, e.getKey()))
                .filter(e -> e.getValue().lastKey()
                        >= now().minus(input.has("RecentlyActive") ? FINE : Validation.PAST)
                                .toEpochMilli())
                .map(Map.Entry::getKey)
                .toList();
        int from = token(input);
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode page = answer.putArray("Metrics");
        found.stream().skip(from).limit(LIST_PAGE).map(MetricId::json).forEach(page::add);
        if (from + LIST_PAGE < found.size()) {
            answer.put("NextToken", Integer.toString(from + LIST_PAGE));
        }
        return answer;
    }

    private static boolean matches(JsonNode input, MetricId id) {
        if (input.has("Namespace") && !input.path("Namespace").asText().equals(id.namespace())) {
            return false;
        }
        if (input.has("MetricName") && !input.path("MetricName").asText().equals(id.name())) {
            return false;
        }
        for (JsonNode filter : input.path("Dimensions")) {
            String value = id.dimensions().get(filter.path("Name").asText());
            if (value == null
                    || (filter.has("Value") && !filter.path("Value").asText().equals(value))) {
                return false;
            }
        }
        return true;
    }

    private static int token(JsonNode input) {
        try {
            return Integer.parseInt(input.path("NextToken").asText("0"));
        } catch (NumberFormatException e) {
            throw Validation.invalid("The value for parameter NextToken is invalid.");
        }
    }

    private ObjectNode getMetricData(JsonNode input) {
        Instant start = start(input);
        Instant end = end(input, start);
        JsonNode queries = input.path("MetricDataQueries");
        if (queries.isEmpty()) {
            throw Validation.missing("MetricDataQueries");
        }
        if (queries.size() > MOST_QUERIES) {
            throw new ServiceError(
                    400,
                    "ValidationError",
                    "The collection MetricDataQueries must not have a size greater than " + MOST_QUERIES + ".");
        }
        boolean ascending = input.path("ScanBy").asText().equals("TimestampAscending");
        int most = Math.min(MOST_DATAPOINTS, input.path("MaxDatapoints").asInt(MOST_DATAPOINTS));
        int skip = token(input);
        Set<String> ids = new HashSet<>();
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode results = answer.putArray("MetricDataResults");
        int seen = 0;
        int given = 0;
        boolean more = false;
        for (JsonNode query : queries) {
            String id = query.path("Id").asText();
            if (!id.matches("[a-z][a-zA-Z0-9_]{0,254}") || !ids.add(id)) {
                throw new ServiceError(
                        400,
                        "ValidationError",
                        "The value '" + id + "' for parameter Id is not a unique name of [a-z][a-zA-Z0-9_]*");
            }
            JsonNode stat = query.path("MetricStat");
            if (stat.isMissingNode()) {
                throw new ServiceError(
                        400, "ValidationError", "This emulator has no metric math: MetricStat is required in " + id);
            }
            int period = Validation.period(stat.path("Period"), "MetricStat");
            String statistic = Validation.text(stat, "Stat", "MetricStat.Stat", 50);
            Samples.check(statistic);
            String namespace = Validation.namespace(stat.path("Metric"), false);
            NavigableMap<Long, Samples> periods =
                    periods(MetricId.of(namespace, stat.path("Metric")), start, end, period);
            ObjectNode result = results.addObject();
            result.put("Id", id);
            result.put(
                    "Label",
                    query.path("Label")
                            .asText(stat.path("Metric").path("MetricName").asText()));
            ArrayNode times = result.putArray("Timestamps");
            ArrayNode values = result.putArray("Values");
            boolean whole = true;
            for (Map.Entry<Long, Samples> each : (ascending ? periods : periods.descendingMap()).entrySet()) {
                double value = each.getValue().statistic(statistic);
                if (Double.isNaN(value) || seen++ < skip) {
                    continue;
                }
                if (given == most) {
                    whole = false;
                    more = true;
                    break;
                }
                given++;
                times.addPOJO(Instant.ofEpochMilli(each.getKey()));
                values.add(value);
            }
            result.put("StatusCode", whole ? "Complete" : "PartialData");
        }
        answer.putArray("Messages");
        if (more) {
            answer.put("NextToken", Integer.toString(skip + given));
        }
        return answer;
    }

    private static Instant start(JsonNode input) {
        if (!input.has("StartTime")) {
            throw Validation.missing("StartTime");
        }
        return Validation.time(input.path("StartTime"));
    }

    private static Instant end(JsonNode input, Instant start) {
        if (!input.has("EndTime")) {
            throw Validation.missing("EndTime");
        }
        Instant end = Validation.time(input.path("EndTime"));
        if (!start.isBefore(end)) {
            throw new ServiceError(
                    400, "ValidationError", "The parameter StartTime must be less than the parameter EndTime.");
        }
        return end;
    }

    /** What was published from a moment on and before another, by the millisecond at which its period begins. */
    private NavigableMap<Long, Samples> periods(MetricId id, Instant start, Instant end, int period) {
        // Sub-minute data lives for 3 hours, minutes for 15 days, five minutes for 63 days.
        Duration kept =
                period < 60 ? FINE : period < 300 ? MINUTES : period < 3_600 ? FIVE_MINUTES : Duration.ofDays(455);
        long from = Math.floorDiv(start.getEpochSecond(), period) * period;
        long oldest = now().minus(kept).getEpochSecond();
        return periods(
                id,
                Math.max(from, oldest) * 1_000,
                (end.getEpochSecond() + (end.getNano() > 0 ? 1 : 0)) * 1_000,
                period * 1_000L);
    }

    /** The same; all in milliseconds. */
    NavigableMap<Long, Samples> periods(MetricId id, long from, long to, long period) {
        TreeMap<Long, Samples> periods = new TreeMap<>();
        TreeMap<Long, Samples> all = metrics.getOrDefault(id, new TreeMap<>());
        all.subMap(from, true, Math.max(from, to), false)
                .forEach((moment, samples) -> periods.computeIfAbsent(
                                Math.floorDiv(moment, period) * period, s -> new Samples())
                        .addAll(samples));
        return periods;
    }

    /** What so many seconds of the service take here, in milliseconds. */
    long millis(int seconds) {
        return Math.max(1, seconds * minute.toMillis() / MINUTE.toSeconds());
    }

    private ObjectNode getMetricStatistics(JsonNode input) {
        Instant start = start(input);
        Instant end = end(input, start);
        String namespace = Validation.namespace(input, false);
        Validation.text(input, "MetricName", "MetricName", 255);
        int period = Validation.period(input.path("Period"), "GetMetricStatistics");
        List<String> statistics = new ArrayList<>();
        input.path("Statistics").forEach(s -> statistics.add(s.asText()));
        List<String> extended = new ArrayList<>();
        input.path("ExtendedStatistics").forEach(s -> extended.add(s.asText()));
        if (statistics.isEmpty() == extended.isEmpty()) {
            throw Validation.together("Exactly one of the parameters Statistics and ExtendedStatistics must be given.");
        }
        statistics.forEach(Samples::check);
        extended.forEach(Samples::check);
        if (Duration.between(start, end).getSeconds() / period > MOST_STATISTICS) {
            throw Validation.together(
                    "You have requested up to " + Duration.between(start, end).getSeconds() / period
                            + " datapoints, which exceeds the limit of " + MOST_STATISTICS + ".");
        }
        ObjectNode answer = JSON.createObjectNode();
        answer.put("Label", input.path("MetricName").asText());
        ArrayNode points = answer.putArray("Datapoints");
        periods(MetricId.of(namespace, input), start, end, period).forEach((moment, samples) -> {
            ObjectNode point = points.addObject();
            point.putPOJO("Timestamp", Instant.ofEpochMilli(moment));
            statistics.forEach(s -> point.put(s, samples.statistic(s)));
            if (!extended.isEmpty()) {
                ObjectNode more = point.putObject("ExtendedStatistics");
                extended.forEach(s -> more.put(s, samples.statistic(s)));
            }
        });
        return answer;
    }
}
