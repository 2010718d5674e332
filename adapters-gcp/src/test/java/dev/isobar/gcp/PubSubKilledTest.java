package dev.isobar.gcp;

import static dev.isobar.gcp.SubscriberProcess.GROUP;
import static dev.isobar.gcp.SubscriberProcess.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.pubsub.Ticker;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A subscriber of Pub/Sub that is killed as by {@code kill -9}, again and again, while a writer goes on publishing. */
@DisplayName("A subscriber of Pub/Sub that is killed")
@Timeout(300)
class PubSubKilledTest {
    private static final int PARTITIONS = 4;
    private static final int KEYS = 23;

    private final PubSubFaults faults = new PubSubFaults();
    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final CountDownLatch enough = new CountDownLatch(1);
    private final List<Sample> samples = new ArrayList<>();
    private PubSubEmulator pubsub;
    private EmulatorServer storage;
    private Map<String, String> settings;
    private Path deeds;

    /** What was committed, and how much had been dealt with when that was looked at. */
    private record Sample(Map<Integer, Position> committed, int dealt) {}

    @BeforeEach
    void start(@TempDir Path home) throws Exception {
        pubsub = PubSubEmulator.start(home.resolve("pubsub"), 0, Ticker.SYSTEM, List.of(faults));
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
        settings = new HashMap<>(Map.of(
                "endpoint.pubsub",
                pubsub.endpoint(),
                "endpoint.storage",
                storage.uri().toString(),
                "retry.total",
                "10s"));
        deeds = home.resolve("deeds");
    }

    @AfterEach
    void stop() {
        faults.quiet();
        enough.countDown();
        pubsub.close();
        storage.close();
    }

    @Test
    @DisplayName(
            "four times, two of them in a storm in which every message comes three times: none lost, none twice, each key in order, no commit goes back")
    void killed() throws Exception {
        campaign(4, 400, kill -> pubsub.deliverAtLeast(kill < 2 ? 1 : 3));
    }

    @Test
    @Tag("slow")
    @DisplayName("the same ten times")
    void killed_ten_times() throws Exception {
        campaign(10, 400, kill -> pubsub.deliverAtLeast(kill < 5 ? 1 : 3));
    }

    @Test
    @Tag("slow")
    @DisplayName("the same ten times while calls fail, answers are lost and streams break, for longer")
    void killed_with_faults() throws Exception {
        campaign(10, 4_000, kill -> {
            pubsub.deliverAtLeast(kill % 4 < 2 ? 3 : 1);
            faults.disturb(
                    0.05, "StreamingPull", "Acknowledge", "ModifyAckDeadline", "CreateSubscription", "Seek", "Publish");
        });
    }

    @Test
    @Tag("slow")
    @DisplayName("the same ten times with exactly-once delivery, for longer")
    void killed_exactly_once() throws Exception {
        settings.put("pubsub.exactly-once", "true");
        campaign(10, 4_000, kill -> {});
    }

    @FunctionalInterface
    private interface Weather {
        void before(int kill);
    }

    private void campaign(int kills, int longest, Weather weather) throws Exception {
        System.out.println("seed " + seed + ": " + kills + " kills within " + longest + " ms each");
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            EventStream stream = session.port(EventStream.class);
            stream.create(STREAM, PARTITIONS);
            FutureTask<Integer> writer = new FutureTask<>(() -> write(stream));
            new Thread(writer, "writer").start();
            SubscriberProcess reading = SubscriberProcess.start(deeds, settings);
            try {
                for (int kill = 0; kill < kills; kill++) {
                    weather.before(kill);
                    reading.begin();
                    // Made ready while this one works.
                    SubscriberProcess next = SubscriberProcess.start(deeds, settings);
                    try {
                        if (kill % 2 == 0) {
                            // While it opens its subscription, or whatever else it is at after so long.
                            assertThat(reading.livesFor(random.nextInt(longest)))
                                    .isTrue();
                        } else {
                            // While it is at work.
                            long until = written() + 1 + random.nextInt(10 * longest);
                            while (written() < until) {
                                assertThat(reading.livesFor(5)).isTrue();
                            }
                        }
                    } finally {
                        reading.close();
                        reading = next;
                    }
                    look(stream);
                }
                enough.countDown();
                int written = writer.get();
                reading.begin();
                do {
                    reading.said("empty");
                    look(stream);
                } while (shown().size() < written);
                reading.said("empty");
                judge(stream, written);
                System.out.println(kills + " subscribers killed, " + written + " events, " + (deeds().size() - written)
                        + " dealt with again, " + faults);
            } finally {
                enough.countDown();
                reading.close();
                writer.get();
            }
        }
    }

    /** Until it is enough; returns how many events. */
    private int write(EventStream stream) throws InterruptedException {
        Random sizes = new Random(seed + 1);
        int next = 0;
        do {
            List<Event> events = new ArrayList<>();
            for (int left = 1 + sizes.nextInt(8); left > 0; left--) {
                events.add(Event.insert("e" + next, "key" + sizes.nextInt(KEYS), next, next, "s", new byte[40]));
                next++;
            }
            assertThat(stream.append(new AppendRequest(STREAM, "w", next - events.size(), events))
                            .accepted())
                    .isEqualTo(events.size());
        } while (!enough.await(25, TimeUnit.MILLISECONDS));
        return next;
    }

    private long written() throws Exception {
        return Files.exists(deeds) ? Files.size(deeds) : 0;
    }

    private List<String> deeds() throws Exception {
        return SubscriberProcess.deeds(deeds);
    }

    private List<String[]> shown() throws Exception {
        return deeds().stream()
                .map(line -> line.split(" ", -1))
                .filter(words -> words[0].equals(SubscriberProcess.NEW))
                .toList();
    }

    private void look(EventStream stream) throws Exception {
        Map<Integer, Position> committed = stream.committed(STREAM, GROUP);
        samples.add(new Sample(committed, shown().size()));
    }

    private void judge(EventStream stream, int written) throws Exception {
        List<String[]> shown = shown();
        Map<String, Integer> at = new HashMap<>();
        Map<String, Long> last = new HashMap<>();
        for (int i = 0; i < shown.size(); i++) {
            String[] words = shown.get(i);
            assertThat(at.put(words[1], i)).as("%s is there twice", words[1]).isNull();
            long number = Long.parseLong(words[3]);
            assertThat(last.getOrDefault(words[2], -1L))
                    .as("order of %s", words[2])
                    .isLessThan(number);
            last.put(words[2], number);
        }
        assertThat(at).hasSize(written);
        List<Delivery> log = log(stream, written);
        Set<String> ids = new HashSet<>();
        log.forEach(d -> ids.add(d.id()));
        assertThat(at.keySet()).isEqualTo(ids);
        // Each partition's log, as far as it was committed at each look.
        Map<Integer, List<Delivery>> partitions = new HashMap<>();
        log.forEach(d -> partitions
                .computeIfAbsent(d.partition(), p -> new ArrayList<>())
                .add(d));
        Map<Integer, Integer> before = new HashMap<>();
        for (Sample sample : samples) {
            assertThat(sample.committed().keySet()).containsAll(before.keySet());
            sample.committed().forEach((partition, position) -> {
                List<Delivery> mine = partitions.get(partition);
                int place = mine.stream().map(Delivery::position).toList().indexOf(position);
                assertThat(place)
                        .as("commit of partition %d", partition)
                        .isGreaterThanOrEqualTo(before.getOrDefault(partition, 0));
                before.put(partition, place);
                for (Delivery d : mine.subList(0, place + 1)) {
                    assertThat(at.get(d.id())).as("%s is committed", d.id()).isLessThan(sample.dealt());
                }
            });
        }
        assertThat(before).hasSize(PARTITIONS);
    }

    /** What there is, as somebody reads it whom nobody killed. */
    private static List<Delivery> log(EventStream stream, int written) {
        List<Delivery> all = new ArrayList<>();
        try (EventReader reader = stream.read(new ReadRequest(STREAM, "check", new Start.Earliest()))) {
            while (all.size() < written) {
                List<Delivery> some = reader.poll(1_000, Duration.ofSeconds(10));
                assertThat(some).isNotEmpty();
                all.addAll(some);
            }
        }
        return all;
    }
}
