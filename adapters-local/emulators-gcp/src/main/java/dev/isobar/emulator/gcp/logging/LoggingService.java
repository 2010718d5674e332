package dev.isobar.emulator.gcp.logging;

import com.google.api.MonitoredResource;
import com.google.logging.v2.ListLogEntriesRequest;
import com.google.logging.v2.ListLogEntriesResponse;
import com.google.logging.v2.LogEntry;
import com.google.logging.v2.LoggingServiceV2Grpc;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import dev.isobar.emulator.gcp.logging.LogLines.Line;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * {@code ListLogEntries}: filtered, in order of time, in pages. Thread safe.
 *
 * @see <a href="https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list">entries.list</a>
 */
public final class LoggingService extends LoggingServiceV2Grpc.LoggingServiceV2ImplBase {
    private static final int PAGE = 50;
    private static final int MAX_PAGE = 1_000;
    private static final int NANOS = 1_000_000_000;

    private final String project;
    private final LogLines lines;

    /** The lines of one project. */
    public LoggingService(String project, LogLines lines) {
        this.project = project;
        this.lines = lines;
    }

    @Override
    public void listLogEntries(ListLogEntriesRequest request, StreamObserver<ListLogEntriesResponse> to) {
        try {
            to.onNext(list(request));
            to.onCompleted();
        } catch (StatusRuntimeException e) {
            to.onError(e);
        }
    }

    private ListLogEntriesResponse list(ListLogEntriesRequest request) {
        if (!request.getResourceNamesList().equals(List.of("projects/" + project))) {
            throw Status.PERMISSION_DENIED
                    .withDescription("The caller does not have permission: resource_names is "
                            + request.getResourceNamesList() + ", there is projects/" + project)
                    .asRuntimeException();
        }
        boolean newestFirst = switch (request.getOrderBy().toLowerCase(Locale.ROOT)) {
            case "", "timestamp asc" -> false;
            case "timestamp desc" -> true;
            default ->
                throw Status.INVALID_ARGUMENT
                        .withDescription("order_by must be \"timestamp asc\" or \"timestamp desc\"")
                        .asRuntimeException();
        };
        if (request.getPageSize() < 0 || request.getPageSize() > MAX_PAGE) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("page_size must be between 0 and 1000")
                    .asRuntimeException();
        }
        List<Line> found = new ArrayList<>(lines.all().stream()
                .filter(LineFilter.of(project, request.getFilter()))
                .toList());
        if (newestFirst) {
            Collections.reverse(found);
        }
        int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
        int to = Math.min(found.size(), from + (request.getPageSize() == 0 ? PAGE : request.getPageSize()));
        ListLogEntriesResponse.Builder page = ListLogEntriesResponse.newBuilder();
        found.subList(Math.min(from, found.size()), to).forEach(line -> page.addEntries(entry(line)));
        return page.setNextPageToken(to < found.size() ? Integer.toString(to) : "")
                .build();
    }

    /** Vertex AI writes what a container says as a payload with a message. */
    private LogEntry entry(Line line) {
        return LogEntry.newBuilder()
                .setLogName("projects/" + project + "/logs/" + line.log())
                .setResource(MonitoredResource.newBuilder().setType(line.type()).putAllLabels(line.labels()))
                .putAllLabels(line.entryLabels())
                .setInsertId(Long.toString(line.nanos(), 36))
                .setTimestamp(
                        Timestamp.newBuilder().setSeconds(line.nanos() / NANOS).setNanos((int) (line.nanos() % NANOS)))
                .setJsonPayload(Struct.newBuilder()
                        .putFields(
                                "message",
                                Value.newBuilder().setStringValue(line.text()).build()))
                .build();
    }
}
