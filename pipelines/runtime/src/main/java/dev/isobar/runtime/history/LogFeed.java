package dev.isobar.runtime.history;

import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A stream's events from the log, behind a group's commits, by available time and each once. The writer appended them in that order, but a log promises order
 * only per key and at least once: the events of one append may stand in any order among keys, and more than once. So each partition is read so far ahead that
 * no event of an earlier append can still be missing.
 *
 * @since 0.1
 */
public final class LogFeed implements Feed {
    /** Most events of one append of a writer whose streams are read by this class. */
    public static final int APPEND = 4_096;

    /** An event of the append before, and every event of the same one, may still come. */
    private static final int AHEAD = 2 * APPEND;

    private static final int POLL = 4_096;

    private final EventStream log;
    private final String stream;
    private final String group;
    private final EventReader reader;
    private final RowCodec codec;
    private final Map<Integer, Partition> partitions = new HashMap<>();
    private boolean ended;
    private @Nullable Held head;
    private @Nullable Recorded decoded;

    /** An event that was read. */
    private static final class Held {
        private final Delivery delivery;
        private final long arrival;
        private boolean taken;

        Held(Delivery delivery, long arrival) {
            this.delivery = delivery;
            this.arrival = arrival;
        }

        long availableTime() {
            return delivery.event().availableTime();
        }
    }

    /** One partition, as far as it was read. */
    private static final class Partition {
        private final PriorityQueue<Held> waiting = new PriorityQueue<>(
                Comparator.comparingLong(Held::availableTime).thenComparingLong(h -> h.arrival));
        /** In the log's order, from the first that is not taken. */
        private final Deque<Held> inOrder = new ArrayDeque<>();

        /** Bounded, by id. Another content under a known id is the kernel's to judge. */
        private final Map<String, Event> seen = new LinkedHashMap<>();

        private @Nullable Position taken;
        private long arrivals;

        void add(Delivery delivery) {
            Held held = new Held(delivery, arrivals++);
            inOrder.add(held);
            Event event = delivery.event();
            if (event.equals(seen.putIfAbsent(event.id(), event))) {
                held.taken = true; // the same again
                passTaken();
            } else {
                waiting.add(held);
            }
            if (seen.size() > 2 * AHEAD) {
                var oldest = seen.values().iterator();
                oldest.next();
                oldest.remove();
            }
        }

        void take(Held held) {
            waiting.remove();
            held.taken = true;
            passTaken();
        }

        /** A commit says that everything before was dealt with: it stops at the first event that was not. */
        private void passTaken() {
            while (!inOrder.isEmpty() && inOrder.peek().taken) {
                taken = inOrder.poll().delivery.position();
            }
        }
    }

    /** Opens it. The log is complete: what a poll does not bring is not there. */
    public LogFeed(EventStream log, String stream, String group, Schema payload, int partitions) {
        this.log = log;
        this.stream = stream;
        this.group = group;
        this.codec = new RowCodec(payload);
        this.reader = log.read(new ReadRequest(stream, group, new Start.Committed()));
        for (int p = 0; p < partitions; p++) {
            this.partitions.put(p, new Partition());
        }
    }

    @Override
    public @Nullable Recorded peek() {
        if (decoded == null) {
            advance();
        }
        return decoded;
    }

    @Override
    public void take() {
        Held held = head;
        if (held != null) {
            partition(held.delivery).take(held);
        }
        head = null;
        decoded = null;
    }

    /** Commits everything that was taken and has nothing before it that was not. */
    public void commit() {
        partitions.forEach((number, partition) -> {
            if (partition.taken != null) {
                log.commit(stream, group, number, partition.taken);
                partition.taken = null;
            }
        });
    }

    @Override
    public void close() {
        reader.close();
    }

    private void advance() {
        while (!ended && partitions.values().stream().anyMatch(p -> p.waiting.size() <= AHEAD)) {
            List<Delivery> batch = reader.poll(POLL, Duration.ZERO);
            ended = batch.isEmpty();
            batch.forEach(d -> partition(d).add(d));
        }
        for (Partition partition : partitions.values()) {
            Held first = partition.waiting.peek();
            if (first != null && (head == null || first.availableTime() < head.availableTime())) {
                head = first;
            }
        }
        if (head != null) {
            Event e = head.delivery.event();
            Row row = new Row(codec.schema());
            codec.decode(e.payload(), row);
            decoded = new Recorded(e.id(), e.key(), e.eventTime(), e.availableTime(), row);
        }
    }

    private Partition partition(Delivery delivery) {
        return partitions.computeIfAbsent(delivery.partition(), p -> new Partition());
    }
}
