package dev.isobar.port;

import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A partitioned, durable log of events. At least once, in order per key. All methods are thread safe; readers are not.
 *
 * <p>Errors: {@code NOT_FOUND} for a stream that does not exist, {@code UNSUPPORTED} for what the adapter does not declare,
 * {@code INVALID_ARGUMENT} for an event over {@code maxEventBytes}, {@code CORRUPT} for stored bytes that fail their checksum.
 *
 * @since 0.1
 */
public interface EventStream {

    /**
     * Creates a stream. Doing it again with the same number of partitions is a success; with another number {@code CONFLICT}.
     *
     * @param stream {@code [a-z0-9][a-z0-9.-]*}, at most 120 characters
     */
    void create(String stream, int partitions);

    /** The stream as it is, or empty if there is none. */
    Optional<StreamInfo> describe(String stream);

    /** Names of the streams that start with a prefix, sorted. */
    List<String> list(String prefix);

    /**
     * Appends events durably: when the call returns, what it reports as accepted survives {@code kill -9} and power loss. Events of one key go to one
     * partition in the order given; of other events of the same append nothing is promised, and those of a later append stand behind all of an earlier one that
     * has returned.
     *
     * <p>With {@code IDEMPOTENT_APPEND} the pair (producer, sequence) names each event: the i-th event of the request has sequence
     * {@code firstSequence + i}, and an event whose sequence the log already holds from that producer is accepted without being stored again. Without
     * it a retry may store an event twice; readers drop it by id.
     */
    AppendResult append(AppendRequest request);

    /** Opens a reader. Close it. */
    EventReader read(ReadRequest request);

    /**
     * Records that a group has dealt with everything of a partition up to and including a position. A commit never moves backwards: an older position
     * is ignored.
     */
    void commit(String stream, String group, int partition, Position upTo);

    /** Where a group stands, by partition; a partition without a commit is absent. */
    Map<Integer, Position> committed(String stream, String group);

    /**
     * Removes every event of a key, its bytes included.
     *
     * @return how many events were removed
     */
    long erase(String stream, String key);

    /** Removes a stream and its commits. Removing what does not exist is a success. */
    void delete(String stream);

    /**
     * A stream's state.
     *
     * @param partitions how many there are
     * @param events how many events are stored, or −1 if the service does not say
     * @param bytes how many bytes they take, or −1
     */
    record StreamInfo(String stream, int partitions, long events, long bytes) {}

    /**
     * Events to append.
     *
     * @param producer a stable name of the writer: the same after a restart
     * @param firstSequence sequence of the first event, from 0
     */
    record AppendRequest(String stream, String producer, long firstSequence, List<Event> events) {}

    /**
     * What became of each event.
     *
     * @param accepted how many are stored, earlier ones of an idempotent retry included
     * @param stored how many this call newly stored
     * @param failures index in the request → why; empty when all went well
     */
    record AppendResult(int accepted, int stored, Map<Integer, String> failures) {}

    /** Where a reader starts. */
    sealed interface Start {
        /** At the first retained event. */
        record Earliest() implements Start {}

        /** Behind the group's commits; a partition without one starts at the first retained event. */
        record Committed() implements Start {}

        /** Behind these positions; an absent partition starts at the first retained event. */
        record After(Map<Integer, Position> positions) implements Start {}

        /** At the first event, in log order, whose available time is at or after this many microseconds. Needs {@code SEEK_TO_TIME}. */
        record AvailableFrom(long micros) implements Start {}
    }

    /** What to read. */
    record ReadRequest(String stream, String group, Start start) {}

    /** Reads one stream, all its partitions. Not thread safe. */
    interface EventReader extends AutoCloseable {
        /**
         * The next events, in log order within each partition. Empty when nothing arrived within {@code wait}, and then everything that an append had
         * stored before this call has been shown, however short the wait: a service whose answers may be empty although there is more is asked on.
         *
         * @param max at most this many events, at least 1
         */
        List<Delivery> poll(int max, Duration wait);

        /**
         * The same without an object for each event: shows the next events one after the other.
         *
         * @param into must not call this reader; what it throws ends the poll, and the reader is to be closed then
         * @return how many were shown
         */
        default int poll(int max, Duration wait, EventSink into) {
            List<Delivery> deliveries = poll(max, wait);
            deliveries.forEach(into::take);
            return deliveries.size();
        }

        @Override
        void close();
    }

    /** Takes events that a reader shows. */
    @FunctionalInterface
    interface EventSink {
        /** Takes an event; the view is another event's as soon as this returns. */
        void take(EventView event);
    }

    /** An event where it lies, and where that is. Valid only while it is shown. */
    interface EventView {
        /** The partition. */
        int partition();

        /** The place in the partition; may be kept. */
        Position position();

        /** {@link Event#id()}. */
        String id();

        /** {@link Event#key()}. */
        String key();

        /** {@link Event#eventTime()}. */
        long eventTime();

        /** {@link Event#availableTime()}. */
        long availableTime();

        /** {@link Event#operation()}. */
        Operation operation();

        /**
         * Reads the payload.
         *
         * @throws IllegalArgumentException if it is no row of the codec's schema
         */
        void decode(RowCodec codec, Row into);

        /** The whole event; may be kept. */
        Event event();
    }

    /** An event and where it stands. */
    record Delivery(Event event, int partition, Position position) implements EventView {
        @Override
        public String id() {
            return event.id();
        }

        @Override
        public String key() {
            return event.key();
        }

        @Override
        public long eventTime() {
            return event.eventTime();
        }

        @Override
        public long availableTime() {
            return event.availableTime();
        }

        @Override
        public Operation operation() {
            return event.operation();
        }

        @Override
        public void decode(RowCodec codec, Row into) {
            codec.decode(event.payload(), into);
        }
    }
}
