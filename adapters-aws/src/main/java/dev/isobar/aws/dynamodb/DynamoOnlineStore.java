package dev.isobar.aws.dynamodb;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
    /** Largest state of one key. */
    public static final long MAX_STATE_BYTES = 64L << 20;

    /** Largest sum of one {@code putAll}. */
    public static final long MAX_REQUEST_BYTES = 256L << 20;

    // of 1,024 for a sort key, less what a chunk's key adds
    private static final int MAX_KEY_BYTES = 990;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,119}");
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
        return call("putAll", namespace, () -> {
            check(namespace, puts);
            return writer(namespace).putAll(token, puts);
        });
    }

    private void check(String namespace, List<StatePut> puts) {
        Set<String> keys = new HashSet<>();
        long sum = 0;
        for (StatePut put : puts) {
            int keyBytes = put.key().getBytes(StandardCharsets.UTF_8).length;
            sum += put.bytes().length;
            String problem = null;
            if (keyBytes > MAX_KEY_BYTES) {
                problem = "A key of " + keyBytes + " bytes is longer than " + MAX_KEY_BYTES;
            } else if (put.bytes().length > MAX_STATE_BYTES) {
                problem = "A state of " + put.bytes().length + " bytes is larger than " + MAX_STATE_BYTES;
            } else if (!keys.add(put.key())) {
                problem = "The key " + put.key() + " appears twice in one request";
            } else if (put.expectedVersion() < 0) {
                problem = "The version " + put.expectedVersion() + " was never given out";
            } else if (sum > MAX_REQUEST_BYTES) {
                problem = "A request of more than " + MAX_REQUEST_BYTES + " bytes is too large";
            }
            if (problem != null) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, problem)
                        .hint("Nothing of this request was written.")
                        .build();
            }
        }
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        return call("keys", namespace, () -> {
            if (limit < 1) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "A page of " + limit + " keys cannot be asked for")
                        .build();
            }
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
        return translated(operation, namespace, () -> {
            if (!NAME.matcher(namespace).matches()) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "'" + namespace + "' cannot be a namespace")
                        .hint("Letters, digits and . _ @ -, at most 120 characters, beginning with a letter or digit.")
                        .build();
            }
            return body.get();
        });
    }

    private <T> T translated(String operation, String resource, Supplier<T> body) {
        try {
            return body.get();
        } catch (SdkException e) {
            throw AwsErrors.translate(e, instance, "OnlineStore", operation, resource);
        } catch (IsobarException e) {
            IsobarException.Builder located = IsobarException.of(e.code(), String.valueOf(e.getMessage()))
                    .adapter(instance)
                    .at("OnlineStore", operation)
                    .resource(resource)
                    .cause(e.getCause());
            if (e.hint() != null) {
                located.hint(e.hint());
            }
            throw located.build();
        }
    }
}
