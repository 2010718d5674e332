package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link OnlineStore}: one fenced writer, compare-and-set per key, all or nothing, readers elsewhere.
 *
 * @since 0.1
 */
@DisplayName("An online store")
public abstract class OnlineStoreSuite extends PortSuite {
    /** For subclasses. */
    protected OnlineStoreSuite() {
        super(Port.ONLINE_STORE);
    }

    private OnlineStore port() {
        return open().onlineStore();
    }

    private static StatePut put(String key, long expected, String content) {
        return new StatePut(key, expected, content.getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable String text(@Nullable KeyState state) {
        return state == null ? null : state.version() + ":" + new String(state.bytes(), StandardCharsets.UTF_8);
    }

    /** State. */
    @Nested
    @DisplayName("keeps states")
    class States {
        private OnlineStore port;
        private String namespace;
        private long token;

        @BeforeEach
        void acquire() {
            port = port();
            namespace = fresh("n");
            token = port.acquire(namespace, "owner");
        }

        @Test
        @DisplayName("counts the writes of each key from 1 and gives back the bytes")
        void versions() {
            assertThat(port.putAll(namespace, token, List.of(put("a", 0, "x"), put("b", 0, ""))))
                    .containsExactly(1L, 1L);
            assertThat(port.putAll(namespace, token, List.of(put("a", 1, "y")))).containsExactly(2L);
            assertThat(text(port.get(namespace, "a").orElseThrow())).isEqualTo("2:y");
            assertThat(text(port.get(namespace, "b").orElseThrow())).isEqualTo("1:");
            assertThat(port.get(namespace, "c")).isEmpty();
        }

        @Test
        @DisplayName("gives several in the order asked, null where there is none")
        void getAll() {
            port.putAll(namespace, token, List.of(put("a", 0, "1"), put("b", 0, "2")));
            assertThat(port.getAll(namespace, List.of("b", "none", "a", "b")).stream()
                            .map(OnlineStoreSuite::text)
                            .toList())
                    .isEqualTo(Arrays.asList("1:2", null, "1:1", "1:2"));
        }

        @Test
        @DisplayName("writes all or none: one wrong version is a conflict and leaves every key as it was")
        void allOrNone() {
            port.putAll(namespace, token, List.of(put("a", 0, "1")));
            fails(
                    ErrorCode.CONFLICT,
                    () -> port.putAll(namespace, token, List.of(put("b", 0, "new"), put("a", 0, "2"))));
            fails(ErrorCode.CONFLICT, () -> port.putAll(namespace, token, List.of(put("c", 1, "new"))));
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> port.putAll(namespace, token, List.of(put("d", 0, "1"), put("d", 1, "2"))));
            assertThat(port.keys(namespace, null, 10)).containsExactly("a");
            assertThat(text(port.get(namespace, "a").orElseThrow())).isEqualTo("1:1");
        }

        @Test
        @DisplayName("says what it will not take, and writes nothing of it")
        void refused() {
            for (StatePut wrong : List.of(put("b", -1, "x"), put("b".repeat(5_000), 0, "x"))) {
                IsobarException e = fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> port.putAll(namespace, token, List.of(put("a", 0, "x"), wrong)));
                assertThat(e.adapter()).isEqualTo(capabilities().adapter());
                assertThat(e.operation()).isEqualTo("putAll");
            }
            capabilities().limit(Limit.MAX_STATE_BYTES).ifPresent(most -> {
                StatePut large = new StatePut("b", 0, new byte[Math.toIntExact(most + 1)]);
                fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> port.putAll(namespace, token, List.of(put("a", 0, "x"), large)));
            });
            assertThat(port.keys(namespace, null, 10)).isEmpty();
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.keys(namespace, null, 0));
        }

        @Test
        @DisplayName("shows them to another session as soon as the write has returned")
        void otherSession() {
            OnlineStore reader = port();
            for (int i = 0; i < 20; i++) {
                port.putAll(namespace, token, List.of(put("a", i, "v" + i)));
                assertThat(text(reader.get(namespace, "a").orElseThrow())).isEqualTo((i + 1) + ":v" + i);
            }
        }

        @Test
        @DisplayName("of any size a kernel's state may have")
        void large() {
            byte[] bytes = new byte[1_500_000];
            new Random(7).nextBytes(bytes);
            port.putAll(namespace, token, List.of(new StatePut("k", 0, bytes)));
            assertThat(port().get(namespace, "k").orElseThrow().bytes()).isEqualTo(bytes);
        }

        @Test
        @DisplayName("lists keys by UTF-8 bytes, page by page")
        void keys() {
            List<String> keys = List.of("", "B", "a", "a\u001fb", "aa", "\u00e9", "\u4e2d", "\uffee", "\ud83d\ude80");
            List<StatePut> puts = new ArrayList<>();
            keys.forEach(k -> puts.add(0, put(k, 0, "x")));
            port.putAll(namespace, token, puts);
            List<String> found = new ArrayList<>();
            String after = null;
            for (List<String> page = port.keys(namespace, null, 2);
                    !page.isEmpty();
                    page = port.keys(namespace, after, 2)) {
                found.addAll(page);
                after = page.get(page.size() - 1);
            }
            assertThat(found).isEqualTo(keys);
        }

        @Test
        @DisplayName("survives being rewritten many times over")
        void churn() {
            byte[] bytes = new byte[400_000];
            OnlineStore reader = port();
            for (int i = 0; i < 120; i++) {
                Arrays.fill(bytes, (byte) i);
                port.putAll(namespace, token, List.of(new StatePut("k" + i % 2, i / 2, bytes.clone())));
                assertThat(reader.get(namespace, "k" + i % 2).orElseThrow().bytes())
                        .containsOnly((byte) i);
            }
            assertThat(text(port().get(namespace, "k0").orElseThrow())).startsWith("60:");
        }
    }

    /** Ownership. */
    @Nested
    @DisplayName("has one writer")
    class Fencing {
        @Test
        @DisplayName("the last who acquired it; the one before is fenced, whatever versions it knows")
        void fenced() {
            OnlineStore first = port();
            OnlineStore second = port();
            String namespace = fresh("n");
            long old = first.acquire(namespace, "first");
            first.putAll(namespace, old, List.of(put("a", 0, "1")));
            long young = second.acquire(namespace, "second");
            assertThat(young).isGreaterThan(old);
            fails(ErrorCode.FENCED, () -> first.putAll(namespace, old, List.of(put("a", 1, "2"))));
            fails(ErrorCode.FENCED, () -> first.putAll(namespace, young + 1, List.of(put("a", 1, "2"))));
            assertThat(second.putAll(namespace, young, List.of(put("a", 1, "3"))))
                    .containsExactly(2L);
            assertThat(text(first.get(namespace, "a").orElseThrow())).isEqualTo("2:3");
        }

        @Test
        @DisplayName("and never gives a token twice, not even after the namespace was removed")
        void tokens() {
            OnlineStore port = port();
            String namespace = fresh("n");
            long last = 0;
            for (int i = 0; i < 4; i++) {
                long token = port.acquire(namespace, "o");
                assertThat(token).isGreaterThan(last);
                last = token;
                port.delete(namespace);
            }
        }

        @Test
        @DisplayName("of two owners that fight, each write that succeeded is there and each that was fenced is not")
        void fight() throws Exception {
            String namespace = fresh("n");
            port().acquire(namespace, "start");
            ExecutorService pool = Executors.newFixedThreadPool(3);
            List<String> succeeded = java.util.Collections.synchronizedList(new ArrayList<>());
            List<String> refused = java.util.Collections.synchronizedList(new ArrayList<>());
            try {
                List<Future<?>> owners = new ArrayList<>();
                for (int o = 0; o < 3; o++) {
                    String owner = "o" + o;
                    owners.add(pool.submit(() -> {
                        OnlineStore port = port();
                        long token = port.acquire(namespace, owner);
                        for (int i = 0; i < 10; i++) {
                            String key = owner + "-" + i;
                            try {
                                port.putAll(namespace, token, List.of(put(key, 0, "x")));
                                succeeded.add(key);
                            } catch (IsobarException e) {
                                assertThat(e.code()).isEqualTo(ErrorCode.FENCED);
                                refused.add(key);
                                token = port.acquire(namespace, owner);
                            }
                        }
                    }));
                }
                for (Future<?> owner : owners) {
                    owner.get();
                }
            } finally {
                pool.shutdownNow();
            }
            assertThat(succeeded.size() + refused.size()).isEqualTo(30);
            assertThat(port().keys(namespace, null, 1000)).containsExactlyInAnyOrderElementsOf(succeeded);
        }
    }

    /** Namespaces. */
    @Nested
    @DisplayName("has namespaces")
    class Namespaces {
        @Test
        @DisplayName("that are listed by prefix, and gone with their states when deleted; deleting twice is a success")
        void lifecycle() {
            OnlineStore port = port();
            OnlineStore reader = port();
            String prefix = fresh("n");
            long token = port.acquire(prefix + ".b", "o");
            port.acquire(prefix + ".a", "o");
            port.putAll(prefix + ".b", token, List.of(put("k", 0, "x")));
            assertThat(reader.get(prefix + ".b", "k")).isPresent();
            assertThat(reader.namespaces(prefix)).containsExactly(prefix + ".a", prefix + ".b");
            port.delete(prefix + ".b");
            port.delete(prefix + ".b");
            assertThat(reader.namespaces(prefix)).containsExactly(prefix + ".a");
            assertThat(reader.get(prefix + ".b", "k")).isEmpty();
            long again = port.acquire(prefix + ".b", "o");
            assertThat(reader.get(prefix + ".b", "k")).isEmpty();
            port.putAll(prefix + ".b", again, List.of(put("k", 0, "y")));
            assertThat(text(reader.get(prefix + ".b", "k").orElseThrow())).isEqualTo("1:y");
        }

        @Test
        @DisplayName("with names that fit, and nothing in one that nobody acquired")
        void names() {
            OnlineStore port = port();
            String unknown = fresh("unknown");
            assertThat(port.get(unknown, "k")).isEmpty();
            assertThat(port.keys(unknown, null, 5)).isEmpty();
            fails(ErrorCode.NOT_FOUND, () -> port.putAll(unknown, 1, List.of(put("k", 0, "x"))));
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.acquire("", "o"));
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.acquire("../x", "o"));
        }
    }

    /** Erasure. */
    @Nested
    @DisplayName("forgets a key, where declared")
    class Erasure {
        @Test
        @DisplayName("here and in every other session; the other keys stay, and the key can be written anew")
        void erase() throws Exception {
            OnlineStore port = port();
            OnlineStore reader = port();
            String namespace = fresh("n");
            long token = port.acquire(namespace, "o");
            port.putAll(namespace, token, List.of(put("a", 0, "secret"), put("b", 0, "kept")));
            assertThat(reader.get(namespace, "a")).isPresent();
            declaredOrUnsupported(Capability.ERASE_STATE, () -> port.erase(namespace, "a"), () -> {
                assertThat(port().erase(namespace, "a")).isTrue();
                assertThat(port.erase(namespace, "a")).isFalse();
                assertThat(reader.get(namespace, "a")).isEmpty();
                assertThat(text(reader.get(namespace, "b").orElseThrow())).isEqualTo("1:kept");
                assertThat(port.putAll(namespace, token, List.of(put("a", 0, "new"))))
                        .containsExactly(1L);
                assertThat(text(reader.get(namespace, "a").orElseThrow())).isEqualTo("1:new");
            });
        }
    }
}
