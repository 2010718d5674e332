package dev.isobar.aws.dynamodb;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.online.OnlineInterleavings;
import dev.isobar.conformance.online.Turns;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;

/** {@link OnlineInterleavings} over a client that reads the items of a batch one by one in random order, as the service is free to. */
@DisplayName("Two writers, readers and an erasure on DynamoDB")
class OnlineInterleavingsTest {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    private static DynamoDbClient torn(DynamoDbClient real, Turns turns, Random order) {
        return Intercepted.client(real, (request, answer) -> {
            if (!(request instanceof BatchGetItemRequest batch)) {
                turns.pass();
                return answer.get();
            }
            String table = batch.requestItems().keySet().iterator().next();
            List<Map<String, AttributeValue>> keys =
                    new ArrayList<>(batch.requestItems().get(table).keys());
            synchronized (order) {
                Collections.shuffle(keys, order);
            }
            List<Map<String, AttributeValue>> items = new ArrayList<>();
            for (Map<String, AttributeValue> key : keys) {
                turns.pass();
                var item = real.getItem(g -> g.tableName(table).key(key).consistentRead(true));
                if (item.hasItem()) {
                    items.add(item.item());
                }
            }
            return BatchGetItemResponse.builder()
                    .responses(Map.of(table, items))
                    .unprocessedKeys(Map.of())
                    .build();
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    @DisplayName(
            "show every reader the state after some whole number of writes, never an older one than was acknowledged before it asked")
    void serial(long seed) throws Exception {
        try (DynamoDbClient real = Clients.plain(DYNAMO.endpoint())) {
            DynamoDbClient client = torn(real, new Turns(seed), new Random(seed + 1));
            OnlineInterleavings.serial(seed, "serial-" + seed, () -> Clients.store(client, 3), Clients.store(real, 3));
        }
    }
}
