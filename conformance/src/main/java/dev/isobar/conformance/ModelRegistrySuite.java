package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ModelRegistry.Alias;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.ModelRegistry.ModelVersion;
import dev.isobar.port.Precondition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What every model registry promises. */
@DisplayName("A model registry")
public abstract class ModelRegistrySuite extends PortSuite {
    /** For subclasses. */
    protected ModelRegistrySuite() {
        super(Port.MODEL_REGISTRY);
    }

    private ModelRegistry registry() {
        return open().modelRegistry();
    }

    private static ModelPackage model(String group, int number) {
        String digest = "sha256:" + String.format("%064x", number);
        return new ModelPackage(
                group,
                digest,
                "models/" + number + "/model.ubj",
                "models/" + number + "/manifest.json",
                Map.of("auc", "0.7" + number));
    }

    @Nested
    @DisplayName("registers")
    class Registers {
        @Test
        @DisplayName("versions from 1 upwards, each as it was given")
        void versionsCount() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            assertThat(registry.register(model(group, 1)).version()).isEqualTo(1);
            assertThat(registry.register(model(group, 2)).version()).isEqualTo(2);
            assertThat(registry.list(group)).extracting(ModelVersion::version).containsExactly(1, 2);
            assertThat(registry.get(group, 2)).contains(new ModelVersion(2, model(group, 2)));
        }

        @Test
        @DisplayName("a digest once, however often it comes")
        void idempotent() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            registry.register(model(group, 1));
            registry.register(model(group, 2));
            assertThat(registry.register(model(group, 1)).version()).isEqualTo(1);
            assertThat(registry.list(group)).hasSize(2);
        }

        @Test
        @DisplayName("nothing twice and nothing under one number when many register at once")
        void concurrently() throws Exception {
            String group = fresh("group");
            List<ModelRegistry> clients = List.of(registry(), registry(), registry(), registry());
            ExecutorService threads = Executors.newFixedThreadPool(clients.size());
            try {
                List<Future<ModelVersion>> all = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    int number = i % 12 + 1;
                    ModelRegistry client = clients.get(i % clients.size());
                    all.add(threads.submit(() -> client.register(model(group, number))));
                }
                Set<Integer> versions = new HashSet<>();
                for (Future<ModelVersion> one : all) {
                    versions.add(one.get(60, TimeUnit.SECONDS).version());
                }
                assertThat(versions).hasSize(12);
                assertThat(registry().list(group)).hasSize(12);
            } finally {
                threads.shutdownNow();
            }
        }

        @Test
        @DisplayName("and knows nothing of what it was not told")
        void unknown() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            assertThat(registry.list(group)).isEmpty();
            assertThat(registry.get(group, 1)).isEmpty();
            assertThat(registry.alias(group, "champion")).isEmpty();
            assertThat(registry.groups()).doesNotContain(group);
        }
    }

    @Nested
    @DisplayName("points aliases")
    class PointsAliases {
        @Test
        @DisplayName("at versions, and remembers")
        void remembers() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            registry.register(model(group, 1));
            Alias set = registry.setAlias(group, "champion", 1, Precondition.absent());
            assertThat(registry().alias(group, "champion")).contains(set);
            assertThat(set.version()).isEqualTo(1);
        }

        @Test
        @DisplayName("by compare-and-set: a stale token conflicts")
        void compareAndSet() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            registry.register(model(group, 1));
            registry.register(model(group, 2));
            Alias first = registry.setAlias(group, "champion", 1, Precondition.absent());
            fails(ErrorCode.ALREADY_EXISTS, () -> registry.setAlias(group, "champion", 2, Precondition.absent()));
            Alias second = registry.setAlias(group, "champion", 2, Precondition.version(first.token()));
            assertThat(second.token()).isNotEqualTo(first.token());
            fails(
                    ErrorCode.CONFLICT,
                    () -> registry.setAlias(group, "champion", 1, Precondition.version(first.token())));
            assertThat(registry.alias(group, "champion")).contains(second);
        }

        @Test
        @DisplayName("never at a version that does not exist")
        void unknownVersion() {
            ModelRegistry registry = registry();
            String group = fresh("group");
            registry.register(model(group, 1));
            fails(ErrorCode.NOT_FOUND, () -> registry.setAlias(group, "champion", 2, Precondition.none()));
            fails(
                    ErrorCode.CONFLICT,
                    () -> registry.setAlias(group, "champion", 1, Precondition.version("no-such-token")));
        }
    }

    @Test
    @DisplayName("lists its groups and forgets one that is deleted")
    void deletes() {
        ModelRegistry registry = registry();
        String group = fresh("group");
        registry.register(model(group, 1));
        assertThat(registry.groups()).contains(group).isSorted();
        registry.delete(group);
        assertThat(registry.groups()).doesNotContain(group);
        registry.delete(group);
        assertThat(registry.register(model(group, 5)).version()).isEqualTo(1);
    }
}
