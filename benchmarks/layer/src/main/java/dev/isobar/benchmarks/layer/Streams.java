package dev.isobar.benchmarks.layer;

import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.EventSink;
import dev.isobar.port.EventStream.EventView;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Sides that write or read a stream: events in lists as a caller has them, and back to events; through the port, or by a loop. */
public final class Streams {
    /** Name of the stream. */
    public static final String STREAM = "transactions";
    /** Events of a pass that reads. */
    public static final int READ = Content.PARTITIONS * Content.CALLS * Content.BATCH;

    private static final int EVENTS = 100_000;
    private static final int PER_APPEND = 20_000;
    private static final int KEYS = 5_000;
    private static final int POLL = 1_000;
    private static final Duration WAIT = Duration.ofSeconds(10);

    private Streams() {}

    /** What a pass writes. */
    public static List<Event> written() {
        return Content.events(EVENTS, KEYS, 0);
    }

    /** Writes events in their order, all of them. */
    @FunctionalInterface
    public interface Append {
        /** Returns when they are stored. */
        void append(List<Event> events) throws Exception;
    }

    /** Ours. */
    public static Side appending(String name, EventStream stream, String to, List<Event> events) {
        return side(name, events, some -> {
            int accepted =
                    stream.append(new AppendRequest(to, "bench", 0, some)).accepted();
            if (accepted != some.size()) {
                throw new IllegalStateException(accepted + " of " + some.size() + " were taken");
            }
        });
    }

    /** A loop. */
    public static Side side(String name, List<Event> events, Append append) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
                for (int from = 0; from < events.size(); from += PER_APPEND) {
                    append.append(events.subList(from, Math.min(events.size(), from + PER_APPEND)));
                }
                return "";
            }
        };
    }

    /** Ours, in lists: a new reader each pass. */
    public static Side polling(String name, EventStream stream) {
        return reading(name, seen -> poll(stream, seen));
    }

    /** Ours as the runtime reads: no object for each event. */
    public static Side sinking(String name, EventStream stream) {
        return reading(name, seen -> pollInto(stream, seen));
    }

    private static void poll(EventStream stream, Seen seen) {
        try (EventReader reader = stream.read(new ReadRequest(STREAM, "bench", new Start.Earliest()))) {
            int shown = 0;
            while (shown < READ) {
                List<EventStream.Delivery> some = reader.poll(POLL, WAIT);
                some.forEach(d -> seen.event(d.partition(), d.event()));
                shown += some.size();
            }
        }
    }

    private static void pollInto(EventStream stream, Seen seen) {
        EventSink sink = seen::view;
        try (EventReader reader = stream.read(new ReadRequest(STREAM, "bench", new Start.Earliest()))) {
            int shown = 0;
            while (shown < READ) {
                shown += reader.poll(POLL, WAIT, sink);
            }
        }
    }

    /** Shows each event once, those of a partition in order. */
    @FunctionalInterface
    public interface Read {
        /** Returns when there were {@link #READ} of them. */
        void into(Seen seen) throws Exception;
    }

    /** A loop. */
    public static Side reading(String name, Read read) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
                Seen seen = new Seen(judged);
                read.into(seen);
                return seen.toString();
            }
        };
    }

    /** What was read: counted, and in a judged pass digested, in the order of each partition. */
    public static final class Seen {
        private static final int PRIME = 1_000_003;

        private final boolean judged;
        private final long[] partitions = new long[Content.PARTITIONS];
        private long count;
        private long times;

        Seen(boolean judged) {
            this.judged = judged;
        }

        /** Shows one. */
        public void event(int partition, Event e) {
            count++;
            times += e.eventTime();
            if (judged) {
                partitions[partition] = partitions[partition] * PRIME
                        + e.id().hashCode()
                        + 31L * e.key().hashCode()
                        + e.availableTime()
                        + 7L * Arrays.hashCode(e.payload())
                        + e.schemaId().hashCode();
            }
        }

        void view(EventView e) {
            if (judged) {
                event(e.partition(), e.event());
            } else {
                count++;
                times += e.eventTime();
            }
        }

        @Override
        public String toString() {
            return count + " events, times " + times + ", digest " + Integer.toHexString(Arrays.hashCode(partitions));
        }
    }
}
