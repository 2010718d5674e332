package dev.isobar.redis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Online state on one Redis server of version 4 or newer, or on one that fails over. A {@code putAll} is one script, so it is all or nothing; a {@code getAll}
 * is one HMGET. How durable a write is, is the server's configuration: with {@code appendonly yes} and {@code appendfsync always} it is on disk when the call
 * returns, otherwise a crash of the server can lose the last second; and it must not evict ({@code maxmemory-policy noeviction}).
 *
 * <pre>
 * PREFIX:namespaces    names, also of namespaces that were removed
 * PREFIX:{NAME}:header live, token, owner, the last write's id
 * PREFIX:{NAME}:v      key → version
 * PREFIX:{NAME}:s      key → version, 8 bytes, and state
 * PREFIX:{NAME}:k      keys, sorted by bytes
 * </pre>
 *
 * <p>Thread safe.
 *
 * @since 0.1
 */
public final class RedisOnlineStore implements OnlineStore, AutoCloseable {
    /** What one {@code putAll} takes; Redis takes 1,048,576 arguments, and a state is four. */
    public static final StateLimits LIMITS = new StateLimits(250_000, 4_096, 64L << 20, 256L << 20);

    private static final int PAGE = 1_000;

    private final Script acquire = new Script("acquire.lua");
    private final Script put = new Script("put.lua");
    private final Script erase = new Script("erase.lua");
    private final Script delete = new Script("delete.lua");
    private final RedisURI address;
    private final String instance;
    private final String prefix;
    // Of each namespace the write whose answer was lost, so that asking again finds it done.
    private final ConcurrentMap<String, Unanswered> unanswered = new ConcurrentHashMap<>();
    private @Nullable RedisClient client;
    private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
    private boolean closed;

    /**
     * A store; connects when first asked.
     *
     * @param uri {@code redis://[user:password@]host[:port][/database]}, or {@code rediss://} for TLS
     * @param instance of the adapter, for errors
     * @param prefix of every key
     * @param timeout of one call
     * @throws IsobarException {@code INVALID_CONFIGURATION} if that is no address
     */
    public RedisOnlineStore(String uri, String instance, String prefix, Duration timeout) {
        try {
            this.address = RedisURI.create(uri);
        } catch (IllegalArgumentException e) {
            // not its message: the address may hold a password
            throw IsobarException.of(ErrorCode.INVALID_CONFIGURATION, "The address of Redis cannot be read")
                    .adapter(instance)
                    .hint("Such as redis://127.0.0.1:6379/0, or rediss://user:password@host:6379 for TLS.")
                    .build();
        }
        address.setTimeout(timeout);
        this.instance = instance;
        this.prefix = prefix;
    }

    @Override
    public long acquire(String namespace, String owner) {
        String request = UUID.randomUUID().toString();
        return call("acquire", namespace, redis -> {
            // First the name: a namespace that lives is listed.
            redis.zadd(Script.bytes(prefix + ":namespaces"), 0, Script.bytes(namespace));
            byte[] token = acquire.call(
                    redis,
                    ScriptOutputType.VALUE,
                    keys(namespace, "header"),
                    Script.bytes(request),
                    Script.bytes(owner),
                    Script.bytes(System.currentTimeMillis()));
            return Long.valueOf(Script.text(token));
        });
    }

    @Override
    public Optional<KeyState> get(String namespace, String key) {
        return Optional.ofNullable(getAll(namespace, List.of(key)).get(0));
    }

    @Override
    public List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
        return call("getAll", namespace, redis -> {
            List<@Nullable KeyState> states = new ArrayList<>();
            if (keys.isEmpty()) {
                return states;
            }
            byte[][] fields = keys.stream().map(Script::bytes).toArray(byte[][]::new);
            List<KeyValue<byte[], byte[]>> found = redis.hmget(keys(namespace, "s")[0], fields);
            for (int i = 0; i < keys.size(); i++) {
                KeyValue<byte[], byte[]> each = found.get(i);
                states.add(each.hasValue() ? state(keys.get(i), each.getValue()) : null);
            }
            return states;
        });
    }

    private static KeyState state(String key, byte[] value) {
        if (value.length < Long.BYTES) {
            throw IsobarException.of(ErrorCode.CORRUPT, "A state in Redis has " + value.length + " bytes, too few")
                    .hint("Somebody else has written to this hash.")
                    .build();
        }
        return new KeyState(key, ByteBuffer.wrap(value).getLong(), Arrays.copyOfRange(value, Long.BYTES, value.length));
    }

    @Override
    public List<Long> putAll(String namespace, long token, List<StatePut> puts) {
        LIMITS.check(instance, namespace, puts);
        return translated("putAll", namespace, redis -> {
            Unanswered before = unanswered.get(namespace);
            String write = before != null && before.was(token, puts)
                    ? before.write()
                    : UUID.randomUUID().toString();
            List<byte[]> arguments = new ArrayList<>();
            arguments.add(Script.bytes(token));
            arguments.add(Script.bytes(write));
            for (StatePut each : puts) {
                long version = each.expectedVersion() + 1;
                arguments.add(Script.bytes(each.key()));
                arguments.add(Script.bytes(each.expectedVersion()));
                arguments.add(Script.bytes(version));
                arguments.add(ByteBuffer.allocate(Long.BYTES + each.bytes().length)
                        .putLong(version)
                        .put(each.bytes())
                        .array());
            }
            unanswered.put(namespace, new Unanswered(write, token, puts));
            List<byte[]> answer = put.call(
                    redis,
                    ScriptOutputType.MULTI,
                    keys(namespace, "header", "v", "s", "k"),
                    arguments.toArray(byte[][]::new));
            unanswered.remove(namespace);
            List<String> words = answer.stream().map(Script::text).toList();
            if (words.get(0).equals("OK")) {
                return puts.stream().map(p -> p.expectedVersion() + 1).toList();
            }
            throw refused(namespace, token, words);
        });
    }

    private static IsobarException refused(String namespace, long token, List<String> words) {
        return switch (words.get(0)) {
            case "NOT_FOUND" ->
                IsobarException.of(ErrorCode.NOT_FOUND, "There is no namespace '" + namespace + "'")
                        .hint("Acquire it first.")
                        .build();
            case "FENCED" ->
                IsobarException.of(
                                ErrorCode.FENCED,
                                "Token " + token + " of namespace '" + namespace + "' is not the newest; "
                                        + words.get(2) + " owns it with " + words.get(1))
                        .hint("Another process has taken over. This one must stop writing.")
                        .build();
            case "CONFLICT" ->
                IsobarException.of(
                                ErrorCode.CONFLICT,
                                "The state of a key in namespace '" + namespace + "' has version " + words.get(1)
                                        + ", not " + words.get(2))
                        .hint("Nothing of this request was written. Read the key again.")
                        .build();
            default -> throw new IllegalStateException("The script answered " + words);
        };
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        OnlineStore.checkKeys(instance, namespace, limit);
        return translated("keys", namespace, redis -> page(redis, keys(namespace, "k")[0], after, limit));
    }

    private static List<String> page(
            RedisCommands<byte[], byte[]> redis, byte[] index, @Nullable String after, int limit) {
        Range<byte[]> range = after == null
                ? Range.unbounded()
                : Range.from(Range.Boundary.excluding(Script.bytes(after)), Range.Boundary.unbounded());
        return redis.zrangebylex(index, range, Limit.from(limit)).stream()
                .map(Script::text)
                .toList();
    }

    @Override
    public boolean erase(String namespace, String key) {
        return call("erase", namespace, redis -> {
            Long gone = erase.call(redis, ScriptOutputType.INTEGER, keys(namespace, "v", "s", "k"), Script.bytes(key));
            return gone == 1;
        });
    }

    @Override
    public List<String> namespaces(String begin) {
        return translated("namespaces", begin, redis -> {
            List<String> names = new ArrayList<>();
            byte[] index = Script.bytes(prefix + ":namespaces");
            // excluding nothing but what sorts before the prefix: the name that is the prefix itself is looked at alone
            if (!begin.isEmpty() && redis.zscore(index, Script.bytes(begin)) != null && live(redis, begin)) {
                names.add(begin);
            }
            String after = begin.isEmpty() ? null : begin;
            while (true) {
                List<String> page = page(redis, index, after, PAGE);
                for (String name : page) {
                    if (!name.startsWith(begin)) {
                        return List.copyOf(names);
                    }
                    if (live(redis, name)) {
                        names.add(name);
                    }
                }
                if (page.size() < PAGE) {
                    return List.copyOf(names);
                }
                after = page.get(page.size() - 1);
            }
        });
    }

    private boolean live(RedisCommands<byte[], byte[]> redis, String namespace) {
        byte[] live = redis.hget(keys(namespace, "header")[0], Script.bytes("live"));
        return live != null && Script.text(live).equals("1");
    }

    @Override
    public void delete(String namespace) {
        call("delete", namespace, redis -> {
            Long done = delete.call(redis, ScriptOutputType.INTEGER, keys(namespace, "header", "v", "s", "k"));
            return done == 1;
        });
    }

    /** The namespaces, as a status lists them. */
    public List<Resource> resources() {
        return namespaces("").stream()
                .map(name -> new Resource("namespace", name, prefix + ":{" + name + "}", "ready", null, Map.of()))
                .toList();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (client != null) {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
            client = null;
            connection = null;
        }
    }

    private synchronized RedisCommands<byte[], byte[]> redis() {
        if (closed) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The store is closed")
                    .build();
        }
        if (client == null) {
            client = RedisClient.create(address);
        }
        if (connection == null) {
            connection = client.connect(ByteArrayCodec.INSTANCE);
        }
        return connection.sync();
    }

    private byte[][] keys(String namespace, String... parts) {
        // What is in braces decides the slot of a cluster: all of a namespace is in one.
        return Arrays.stream(parts)
                .map(part -> Script.bytes(prefix + ":{" + namespace + "}:" + part))
                .toArray(byte[][]::new);
    }

    private <T> T call(String operation, String namespace, Function<RedisCommands<byte[], byte[]>, T> body) {
        OnlineStore.checkNamespace(instance, operation, namespace);
        return translated(operation, namespace, body);
    }

    private <T> T translated(String operation, String resource, Function<RedisCommands<byte[], byte[]>, T> body) {
        try {
            return body.apply(redis());
        } catch (RedisException e) {
            throw RedisErrors.translate(e, instance, operation, resource);
        } catch (IsobarException e) {
            throw e.located(instance, "OnlineStore", operation, resource);
        }
    }

    /** A write that was sent. */
    private record Unanswered(String write, long token, List<StatePut> puts) {
        boolean was(long otherToken, List<StatePut> again) {
            return token == otherToken && puts.equals(again);
        }
    }
}
