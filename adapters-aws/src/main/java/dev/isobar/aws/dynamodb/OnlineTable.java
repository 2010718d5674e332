package dev.isobar.aws.dynamodb;

import dev.isobar.aws.client.KeyedTable;
import dev.isobar.error.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** The table, and the few things that are done with it. All reads are consistent. Thread safe. */
final class OnlineTable {
    static final String HASH = "pk";
    static final String SORT = "sk";

    /** Items of a transaction beside the header. */
    static final int TRANSACTION_ITEMS = 99;

    /** Of DynamoDB's 4 MB, with room for names and keys. */
    static final int TRANSACTION_BYTES = 3_500_000;

    /** Keys of one BatchGetItem. */
    static final int BATCH_GET = 100;

    private static final int BATCH_WRITE = 25;
    private static final String TROUBLED = "DynamoDB left work undone again and again";
    private static final String CONTENDED = "Others write to the same items of DynamoDB all the time";

    private final DynamoDbClient client;
    private final String table;
    private final KeyedTable definition;
    private final int transactionItems;

    /**
     * A table that need not exist.
     *
     * @param transactionItems how many items a transaction has beside the header, at most {@link #TRANSACTION_ITEMS}
     */
    OnlineTable(DynamoDbClient client, String table, Map<String, String> tags, int transactionItems) {
        this.client = client;
        this.table = table;
        this.transactionItems = transactionItems;
        this.definition = new KeyedTable(table, HASH, SORT, tags);
    }

    String name() {
        return table;
    }

    int transactionItems() {
        return transactionItems;
    }

    static Map<String, AttributeValue> key(String partition, String sort) {
        return Map.of(HASH, AttributeValue.fromS(partition), SORT, AttributeValue.fromS(sort));
    }

    static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item) {
        return Map.of(HASH, item.get(HASH), SORT, item.get(SORT));
    }

    /** Makes the table if need be and waits until it can be used. */
    void create() {
        definition.create(client);
    }

    /** A namespace's header; null if there is none, or no table. */
    @Nullable
    Header header(String namespace) {
        try {
            return Header.of(client.getItem(request -> request.tableName(table)
                            .key(key(Header.PARTITION, namespace))
                            .consistentRead(true))
                    .item());
        } catch (ResourceNotFoundException e) {
            return null;
        }
    }

    /**
     * Replaces a header.
     *
     * @param from null for none
     * @return the header that is there now; the replacement was made if its change is that of {@code to}
     */
    @Nullable
    Header swap(@Nullable Header from, Header to) {
        PutItemRequest.Builder put = PutItemRequest.builder()
                .tableName(table)
                .item(to.item())
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
        if (from == null) {
            put.conditionExpression("attribute_not_exists(" + HASH + ")");
        } else {
            put.conditionExpression(Header.CHANGE + " = :change")
                    .expressionAttributeValues(Map.of(":change", AttributeValue.fromS(from.change())));
        }
        Backoff backoff = new Backoff(ErrorCode.UNAVAILABLE, CONTENDED);
        while (true) {
            try {
                client.putItem(put.build());
                return to;
            } catch (ConditionalCheckFailedException e) {
                return Header.of(e.item());
            } catch (TransactionConflictException e) {
                backoff.pause();
            }
        }
    }

    /**
     * Puts and deletes all or nothing, together with a header's replacement, or on the condition that the header is still the same.
     *
     * @param to null to leave the header as it is
     * @return null if done, else what to know of the header that is there
     */
    @Nullable
    Lost transact(
            Header from,
            @Nullable Header to,
            List<Map<String, AttributeValue>> puts,
            List<Map<String, AttributeValue>> deletes) {
        List<TransactWriteItem> items = new ArrayList<>();
        Map<String, AttributeValue> change = Map.of(":change", AttributeValue.fromS(from.change()));
        String condition = Header.CHANGE + " = :change";
        TransactWriteItem.Builder first = TransactWriteItem.builder();
        if (to == null) {
            first.conditionCheck(check -> check.tableName(table)
                    .key(key(Header.PARTITION, from.name()))
                    .conditionExpression(condition)
                    .expressionAttributeValues(change)
                    .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD));
        } else {
            first.put(put -> put.tableName(table)
                    .item(to.item())
                    .conditionExpression(condition)
                    .expressionAttributeValues(change)
                    .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD));
        }
        items.add(first.build());
        puts.forEach(item -> items.add(TransactWriteItem.builder()
                .put(Put.builder().tableName(table).item(item).build())
                .build()));
        deletes.forEach(key -> items.add(TransactWriteItem.builder()
                .delete(Delete.builder().tableName(table).key(key).build())
                .build()));
        Backoff backoff = new Backoff(ErrorCode.THROTTLED, CONTENDED);
        while (true) {
            try {
                client.transactWriteItems(request -> request.transactItems(items));
                return null;
            } catch (TransactionCanceledException e) {
                List<CancellationReason> reasons = e.cancellationReasons();
                if (!reasons.isEmpty()
                        && "ConditionalCheckFailed".equals(reasons.get(0).code())) {
                    return new Lost(Header.of(reasons.get(0).item()));
                }
                if (reasons.stream().noneMatch(OnlineTable::passes)) {
                    throw e;
                }
                backoff.pause();
            }
        }
    }

    /** Reasons that the SDK does not repeat a transaction for, although it may succeed later. */
    private static boolean passes(CancellationReason reason) {
        return switch (String.valueOf(reason.code())) {
            case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded" -> true;
            default -> false;
        };
    }

    /** Reads up to {@link #BATCH_GET} items in one round trip, more if DynamoDB gives them in parts. What does not exist is not in the answer. */
    Map<Map<String, AttributeValue>, Map<String, AttributeValue>> get(
            List<Map<String, AttributeValue>> keys, @Nullable String projection) {
        Map<Map<String, AttributeValue>, Map<String, AttributeValue>> found = new HashMap<>();
        if (keys.isEmpty()) {
            return found;
        }
        KeysAndAttributes wanted = KeysAndAttributes.builder()
                .keys(keys)
                .consistentRead(true)
                .projectionExpression(projection)
                .build();
        Map<String, KeysAndAttributes> open = Map.of(table, wanted);
        Backoff backoff = new Backoff(ErrorCode.THROTTLED, TROUBLED);
        while (true) {
            Map<String, KeysAndAttributes> asked = open;
            BatchGetItemResponse response = client.batchGetItem(request -> request.requestItems(asked));
            List<Map<String, AttributeValue>> items = response.responses().getOrDefault(table, List.of());
            items.forEach(item -> found.put(keyOf(item), item));
            open = response.unprocessedKeys();
            if (open.isEmpty()) {
                return found;
            }
            if (items.isEmpty()) {
                backoff.pause();
            } else {
                backoff.reset();
            }
        }
    }

    /** One page of a partition, in the order of sort keys. */
    Page page(String partition, @Nullable String after, String prefix, @Nullable String projection, int limit) {
        Map<String, AttributeValue> values = new HashMap<>(Map.of(":partition", AttributeValue.fromS(partition)));
        String condition = HASH + " = :partition";
        if (!prefix.isEmpty()) {
            condition += " AND begins_with(" + SORT + ", :prefix)";
            values.put(":prefix", AttributeValue.fromS(prefix));
        }
        QueryRequest.Builder query = QueryRequest.builder()
                .tableName(table)
                .keyConditionExpression(condition)
                .expressionAttributeValues(values)
                .consistentRead(true)
                .projectionExpression(projection)
                .limit(limit);
        if (after != null) {
            query.exclusiveStartKey(key(partition, after));
        }
        var response = client.query(query.build());
        AttributeValue last = response.lastEvaluatedKey().get(SORT);
        return new Page(response.items(), last == null ? null : last.s());
    }

    /** The keys of a partition's items that match. */
    List<Map<String, AttributeValue>> keysWhere(
            String partition, String prefix, Predicate<Map<String, AttributeValue>> matches) {
        List<Map<String, AttributeValue>> keys = new ArrayList<>();
        String after = null;
        do {
            Page page = page(partition, after, prefix, HASH + ", " + SORT + ", " + Layout.WRITE, 1_000);
            page.items().stream().filter(matches).map(OnlineTable::keyOf).forEach(keys::add);
            after = page.last();
        } while (after != null);
        return keys;
    }

    /** Deletes without condition; what does not exist is a success. */
    void delete(List<Map<String, AttributeValue>> keys) {
        for (int from = 0; from < keys.size(); from += BATCH_WRITE) {
            Map<String, List<WriteRequest>> open = Map.of(
                    table,
                    keys.subList(from, Math.min(keys.size(), from + BATCH_WRITE)).stream()
                            .map(key -> WriteRequest.builder()
                                    .deleteRequest(d -> d.key(key))
                                    .build())
                            .toList());
            Backoff backoff = new Backoff(ErrorCode.THROTTLED, TROUBLED);
            while (!open.isEmpty()) {
                Map<String, List<WriteRequest>> asked = open;
                BatchWriteItemResponse response = client.batchWriteItem(request -> request.requestItems(asked));
                open = response.unprocessedItems();
                if (!open.isEmpty()) {
                    backoff.pause();
                }
            }
        }
    }

    /**
     * A transaction that was not made because the header is another.
     *
     * @param header null if there is none
     */
    record Lost(@Nullable Header header) {}

    /**
     * Items in order.
     *
     * @param last where the next page begins; null at the end
     */
    record Page(
            List<Map<String, AttributeValue>> items,
            @Nullable String last) {}
}
