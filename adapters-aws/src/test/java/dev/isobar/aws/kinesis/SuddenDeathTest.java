package dev.isobar.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream.AppendRequest;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@DisplayName("A reader of Kinesis that is killed")
class SuddenDeathTest {
    @RegisterExtension
    static final Emulator KINESIS = Emulator.kinesis();

    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    private static final int EVENTS = 400;
    private static final int DEATHS = 3;

    @Test
    @DisplayName("between dealing with events and committing them loses none: the next one gets them again, in order")
    void killed() throws Exception {
        System.setProperty("aws.cborEnabled", "false");
        try (Streams streams = Streams.at(KINESIS.endpoint(), DYNAMO.endpoint())) {
            KinesisEventStream port = streams.session();
            port.create("killed", 2);
            List<Event> events = new ArrayList<>();
            for (int i = 0; i < EVENTS; i++) {
                events.add(Event.insert("e" + i, "key" + i % 7, i, i, "s", new byte[50]));
            }
            port.append(new AppendRequest("killed", "w", 0, events));
            Set<String> seen = new HashSet<>();
            Map<String, Integer> last = new HashMap<>();
            int again = 0;
            for (int death = 0; death <= DEATHS; death++) {
                Process process = reader(streams);
                try (BufferedReader out = process.inputReader()) {
                    int dealt = 0;
                    for (String line = out.readLine(); line != null; line = out.readLine()) {
                        if (line.startsWith("event ")) {
                            String[] words = line.split(" ");
                            if (seen.add(words[1])) {
                                int n = Integer.parseInt(words[1].substring(1));
                                assertThat(last.getOrDefault(words[2], -1)).isLessThan(n);
                                last.put(words[2], n);
                            } else {
                                again++;
                            }
                        } else if (line.equals("dealt") && death < DEATHS && ++dealt == 2 + death
                                || line.equals("empty") && seen.size() == EVENTS) {
                            break;
                        }
                    }
                } finally {
                    process.destroyForcibly().waitFor();
                }
            }
            assertThat(seen).hasSize(EVENTS);
            System.out.println(DEATHS + " readers killed, " + again + " events dealt with again");
        } finally {
            System.clearProperty("aws.cborEnabled");
        }
    }

    private static Process reader(Streams streams) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledReader.class.getName(),
                        streams.kinesis().toString(),
                        streams.dynamo().toString(),
                        "killed",
                        "g")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
