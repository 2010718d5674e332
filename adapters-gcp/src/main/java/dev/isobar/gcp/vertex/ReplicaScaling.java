package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.DedicatedResources;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.MutateDeployedModelRequest;
import com.google.protobuf.FieldMask;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.vertex.EndpointRecords.Declared;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Adds and removes replicas by the time that requests take. Vertex AI scales by utilisation and knows no latency, so whoever publishes a server's 99th percentile notes it
 * here too: the worst of a period stands in the lake, where one of the servers closes the period by compare-and-set and sets the least number of replicas. Two periods above
 * the limit add one, ten below it take one away. Between the least and the most, Vertex AI's own rule (60 % of the processors) may add more. Thread safe.
 */
public final class ReplicaScaling {
    private static final int BUSY_PERIODS = 2;
    private static final int CALM_PERIODS = 10;
    private static final int ATTEMPTS = 8;
    private static final String LEAST = "dedicated_resources.min_replica_count";

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final Supplier<ObjectStore> lake;
    private final EndpointRecords records;
    private final ResourceNames names;
    private final long periodMicros;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** Scales endpoints whose declarations are in that lake. */
    public ReplicaScaling(Vertex vertex, Supplier<ObjectStore> lake, VertexSettings settings) {
        this.vertex = vertex;
        this.calls = vertex.calls("Endpoints");
        this.lake = lake;
        this.records = new EndpointRecords(lake);
        this.names = new ResourceNames(settings.prefix());
        this.periodMicros =
                TimeUnit.NANOSECONDS.toMicros(settings.scalingPeriod().toNanos());
    }

    /** A declaration as it was a moment ago. */
    private record Known(Optional<Declared> declared, long period) {}

    /**
     * What has been seen of a deployment.
     *
     * @param worstMicros of the period that is not closed yet
     * @param busy closed periods above the limit, one after the other; with {@code calm} those below it
     * @param count the least number of replicas that follows
     */
    record State(long period, long worstMicros, int busy, int calm, int count) {
        /** With another observation. */
        State with(long now, long p99Micros, Replicas bounds) {
            if (now <= period) {
                return new State(period, Math.max(worstMicros, p99Micros), busy, calm, count);
            }
            boolean slow = worstMicros > bounds.scaleOutP99Micros();
            int slowOnes = slow ? busy + 1 : 0;
            int others = slow ? 0 : calm + 1;
            int next = count;
            if (slowOnes >= BUSY_PERIODS) {
                next++;
            } else if (others >= CALM_PERIODS) {
                next--;
                others = 0;
            }
            return new State(now, p99Micros, slowOnes, others, Math.min(bounds.max(), Math.max(bounds.min(), next)));
        }
    }

    /**
     * Takes note of a server's 99th percentile.
     *
     * @param seconds of a request's time
     * @param micros when it was true
     */
    public void observe(String endpoint, String deployment, double seconds, long micros) {
        long period = micros / periodMicros;
        Declared declared = declared(endpoint, deployment, period).orElse(null);
        if (declared == null || !declared.replicas().elastic()) {
            return;
        }
        String id = names.of(endpoint);
        String key = EndpointRecords.scalingKey(id, declared.id());
        long p99Micros = Math.round(seconds * Duration.ofSeconds(1).toNanos() / 1_000);
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Optional<StoredObject> stored = lake.get().get(key);
            State before = stored.map(o -> CanonicalJson.read(o.content(), State.class, key))
                    .orElse(new State(period, 0, 0, 0, declared.replicas().min()));
            State after = before.with(period, p99Micros, declared.replicas());
            if (stored.isPresent() && after.equals(before)) {
                return;
            }
            try {
                lake.get()
                        .put(
                                key,
                                CanonicalJson.bytes(after),
                                stored.map(o -> (Precondition)
                                                Precondition.version(o.info().version()))
                                        .orElse(Precondition.absent()));
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
                // Another server has noted something: look again.
                continue;
            }
            if (after.period() > before.period()) {
                set(endpoint, declared, after.count());
            }
            return;
        }
        // So many servers at once: those that came through have noted about the same.
    }

    private Optional<Declared> declared(String endpoint, String deployment, long period) {
        return known.compute(
                        endpoint + "/" + deployment,
                        (name, last) -> last != null && last.period() == period
                                ? last
                                : new Known(
                                        records.declaration(names.of(endpoint)).flatMap(d -> d.byName(deployment)),
                                        period))
                .declared();
    }

    /** Also when a server ended before it could: each closed period looks at what is there. */
    private void set(String endpoint, Declared declared, int count) {
        String name = vertex.parent() + "/endpoints/" + names.of(endpoint);
        Endpoint there = calls.call("scale", endpoint, () -> vertex.endpoints().getEndpoint(name));
        for (DeployedModel deployed : there.getDeployedModelsList()) {
            if (deployed.getId().equals(declared.id())
                    && deployed.getDedicatedResources().getMinReplicaCount() != count) {
                DedicatedResources resources = deployed.getDedicatedResources().toBuilder()
                        .setMinReplicaCount(count)
                        .build();
                MutateDeployedModelRequest request = MutateDeployedModelRequest.newBuilder()
                        .setEndpoint(name)
                        .setDeployedModel(
                                DeployedModel.newBuilder().setId(declared.id()).setDedicatedResources(resources))
                        .setUpdateMask(FieldMask.newBuilder().addPaths(LEAST))
                        .build();
                calls.call(
                        "scale",
                        endpoint,
                        () -> vertex.endpoints().mutateDeployedModelCallable().call(request));
            }
        }
    }
}
