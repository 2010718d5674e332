package dev.isobar.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.capability.Port;
import dev.isobar.config.Configuration;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The local adapter")
class LocalAdapterTest {
    @TempDir
    Path home;

    @Test
    @DisplayName("is found by ServiceLoader")
    void found() {
        assertThat(ServiceLoader.load(Adapter.class)).anyMatch(a -> a.id().equals("local"));
    }

    @Test
    @DisplayName("has exactly the ports it declares, and opening them writes nothing")
    void ports() throws Exception {
        try (AdapterSession session = new LocalPlatform(home).open()) {
            check(Port.EVENT_STREAM, session::eventStream);
            check(Port.OBJECT_STORE, session::objectStore);
            check(Port.OFFLINE_STORE, session::offlineStore);
            check(Port.ONLINE_STORE, session::onlineStore);
            check(Port.TRAINING_JOBS, session::trainingJobs);
            check(Port.MODEL_REGISTRY, session::modelRegistry);
            check(Port.ENDPOINTS, session::endpoints);
            check(Port.METRICS, session::metrics);
        }
    }

    @Test
    @DisplayName("lists what it made, and gives no port after its session was closed")
    void lifecycle() {
        AdapterSession session = new LocalPlatform(home).open();
        assertThat(session.resources()).isEmpty();
        session.eventStream().create("s", 1);
        assertThat(session.resources())
                .singleElement()
                .satisfies(r -> assertThat(r.kind() + " " + r.name()).isEqualTo("stream s"));
        session.close();
        assertThatThrownBy(session::eventStream).isInstanceOf(IsobarException.class);
        assertThat(Files.exists(home.resolve("tmp")))
                .as("DuckDB was not started")
                .isFalse();
    }

    @Test
    @DisplayName("says everything that is wrong with its configuration at once")
    void configuration() {
        LocalAdapter adapter = new LocalAdapter();
        assertThat(LocalConfig.from(Configuration.of("", adapter.configuration(), Map.of())))
                .isEqualTo(new LocalConfig(true, 512, 2));
        assertThat(LocalConfig.from(Configuration.of(
                        "",
                        adapter.configuration(),
                        Map.of("log.fsync", "os", "offline.memory-mb", "64", "offline.threads", "1"))))
                .isEqualTo(new LocalConfig(false, 64, 1));
        Configuration wrong = Configuration.of(
                "",
                adapter.configuration(),
                Map.of("log.fsync", "sometimes", "offline.memory-mb", "1", "offline.threads", "0"));
        assertThatThrownBy(() -> adapter.open(new AdapterContext("local", wrong, home)))
                .isInstanceOfSatisfying(IsobarException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
                    assertThat(e.getMessage()).contains("log.fsync", "offline.memory-mb", "offline.threads");
                });
    }

    private static void check(Port port, ThrowingCallable open) throws Exception {
        if (new LocalAdapter().capabilities().implementsPort(port)) {
            try {
                open.call();
            } catch (Throwable e) {
                throw new AssertionError(port + " is declared but cannot be opened", e);
            }
        } else {
            assertThatThrownBy(open)
                    .isInstanceOfSatisfying(
                            IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
        }
    }
}
