package dev.isobar.gcp.vertex;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.api.gax.rpc.ApiException;
import com.google.cloud.aiplatform.v1.DedicatedResources;
import com.google.cloud.aiplatform.v1.DeployModelRequest;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.MachineSpec;
import com.google.cloud.aiplatform.v1.MutateDeployedModelRequest;
import com.google.cloud.aiplatform.v1.UndeployModelRequest;
import com.google.longrunning.Operation;
import com.google.protobuf.FieldMask;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.vertex.EndpointRecords.Declaration;
import dev.isobar.gcp.vertex.EndpointRecords.Declared;
import dev.isobar.gcp.vertex.EndpointRecords.Progress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Brings an endpoint from what it is to what is declared, a step a look: deploy without traffic, give a trial share, ask which model it is, give the shares that are
 * wanted, undeploy what is no longer named.
 *
 * <p>Vertex AI routes by chance and cannot be asked to send one request to one deployed model, so a server without traffic cannot be asked what it serves. A new one
 * therefore gets one percent while it is asked: it is asked until the answer's header names it. If it serves another model than it should, it gets nothing again.
 * Thread safe.
 */
final class Rollout {
    /** Label of a deployment's model: its endpoint's id. */
    static final String ENDPOINT = "isobar-endpoint";

    private static final String STATUS_TYPE = "application/vnd.isobar.status+json";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int TRIAL = 1;
    private static final int ALL = 100;
    /** How often a look asks at most: one of a percent is met by two looks of three. */
    private static final int QUESTIONS = 100;

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final VertexSettings settings;
    private final EndpointRecords records;
    private final Predictor predictor;
    /** Operations that undeploy or resize, by endpoint and deployed model; only to not ask twice. */
    private final Map<String, String> changing = new ConcurrentHashMap<>();

    Rollout(Vertex vertex, Vertex.Calls calls, VertexSettings settings, EndpointRecords records, Predictor predictor) {
        this.vertex = vertex;
        this.calls = calls;
        this.settings = settings;
        this.records = records;
        this.predictor = predictor;
    }

    /**
     * An endpoint as it is, and what is wanted of it.
     *
     * @param id Vertex AI's
     * @param progress by the id of the deployed model
     */
    record State(String id, Endpoint endpoint, Declaration declaration, Map<String, Progress> progress) {
        @Nullable
        DeployedModel deployed(String deployedId) {
            return endpoint.getDeployedModelsList().stream()
                    .filter(m -> m.getId().equals(deployedId))
                    .findFirst()
                    .orElse(null);
        }

        /** Deployed models that are no longer named. */
        List<DeployedModel> leaving() {
            Set<String> wanted =
                    declaration.deployments().stream().map(Declared::id).collect(Collectors.toSet());
            return endpoint.getDeployedModelsList().stream()
                    .filter(m -> !wanted.contains(m.getId()))
                    .toList();
        }

        /** Deployments by the ids of their deployed models. */
        Map<String, String> names() {
            Map<String, String> names = new HashMap<>();
            endpoint.getDeployedModelsList().forEach(m -> names.put(m.getId(), m.getDisplayName()));
            declaration.deployments().forEach(d -> names.put(d.id(), d.name()));
            return Map.copyOf(names);
        }

        /** What a deployment's server says that it serves. */
        @Nullable
        String digest(Declared d) {
            Progress one = progress.get(d.id());
            return deployed(d.id()) == null || one == null ? null : one.digest();
        }

        /** The model that a deployment serves instead of its own; null if it serves that, or has not said. */
        @Nullable
        String other(Declared d) {
            String serves = digest(d);
            return serves == null || serves.equals(d.digest()) ? null : serves;
        }

        /** Whether a deployment is there with all its replicas and serves what it should. */
        boolean right(Declared d) {
            DeployedModel there = deployed(d.id());
            boolean enough = there != null
                    && sized(there, d)
                    && (!there.hasStatus()
                            || there.getStatus().getAvailableReplicaCount()
                                    >= d.replicas().min());
            return enough && d.digest().equals(digest(d));
        }

        /** Whether a deployed model has as many replicas as are wanted, at least on paper; how many of them, {@link ReplicaScaling} says. */
        static boolean sized(DeployedModel there, Declared d) {
            return d.replicas().allow(there.getDedicatedResources().getMinReplicaCount())
                    && there.getDedicatedResources().getMaxReplicaCount()
                            == d.replicas().max();
        }

        /** The split that is wanted, by id. */
        Map<String, Integer> wanted() {
            Map<String, Integer> percents = TrafficSplit.percents(declaration.basisPoints());
            Map<String, Integer> split = new TreeMap<>();
            declaration.deployments().forEach(d -> {
                if (percents.containsKey(d.name())) {
                    split.put(d.id(), percents.get(d.name()));
                }
            });
            return split;
        }

        /** The split that is. */
        Map<String, Integer> split() {
            Map<String, Integer> split = new TreeMap<>(endpoint.getTrafficSplitMap());
            split.values().removeIf(p -> p == 0);
            return split;
        }

        /** Whether there is traffic, and all of it goes to servers that have shown what they serve, or to such as were there before. */
        boolean traffic() {
            Map<String, Integer> split = split();
            return !split.isEmpty()
                    && declaration.deployments().stream()
                            .filter(d -> split.getOrDefault(d.id(), 0) > TRIAL)
                            .allMatch(d -> d.digest().equals(digest(d)));
        }

        /** Whether all is as declared. */
        boolean settled() {
            return leaving().isEmpty()
                    && split().equals(wanted())
                    && declaration.deployments().stream().allMatch(this::right);
        }
    }

    State state(String id, Endpoint endpoint, Declaration declaration) {
        Map<String, Progress> progress = new HashMap<>();
        declaration.deployments().forEach(d -> records.progress(id, d.id()).ifPresent(p -> progress.put(d.id(), p)));
        return new State(id, endpoint, declaration, Map.copyOf(progress));
    }

    /** Takes the next steps, as far as they need no waiting. */
    void advance(State state) {
        boolean deployed = true;
        for (Declared d : state.declaration().deployments()) {
            DeployedModel there = state.deployed(d.id());
            if (there != null && !State.sized(there, d)) {
                resize(state, there, d);
            }
            if (there == null) {
                deployed = false;
                if (!deploy(state, d)) {
                    // One at a time: Vertex AI changes an endpoint in one operation after the other.
                    return;
                }
            }
        }
        if (!deployed) {
            return;
        }
        List<Declared> unknown = state.declaration().deployments().stream()
                .filter(d -> state.digest(d) == null)
                .toList();
        List<Declared> wrong = state.declaration().deployments().stream()
                .filter(d -> state.other(d) != null)
                .toList();
        if (!wrong.isEmpty()) {
            withdraw(state, wrong);
        } else if (!unknown.isEmpty()) {
            tryOut(state, unknown);
        } else if (!state.split().equals(state.wanted())) {
            route(state, state.wanted());
        } else {
            state.leaving().forEach(m -> undeploy(state.declaration().endpoint(), state.endpoint(), m));
        }
    }

    /** Begins to deploy, or looks how far that is; false while it is under way. */
    private boolean deploy(State state, Declared d) {
        Progress progress = state.progress().get(d.id());
        if (progress != null && progress.operation() != null) {
            Operation now = look(progress.operation());
            // One that has failed lets the next one try.
            return now.getDone() && now.hasError();
        }
        DeployModelRequest request = DeployModelRequest.newBuilder()
                .setEndpoint(name(state.id()))
                .setDeployedModel(model(d))
                .build();
        try {
            Operation begun = calls.call(
                    "apply",
                    state.declaration().endpoint(),
                    () -> vertex.endpoints().deployModelCallable().call(request));
            records.progress(state.id(), d.id(), new Progress(begun.getName(), null));
        } catch (IsobarException e) {
            // A call whose answer was lost has begun it: it will be seen.
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
        }
        return false;
    }

    private DeployedModel model(Declared d) {
        DeployedModel.Builder model = DeployedModel.newBuilder()
                .setId(d.id())
                .setModel(vertex.parent() + "/models/" + d.model())
                .setDisplayName(d.name())
                .setDedicatedResources(DedicatedResources.newBuilder()
                        .setMachineSpec(MachineSpec.newBuilder().setMachineType(settings.servingMachineType()))
                        .setMinReplicaCount(d.replicas().min())
                        .setMaxReplicaCount(d.replicas().max()));
        if (settings.serviceAccount() != null) {
            model.setServiceAccount(settings.serviceAccount());
        }
        return model.build();
    }

    /** Begins to change the number of replicas, unless that is under way. */
    private void resize(State state, DeployedModel there, Declared d) {
        String key = state.endpoint().getName() + "#" + d.id() + "#" + there.getCreateTime() + "#" + d.replicas();
        String known = changing.get(key);
        if (known != null) {
            Operation now = look(known);
            if (!now.getDone()) {
                return;
            }
            changing.remove(key);
            if (now.hasError()) {
                throw calls.translate(
                        calls.failure(now), "apply", state.declaration().endpoint());
            }
            return;
        }
        Operation begun = calls.call(
                "apply",
                state.declaration().endpoint(),
                () -> vertex.endpoints()
                        .mutateDeployedModelCallable()
                        .call(MutateDeployedModelRequest.newBuilder()
                                .setEndpoint(name(state.id()))
                                .setDeployedModel(DeployedModel.newBuilder()
                                        .setId(d.id())
                                        .setDedicatedResources(DedicatedResources.newBuilder()
                                                .setMinReplicaCount(d.replicas().min())
                                                .setMaxReplicaCount(d.replicas().max())))
                                .setUpdateMask(FieldMask.newBuilder()
                                        .addPaths("dedicated_resources.min_replica_count")
                                        .addPaths("dedicated_resources.max_replica_count"))
                                .build()));
        changing.put(key, begun.getName());
    }

    private String name(String id) {
        return vertex.parent() + "/endpoints/" + id;
    }

    private Operation look(String operation) {
        return calls.call(
                "describe",
                operation,
                () -> calls.look(Operation.newBuilder().setName(operation).build()));
    }

    /** Whether a deployment's operation has failed. */
    boolean failed(String id, Declared d) {
        return records.progress(id, d.id())
                .map(Progress::operation)
                .filter(o -> look(o).hasError())
                .isPresent();
    }

    /** Why a deployment will not come. */
    Optional<String> failure(State state, Declared d) {
        Progress progress = state.progress().get(d.id());
        if (state.deployed(d.id()) != null || progress == null || progress.operation() == null) {
            return Optional.empty();
        }
        Operation now = look(progress.operation());
        return now.hasError() ? Optional.of(now.getError().getMessage()) : Optional.empty();
    }

    /** Gives those that nobody asked yet a trial share, and asks. */
    private void tryOut(State state, List<Declared> unknown) {
        Map<String, Integer> split = new TreeMap<>(state.split());
        List<Declared> without =
                unknown.stream().filter(d -> !split.containsKey(d.id())).toList();
        if (!without.isEmpty()) {
            Optional<String> largest = split.entrySet().stream()
                    .max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                    .map(Map.Entry::getKey);
            if (largest.isEmpty()) {
                // Nobody is served yet: all may be asked at once.
                int each = ALL / without.size();
                without.forEach(d -> split.put(d.id(), each));
                split.merge(without.get(0).id(), ALL - each * without.size(), Integer::sum);
            } else {
                without.forEach(d -> split.put(d.id(), TRIAL));
                split.merge(largest.get(), -TRIAL * without.size(), Integer::sum);
            }
            route(state, split);
        }
        ask(state, unknown);
    }

    private void ask(State state, List<Declared> unknown) {
        Map<String, Declared> open = new HashMap<>();
        unknown.forEach(d -> open.put(d.id(), d));
        for (int i = 0; i < QUESTIONS && !open.isEmpty(); i++) {
            Predictor.Answer answer;
            try {
                answer = predictor.ask(name(state.id()), STATUS_TYPE, "{}".getBytes(StandardCharsets.UTF_8));
            } catch (ApiException e) {
                // The split is not everywhere yet, or a replica is away; whoever waits asks again.
                return;
            }
            Declared d = answer.id() == null ? null : open.get(answer.id());
            if (d != null && answer.status() < 500) {
                open.remove(d.id());
                Progress before = state.progress().get(d.id());
                records.progress(
                        state.id(), d.id(), new Progress(before == null ? null : before.operation(), digest(answer)));
            }
        }
    }

    /** What an answer says that is served; words of its own if it does not say. */
    private static String digest(Predictor.Answer answer) {
        try {
            JsonNode digest = JSON.readTree(new String(answer.body(), StandardCharsets.UTF_8))
                    .path("model_digest");
            return digest.isTextual() ? digest.textValue() : "(it does not say which: status " + answer.status() + ")";
        } catch (JsonProcessingException e) {
            return "(it does not say which: what it answers to a question for its status is no JSON)";
        }
    }

    /** Takes the traffic from servers of another model, and gives what was there before what it had. */
    private void withdraw(State state, List<Declared> wrong) {
        Map<String, Integer> before = new TreeMap<>(state.declaration().before());
        before.values().removeIf(p -> p == 0);
        wrong.forEach(d -> before.remove(d.id()));
        before.keySet().removeIf(i -> state.deployed(i) == null);
        int sum = before.values().stream().mapToInt(p -> p).sum();
        Map<String, Integer> back = sum == ALL ? before : Map.of();
        if (!state.split().equals(back)) {
            route(state, back);
        }
    }

    private void route(State state, Map<String, Integer> split) {
        update(state.declaration().endpoint(), name(state.id()), split);
    }

    private void update(String endpoint, String name, Map<String, Integer> split) {
        calls.call(
                "route",
                endpoint,
                () -> vertex.endpoints()
                        .updateEndpoint(
                                Endpoint.newBuilder()
                                        .setName(name)
                                        .putAllTrafficSplit(split)
                                        .build(),
                                FieldMask.newBuilder().addPaths("traffic_split").build()));
    }

    /** Begins to undeploy, unless that is under way. */
    private @Nullable Operation undeploy(String resource, Endpoint endpoint, DeployedModel model) {
        String key = endpoint.getName() + "#" + model.getId() + "#" + model.getCreateTime();
        String known = changing.get(key);
        if (known != null) {
            Operation now = look(known);
            if (!now.hasError()) {
                return now;
            }
        }
        try {
            Operation begun = calls.call(
                    "apply",
                    resource,
                    () -> vertex.endpoints()
                            .undeployModelCallable()
                            .call(UndeployModelRequest.newBuilder()
                                    .setEndpoint(endpoint.getName())
                                    .setDeployedModelId(model.getId())
                                    .build()));
            changing.put(key, begun.getName());
            return begun;
        } catch (IsobarException e) {
            // It went meanwhile, or goes.
            if (e.code() != ErrorCode.NOT_FOUND && e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
            return null;
        }
    }

    /** Waits for deployments that are under way: what comes later could not be undeployed. */
    void awaitDeployments(String id, Declaration declaration) {
        for (Declared d : declaration.deployments()) {
            Optional<String> operation = records.progress(id, d.id()).map(Progress::operation);
            if (operation.isPresent()) {
                try {
                    calls.done(look(operation.get()), "delete", declaration.endpoint());
                } catch (IsobarException e) {
                    if (e.code() == ErrorCode.TIMEOUT || e.code() == ErrorCode.CANCELLED) {
                        throw e;
                    }
                    // It has failed: nothing to undeploy.
                }
            }
        }
    }

    /** Takes all traffic away and undeploys everything; returns when that is done. */
    void undeployAll(String resource, Endpoint endpoint) {
        if (endpoint.getTrafficSplitCount() > 0) {
            update(resource, endpoint.getName(), Map.of());
        }
        List<Operation> begun = new ArrayList<>();
        for (DeployedModel model : endpoint.getDeployedModelsList()) {
            Operation operation = undeploy(resource, endpoint, model);
            if (operation != null) {
                begun.add(operation);
            }
        }
        begun.forEach(o -> calls.done(o, "delete", resource));
    }
}
