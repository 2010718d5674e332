package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.spi.AdapterSession;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import redis.embedded.RedisServer;

@DisplayName("The Google Cloud adapter's online state on Redis")
class OnlineOnRedisTest {
    @Test
    @DisplayName("is there for another session; without an address, or with one that is not asked for, nothing opens")
    void configured() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        RedisServer server = RedisServer.newRedisServer()
                .port(port)
                .bind("127.0.0.1")
                .setting("save \"\"")
                .build();
        server.start();
        try {
            GcpPlatform platform =
                    new GcpPlatform(Map.of("online.store", "redis", "online.redis.uri", "redis://127.0.0.1:" + port));
            try (AdapterSession session = platform.open()) {
                long token = session.onlineStore().acquire("n", "o");
                session.onlineStore().putAll("n", token, List.of(new StatePut("k", 0, new byte[] {7})));
            }
            try (AdapterSession session = platform.open()) {
                assertThat(session.onlineStore().get("n", "k").orElseThrow().bytes())
                        .containsExactly(7);
                assertThat(session.onlineStore().namespaces("")).containsExactly("n");
            }
        } finally {
            server.stop();
        }
        for (Map<String, String> wrong : List.of(
                Map.of("online.store", "redis"),
                Map.of("online.redis.uri", "redis://h"),
                Map.of("online.store", "memory"))) {
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> new GcpPlatform(wrong).open());
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.getMessage()).contains("online.");
        }
    }
}
