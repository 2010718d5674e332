package dev.isobar.aws.kinesis;

import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.port.EventStream.AppendResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * One append. A key's events form a line; only the first record of a line is ever on its way, alone of its line in its request. So whatever subset of a
 * request's records the service refuses, a key's later events are not stored before its earlier ones. What is refused is sent again after a pause; lines
 * that do not depend on it go on. Several events of a line travel as one {@link Aggregate} where that is allowed, else each takes a round trip.
 *
 * <p>The SDK repeats calls that fail as a whole; this class only repeats the records that an answer lists as refused, which the SDK does not look at.
 * Used by one thread, once.
 */
final class Appending {
    // PutRecords: at most 500 records, 10 MiB (5 MiB by the older documentation) with keys; a record of 1 MiB, its key
    // included.
    static final int MAX_RECORD_BYTES = 1 << 20;
    private static final int MAX_RECORDS = 500;
    private static final int MAX_REQUEST_BYTES = 5 << 20;
    /** A quarter of a second of a shard's 1 MB/s: a larger one makes the shard refuse others. */
    private static final int MAX_AGGREGATE_BYTES = 256 << 10;

    private static final SdkBytes NOTHING = SdkBytes.fromByteArrayUnsafe(new byte[0]);
    private static final int NONE = -1;
    private static final int MAX_IN_FLIGHT = 4;
    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(50).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

    private final Kinesis kinesis;
    private final String stream;
    private final String physical;
    private final boolean aggregate;
    private final long patienceNanos;
    private final Written written;
    private final List<Event> events;
    /** For each event, the next one of its line. */
    private final int[] following;

    private final ArrayDeque<Line> ready = new ArrayDeque<>();
    private final PriorityQueue<Line> paused = new PriorityQueue<>(Comparator.comparingLong(l -> l.notBefore));
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Integer, String> failures = new TreeMap<>();
    private int inFlight;
    private int accepted;
    private long lastProgress = System.nanoTime();
    private @Nullable IsobarException refused;

    /** @param events of which each fits a record */
    Appending(
            Kinesis kinesis,
            String stream,
            String physical,
            boolean aggregate,
            Duration patience,
            Written written,
            List<Event> events) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.physical = physical;
        this.aggregate = aggregate;
        this.patienceNanos = patience.toNanos();
        this.written = written;
        this.events = events;
        this.following = new int[events.size()];
        Map<String, Line> lines = new HashMap<>();
        for (int i = 0; i < following.length; i++) {
            following[i] = NONE;
            String key = events.get(i).key();
            Line line = lines.get(key);
            if (line == null) {
                line = new Line(PartitionKey.of(key), i);
                lines.put(key, line);
                ready.add(line);
            } else {
                line.add(i);
            }
        }
    }

    /** The events of one key that are not stored yet. */
    private final class Line {
        private final String partitionKey;
        /** Its first event that is not stored; none if all are. */
        private int next;

        private int last;
        /** How many events the record on its way holds; 0 if it has not been made. */
        private int sending;

        private SdkBytes data = NOTHING;
        private int attempts;
        private long notBefore;

        Line(String partitionKey, int first) {
            this.partitionKey = partitionKey;
            this.next = first;
            this.last = first;
        }

        void add(int index) {
            following[last] = index;
            last = index;
        }

        private int keyBytes() {
            return partitionKey.length() * 3;
        }

        /** Makes the next record unless a refused one is to be sent again; returns its size as a request counts it. */
        int prepare() {
            if (sending == 0) {
                sending = 1;
                byte[] first = EventEnvelope.encode(events.get(next));
                boolean several = aggregate && following[next] != NONE;
                data = SdkBytes.fromByteArrayUnsafe(several ? together(first) : first);
            }
            return data.asByteArrayUnsafe().length + keyBytes();
        }

        private byte[] together(byte[] first) {
            int bytes = Aggregate.overhead(keyBytes()) + Aggregate.cost(first);
            List<byte[]> together = new ArrayList<>();
            together.add(first);
            for (int i = following[next]; i != NONE; i = following[i]) {
                byte[] more = EventEnvelope.encode(events.get(i));
                bytes += Aggregate.cost(more);
                if (bytes > MAX_AGGREGATE_BYTES) {
                    break;
                }
                together.add(more);
                sending++;
            }
            return sending == 1 ? first : Aggregate.encode(partitionKey, together);
        }

        void stored() {
            accepted += sending;
            for (; sending > 0; sending--) {
                next = following[next];
            }
            data = NOTHING;
            attempts = 0;
            if (next != NONE) {
                ready.add(this);
            }
        }

        void giveUp(String reason) {
            int tried = Math.max(1, sending);
            for (int i = next; i != NONE; i = following[i]) {
                failures.put(i, tried-- > 0 ? reason : "an earlier event of its key: " + reason);
            }
        }
    }

    /** What came of a request. */
    private record Answer(
            List<Line> lines,
            @Nullable PutRecordsResponse response,
            @Nullable Throwable thrown) {}

    /**
     * Sends until every event is stored or given up.
     *
     * @throws IsobarException if a call failed as a whole and nothing is stored
     */
    AppendResult run() {
        while (true) {
            long now = System.nanoTime();
            for (Line due = paused.peek(); due != null && due.notBefore - now <= 0; due = paused.peek()) {
                ready.add(paused.remove());
            }
            while (refused == null && inFlight < MAX_IN_FLIGHT && !ready.isEmpty()) {
                send();
            }
            Line first = paused.peek();
            if (inFlight == 0 && (refused != null || first == null)) {
                return finish();
            }
            take(first == null ? Long.MAX_VALUE : Math.max(0, first.notBefore - now));
        }
    }

    private void send() {
        List<Line> lines = new ArrayList<>(Math.min(ready.size(), MAX_RECORDS));
        List<PutRecordsRequestEntry> entries = new ArrayList<>(Math.min(ready.size(), MAX_RECORDS));
        int bytes = 0;
        while (!ready.isEmpty() && lines.size() < MAX_RECORDS) {
            Line line = ready.element();
            int more = line.prepare();
            if (!lines.isEmpty() && bytes + more > MAX_REQUEST_BYTES) {
                break;
            }
            ready.remove();
            bytes += more;
            lines.add(line);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(line.partitionKey)
                    .data(line.data)
                    .build());
        }
        inFlight++;
        kinesis.client()
                .putRecords(PutRecordsRequest.builder()
                        .streamName(physical)
                        .records(entries)
                        .build())
                .whenComplete((response, thrown) -> answers.add(new Answer(lines, response, thrown)));
    }

    private void take(long nanos) {
        Answer answer;
        try {
            answer = answers.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw kinesis.cancelled("append", stream);
        }
        // All that have arrived, before more is sent: requests that are full cost less than many with a few records.
        for (Answer next = answer; next != null; next = answers.poll()) {
            absorb(next);
        }
    }

    private void absorb(Answer answer) {
        inFlight--;
        PutRecordsResponse response = answer.response();
        if (response == null) {
            refused = kinesis.translate(
                    answer.thrown() == null ? new IllegalStateException("no answer") : answer.thrown(),
                    "append",
                    stream);
            ready.addAll(answer.lines());
            return;
        }
        long now = System.nanoTime();
        List<PutRecordsResultEntry> results = response.records();
        written.note(physical, results);
        for (int i = 0; i < answer.lines().size(); i++) {
            Line line = answer.lines().get(i);
            PutRecordsResultEntry result = results.get(i);
            if (result.errorCode() == null) {
                lastProgress = now;
                line.stored();
            } else if (now - lastProgress > patienceNanos) {
                line.giveUp(result.errorCode() + ": " + result.errorMessage());
            } else {
                line.attempts++;
                line.notBefore = now + pause(line.attempts);
                paused.add(line);
            }
        }
    }

    /** Half to all of a doubling time, so that lines that were refused together do not come back together. */
    private static long pause(int attempts) {
        long longest = Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(attempts - 1, 10));
        return ThreadLocalRandom.current().nextLong(longest / 2, longest + 1);
    }

    private AppendResult finish() {
        if (refused != null) {
            if (accepted == 0) {
                throw refused;
            }
            String reason = String.valueOf(refused.getMessage());
            ready.forEach(line -> line.giveUp(reason));
            paused.forEach(line -> line.giveUp(reason));
        }
        if (accepted + failures.size() != events.size()) {
            throw new IllegalStateException(
                    accepted + " accepted and " + failures.size() + " refused are not " + events.size() + " events");
        }
        return new AppendResult(accepted, accepted, Map.copyOf(failures));
    }
}
