package dev.isobar.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Resource;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A session of an adapter without ports")
class AdapterSessionTest {
    private final AdapterSession session = new AdapterSession() {
        @Override
        public List<Resource> resources() {
            return List.of();
        }

        @Override
        public void close() {}
    };

    @Test
    @DisplayName("refuses each of them by name")
    void refusesEachPortByName() {
        List<Runnable> ports = List.of(
                session::eventStream,
                session::objectStore,
                session::offlineStore,
                session::onlineStore,
                session::trainingJobs,
                session::modelRegistry,
                session::endpoints,
                session::metrics);
        List<String> names = List.of(
                "EventStream",
                "ObjectStore",
                "OfflineStore",
                "OnlineStore",
                "TrainingJobs",
                "ModelRegistry",
                "Endpoints",
                "Metrics");
        for (int i = 0; i < ports.size(); i++) {
            IsobarException e = catchThrowableOfType(IsobarException.class, ports.get(i)::run);
            assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
            assertThat(e).hasMessageContaining(names.get(i));
        }
    }
}
