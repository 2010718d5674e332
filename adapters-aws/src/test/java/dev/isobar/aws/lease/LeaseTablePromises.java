package dev.isobar.aws.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.aws.emulator.PlainClients;
import dev.isobar.aws.lease.LeaseTable.Lease;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** What the table promises on any DynamoDB; a subclass says which. */
@DisplayName("The table of commits")
abstract class LeaseTablePromises {
    private DynamoDbClient client;

    /** Where DynamoDB answers; no table of these tests is there yet. */
    abstract URI dynamo();

    @BeforeEach
    void connect() {
        client = PlainClients.at(dynamo(), DynamoDbClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    private LeaseTable table(String name) {
        return new LeaseTable(client, "aws", name, Map.of("isobar:instance", "aws"));
    }

    @Test
    @DisplayName("is made by the first who writes, not by who asks, also when several write first")
    void made() throws Exception {
        LeaseTable table = table("made");
        assertThat(table.committed("s", "g")).isEmpty();
        table.forget("s");
        assertThat(table.exists()).isFalse();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int partition = i;
                all.add(pool.submit(() -> table("made").commit("s", "g", partition, "5", null)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(table.exists()).isTrue();
        assertThat(table.committed("s", "g")).isEqualTo(Map.of(0, "5", 1, "5", 2, "5", 3, "5"));
    }

    @Test
    @DisplayName("never moves a commit back, whoever writes at once")
    void forward() throws Exception {
        LeaseTable table = table("forward");
        table.commit("s", "g", 0, "000", null);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 99; i >= 0; i--) {
                String place = "%03d".formatted(i * 7 % 100);
                all.add(pool.submit(() -> table.commit("s", "g", 0, place, null)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(table.committed("s", "g")).isEqualTo(Map.of(0, "099"));
    }

    @Test
    @DisplayName("refuses whoever had the group before, by a code, and only them")
    void fenced() {
        LeaseTable table = table("fenced");
        Lease first = table.take("s", "g", "a");
        table.commit("s", "g", 0, "1", first);
        Lease second = table.take("s", "g", "b");
        assertThat(second.token()).isGreaterThan(first.token());
        for (String place : List.of("0", "1", "2")) {
            assertThatThrownBy(() -> table.commit("s", "g", 0, place, first))
                    .isInstanceOfSatisfying(IsobarException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.FENCED);
                        assertThat(e.getMessage()).contains("belongs to b");
                    });
        }
        table.commit("s", "g", 0, "3", second);
        table.commit("s", "g", 0, "2", second);
        table.commit("s", "other", 0, "1", table.take("s", "other", "a"));
        assertThat(table.committed("s", "g")).isEqualTo(Map.of(0, "3"));
    }

    @Test
    @DisplayName("forgets every group of a stream and no other stream's")
    void forget() {
        LeaseTable table = table("forget");
        table.commit("s", "g", 0, "1", null);
        table.commit("s", "h", 5, "1", null);
        table.commit("s2", "g", 0, "1", null);
        table.forget("s");
        assertThat(table.committed("s", "g")).isEmpty();
        assertThat(table.committed("s", "h")).isEmpty();
        assertThat(table.committed("s2", "g")).isEqualTo(Map.of(0, "1"));
    }
}
