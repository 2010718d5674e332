package dev.isobar.aws.dynamodb;

import dev.isobar.aws.emulator.PlainClients;
import java.net.URI;
import java.util.Map;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Clients of an emulator, and stores on them. */
final class Clients {
    private Clients() {}

    static DynamoDbClient plain(URI endpoint) {
        return on(endpoint, ApacheHttpClient.create(), true);
    }

    static DynamoDbClient on(URI endpoint, SdkHttpClient http, boolean retries) {
        return PlainClients.at(
                endpoint,
                DynamoDbClient.builder()
                        .overrideConfiguration(c -> c.retryStrategy(
                                retries ? AwsRetryStrategy.standardRetryStrategy() : AwsRetryStrategy.doNotRetry()))
                        .httpClient(http));
    }

    static DynamoOnlineStore store(DynamoDbClient client, int transactionItems) {
        return new DynamoOnlineStore(new OnlineTable(client, "isobar-online", Map.of(), transactionItems), "test");
    }
}
