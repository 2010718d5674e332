package dev.isobar.aws.kinesis;

import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The main class of a process that reads and commits until it is killed, and says on standard output what it has dealt with and committed. */
public final class KilledReader {
    private KilledReader() {}

    /** Arguments: the emulators' endpoints, stream, group. */
    public static void main(String[] args) {
        System.setProperty("aws.cborEnabled", "false");
        KinesisEventStream port =
                Streams.at(URI.create(args[0]), URI.create(args[1])).session();
        try (EventReader reader = port.read(new ReadRequest(args[2], args[3], new Start.Committed()))) {
            while (true) {
                List<Delivery> some = reader.poll(20, Duration.ofMillis(100));
                Map<Integer, Delivery> last = new HashMap<>();
                for (Delivery d : some) {
                    System.out.println("event " + d.event().id() + " " + d.key());
                    last.put(d.partition(), d);
                }
                System.out.println(some.isEmpty() ? "empty" : "dealt");
                last.forEach((partition, d) -> port.commit(args[2], args[3], partition, d.position()));
                System.out.println("committed");
            }
        }
    }
}
