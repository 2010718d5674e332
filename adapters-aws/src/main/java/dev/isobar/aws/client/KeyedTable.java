package dev.isobar.aws.client;

import java.time.Duration;
import java.util.Map;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.Tag;
import software.amazon.awssdk.services.dynamodb.waiters.DynamoDbWaiter;

/**
 * A DynamoDB table of the adapter's own, paid by request. Immutable.
 *
 * @param hash name of the hash key, a text
 * @param range name of the range key, a text
 * @param tags of the table when it is made; those of one that exists are left as they are
 */
public record KeyedTable(String name, String hash, String range, Map<String, String> tags) {
    /** A new table is active within seconds; the SDK's waiter would look every twenty. */
    private static final BackoffStrategy LOOK_AGAIN =
            BackoffStrategy.exponentialDelay(Duration.ofMillis(50), Duration.ofSeconds(3));
    /** About five minutes. */
    private static final int LOOKS = 100;

    /** Makes the map its own. */
    public KeyedTable {
        tags = Map.copyOf(tags);
    }

    /** Makes the table if need be and waits until it can be used. Errors are the SDK's. */
    public void create(DynamoDbClient client) {
        try {
            client.createTable(request -> request.tableName(name)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(text(hash), text(range))
                    .keySchema(part(hash, KeyType.HASH), part(range, KeyType.RANGE))
                    .tags(tags.entrySet().stream()
                            .map(t -> Tag.builder()
                                    .key(t.getKey())
                                    .value(t.getValue())
                                    .build())
                            .toList()));
        } catch (ResourceInUseException e) {
            // Somebody else makes it, or has: it is waited for like our own.
        }
        try (DynamoDbWaiter waiter = DynamoDbWaiter.builder().client(client).build()) {
            waiter.waitUntilTableExists(
                    request -> request.tableName(name),
                    often -> often.maxAttempts(LOOKS).backoffStrategyV2(LOOK_AGAIN));
        }
    }

    private static AttributeDefinition text(String name) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(ScalarAttributeType.S)
                .build();
    }

    private static KeySchemaElement part(String name, KeyType type) {
        return KeySchemaElement.builder().attributeName(name).keyType(type).build();
    }
}
