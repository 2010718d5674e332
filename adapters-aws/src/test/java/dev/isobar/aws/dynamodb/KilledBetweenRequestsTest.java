package dev.isobar.aws.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

@DisplayName("A writer that is killed with kill -9 before one of the requests of its write")
class KilledBetweenRequestsTest {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    @Test
    @DisplayName(
            "leaves nothing to be seen, and nothing in the table once the next writer has come; after the last request it leaves all")
    void killed() throws Exception {
        try (DynamoDbClient client = Clients.plain(DYNAMO.endpoint())) {
            OnlineStore reader = Clients.store(client, StagingWriter.GROUP);
            boolean done = false;
            int request = 0;
            int staged = 0;
            while (!done) {
                String namespace = "killed-" + request;
                long first = reader.acquire(namespace, "before");
                reader.putAll(namespace, first, StagingWriter.raised(reader, namespace));
                done = killBefore(request, namespace);

                long seen = done ? 2 : 1;
                check(reader, namespace, seen);
                check(Clients.store(client, StagingWriter.GROUP), namespace, seen);

                staged +=
                        done ? 0 : itemsOfLaterVersions(client, namespace, seen).size();
                OnlineStore next = Clients.store(client, StagingWriter.GROUP);
                long token = next.acquire(namespace, "after");
                check(next, namespace, seen);
                assertThat(itemsOfLaterVersions(client, namespace, seen)).isEmpty();
                next.putAll(namespace, token, StagingWriter.raised(next, namespace));
                check(reader, namespace, seen + 1);
                request++;
            }
            // one to read versions, one to begin, 12 keys in groups of 5, one to commit
            assertThat(request - 1).isEqualTo(6);
            // else nothing was there to be swept
            assertThat(staged).isPositive();
        }
    }

    /** Every key has that version, but the first, which the killed process has raised once before. */
    private static void check(OnlineStore store, String namespace, long version) {
        List<KeyState> states = store.getAll(namespace, StagingWriter.keys()).stream()
                .map(Objects::requireNonNull)
                .toList();
        assertThat(states).extracting(KeyState::version).startsWith(version + 1);
        assertThat(states.subList(1, states.size()))
                .extracting(KeyState::version)
                .containsOnly(version);
    }

    private static List<String> itemsOfLaterVersions(DynamoDbClient client, String namespace, long version) {
        return client.scan(s -> s.tableName("isobar-online").consistentRead(true)).items().stream()
                .filter(item -> item.get(OnlineTable.HASH).s().startsWith(namespace + "/"))
                .filter(item -> item.containsKey(Layout.VERSION))
                .filter(item -> Layout.number(item, Layout.VERSION)
                        > (item.get(OnlineTable.SORT).s().equals("=key0") ? version + 1 : version))
                .map(item -> new TreeMap<>(item).toString())
                .toList();
    }

    /** Whether the write was done before it came to that request. */
    private static boolean killBefore(int request, String namespace) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        StagingWriter.class.getName(),
                        DYNAMO.endpoint().toString(),
                        namespace,
                        Integer.toString(request))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            while (line != null && !line.equals("waiting") && !line.equals("done")) {
                line = out.readLine();
            }
            assertThat(line).isNotNull();
            return line.equals("done");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
