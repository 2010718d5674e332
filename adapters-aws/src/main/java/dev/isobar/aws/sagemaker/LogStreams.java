package dev.isobar.aws.sagemaker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsRequest;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogStream;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourceNotFoundException;

/**
 * Lines that containers wrote, from CloudWatch Logs. Following a log from line to line costs one call a look: where the last look ended is remembered, since the
 * service knows tokens and no line numbers. Thread safe.
 */
final class LogStreams {
    // GetLogEvents gives at most 10,000 events a call.
    private static final int PAGE = 10_000;

    private final CloudWatchLogsClient logs;
    private final ConcurrentMap<String, Cursor> cursors = new ConcurrentHashMap<>();

    LogStreams(CloudWatchLogsClient logs) {
        this.logs = logs;
    }

    /** Where somebody stopped to read. */
    private static final class Cursor {
        private int next;
        private int stream;
        private @Nullable String token;
    }

    /**
     * Lines of all streams whose name starts so, oldest stream first.
     *
     * @param from index of the first line
     */
    List<String> read(String group, String streams, int from, int limit) {
        Cursor cursor = cursors.computeIfAbsent(group + " " + streams, k -> new Cursor());
        synchronized (cursor) {
            if (from < cursor.next) {
                cursor.next = 0;
                cursor.stream = 0;
                cursor.token = null;
            }
            List<String> names = names(group, streams);
            List<String> lines = new ArrayList<>();
            while (lines.size() < limit && cursor.stream < names.size()) {
                boolean skipping = cursor.next < from;
                int wanted = skipping ? from - cursor.next : limit - lines.size();
                List<String> page = page(group, names.get(cursor.stream), cursor, Math.min(wanted, PAGE));
                if (page.isEmpty()) {
                    if (cursor.stream == names.size() - 1) {
                        break;
                    }
                    cursor.stream++;
                    cursor.token = null;
                } else if (!skipping) {
                    lines.addAll(page);
                }
            }
            return List.copyOf(lines);
        }
    }

    /** Empty at the end of the stream, as far as it is written. */
    private List<String> page(String group, String stream, Cursor cursor, int limit) {
        while (true) {
            String before = cursor.token;
            GetLogEventsResponse page = logs.getLogEvents(GetLogEventsRequest.builder()
                    .logGroupName(group)
                    .logStreamName(stream)
                    .startFromHead(true)
                    .limit(limit)
                    .nextToken(before)
                    .build());
            cursor.token = page.nextForwardToken();
            cursor.next += page.events().size();
            // A page may be empty although more follows; only the same token again means the end.
            if (!page.events().isEmpty()
                    || page.nextForwardToken() == null
                    || page.nextForwardToken().equals(before)) {
                return page.events().stream().map(OutputLogEvent::message).toList();
            }
        }
    }

    /** The last lines of the streams whose name starts so. */
    List<String> last(String group, String streams, int limit) {
        List<OutputLogEvent> events = new ArrayList<>();
        for (String stream : names(group, streams)) {
            String token = null;
            List<OutputLogEvent> ofStream = new ArrayList<>();
            while (ofStream.size() < limit) {
                String before = token;
                GetLogEventsResponse page = logs.getLogEvents(GetLogEventsRequest.builder()
                        .logGroupName(group)
                        .logStreamName(stream)
                        .startFromHead(false)
                        .limit(Math.min(limit, PAGE))
                        .nextToken(before)
                        .build());
                ofStream.addAll(0, page.events());
                token = page.nextBackwardToken();
                if (token == null || token.equals(before)) {
                    break;
                }
            }
            events.addAll(ofStream);
        }
        // Stable: lines of one stream stay in their order.
        events.sort(Comparator.comparing(OutputLogEvent::timestamp));
        List<String> lines = events.stream().map(OutputLogEvent::message).toList();
        return List.copyOf(lines.subList(Math.max(0, lines.size() - limit), lines.size()));
    }

    /** Forgets where reading stopped. */
    void forget(String group, String streams) {
        cursors.remove(group + " " + streams);
    }

    private List<String> names(String group, String streams) {
        try {
            List<LogStream> found =
                    new ArrayList<>(logs
                            .describeLogStreamsPaginator(
                                    r -> r.logGroupName(group).logStreamNamePrefix(streams))
                            .logStreams()
                            .stream()
                            .toList());
            found.sort(Comparator.comparing(LogStream::creationTime).thenComparing(LogStream::logStreamName));
            return found.stream().map(LogStream::logStreamName).toList();
        } catch (ResourceNotFoundException e) {
            // Nothing has been written yet: the group comes with the first line.
            return Collections.emptyList();
        }
    }
}
