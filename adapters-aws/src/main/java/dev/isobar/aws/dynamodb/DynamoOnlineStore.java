package dev.isobar.aws.dynamodb;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * Online state in one DynamoDB table, {@code PREFIX-online}, made when the first namespace is acquired.
 *
 * <p>What it costs: a {@code putAll} of at most 99 items (one a key, two for a new key, one more per 350 KB of state) and 3.5 MB is one request; a
 * larger one of m such groups is m + 2 requests, and as atomic. A key that this store object has not written since it acquired the namespace is read
 * before it is written, 49 to a request. Transactions count double in write units. A {@code getAll} is one request for 49 keys, one more the first time
 * and after each {@code putAll} of somebody else, one more for each 100 chunks of states larger than 350 KB; of keys that were read since the last
 * {@code putAll} it is one request of the header alone. Every read of a namespace reads its header,
 * an item of which DynamoDB gives 3,000 consistent reads a second: that bounds a namespace's reads.
 */
public final class DynamoOnlineStore implements OnlineStore {
    /** What one {@code putAll} takes; of the 1,024 bytes of a sort key a chunk's key needs some, and how many keys there are does not matter. */
    public static final StateLimits LIMITS = new StateLimits(Integer.MAX_VALUE, 990, 64L << 20, 256L << 20);

    private static final int PAGE = 1_000;

    private final String instance;
    private final OnlineTable table;
    private final StateReader reader;
    private final ConcurrentMap<String, NamespaceWriter> writers = new ConcurrentHashMap<>();

    /**
     * The store of an adapter instance; asks for nothing yet.
     *
     * @param prefix first part of the table's name
     */
    public DynamoOnlineStore(DynamoDbClient client, String instance, String prefix) {
        this(
                new OnlineTable(
                        client, prefix + "-online", Map.of("isobar:instance", instance), OnlineTable.TRANSACTION_ITEMS),
                instance);
    }

    DynamoOnlineStore(OnlineTable table, String instance) {
        this.instance = instance;
        this.table = table;
        this.reader = new StateReader(table);
    }

    @Override
    public long acquire(String namespace, String owner) {
        // Not 1: should somebody remove the table, tokens from before it must not be given again.
        return call("acquire", namespace, () -> writer(namespace).acquire(owner, System.currentTimeMillis()));
    }

    @Override
    public Optional<KeyState> get(String namespace, String key) {
        return Optional.ofNullable(getAll(namespace, List.of(key)).get(0));
    }

    @Override
    public List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
        return call("getAll", namespace, () -> reader.read(namespace, keys));
    }

    @Override
    public List<Long> putAll(String namespace, long token, List<StatePut> puts) {
        LIMITS.check(instance, namespace, puts);
        return translated("putAll", namespace, () -> writer(namespace).putAll(token, puts));
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        OnlineStore.checkKeys(instance, namespace, limit);
        return translated("keys", namespace, () -> {
            Header header = table.header(namespace);
            List<String> keys = new ArrayList<>();
            if (header == null || !header.live()) {
                return keys;
            }
            String partition = new Layout(namespace, header.incarnation()).index();
            String from = after == null ? null : Layout.sort(after);
            do {
                OnlineTable.Page page = table.page(partition, from, "", null, Math.min(PAGE, limit - keys.size()));
                for (Map<String, AttributeValue> item : page.items()) {
                    if (header.shows(Layout.number(item, Layout.WRITE))) {
                        keys.add(Layout.sortOf(item).substring(1));
                    }
                }
                from = page.last();
            } while (from != null && keys.size() < limit);
            return keys;
        });
    }

    @Override
    public boolean erase(String namespace, String key) {
        return call("erase", namespace, () -> writer(namespace).erase(key));
    }

    @Override
    public List<String> namespaces(String prefix) {
        return translated("namespaces", prefix, () -> {
            List<String> names = new ArrayList<>();
            String after = null;
            try {
                do {
                    OnlineTable.Page page = table.page(Header.PARTITION, after, prefix, null, PAGE);
                    for (Map<String, AttributeValue> item : page.items()) {
                        Header header = Header.of(item);
                        if (header != null && header.live()) {
                            names.add(header.name());
                        }
                    }
                    after = page.last();
                } while (after != null);
            } catch (ResourceNotFoundException e) {
                return List.of();
            }
            return List.copyOf(names);
        });
    }

    @Override
    public void delete(String namespace) {
        call("delete", namespace, () -> {
            writer(namespace).delete();
            return true;
        });
    }

    /** The namespaces, as a status lists them. */
    public List<Resource> resources() {
        return namespaces("").stream()
                .map(name -> new Resource("namespace", name, table.name() + "/" + name, "ready", null, Map.of()))
                .toList();
    }

    private NamespaceWriter writer(String namespace) {
        return writers.computeIfAbsent(namespace, name -> new NamespaceWriter(table, reader, name));
    }

    private <T> T call(String operation, String namespace, Supplier<T> body) {
        OnlineStore.checkNamespace(instance, operation, namespace);
        return translated(operation, namespace, body);
    }

    private <T> T translated(String operation, String resource, Supplier<T> body) {
        try {
            return body.get();
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "OnlineStore", operation, resource);
        } catch (IsobarException e) {
            throw e.located(instance, "OnlineStore", operation, resource);
        }
    }
}
