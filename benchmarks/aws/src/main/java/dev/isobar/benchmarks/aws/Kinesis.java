package dev.isobar.benchmarks.aws;

import static dev.isobar.benchmarks.layer.Streams.STREAM;

import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Interleaved;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.benchmarks.layer.Streams;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.spi.AdapterSession;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** The stream: events to records, and back to events. */
final class Kinesis {
    private static final int EMULATOR_PASSES = 5;

    private Kinesis() {}

    /** Appending, against the responder. */
    static void append(Other other, JsonLine into, int passes, double seconds) throws Exception {
        append(other, into, STREAM, "isobar_" + STREAM, passes, seconds);
    }

    /** The same on our emulator, which stores it. */
    static void emulator(Other other, JsonLine into, int passes, double seconds) throws Exception {
        String stream = STREAM + "-" + UUID.randomUUID();
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            session.eventStream().create(stream, Content.PARTITIONS / 2);
            append(
                    other,
                    into,
                    stream,
                    client.listStreams().join().streamNames().get(0),
                    EMULATOR_PASSES,
                    0);
        }
    }

    private static void append(Other other, JsonLine into, String stream, String physical, int passes, double seconds)
            throws Exception {
        List<Event> events = Streams.written();
        try (AdapterSession plain = Clients.isobar(other.uri(), false);
                AdapterSession aggregated = Clients.isobar(other.uri(), true);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            new Interleaved(
                            other,
                            Streams.appending("isobar", plain.eventStream(), stream, events),
                            Streams.side("sdk", events, new AppendLoop(client, physical)::append),
                            Streams.appending("isobar_aggregated", aggregated.eventStream(), stream, events))
                    .measure("", into, events.size(), passes, seconds);
        }
    }

    /** Reading, against the responder. */
    static void read(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                KinesisAsyncClient client = Clients.kinesis(other.uri())) {
            EventStream stream = session.eventStream();
            new Interleaved(
                            other,
                            Streams.polling("isobar", stream),
                            Streams.reading(
                                    "sdk",
                                    seen -> new ReadLoop(client, "isobar_" + STREAM).read(Streams.READ, seen::event)),
                            Streams.sinking("isobar_sink", stream))
                    .measure("", into, Streams.READ, passes, seconds);
        }
    }
}
