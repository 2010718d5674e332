package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.EventSink;
import dev.isobar.port.EventStream.EventView;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The stream: events in lists as a caller has them, to records, and back to events. */
final class Kinesis {
    private static final String STREAM = "transactions";
    private static final int EVENTS = 100_000;
    private static final int PER_APPEND = 20_000;
    private static final int KEYS = 5_000;
    private static final int READ = Content.SHARDS * Content.CALLS * Content.BATCH;
    private static final int POLL = 1_000;
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final int EMULATOR_PASSES = 5;

    private Kinesis() {}

    /** Appending, against the responder. */
    static void append(Other other, JsonLine into, int passes, double seconds) throws Exception {
        List<Event> events = Content.events(EVENTS, KEYS, 0);
        try (AdapterSession plain = Clients.isobar(other.uri(), false);
                AdapterSession aggregated = Clients.isobar(other.uri(), true);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            new Interleaved(
                            other,
                            appending("isobar", plain.eventStream(), STREAM, events),
                            appending("sdk", new AppendLoop(client, "isobar_" + STREAM), events),
                            appending("isobar_aggregated", aggregated.eventStream(), STREAM, events))
                    .measure("", into, EVENTS, passes, seconds);
        }
    }

    /** The same on our emulator, which stores it. */
    static void emulator(Other other, JsonLine into) throws Exception {
        List<Event> events = Content.events(EVENTS, KEYS, 0);
        String stream = STREAM + "-" + UUID.randomUUID();
        try (AdapterSession plain = Clients.isobar(other.uri(), false);
                AdapterSession aggregated = Clients.isobar(other.uri(), true);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            plain.eventStream().create(stream, Content.SHARDS / 2);
            String physical = client.listStreams().join().streamNames().get(0);
            new Interleaved(
                            other,
                            appending("isobar", plain.eventStream(), stream, events),
                            appending("sdk", new AppendLoop(client, physical), events),
                            appending("isobar_aggregated", aggregated.eventStream(), stream, events))
                    .measure("", into, EVENTS, EMULATOR_PASSES, 0);
        }
    }

    private interface Append {
        void append(List<Event> events) throws Exception;
    }

    private static Side appending(String name, EventStream stream, String to, List<Event> events) {
        return side(name, events, some -> {
            int accepted =
                    stream.append(new AppendRequest(to, "bench", 0, some)).accepted();
            if (accepted != some.size()) {
                throw new IllegalStateException(accepted + " of " + some.size() + " were taken");
            }
        });
    }

    private static Side appending(String name, AppendLoop loop, List<Event> events) {
        return side(name, events, loop::append);
    }

    private static Side side(String name, List<Event> events, Append append) {
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

    /** Reading, against the responder: a new reader each pass. */
    static void read(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            EventStream stream = session.eventStream();
            new Interleaved(
                            other,
                            reading("isobar", seen -> poll(stream, seen)),
                            reading("sdk", seen -> new ReadLoop(client, "isobar_" + STREAM).read(READ, seen::event)),
                            reading("isobar_sink", seen -> pollInto(stream, seen)))
                    .measure("", into, READ, passes, seconds);
        }
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

    /** As the runtime reads: no object for each event. */
    private static void pollInto(EventStream stream, Seen seen) {
        EventSink sink = seen::view;
        try (EventReader reader = stream.read(new ReadRequest(STREAM, "bench", new Start.Earliest()))) {
            int shown = 0;
            while (shown < READ) {
                shown += reader.poll(POLL, WAIT, sink);
            }
        }
    }

    private interface Read {
        void into(Seen seen) throws Exception;
    }

    private static Side reading(String name, Read read) {
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

    /** What was read: counted, and in a judged pass digested, in the order of each shard. */
    private static final class Seen {
        private static final int PRIME = 1_000_003;

        private final boolean judged;
        private final long[] shards = new long[Content.SHARDS];
        private long count;
        private long times;

        Seen(boolean judged) {
            this.judged = judged;
        }

        void event(int shard, Event e) {
            count++;
            times += e.eventTime();
            if (judged) {
                shards[shard] = shards[shard] * PRIME
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
            return count + " events, times " + times + ", digest " + Integer.toHexString(Arrays.hashCode(shards));
        }
    }
}
