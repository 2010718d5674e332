package dev.isobar.aws.lease;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.aws.client.KeyedTable;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Commits and their ownership, in a DynamoDB table that is made when it is first written to.
 *
 * <p>One item per stream and group: hash key {@code stream}, range key {@code group}, {@code owner} and {@code token} of the last that took it, and an
 * attribute {@code pN} per partition that holds how far it is committed, as a text that sorts as the places do. One conditional update commits: it
 * asks for the token and for a smaller text at once, so that neither a stale owner nor an older place can ever be written. Items stay below DynamoDB's
 * 400 KB up to about 4,000 partitions.
 *
 * <p>Taking needs no expiry: whoever takes a group raises its token, and the one before is fenced from that moment, dead or slow. Thread safe.
 */
public final class LeaseTable {
    private static final String STREAM = "stream";
    private static final String GROUP = "group";
    private static final String OWNER = "owner";
    private static final String TOKEN = "token";

    private final DynamoDbClient client;
    private final String instance;
    private final String table;
    private final KeyedTable definition;

    /** Nothing is called before the first commit or question. */
    public LeaseTable(DynamoDbClient client, String instance, String table, Map<String, String> tags) {
        this.client = client;
        this.instance = instance;
        this.table = table;
        this.definition = new KeyedTable(table, STREAM, GROUP, tags);
    }

    /**
     * A group taken by an owner.
     *
     * @param token larger than that of everybody who had the group before
     */
    public record Lease(String stream, String group, String owner, long token) {}

    /** The table's name. */
    public String name() {
        return table;
    }

    /** Takes a group, from whomever has it. */
    public Lease take(String stream, String group, String owner) {
        Map<String, AttributeValue> after = withTable(
                "take",
                stream,
                () -> client.updateItem(u -> u.tableName(table)
                                .key(key(stream, group))
                                .updateExpression("SET #owner = :owner ADD #token :one")
                                .expressionAttributeNames(Map.of("#owner", OWNER, "#token", TOKEN))
                                .expressionAttributeValues(Map.of(
                                        ":owner", AttributeValue.fromS(owner), ":one", AttributeValue.fromN("1")))
                                .returnValues(ReturnValue.ALL_NEW))
                        .attributes());
        return new Lease(
                stream,
                group,
                owner,
                Long.parseLong(
                        after.getOrDefault(TOKEN, AttributeValue.fromN("0")).n()));
    }

    /**
     * Moves a partition's commit forward; an older or equal place is ignored.
     *
     * @param lease the caller's, or null for a caller that never took the group: then only the direction is checked
     * @param place a text that sorts as the places of the partition do
     * @throws IsobarException {@code FENCED} if somebody else has taken the group since
     */
    public void commit(String stream, String group, int partition, String place, @Nullable Lease lease) {
        Map<String, String> names = new HashMap<>(Map.of("#p", "p" + partition));
        Map<String, AttributeValue> values = new HashMap<>(Map.of(":place", AttributeValue.fromS(place)));
        String forward = "(attribute_not_exists(#p) OR #p < :place)";
        if (lease != null) {
            names.put("#token", TOKEN);
            values.put(":token", AttributeValue.fromN(Long.toString(lease.token())));
        }
        String condition = lease == null ? forward : "#token = :token AND " + forward;
        try {
            withTable(
                    "commit",
                    stream,
                    () -> client.updateItem(u -> u.tableName(table)
                            .key(key(stream, group))
                            .updateExpression("SET #p = :place")
                            .conditionExpression(condition)
                            .expressionAttributeNames(names)
                            .expressionAttributeValues(values)
                            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)));
        } catch (IsobarException e) {
            if (!(e.getCause() instanceof ConditionalCheckFailedException failed)) {
                throw e;
            }
            checkOwner(lease, failed);
        }
    }

    /** How far each partition is committed, as texts that were committed; empty if nothing was. */
    public Map<Integer, String> committed(String stream, String group) {
        Map<Integer, String> found = new TreeMap<>();
        try {
            GetItemResponse answer = client.getItem(
                    g -> g.tableName(table).key(key(stream, group)).consistentRead(true));
            answer.item().forEach((name, value) -> {
                if (name.matches("p[0-9]+")) {
                    found.put(Integer.parseInt(name.substring(1)), value.s());
                }
            });
            return found;
        } catch (ResourceNotFoundException e) {
            return found;
        } catch (SdkException e) {
            throw translate(e, "committed", stream);
        }
    }

    /** Forgets every group of a stream. */
    public void forget(String stream) {
        QueryRequest groups = QueryRequest.builder()
                .tableName(table)
                .keyConditionExpression("#stream = :stream")
                .projectionExpression("#group")
                .expressionAttributeNames(Map.of("#stream", STREAM, "#group", GROUP))
                .expressionAttributeValues(Map.of(":stream", AttributeValue.fromS(stream)))
                .consistentRead(true)
                .build();
        try {
            client.queryPaginator(groups).items().forEach(item -> {
                AttributeValue group = item.get(GROUP);
                if (group != null) {
                    client.deleteItem(d -> d.tableName(table).key(key(stream, group.s())));
                }
            });
        } catch (ResourceNotFoundException e) {
            // No table, no commits.
            return;
        } catch (SdkException e) {
            throw translate(e, "delete", stream);
        }
    }

    /** Whether the table has been made. */
    public boolean exists() {
        try {
            return client.describeTable(d -> d.tableName(table)).table() != null;
        } catch (ResourceNotFoundException e) {
            return false;
        } catch (SdkException e) {
            throw translate(e, "describe", table);
        }
    }

    private void checkOwner(@Nullable Lease lease, ConditionalCheckFailedException failed) {
        AttributeValue token = failed.item() == null ? null : failed.item().get(TOKEN);
        long current = token == null ? 0 : Long.parseLong(token.n());
        if (lease == null || current == lease.token()) {
            // Only the direction was wrong: an older place is ignored.
            return;
        }
        String owner = failed.item() == null || failed.item().get(OWNER) == null
                ? "nobody: its commits were removed"
                : failed.item().get(OWNER).s();
        throw IsobarException.of(
                        ErrorCode.FENCED,
                        "The group " + lease.group() + " of stream " + lease.stream() + " now belongs to " + owner
                                + " (token " + current + "); this is " + lease.owner() + " (token " + lease.token()
                                + ")")
                .adapter(instance)
                .at("EventStream", "commit")
                .resource(lease.stream())
                .hint("Another reader went on where this one had committed. Stop this one.")
                .cause(failed)
                .build();
    }

    private <T> T withTable(String operation, String stream, Supplier<T> call) {
        try {
            try {
                return call.get();
            } catch (ResourceNotFoundException e) {
                definition.create(client);
                return call.get();
            }
        } catch (SdkException e) {
            throw translate(e, operation, stream);
        }
    }

    private IsobarException translate(SdkException e, String operation, String stream) {
        return AwsErrors.translate(e, instance, "EventStream", operation, stream);
    }

    private static Map<String, AttributeValue> key(String stream, String group) {
        return Map.of(STREAM, AttributeValue.fromS(stream), GROUP, AttributeValue.fromS(group));
    }
}
