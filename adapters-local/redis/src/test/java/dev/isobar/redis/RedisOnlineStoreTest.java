package dev.isobar.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Port;
import dev.isobar.conformance.OnlineStoreSuite;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

class RedisOnlineStoreTest extends OnlineStoreSuite {
    private static RedisServer server;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        port = freePort();
        try {
            server = RedisServer.newRedisServer()
                    .port(port)
                    .bind("127.0.0.1")
                    .setting("save \"\"")
                    .build();
            server.start();
        } catch (IOException | RuntimeException e) {
            assumeTrue(false, "no redis-server runs on this machine: " + e.getMessage());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.stop();
        }
    }

    private static RedisOnlineStore store(String address) {
        return new RedisOnlineStore(address, "redis", "isobar", Duration.ofSeconds(20));
    }

    @Override
    protected Platform platform() {
        return new Platform() {
            @Override
            public AdapterSession open() {
                RedisOnlineStore store = store("redis://127.0.0.1:" + port);
                return new AdapterSession() {
                    @Override
                    public OnlineStore onlineStore() {
                        return store;
                    }

                    @Override
                    public List<Resource> resources() {
                        return store.resources();
                    }

                    @Override
                    public void close() {
                        store.close();
                    }
                };
            }

            @Override
            public CapabilityReport capabilities() {
                return new CapabilityReport(
                        "redis", Map.of(Port.ONLINE_STORE, "Redis"), Set.of(Capability.ERASE_STATE), Map.of());
            }
        };
    }

    @Test
    @DisplayName("says UNAVAILABLE where nobody listens, and never a word of the address' password")
    void errors() throws Exception {
        int nobody = freePort();
        try (RedisOnlineStore store = store("redis://me:secret@127.0.0.1:" + nobody)) {
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> store.get("n", "k"));
            assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(e.toString() + e.getCause()).doesNotContain("secret");
        }
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> store("redis:///nonsense secret"));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e.toString()).doesNotContain("secret");
    }

    @Test
    @DisplayName("writes ten thousand keys as one")
    void large() {
        try (RedisOnlineStore store = store("redis://127.0.0.1:" + port)) {
            String namespace = fresh("large");
            long token = store.acquire(namespace, "o");
            List<StatePut> puts = java.util.stream.IntStream.range(0, 10_000)
                    .mapToObj(i -> new StatePut("k" + i, 0, new byte[100]))
                    .toList();
            assertThat(store.putAll(namespace, token, puts)).hasSize(10_000).containsOnly(1L);
            assertThat(store.keys(namespace, null, 20_000)).hasSize(10_000);
        }
    }
}
