package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Form;
import dev.isobar.event.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * PutRecords as one would write it with care and nothing else in mind: 500 records a call, one call in flight for each of four lanes, a key always in the same
 * lane and once in a call, so that no partial failure can turn its order around; what is refused goes first in its lane's next call.
 */
final class AppendLoop {
    private static final int LANES = 4;
    private static final int RECORDS = 500;
    private static final int BYTES = 5 << 20;
    private static final long PAUSE_MILLIS = 50;

    private final KinesisAsyncClient client;
    private final String stream;
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

    AppendLoop(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
    }

    private record Answer(
            Lane lane,
            @Nullable PutRecordsResponse response,
            @Nullable Throwable thrown) {}

    private static final class Lane {
        private final List<Event> events = new ArrayList<>();
        private final Set<String> keys = new HashSet<>();
        private int next;
        private ArrayDeque<PutRecordsRequestEntry> carried = new ArrayDeque<>();
        private List<PutRecordsRequestEntry> sent = new ArrayList<>();

        /** The next call's records; empty when the lane is done. */
        List<PutRecordsRequestEntry> fill() {
            keys.clear();
            sent = new ArrayList<>(RECORDS);
            ArrayDeque<PutRecordsRequestEntry> later = new ArrayDeque<>();
            int bytes = 0;
            while (sent.size() < RECORDS && bytes < BYTES - (1 << 20)) {
                PutRecordsRequestEntry entry = carried.poll();
                if (entry == null) {
                    if (next == events.size() || later.size() >= RECORDS) {
                        break;
                    }
                    Event event = events.get(next++);
                    entry = PutRecordsRequestEntry.builder()
                            .partitionKey(event.key())
                            .data(SdkBytes.fromByteArrayUnsafe(Form.encode(event)))
                            .build();
                }
                if (keys.add(entry.partitionKey())) {
                    sent.add(entry);
                    bytes += entry.data().asByteArrayUnsafe().length;
                } else {
                    later.add(entry);
                }
            }
            later.addAll(carried);
            carried = later;
            return sent;
        }
    }

    void append(List<Event> events) throws Exception {
        Lane[] lanes = new Lane[LANES];
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane();
        }
        for (Event event : events) {
            lanes[(event.key().hashCode() & 0x7FFFFFFF) % LANES].events.add(event);
        }
        int flying = 0;
        for (Lane lane : lanes) {
            flying += send(lane);
        }
        while (flying > 0) {
            Answer answer = answers.take();
            flying--;
            if (answer.response() == null) {
                throw new IllegalStateException(answer.thrown());
            }
            Lane lane = answer.lane();
            if (answer.response().failedRecordCount() > 0) {
                for (int i = lane.sent.size() - 1; i >= 0; i--) {
                    if (answer.response().records().get(i).errorCode() != null) {
                        lane.carried.addFirst(lane.sent.get(i));
                    }
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
            flying += send(lane);
        }
    }

    private int send(Lane lane) {
        List<PutRecordsRequestEntry> entries = lane.fill();
        if (entries.isEmpty()) {
            return 0;
        }
        client.putRecords(PutRecordsRequest.builder()
                        .streamName(stream)
                        .records(entries)
                        .build())
                .whenComplete((response, thrown) -> answers.add(new Answer(lane, response, thrown)));
        return 1;
    }
}
