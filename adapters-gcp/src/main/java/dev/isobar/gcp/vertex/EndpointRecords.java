package dev.isobar.gcp.vertex;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the lake knows of endpoints, since Vertex AI keeps only what is, and not what is wanted. Thread safe, also between processes.
 *
 * <pre>
 * vertex/endpoints/ID/declared.json         what was declared last
 * vertex/endpoints/ID/deployments/N.json    the operation that deploys N, and what is known of its model
 * vertex/endpoints/ID/scaling/N.json        how the replicas of N follow its latency
 * </pre>
 */
final class EndpointRecords {
    private static final String ROOT = "vertex/endpoints/";
    private static final int PAGE = 1_000;

    private final Supplier<ObjectStore> lake;

    EndpointRecords(Supplier<ObjectStore> lake) {
        this.lake = lake;
    }

    /**
     * A deployment that is wanted.
     *
     * @param model id of Vertex AI's model, which names its content
     * @param id of the deployed model on the endpoint, chosen here so that a call that is repeated finds it
     */
    record Declared(String name, String model, String id, String digest, Replicas replicas) {}

    /** What is wanted of an endpoint; {@code before} is the split in percents that it had then, by id. */
    record Declaration(
            String endpoint,
            List<Declared> deployments,
            Map<String, Integer> basisPoints,
            Map<String, String> labels,
            Map<String, Integer> before) {
        Declaration {
            basisPoints = new TreeMap<>(basisPoints);
            labels = new TreeMap<>(labels);
            before = new TreeMap<>(before);
        }

        Optional<Declared> byName(String name) {
            return deployments.stream().filter(d -> d.name().equals(name)).findFirst();
        }

        Declaration with(Map<String, Integer> shares, Map<String, Integer> splitBefore) {
            return new Declaration(endpoint, deployments, shares, labels, splitBefore);
        }
    }

    /**
     * How far a deployment is.
     *
     * @param operation Vertex AI's; null if the answer that named it was lost
     * @param digest what its server says that it serves; null while it was not asked
     */
    record Progress(@Nullable String operation, @Nullable String digest) {}

    private static String folder(String endpointId) {
        return ROOT + endpointId + "/";
    }

    private static String progressKey(String endpointId, String id) {
        return folder(endpointId) + "deployments/" + id + ".json";
    }

    /** Where it stands how a deployment's replicas follow its latency. */
    static String scalingKey(String endpointId, String id) {
        return folder(endpointId) + "scaling/" + id + ".json";
    }

    Optional<Declaration> declaration(String endpointId) {
        String key = folder(endpointId) + "declared.json";
        return lake.get().get(key).map(o -> CanonicalJson.read(o.content(), Declaration.class, key));
    }

    /** Notes what is wanted; the last one wins, as with every declaration. */
    void declare(String endpointId, Declaration declaration) {
        lake.get().put(folder(endpointId) + "declared.json", CanonicalJson.bytes(declaration), Precondition.none());
    }

    Optional<Progress> progress(String endpointId, String id) {
        String key = progressKey(endpointId, id);
        return lake.get().get(key).map(o -> CanonicalJson.read(o.content(), Progress.class, key));
    }

    void progress(String endpointId, String id, Progress progress) {
        lake.get().put(progressKey(endpointId, id), CanonicalJson.bytes(progress), Precondition.none());
    }

    void forgetProgress(String endpointId, String id) {
        lake.get().delete(progressKey(endpointId, id), Precondition.none());
    }

    /** Removes all about an endpoint, or what was not written again since it was read. */
    void forget(String endpointId) {
        while (true) {
            List<ObjectInfo> page = lake.get().list(folder(endpointId), null, PAGE);
            for (ObjectInfo object : page) {
                try {
                    lake.get().delete(object.key(), Precondition.none());
                } catch (IsobarException e) {
                    if (e.code() != ErrorCode.CONFLICT) {
                        throw e;
                    }
                }
            }
            if (page.size() < PAGE) {
                return;
            }
        }
    }
}
