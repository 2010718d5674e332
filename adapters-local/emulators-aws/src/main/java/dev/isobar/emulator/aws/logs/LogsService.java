package dev.isobar.emulator.aws.logs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.JsonService;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * CloudWatch Logs as far as logs of jobs and endpoints are read: groups, streams, GetLogEvents, FilterLogEvents, and what creates and deletes them.
 * Filter patterns are terms (all must occur; {@code ?any}, {@code -none}, {@code "a phrase"}); JSON and space-delimited patterns are refused. Events
 * are never thrown away for their age.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html">GetLogEvents</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html">FilterLogEvents</a>
 */
public final class LogsService extends JsonService {
    private static final Rule GROUP = Rule.pattern(1, 512, "[\\.\\-_/#A-Za-z0-9]+");
    private static final Rule STREAM = Rule.pattern(1, 512, "[^:*]*");
    private static final Rule TOKEN = Rule.length(4096);
    private static final int PAGE_BYTES = 1_048_576;
    private static final int EVENT_OVERHEAD = 26;

    private final LogStore store;
    private final String arnPrefix;

    /** Serves a store. */
    public LogsService(String region, String account, LogStore store) {
        super("Logs_20140328");
        this.store = store;
        this.arnPrefix = "arn:aws:logs:" + region + ":" + account + ":log-group:";
        operation("CreateLogGroup", this::createGroup);
        operation("CreateLogStream", this::createStream);
        operation("PutLogEvents", this::put);
        operation("DeleteLogGroup", this::deleteGroup);
        operation("DeleteLogStream", this::deleteStream);
        operation("DescribeLogGroups", this::groups);
        operation("DescribeLogStreams", this::streams);
        operation("GetLogEvents", this::get);
        operation("FilterLogEvents", this::filter);
    }

    private ObjectNode createGroup(ObjectNode request) {
        Members in = Members.of(request);
        String group = in.text("logGroupName", GROUP);
        in.check("InvalidParameterException");
        if (!store.createGroup(group)) {
            throw new ServiceError(400, "ResourceAlreadyExistsException", "The specified log group already exists");
        }
        return object();
    }

    private ObjectNode createStream(ObjectNode request) {
        Members in = Members.of(request);
        String group = in.text("logGroupName", GROUP);
        String stream = in.text("logStreamName", STREAM);
        in.check("InvalidParameterException");
        needGroup(group);
        if (!store.createStream(group, stream)) {
            throw new ServiceError(400, "ResourceAlreadyExistsException", "The specified log stream already exists");
        }
        return object();
    }

    private ObjectNode put(ObjectNode request) {
        Members in = Members.of(request);
        String group = in.text("logGroupName", GROUP);
        String stream = in.text("logStreamName", STREAM);
        record Line(long timestamp, String message) {}
        List<Line> lines = new ArrayList<>();
        for (Members event : in.objects("logEvents", 1, 10_000)) {
            lines.add(new Line(
                    event.number("timestamp", 0, Long.MAX_VALUE),
                    event.text("message", Rule.pattern(1, Integer.MAX_VALUE, "[\\S\\s]*"))));
        }
        in.check("InvalidParameterException");
        needGroup(group);
        if (store.events(group, stream).isEmpty()) {
            throw noStream();
        }
        long before = Long.MIN_VALUE;
        for (Line line : lines) {
            if (line.timestamp() < before) {
                throw new ServiceError(
                        400,
                        "InvalidParameterException",
                        "Log events in a single PutLogEvents request must be in chronological order.");
            }
            before = line.timestamp();
        }
        lines.forEach(line -> store.append(group, stream, line.timestamp(), line.message()));
        return object();
    }

    private ObjectNode deleteGroup(ObjectNode request) {
        Members in = Members.of(request);
        String group = in.text("logGroupName", GROUP);
        in.check("InvalidParameterException");
        if (!store.deleteGroup(group)) {
            throw noGroup();
        }
        return object();
    }

    private ObjectNode deleteStream(ObjectNode request) {
        Members in = Members.of(request);
        String group = in.text("logGroupName", GROUP);
        String stream = in.text("logStreamName", STREAM);
        in.check("InvalidParameterException");
        needGroup(group);
        if (!store.deleteStream(group, stream)) {
            throw noStream();
        }
        return object();
    }

    private ObjectNode groups(ObjectNode request) {
        Members in = Members.of(request);
        String prefix = in.textOr("logGroupNamePrefix", "", GROUP);
        int limit = (int) in.numberOr("limit", 50, 1, 50);
        String token = in.optionalText("nextToken", TOKEN);
        in.check("InvalidParameterException");
        List<LogStore.Group> found = store.groups().stream()
                .filter(group -> group.name().startsWith(prefix))
                .toList();
        ObjectNode out = object();
        ArrayNode listed = out.putArray("logGroups");
        int from = from(token);
        for (LogStore.Group group : page(found, from, limit)) {
            listed.addObject()
                    .put("logGroupName", group.name())
                    .put("creationTime", group.created())
                    .put("metricFilterCount", 0)
                    .put("arn", arnPrefix + group.name() + ":*")
                    .put("logGroupArn", arnPrefix + group.name())
                    .put("logGroupClass", "STANDARD")
                    .put("storedBytes", 0);
        }
        next(out, from + limit, found.size());
        return out;
    }

    private ObjectNode streams(ObjectNode request) {
        Members in = Members.of(request);
        String group = group(in);
        String prefix = in.textOr("logStreamNamePrefix", "", STREAM);
        String order = in.textOr("orderBy", "LogStreamName", Rule.oneOf("LogStreamName", "LastEventTime"));
        int limit = (int) in.numberOr("limit", 50, 1, 50);
        String token = in.optionalText("nextToken", TOKEN);
        in.check("InvalidParameterException");
        if (order.equals("LastEventTime") && !prefix.isEmpty()) {
            throw new ServiceError(
                    400, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.");
        }
        Comparator<LogStore.Stored> by = order.equals("LogStreamName")
                ? Comparator.comparing(LogStore.Stored::name)
                : Comparator.comparingLong(stream -> stream.events().isEmpty()
                        ? 0
                        : stream.events().get(stream.events().size() - 1).timestamp());
        List<LogStore.Stored> found = store.streams(group).orElseThrow(LogsService::noGroup).stream()
                .filter(stream -> stream.name().startsWith(prefix))
                .sorted(in.flag("descending") ? by.reversed() : by)
                .toList();
        ObjectNode out = object();
        ArrayNode listed = out.putArray("logStreams");
        int from = from(token);
        for (LogStore.Stored stream : page(found, from, limit)) {
            ObjectNode row = listed.addObject()
                    .put("logStreamName", stream.name())
                    .put("creationTime", stream.created())
                    .put("arn", arnPrefix + group + ":log-stream:" + stream.name())
                    .put("storedBytes", 0);
            if (!stream.events().isEmpty()) {
                LogEvent last = stream.events().get(stream.events().size() - 1);
                row.put("firstEventTimestamp", stream.events().get(0).timestamp())
                        .put("lastEventTimestamp", last.timestamp())
                        .put("lastIngestionTime", last.ingested());
            }
        }
        next(out, from + limit, found.size());
        return out;
    }

    /** Tokens are {@code f/INDEX} and {@code b/INDEX}; as with the service, a reader at the end gets the token back that it gave. */
    private ObjectNode get(ObjectNode request) {
        Members in = Members.of(request);
        String group = group(in);
        String stream = in.text("logStreamName", STREAM);
        int limit = (int) in.numberOr("limit", 10_000, 1, 10_000);
        long start = in.numberOr("startTime", 0, 0, Long.MAX_VALUE);
        long end = in.numberOr("endTime", Long.MAX_VALUE, 0, Long.MAX_VALUE);
        String token = in.optionalText("nextToken", TOKEN);
        in.check("InvalidParameterException");
        needGroup(group);
        List<LogEvent> events = store.events(group, stream).orElseThrow(LogsService::noStream);
        boolean forward = token == null ? in.flag("startFromHead") : token.startsWith("f/");
        int from = token == null ? (forward ? 0 : events.size()) : index(token, events.size());
        List<LogEvent> page = new ArrayList<>();
        int bytes = 0;
        int at = from;
        while (page.size() < limit && bytes < PAGE_BYTES && (forward ? at < events.size() : at > 0)) {
            LogEvent event = events.get(forward ? at : at - 1);
            at += forward ? 1 : -1;
            if (event.timestamp() >= start && event.timestamp() < end) {
                page.add(forward ? page.size() : 0, event);
                bytes += event.message().length() + EVENT_OVERHEAD;
            }
        }
        ObjectNode out = object();
        ArrayNode listed = out.putArray("events");
        page.forEach(event -> listed.addObject()
                .put("timestamp", event.timestamp())
                .put("message", event.message())
                .put("ingestionTime", event.ingested()));
        out.put("nextForwardToken", "f/" + Math.max(from, at));
        out.put("nextBackwardToken", "b/" + Math.min(from, at));
        return out;
    }

    private ObjectNode filter(ObjectNode request) {
        Members in = Members.of(request);
        String group = group(in);
        List<String> names = in.texts("logStreamNames", 1, 100, STREAM);
        String prefix = in.textOr("logStreamNamePrefix", "", STREAM);
        long start = in.numberOr("startTime", 0, 0, Long.MAX_VALUE);
        long end = in.numberOr("endTime", Long.MAX_VALUE, 0, Long.MAX_VALUE);
        int limit = (int) in.numberOr("limit", 10_000, 1, 10_000);
        Predicate<String> pattern = Pattern.of(in.textOr("filterPattern", "", Rule.length(1024)));
        String token = in.optionalText("nextToken", TOKEN);
        in.check("InvalidParameterException");
        if (!names.isEmpty() && !prefix.isEmpty()) {
            throw new ServiceError(
                    400,
                    "InvalidParameterException",
                    "logStreamNames and logStreamNamePrefix cannot be given together");
        }
        record Hit(String stream, int index, LogEvent event) {}
        List<Hit> hits = new ArrayList<>();
        for (LogStore.Stored stream : store.streams(group).orElseThrow(LogsService::noGroup)) {
            if ((names.isEmpty() || names.contains(stream.name()))
                    && stream.name().startsWith(prefix)) {
                for (int i = 0; i < stream.events().size(); i++) {
                    LogEvent event = stream.events().get(i);
                    if (event.timestamp() >= start && event.timestamp() <= end && pattern.test(event.message())) {
                        hits.add(new Hit(stream.name(), i, event));
                    }
                }
            }
        }
        hits.sort(Comparator.comparingLong(hit -> hit.event().timestamp()));
        ObjectNode out = object();
        ArrayNode listed = out.putArray("events");
        int from = from(token);
        for (Hit hit : page(hits, from, limit)) {
            listed.addObject()
                    .put("logStreamName", hit.stream())
                    .put("timestamp", hit.event().timestamp())
                    .put("message", hit.event().message())
                    .put("ingestionTime", hit.event().ingested())
                    .put("eventId", Integer.toHexString(hit.stream().hashCode()) + "-" + hit.index());
        }
        out.putArray("searchedLogStreams");
        next(out, from + limit, hits.size());
        return out;
    }

    private void needGroup(String group) {
        if (store.streams(group).isEmpty()) {
            throw noGroup();
        }
    }

    private String group(Members in) {
        String identifier = in.optionalText("logGroupIdentifier", Rule.length(2048));
        if (identifier == null) {
            return in.text("logGroupName", GROUP);
        }
        String name = identifier.startsWith(arnPrefix) ? identifier.substring(arnPrefix.length()) : identifier;
        return name.endsWith(":*") ? name.substring(0, name.length() - 2) : name;
    }

    private static <T> List<T> page(List<T> all, int from, int limit) {
        return all.subList(Math.min(from, all.size()), Math.min(from + limit, all.size()));
    }

    private static void next(ObjectNode out, int from, int size) {
        if (from < size) {
            out.put("nextToken", "p/" + from);
        }
    }

    private static int from(@Nullable String token) {
        return token == null ? 0 : index(token, Integer.MAX_VALUE);
    }

    private static int index(String token, int max) {
        if (!token.matches("[fbp]/\\d{1,9}")) {
            throw new ServiceError(400, "InvalidParameterException", "The specified nextToken is invalid.");
        }
        return Math.min(Integer.parseInt(token.substring(2)), max);
    }

    private static ServiceError noGroup() {
        return new ServiceError(400, "ResourceNotFoundException", "The specified log group does not exist.");
    }

    private static ServiceError noStream() {
        return new ServiceError(400, "ResourceNotFoundException", "The specified log stream does not exist.");
    }
}
