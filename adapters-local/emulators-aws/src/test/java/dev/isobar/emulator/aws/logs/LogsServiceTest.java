package dev.isobar.emulator.aws.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.FilteredLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.GetLogEventsResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.InvalidParameterException;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.cloudwatchlogs.model.ResourceNotFoundException;

@DisplayName("CloudWatch Logs")
class LogsServiceTest {
    @TempDir
    Path folder;

    private LogStore store;
    private EmulatorServer server;
    private CloudWatchLogsClient client;

    @BeforeEach
    void up() throws IOException {
        store = LogStore.open(folder);
        server = EmulatorServer.start(0, List.of(new LogsService("us-east-1", "000000000000", store)));
        client = CloudWatchLogsClient.builder()
                .endpointOverride(server.uri())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    @AfterEach
    void down() throws IOException {
        client.close();
        server.close();
        store.close();
    }

    @Test
    @DisplayName("is read forward and backward, and a reader at the end goes on where it was when more comes")
    void tail() {
        for (int i = 0; i < 5; i++) {
            store.append("/g", "s/1", 1000 + i, "line " + i);
        }
        GetLogEventsResponse last = get(null, 2, false);
        assertThat(messages(last)).containsExactly("line 3", "line 4");
        GetLogEventsResponse before = get(last.nextBackwardToken(), 2, false);
        assertThat(messages(before)).containsExactly("line 1", "line 2");
        GetLogEventsResponse end = get(last.nextForwardToken(), 2, true);
        assertThat(messages(end)).isEmpty();
        assertThat(end.nextForwardToken()).isEqualTo(last.nextForwardToken());
        store.append("/g", "s/1", 1005, "line 5");
        assertThat(messages(get(end.nextForwardToken(), 2, true))).containsExactly("line 5");
        assertThat(messages(get(null, 2, true))).containsExactly("line 0", "line 1");
    }

    @Test
    @DisplayName("is filtered by terms over all streams, in the order of time")
    void filter() {
        store.append("/g", "a", 2, "ERROR the disk is full");
        store.append("/g", "b", 1, "ERROR the net is down");
        store.append("/g", "b", 3, "WARN the disk is slow");
        assertThat(client.filterLogEvents(r -> r.logGroupName("/g").filterPattern("ERROR"))
                        .events())
                .extracting(FilteredLogEvent::message)
                .containsExactly("ERROR the net is down", "ERROR the disk is full");
        assertThat(client.filterLogEvents(r -> r.logGroupName("/g").filterPattern("\"the disk\" -ERROR"))
                        .events())
                .extracting(FilteredLogEvent::message)
                .containsExactly("WARN the disk is slow");
        assertThat(client.filterLogEventsPaginator(r -> r.logGroupName("/g").limit(1))
                        .events())
                .hasSize(3);
        assertThatThrownBy(
                        () -> client.filterLogEvents(r -> r.logGroupName("/g").filterPattern("{ $.a = 1 }")))
                .isInstanceOf(InvalidParameterException.class);
    }

    @Test
    @DisplayName("is there after a restart, until its group is deleted")
    void restart() throws IOException {
        store.append("/aws/sagemaker/x", "job/algo-1-1", 7, "a \"line\"\twith ünï");
        down();
        up();
        assertThat(client.getLogEvents(r -> r.logGroupName("/aws/sagemaker/x").logStreamName("job/algo-1-1"))
                        .events())
                .extracting(OutputLogEvent::message)
                .containsExactly("a \"line\"\twith ünï");
        client.deleteLogGroup(r -> r.logGroupName("/aws/sagemaker/x"));
        assertThat(client.describeLogGroups().logGroups()).isEmpty();
        assertThatThrownBy(() -> client.describeLogStreams(r -> r.logGroupName("/aws/sagemaker/x")))
                .isInstanceOf(ResourceNotFoundException.class)
                .hasMessageContaining("The specified log group does not exist.");
    }

    @Test
    @DisplayName("takes what others write")
    void put() {
        client.createLogGroup(r -> r.logGroupName("/mine"));
        client.createLogStream(r -> r.logGroupName("/mine").logStreamName("s"));
        client.putLogEvents(r -> r.logGroupName("/mine")
                .logStreamName("s")
                .logEvents(
                        e -> e.timestamp(1L).message("one"),
                        e -> e.timestamp(2L).message("two")));
        assertThat(client.getLogEvents(r -> r.logGroupName("/mine").logStreamName("s"))
                        .events())
                .extracting(OutputLogEvent::timestamp)
                .containsExactly(1L, 2L);
        assertThatThrownBy(() -> client.putLogEvents(r -> r.logGroupName("/mine")
                        .logStreamName("s")
                        .logEvents(
                                e -> e.timestamp(2L).message("one"),
                                e -> e.timestamp(1L).message("two"))))
                .isInstanceOf(InvalidParameterException.class)
                .hasMessageContaining("must be in chronological order");
    }

    private GetLogEventsResponse get(String token, int limit, boolean fromHead) {
        return client.getLogEvents(r -> r.logGroupName("/g")
                .logStreamName("s/1")
                .limit(limit)
                .nextToken(token)
                .startFromHead(fromHead));
    }

    private static List<String> messages(GetLogEventsResponse page) {
        return page.events().stream().map(OutputLogEvent::message).toList();
    }
}
