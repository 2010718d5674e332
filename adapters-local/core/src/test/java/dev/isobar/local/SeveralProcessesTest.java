package dev.isobar.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.port.OnlineStore;
import dev.isobar.spi.AdapterSession;
import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Several processes")
class SeveralProcessesTest {
    @TempDir
    Path home;

    @Test
    @DisplayName(
            "append to one stream at once, and are killed: what was acknowledged is there, a retry completes the rest, nothing twice")
    void log() throws Exception {
        try (AdapterSession session = new LocalPlatform(home).open()) {
            EventStream stream = session.eventStream();
            stream.create("s", 2);
            for (int round = 0; round < 2; round++) {
                List<String> producers = List.of("x" + round, "y" + round);
                List<Process> writers = new ArrayList<>();
                for (String producer : producers) {
                    writers.add(start("log", producer));
                }
                List<Integer> acknowledged = new ArrayList<>();
                try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
                    assertThat(reader.poll(10, Duration.ofSeconds(60)))
                            .as("seen by another process")
                            .isNotEmpty();
                    for (Process writer : writers) {
                        acknowledged.add(lastAfterKill(writer, 4));
                    }
                }
                for (int p = 0; p < 2; p++) {
                    int last = acknowledged.get(p);
                    for (int batch = 0; batch <= last + 3; batch++) {
                        int stored = KilledWriter.append(stream, producers.get(p), batch);
                        if (batch <= last) {
                            assertThat(stored).as("acknowledged batch " + batch).isZero();
                        }
                    }
                    long expected = (last + 4L) * KilledWriter.BATCH;
                    String prefix = producers.get(p) + ":";
                    assertThat(ids(stream).stream()
                                    .filter(i -> i.startsWith(prefix))
                                    .toList())
                            .hasSize((int) expected)
                            .doesNotHaveDuplicates();
                }
            }
        }
    }

    @Test
    @DisplayName(
            "take over an online namespace from one that was killed: both keys of a putAll or none, and no acknowledged one lost")
    void online() throws Exception {
        try (AdapterSession session = new LocalPlatform(home).open()) {
            OnlineStore store = session.onlineStore();
            for (int round = 0; round < 2; round++) {
                Process writer = start("online", "w" + round);
                int acknowledged = lastAfterKill(writer, 5);
                long a = ByteBuffer.wrap(store.get("n", "a").orElseThrow().bytes())
                        .getLong();
                long b = ByteBuffer.wrap(store.get("n", "b").orElseThrow().bytes())
                        .getLong();
                assertThat(a).isEqualTo(b).isGreaterThanOrEqualTo(acknowledged);
                long token = store.acquire("n", "here");
                assertThat(KilledWriter.putBoth(store, token)).isEqualTo(a + 1);
            }
        }
    }

    private Process start(String what, String producer) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriter.class.getName(),
                        home.toString(),
                        what,
                        producer)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Waits for some acknowledgements, kills the process, and returns the last it had printed. */
    private static int lastAfterKill(Process process, int atLeast) throws Exception {
        int last = -1;
        try (BufferedReader out = process.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                last = Integer.parseInt(line);
                if (last == atLeast || (last > atLeast && process.isAlive())) {
                    process.destroyForcibly();
                }
            }
        } catch (java.io.IOException e) {
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        } catch (NumberFormatException e) {
            // The last line may be torn like anything else.
            process.destroyForcibly();
        }
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(last).isGreaterThanOrEqualTo(atLeast);
        return last;
    }

    private static List<String> ids(EventStream stream) {
        List<String> ids = new ArrayList<>();
        try (EventReader reader = stream.read(new ReadRequest("s", "h", new Start.Earliest()))) {
            List<Delivery> some;
            do {
                some = reader.poll(10_000, Duration.ZERO);
                some.forEach(d -> ids.add(d.event().id()));
            } while (!some.isEmpty());
        }
        return ids;
    }
}
