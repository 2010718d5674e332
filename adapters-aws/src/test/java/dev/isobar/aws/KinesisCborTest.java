package dev.isobar.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the service is spoken to in unless it is switched off. Small records only: see {@link StreamModule}. */
class KinesisCborTest {
    @RegisterExtension
    static final Emulator KINESIS = Emulator.kinesis();

    @Test
    @DisplayName("In CBOR, which the service speaks by default, events come back as they went")
    void cbor() {
        System.clearProperty("aws.cborEnabled");
        try (AdapterSession session = new AwsPlatform(
                        Map.of("endpoint.kinesis", KINESIS.endpoint().toString(), "kinesis.retention", "3d"))
                .open()) {
            EventStream port = session.eventStream();
            port.create("cbor", 2);
            List<Event> events = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                events.add(Event.insert("e" + i, "key" + i % 40, i, i, "s", new byte[] {(byte) i, -1, 0}));
            }
            port.append(new AppendRequest("cbor", "w", 0, events));
            List<Event> back = new ArrayList<>();
            try (EventReader reader = port.read(new ReadRequest("cbor", "g", new Start.Earliest()))) {
                for (List<Delivery> some = reader.poll(500, Duration.ZERO);
                        !some.isEmpty();
                        some = reader.poll(500, Duration.ZERO)) {
                    some.forEach(d -> back.add(d.event()));
                }
            }
            assertThat(back).containsExactlyInAnyOrderElementsOf(events);
            assertThat(System.getProperty("aws.cborEnabled")).isNull();
        }
    }
}
