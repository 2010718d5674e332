package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.CreateEndpointOperationMetadata;
import com.google.cloud.aiplatform.v1.CreateEndpointRequest;
import com.google.cloud.aiplatform.v1.DedicatedResources;
import com.google.cloud.aiplatform.v1.DeleteEndpointRequest;
import com.google.cloud.aiplatform.v1.DeleteOperationMetadata;
import com.google.cloud.aiplatform.v1.DeployModelOperationMetadata;
import com.google.cloud.aiplatform.v1.DeployModelRequest;
import com.google.cloud.aiplatform.v1.DeployModelResponse;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.DeployedModelRef;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.EndpointServiceGrpc;
import com.google.cloud.aiplatform.v1.GetEndpointRequest;
import com.google.cloud.aiplatform.v1.ListEndpointsRequest;
import com.google.cloud.aiplatform.v1.ListEndpointsResponse;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.MutateDeployedModelOperationMetadata;
import com.google.cloud.aiplatform.v1.MutateDeployedModelRequest;
import com.google.cloud.aiplatform.v1.MutateDeployedModelResponse;
import com.google.cloud.aiplatform.v1.UndeployModelOperationMetadata;
import com.google.cloud.aiplatform.v1.UndeployModelRequest;
import com.google.cloud.aiplatform.v1.UndeployModelResponse;
import com.google.cloud.aiplatform.v1.UpdateEndpointRequest;
import com.google.longrunning.Operation;
import com.google.protobuf.Empty;
import dev.isobar.emulation.serving.StartFailure;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Endpoints and the models that are deployed there, on machines of their own. Thread safe.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints">endpoints</a>
 */
final class Endpoints extends EndpointServiceGrpc.EndpointServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoints.class);
    private static final String KIND = "Endpoint";
    /** The model that is being deployed, in its request's traffic split. */
    private static final String NEW = "0";

    private static final Pattern ID = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?|[0-9]{1,10}");
    private static final Pattern DEPLOYED_ID = Pattern.compile("[0-9]{1,10}");
    private static final int ALL = 100;

    private final Account account;
    private final Operations operations;
    private final Models models;
    private final Deployments deployments;
    private final Table<Endpoint> endpoints;
    private final Set<String> deploying = new HashSet<>();

    Endpoints(Account account, VertexSettings settings, Operations operations, Models models, Deployments deployments)
            throws IOException {
        this.account = account;
        this.operations = operations;
        this.models = models;
        this.deployments = deployments;
        this.endpoints = new Table<>(settings.home().resolve("endpoints"), Endpoint.getDefaultInstance());
        // Processes do not survive, deployments do.
        for (Endpoint endpoint : endpoints.all()) {
            for (DeployedModel deployed : endpoint.getDeployedModelsList()) {
                deployments.hosting().threads().execute(() -> again(endpoint.getName(), deployed));
            }
        }
    }

    private void again(String endpoint, DeployedModel deployed) {
        try {
            Optional<Model> model = models.find(deployed.getModel());
            if (model.isPresent()) {
                deployments.start(endpoint, deployed, model.get());
            }
        } catch (StartFailure e) {
            LOG.warn("{} of {} does not come up again: {}", deployed.getId(), endpoint, e.reason());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- endpoints

    @Override
    public void createEndpoint(CreateEndpointRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            String parent = account.allow("aiplatform.endpoints.create", "parent", request.getParent());
            Account.displayName("endpoint.display_name", request.getEndpoint().getDisplayName());
            Account.labels("endpoint.labels", request.getEndpoint().getLabelsMap());
            if (request.getEndpoint().getDeployedModelsCount() > 0
                    || request.getEndpoint().getTrafficSplitCount() > 0) {
                throw Refused.field(
                        "endpoint.deployed_models", "A new Endpoint has no DeployedModels and no traffic split.");
            }
            if (!request.getEndpointId().isEmpty()
                    && !ID.matcher(request.getEndpointId()).matches()) {
                throw Refused.field("endpoint_id", "Endpoint ID must match " + ID + ".");
            }
            String name = parent + "/endpoints/"
                    + (request.getEndpointId().isEmpty()
                            ? Long.toString(
                                    1 + Math.abs(ThreadLocalRandom.current().nextLong() >> 2))
                            : request.getEndpointId());
            Endpoint made = request.getEndpoint().toBuilder()
                    .setName(name)
                    .setCreateTime(Account.now())
                    .setUpdateTime(Account.now())
                    .setEtag(UUID.randomUUID().toString())
                    .build();
            if (endpoints.get(name).isPresent()) {
                throw Refused.exists(KIND, name);
            }
            return operations.start(
                    name,
                    generic -> CreateEndpointOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> {
                        if (!endpoints.create(name, made)) {
                            throw Refused.exists(KIND, name);
                        }
                        return made;
                    });
        });
    }

    /** An endpoint as it stands, for predictions. */
    Optional<Endpoint> find(String full) {
        return endpoints.get(full);
    }

    private Endpoint find(String permission, String field, String name) {
        return endpoints.get(account.allow(permission, field, name)).orElseThrow(() -> Refused.notFound(KIND, name));
    }

    @Override
    public void getEndpoint(GetEndpointRequest request, StreamObserver<Endpoint> to) {
        Answers.answer(to, () -> observed(find("aiplatform.endpoints.get", "name", request.getName())));
    }

    private Endpoint observed(Endpoint endpoint) {
        Endpoint.Builder seen = endpoint.toBuilder().clearDeployedModels();
        for (DeployedModel deployed : endpoint.getDeployedModelsList()) {
            seen.addDeployedModels(deployed.toBuilder()
                    .setStatus(DeployedModel.Status.newBuilder()
                            .setAvailableReplicaCount(deployments.available(endpoint.getName(), deployed.getId()))
                            .setLastUpdateTime(Account.now())));
        }
        return seen.build();
    }

    @Override
    public void listEndpoints(ListEndpointsRequest request, StreamObserver<ListEndpointsResponse> to) {
        Answers.answer(to, () -> {
            account.allow("aiplatform.endpoints.list", "parent", request.getParent());
            var filter = Filter.of(request.getFilter());
            List<Endpoint> found = endpoints.all().stream()
                    .filter(e -> filter.test(new Filter.Seen(e.getDisplayName(), "", e.getLabelsMap())))
                    .sorted(Comparator.comparing(Endpoint::getName))
                    .map(this::observed)
                    .toList();
            return Answers.page(
                    found,
                    request.getPageSize(),
                    request.getPageToken(),
                    (page, next) -> ListEndpointsResponse.newBuilder()
                            .addAllEndpoints(page)
                            .setNextPageToken(next)
                            .build());
        });
    }

    @Override
    public void updateEndpoint(UpdateEndpointRequest request, StreamObserver<Endpoint> to) {
        Answers.answer(to, () -> {
            Endpoint asked = request.getEndpoint();
            String name = find("aiplatform.endpoints.update", "endpoint.name", asked.getName())
                    .getName();
            if (request.getUpdateMask().getPathsCount() == 0) {
                throw Refused.field("update_mask", "The update mask must be specified.");
            }
            return change(name, endpoint -> {
                if (!asked.getEtag().isEmpty() && !asked.getEtag().equals(endpoint.getEtag())) {
                    throw Status.ABORTED
                            .withDescription("Etag mismatch: the Endpoint was changed meanwhile.")
                            .asRuntimeException();
                }
                for (String path : request.getUpdateMask().getPathsList()) {
                    switch (path) {
                        case "display_name" -> endpoint.setDisplayName(asked.getDisplayName());
                        case "description" -> endpoint.setDescription(asked.getDescription());
                        case "labels" -> {
                            Account.labels("endpoint.labels", asked.getLabelsMap());
                            endpoint.clearLabels().putAllLabels(asked.getLabelsMap());
                        }
                        case "traffic_split" -> {
                            split(asked.getTrafficSplitMap(), ids(endpoint.getDeployedModelsList()));
                            endpoint.clearTrafficSplit().putAllTrafficSplit(asked.getTrafficSplitMap());
                        }
                        default -> throw Refused.field("update_mask", "The field " + path + " cannot be updated.");
                    }
                }
            });
        });
    }

    private interface Change {
        void apply(Endpoint.Builder endpoint);
    }

    private synchronized Endpoint change(String name, Change change) {
        return observed(endpoints
                .update(name, before -> {
                    Endpoint.Builder after = before.toBuilder();
                    change.apply(after);
                    return after.setUpdateTime(Account.now())
                            .setEtag(UUID.randomUUID().toString())
                            .build();
                })
                .orElseThrow(() -> Refused.notFound(KIND, name)));
    }

    private static Set<String> ids(List<DeployedModel> models) {
        Set<String> ids = new HashSet<>();
        models.forEach(m -> ids.add(m.getId()));
        return ids;
    }

    private static void split(Map<String, Integer> split, Set<String> ids) {
        int sum = 0;
        for (Map.Entry<String, Integer> share : split.entrySet()) {
            if (!ids.contains(share.getKey())) {
                throw Refused.field(
                        "traffic_split",
                        "The DeployedModel ID " + share.getKey() + " in traffic split does not exist.");
            }
            if (share.getValue() < 0 || share.getValue() > ALL) {
                throw Refused.field("traffic_split", "Traffic percentages must be between 0 and 100.");
            }
            sum += share.getValue();
        }
        if (!split.isEmpty() && sum != ALL) {
            throw Refused.field("traffic_split", "The sum of traffic percentages should be 100, but is " + sum + ".");
        }
    }

    @Override
    public void deleteEndpoint(DeleteEndpointRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            Endpoint endpoint = find("aiplatform.endpoints.delete", "name", request.getName());
            synchronized (this) {
                if (endpoint.getDeployedModelsCount() > 0
                        || deploying.stream().anyMatch(d -> d.startsWith(endpoint.getName() + "#"))) {
                    throw Refused.precondition("The Endpoint \"" + endpoint.getName()
                            + "\" has deployed or being-deployed DeployedModel(s). Undeploy them first.");
                }
            }
            return operations.start(
                    account.parent(),
                    generic -> DeleteOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> {
                        endpoints.delete(endpoint.getName());
                        return Empty.getDefaultInstance();
                    });
        });
    }

    // ---- deployed models

    @Override
    public void deployModel(DeployModelRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> deploy(request));
    }

    private Operation deploy(DeployModelRequest request) {
        Endpoint endpoint = find("aiplatform.endpoints.deploy", "endpoint", request.getEndpoint());
        DeployedModel asked = request.getDeployedModel();
        String modelName = account.allow("aiplatform.models.get", "deployed_model.model", asked.getModel());
        Model model = models.find(modelName).orElseThrow(() -> Refused.notFound("Model", asked.getModel()));
        if (!asked.hasDedicatedResources()) {
            throw Refused.field("deployed_model", "Custom models need dedicated_resources.");
        }
        check(asked.getDedicatedResources());
        if (!asked.getId().isEmpty() && !DEPLOYED_ID.matcher(asked.getId()).matches()) {
            throw Refused.field("deployed_model.id", "DeployedModel ID must be 1-10 digits.");
        }
        String id = asked.getId().isEmpty()
                ? Long.toString(1 + ThreadLocalRandom.current().nextLong(9_999_999_999L))
                : asked.getId();
        Map<String, Integer> split = new LinkedHashMap<>();
        request.getTrafficSplitMap().forEach((key, share) -> split.put(key.equals(NEW) ? id : key, share));
        String key = endpoint.getName() + "#" + id;
        DeployedModel deployed = asked.toBuilder()
                .setId(id)
                .setModel(modelName.contains("@") ? modelName : model.getName())
                .setModelVersionId(model.getVersionId())
                .setCreateTime(Account.now())
                .build();
        synchronized (this) {
            Set<String> ids = ids(endpoint.getDeployedModelsList());
            if (ids.contains(id) || deploying.contains(key)) {
                throw Refused.exists("DeployedModel", id);
            }
            ids.add(id);
            split(split, ids);
            long nodes = endpoints.all().stream()
                    .flatMap(e -> e.getDeployedModelsList().stream())
                    .mapToLong(d -> d.getDedicatedResources().getMinReplicaCount())
                    .sum();
            account.within(
                    "custom_model_serving_nodes",
                    nodes + asked.getDedicatedResources().getMinReplicaCount());
            deploying.add(key);
        }
        DeployedModelRef reference = DeployedModelRef.newBuilder()
                .setEndpoint(endpoint.getName())
                .setDeployedModelId(id)
                .build();
        models.deployed(modelName, reference, true);
        return operations.start(
                endpoint.getName(),
                generic -> DeployModelOperationMetadata.newBuilder()
                        .setGenericMetadata(generic)
                        .build(),
                () -> {
                    boolean up = false;
                    try {
                        deployments.start(endpoint.getName(), deployed, model);
                        up = true;
                        change(endpoint.getName(), e -> {
                            e.addDeployedModels(deployed);
                            if (!split.isEmpty()) {
                                e.clearTrafficSplit().putAllTrafficSplit(split);
                            }
                        });
                    } catch (StartFailure e) {
                        throw Refused.precondition(e.reason());
                    } finally {
                        if (!up) {
                            models.deployed(modelName, reference, false);
                        }
                        synchronized (this) {
                            deploying.remove(key);
                        }
                    }
                    return DeployModelResponse.newBuilder()
                            .setDeployedModel(deployed)
                            .build();
                });
    }

    private static void check(DedicatedResources resources) {
        Account.machine(
                "deployed_model.dedicated_resources.machine_spec.machine_type",
                resources.getMachineSpec().getMachineType());
        if (resources.getMinReplicaCount() < 1) {
            throw Refused.field(
                    "deployed_model.dedicated_resources.min_replica_count", "min_replica_count must be at least 1.");
        }
        if (resources.getMaxReplicaCount() != 0 && resources.getMaxReplicaCount() < resources.getMinReplicaCount()) {
            throw Refused.field(
                    "deployed_model.dedicated_resources.max_replica_count",
                    "max_replica_count must not be smaller than min_replica_count.");
        }
    }

    @Override
    public void undeployModel(UndeployModelRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            Endpoint endpoint = find("aiplatform.endpoints.undeploy", "endpoint", request.getEndpoint());
            String id = request.getDeployedModelId();
            DeployedModel deployed = endpoint.getDeployedModelsList().stream()
                    .filter(d -> d.getId().equals(id))
                    .findFirst()
                    .orElseThrow(() -> Refused.notFound("DeployedModel", id));
            Set<String> left = ids(endpoint.getDeployedModelsList());
            left.remove(id);
            split(request.getTrafficSplitMap(), left);
            if (request.getTrafficSplitCount() == 0
                    && endpoint.getTrafficSplitOrDefault(id, 0) > 0
                    && !left.isEmpty()) {
                throw Refused.precondition("The DeployedModel " + id
                        + " has traffic assigned. Move its traffic before it is undeployed, or give a traffic split.");
            }
            return operations.start(
                    endpoint.getName(),
                    generic -> UndeployModelOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> {
                        change(endpoint.getName(), e -> {
                            if (request.getTrafficSplitCount() > 0) {
                                e.clearTrafficSplit().putAllTrafficSplit(request.getTrafficSplitMap());
                            } else {
                                e.removeTrafficSplit(id);
                            }
                        });
                        deployments.stop(endpoint.getName(), id);
                        change(endpoint.getName(), e -> {
                            List<DeployedModel> others = new ArrayList<>(e.getDeployedModelsList());
                            others.removeIf(d -> d.getId().equals(id));
                            e.clearDeployedModels().addAllDeployedModels(others);
                        });
                        models.deployed(
                                deployed.getModel(),
                                DeployedModelRef.newBuilder()
                                        .setEndpoint(endpoint.getName())
                                        .setDeployedModelId(id)
                                        .build(),
                                false);
                        return UndeployModelResponse.getDefaultInstance();
                    });
        });
    }

    @Override
    public void mutateDeployedModel(MutateDeployedModelRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            Endpoint endpoint = find("aiplatform.endpoints.deploy", "endpoint", request.getEndpoint());
            DeployedModel asked = request.getDeployedModel();
            if (!ids(endpoint.getDeployedModelsList()).contains(asked.getId())) {
                throw Refused.notFound("DeployedModel", asked.getId());
            }
            for (String path : request.getUpdateMask().getPathsList()) {
                if (!path.startsWith("dedicated_resources.m") || !path.endsWith("_replica_count")) {
                    throw Refused.field("update_mask", "The field " + path + " cannot be mutated.");
                }
            }
            int least = asked.getDedicatedResources().getMinReplicaCount();
            return operations.start(
                    endpoint.getName(),
                    generic -> MutateDeployedModelOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> {
                        try {
                            deployments.scale(endpoint.getName(), asked.getId(), least);
                        } catch (StartFailure e) {
                            throw Refused.precondition(e.reason());
                        }
                        Endpoint after = change(endpoint.getName(), e -> {
                            for (int i = 0; i < e.getDeployedModelsCount(); i++) {
                                if (e.getDeployedModels(i).getId().equals(asked.getId())) {
                                    e.getDeployedModelsBuilder(i)
                                            .getDedicatedResourcesBuilder()
                                            .setMinReplicaCount(least)
                                            .setMaxReplicaCount(asked.getDedicatedResources()
                                                    .getMaxReplicaCount());
                                }
                            }
                        });
                        return MutateDeployedModelResponse.newBuilder()
                                .setDeployedModel(after.getDeployedModelsList().stream()
                                        .filter(d -> d.getId().equals(asked.getId()))
                                        .findFirst()
                                        .orElse(asked))
                                .build();
                    });
        });
    }
}
