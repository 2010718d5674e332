package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Model;
import dev.isobar.emulation.serving.Hosting;
import dev.isobar.emulation.serving.Replica;
import dev.isobar.emulation.serving.ReplicaSet;
import dev.isobar.emulation.serving.StartFailure;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** The deployed models that run, by endpoint and id. Thread safe. */
final class Deployments implements AutoCloseable {
    /** No prediction may take longer. */
    private static final Duration DRAIN = Duration.ofSeconds(60);

    private final Host host;
    private final Hosting hosting;
    private final Map<String, Running> running = new ConcurrentHashMap<>();

    Deployments(Host host) {
        this.host = host;
        this.hosting = Hosting.in(host.settings().home().resolve("serving"));
    }

    private record Running(ModelContainer container, ReplicaSet replicas) {}

    /** A replica that takes part in a prediction until {@link Replica#end}. */
    record Chosen(Replica replica, String route) {}

    private static String key(String endpoint, String id) {
        return endpoint + "#" + id;
    }

    Hosting hosting() {
        return hosting;
    }

    /** Starts all replicas, or none. */
    void start(String endpoint, DeployedModel deployed, Model model) throws StartFailure, InterruptedException {
        ModelContainer container = new ModelContainer(host, model, endpoint, deployed.getId());
        ReplicaSet replicas =
                new ReplicaSet(hosting, container, () -> deployed.getId() + "-" + UUID.randomUUID(), DRAIN);
        replicas.scale(deployed.getDedicatedResources().getMinReplicaCount());
        running.put(key(endpoint, deployed.getId()), new Running(container, replicas));
    }

    void scale(String endpoint, String id, int count) throws StartFailure, InterruptedException {
        Running one = running.get(key(endpoint, id));
        if (one != null) {
            one.replicas().scale(count);
        }
    }

    int available(String endpoint, String id) {
        Running one = running.get(key(endpoint, id));
        return one == null ? 0 : one.replicas().ready();
    }

    void stop(String endpoint, String id) throws InterruptedException {
        Running one = running.get(key(endpoint, id));
        if (one != null) {
            one.replicas().stop(DRAIN);
            running.remove(key(endpoint, id));
        }
    }

    /** Which deployed model is next, by chance and weight; empty if none has any. */
    static Optional<String> draw(Map<String, Integer> split) {
        int drawn = ThreadLocalRandom.current().nextInt(100);
        for (Map.Entry<String, Integer> share : split.entrySet()) {
            if (drawn < share.getValue()) {
                return Optional.of(share.getKey());
            }
            drawn -= share.getValue();
        }
        return Optional.empty();
    }

    /** A replica of a deployed model that answers, if any does. */
    Optional<Chosen> begin(String endpoint, String id) {
        Running one = running.get(key(endpoint, id));
        return one == null
                ? Optional.empty()
                : one.replicas()
                        .begin()
                        .map(replica -> new Chosen(replica, one.container().predictRoute()));
    }

    /** Their processes are ended by {@link dev.isobar.emulation.process.Children}. */
    @Override
    public void close() {
        hosting.close();
    }
}
