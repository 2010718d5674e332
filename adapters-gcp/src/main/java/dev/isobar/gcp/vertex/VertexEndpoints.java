package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.CreateEndpointRequest;
import com.google.cloud.aiplatform.v1.DeleteEndpointRequest;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.EnvVar;
import com.google.cloud.aiplatform.v1.ListEndpointsRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelContainerSpec;
import com.google.cloud.aiplatform.v1.Port;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.vertex.EndpointRecords.Declaration;
import dev.isobar.gcp.vertex.EndpointRecords.Declared;
import dev.isobar.gcp.vertex.Rollout.State;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.InFlight;
import dev.isobar.platform.managed.Pace;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.Endpoints;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints of Vertex AI: a deployment is a model with a server's image, deployed on machines of its own. {@link #describe} takes the next step of a rollout that this
 * object began, so whoever polls until it is settled brings it there; seen from elsewhere it only looks. Until an endpoint's servers have shown that they serve the
 * model they should, {@link #invoke} refuses. Vertex AI forwards a request's body and content type to a server, and no headers. Thread safe.
 *
 * @since 0.1
 */
public final class VertexEndpoints implements Endpoints {
    static final String INVOCATIONS = "/invocations";
    private static final String PING = "/ping";
    private static final int SERVER_PORT = 8080;
    private static final int FAILURE_LINES = 12;
    /** What a shared public endpoint takes, in bytes. */
    public static final long MAX_REQUEST_BYTES = 1_500_000;

    /** How many deployments an endpoint may have here. */
    public static final long MAX_DEPLOYMENTS = 10;

    private static final int NAME_LENGTH = 100;
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Duration PREDICTION = Duration.ofSeconds(60);
    private static final long PAUSE = Duration.ofMillis(50).toNanos();

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final VertexSettings settings;
    private final @Nullable URI override;
    private final ResourceNames names;
    private final EndpointRecords records;
    private final ModelUploads models;
    private final Predictor predictor;
    private final Rollout rollout;
    private final LogTail logs;
    private final Pace pace;
    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    /** Endpoint → deployed model's id → deployment, once the endpoint may be asked. */
    private final Map<String, Map<String, String>> verified = new ConcurrentHashMap<>();

    private final InFlight inFlight = new InFlight();

    /**
     * Endpoints of a project and region.
     *
     * @param lake where declarations are kept; asked for when first needed
     * @param override where Vertex AI is asked instead of its public address; null for there
     */
    public VertexEndpoints(Vertex vertex, Supplier<ObjectStore> lake, @Nullable URI override, VertexSettings settings) {
        this.vertex = vertex;
        this.calls = vertex.calls("Endpoints");
        this.settings = settings;
        this.override = override;
        this.names = new ResourceNames(settings.prefix());
        this.records = new EndpointRecords(lake);
        this.models = new ModelUploads(vertex, calls);
        this.predictor = new Predictor(vertex);
        this.rollout = new Rollout(vertex, calls, settings, records, predictor);
        this.logs = new LogTail(vertex);
        this.pace = new Pace(settings.poll());
    }

    private String resource(String endpoint) {
        return vertex.parent() + "/endpoints/" + names.of(endpoint);
    }

    // ---- declare

    @Override
    public EndpointStatus apply(EndpointConfiguration c) {
        check(c);
        String id = names.of(c.endpoint());
        List<Declared> wanted = new ArrayList<>();
        c.deployments().forEach(d -> wanted.add(declared(c.endpoint(), d)));
        Optional<Endpoint> there = find("apply", c.endpoint());
        Map<String, Integer> before = new TreeMap<>();
        if (there.isPresent()) {
            Declaration last = records.declaration(id).orElse(null);
            refuseOtherContent(c.endpoint(), wanted, last, there.get());
            before.putAll(there.get().getTrafficSplitMap());
        } else {
            records.forget(id);
            forget(c.endpoint());
        }
        Declaration now = new Declaration(c.endpoint(), wanted, c.basisPoints(), c.labels(), before);
        c.deployments().forEach(d -> upload(c.endpoint(), d, declared(c.endpoint(), d)));
        declare(c.endpoint(), now, there);
        if (there.isEmpty()) {
            create(c.endpoint());
        }
        return describe(c.endpoint()).orElseThrow(() -> gone("apply", c.endpoint()));
    }

    /** Notes what is wanted, unless it is already; what is noted and not begun is begun by asking again. */
    private void declare(String endpoint, Declaration now, Optional<Endpoint> there) {
        String id = names.of(endpoint);
        Declaration last = records.declaration(id).orElse(null);
        boolean same = last != null
                && last.with(Map.of(), Map.of()).equals(now.with(Map.of(), Map.of()))
                && last.basisPoints().equals(now.basisPoints());
        if (!same) {
            records.declare(id, now);
        }
        // What failed before is tried again.
        for (Declared d : now.deployments()) {
            boolean deployed = there.isPresent()
                    && there.get().getDeployedModelsList().stream()
                            .anyMatch(m -> m.getId().equals(d.id()));
            if (!deployed && rollout.failed(id, d)) {
                records.forgetProgress(id, d.id());
            }
        }
        begun.add(endpoint);
    }

    private Declared declared(String endpoint, Deployment d) {
        String content = CanonicalJson.write(new Content(
                String.valueOf(d.workload().image()),
                d.workload().command(),
                new TreeMap<>(d.workload().environment()),
                d.modelDigest()));
        String model = names.part(endpoint + "-" + d.name(), content);
        return new Declared(d.name(), model, number(model), d.modelDigest(), d.replicas());
    }

    /** What a deployment runs. */
    record Content(String image, List<String> arguments, Map<String, String> environment, String digest) {}

    /** A deployed model's id is up to ten digits. */
    private static String number(String model) {
        long hash = Long.parseUnsignedLong(ResourceNames.sha256(model).substring(0, 15), 16);
        return Long.toString(1_000_000_000L + hash % 9_000_000_000L);
    }

    private void refuseOtherContent(
            String endpoint, List<Declared> wanted, @Nullable Declaration last, Endpoint there) {
        Map<String, String> known = new HashMap<>();
        there.getDeployedModelsList().forEach(m -> known.put(m.getDisplayName(), model(m)));
        if (last != null) {
            last.deployments().forEach(d -> known.put(d.name(), d.model()));
        }
        for (Declared d : wanted) {
            if (!known.getOrDefault(d.name(), d.model()).equals(d.model())) {
                throw calls.error(
                                ErrorCode.CONFLICT,
                                "apply",
                                endpoint,
                                "Endpoint '" + endpoint + "' has a deployment '" + d.name()
                                        + "' that runs something else")
                        .hint("A deployment is named by what it runs: give the new one another name.")
                        .build();
            }
        }
    }

    static String model(DeployedModel deployed) {
        String id = Vertex.id(deployed.getModel());
        int at = id.indexOf('@');
        return at < 0 ? id : id.substring(0, at);
    }

    /** Makes the model of a deployment, unless it is there: its id names its content. */
    private void upload(String endpoint, Deployment d, Declared declared) {
        if (models.find("apply", endpoint, declared.model()).isPresent()) {
            return;
        }
        ModelContainerSpec.Builder container = ModelContainerSpec.newBuilder()
                .setImageUri(String.valueOf(d.workload().image()))
                .addAllArgs(d.workload().command())
                .addPorts(Port.newBuilder().setContainerPort(SERVER_PORT))
                .setHealthRoute(PING)
                .setPredictRoute(INVOCATIONS);
        new TreeMap<>(d.workload().environment())
                .forEach((name, value) ->
                        container.addEnv(EnvVar.newBuilder().setName(name).setValue(value)));
        UploadModelRequest.Builder request = UploadModelRequest.newBuilder()
                .setModelId(declared.model())
                .setModel(Model.newBuilder()
                        .setDisplayName(declared.model())
                        .setDescription("Made by Isobar: deployment " + d.name() + " of endpoint " + endpoint)
                        .setVersionDescription(d.modelDigest())
                        .setContainerSpec(container)
                        .putLabels(CustomJobRequests.OWNER, settings.prefix())
                        .putLabels(Rollout.ENDPOINT, names.of(endpoint)));
        long deadline = System.nanoTime() + vertex.patience().toNanos();
        while (true) {
            try {
                models.upload(request, "apply", endpoint);
                return;
            } catch (IsobarException e) {
                if (e.code() == ErrorCode.ALREADY_EXISTS) {
                    return;
                }
                if (!e.retryable() || System.nanoTime() > deadline) {
                    throw e;
                }
            }
            if (models.find("apply", endpoint, declared.model()).isPresent()) {
                return;
            }
            calls.pause(PAUSE, "apply", endpoint);
        }
    }

    private void create(String endpoint) {
        Endpoint made = Endpoint.newBuilder()
                .setDisplayName(endpoint)
                .setDescription("Made by Isobar")
                .putLabels(CustomJobRequests.OWNER, settings.prefix())
                .build();
        try {
            calls.done(
                    calls.call(
                            "apply",
                            endpoint,
                            () -> vertex.endpoints()
                                    .createEndpointCallable()
                                    .call(CreateEndpointRequest.newBuilder()
                                            .setParent(vertex.parent())
                                            .setEndpointId(names.of(endpoint))
                                            .setEndpoint(made)
                                            .build())),
                    "apply",
                    endpoint);
        } catch (IsobarException e) {
            // Somebody else made it meanwhile, or the first answer was lost.
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
            long deadline = System.nanoTime() + vertex.patience().toNanos();
            while (find("apply", endpoint).isEmpty() && System.nanoTime() < deadline) {
                calls.pause(PAUSE, "apply", endpoint);
            }
        }
    }

    @Override
    public EndpointStatus route(String endpoint, Map<String, Integer> basisPoints) {
        State state = state("route", endpoint).orElseThrow(() -> gone("route", endpoint));
        Set<String> known = new HashSet<>();
        state.declaration().deployments().forEach(d -> known.add(d.name()));
        checkTraffic("route", endpoint, basisPoints, known);
        declare(
                endpoint,
                state.declaration().with(basisPoints, state.endpoint().getTrafficSplitMap()),
                Optional.of(state.endpoint()));
        return describe(endpoint).orElseThrow(() -> gone("route", endpoint));
    }

    // ---- observe

    @Override
    public Optional<EndpointStatus> describe(String endpoint) {
        pace.await(endpoint);
        Optional<State> state = state("describe", endpoint);
        if (state.isEmpty()) {
            return Optional.empty();
        }
        State seen = state.get();
        if (begun.contains(endpoint)) {
            rollout.advance(seen);
            seen = state("describe", endpoint).orElse(seen);
        }
        EndpointStatus status = status(seen);
        if (status.settled()) {
            verified.put(endpoint, seen.names());
            if (begun.remove(endpoint)) {
                sweep(endpoint, seen);
            }
        }
        return Optional.of(status);
    }

    private Optional<State> state(String operation, String endpoint) {
        String id = names.of(endpoint);
        return find(operation, endpoint).flatMap(e -> records.declaration(id).map(d -> rollout.state(id, e, d)));
    }

    private Optional<Endpoint> find(String operation, String endpoint) {
        try {
            return Optional.of(
                    calls.call(operation, endpoint, () -> vertex.endpoints().getEndpoint(resource(endpoint))));
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private EndpointStatus status(State state) {
        List<DeploymentStatus> deployments = new ArrayList<>();
        for (Declared d : state.declaration().deployments()) {
            boolean right = state.right(d);
            String failure = right ? null : failure(state, d);
            deployments.add(new DeploymentStatus(
                    d.name(),
                    right ? DeploymentState.READY : failure == null ? DeploymentState.STARTING : DeploymentState.FAILED,
                    state.digest(d),
                    replicas(state.deployed(d.id()), right),
                    failure));
        }
        for (DeployedModel leaving : state.leaving()) {
            deployments.add(new DeploymentStatus(
                    leaving.getDisplayName(), DeploymentState.DRAINING, null, replicas(leaving, false), null));
        }
        Map<String, Integer> traffic = new TreeMap<>();
        state.endpoint()
                .getTrafficSplitMap()
                .forEach((id, percent) ->
                        traffic.merge(state.names().getOrDefault(id, id), percent * 100, Integer::sum));
        traffic.values().removeIf(v -> v == 0);
        return new EndpointStatus(
                state.declaration().endpoint(),
                url(state.declaration().endpoint()),
                Map.copyOf(traffic),
                List.copyOf(deployments),
                state.settled(),
                Map.copyOf(state.declaration().labels()));
    }

    private @Nullable String failure(State state, Declared d) {
        String other = state.other(d);
        if (other != null) {
            return "It serves the model " + other + ", not " + d.digest();
        }
        Optional<String> reason = rollout.failure(state, d);
        if (reason.isEmpty()) {
            return null;
        }
        List<String> lines = calls.call(
                "describe",
                state.declaration().endpoint(),
                () -> logs.last(filter(state.declaration().endpoint(), d.id()), FAILURE_LINES));
        return lines.isEmpty() ? reason.get() : reason.get() + "\nIts last lines:\n" + String.join("\n", lines);
    }

    private static List<ReplicaStatus> replicas(@Nullable DeployedModel deployed, boolean ready) {
        List<ReplicaStatus> replicas = new ArrayList<>();
        if (deployed != null) {
            int count = deployed.hasStatus()
                    ? deployed.getStatus().getAvailableReplicaCount()
                    : deployed.getDedicatedResources().getMinReplicaCount();
            for (int i = 0; i < count; i++) {
                replicas.add(new ReplicaStatus(i, null, null, ready, 0));
            }
        }
        return List.copyOf(replicas);
    }

    private String url(String endpoint) {
        String base =
                override == null ? "https://" + vertex.location() + "-aiplatform.googleapis.com" : override.toString();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/v1/" + resource(endpoint);
    }

    @Override
    public List<String> list() {
        return ours().stream().map(Endpoint::getDisplayName).sorted().toList();
    }

    private List<Endpoint> ours() {
        return calls.call("list", settings.prefix(), () -> {
            List<Endpoint> all = new ArrayList<>();
            vertex.endpoints()
                    .listEndpoints(ListEndpointsRequest.newBuilder()
                            .setParent(vertex.parent())
                            .setFilter("labels." + CustomJobRequests.OWNER + "=\"" + settings.prefix() + "\"")
                            .build())
                    .iterateAll()
                    .forEach(all::add);
            return all;
        });
    }

    @Override
    public List<String> logs(String endpoint, String deployment, int limit) {
        State state = state("logs", endpoint).orElseThrow(() -> gone("logs", endpoint));
        String id = state.declaration()
                .byName(deployment)
                .map(Declared::id)
                .or(() -> state.leaving().stream()
                        .filter(m -> m.getDisplayName().equals(deployment))
                        .map(DeployedModel::getId)
                        .findFirst())
                .orElseThrow(() -> calls.error(
                                ErrorCode.NOT_FOUND,
                                "logs",
                                endpoint,
                                "Endpoint '" + endpoint + "' has no deployment '" + deployment + "'")
                        .hint("It has "
                                + state.declaration().deployments().stream()
                                        .map(Declared::name)
                                        .toList()
                                + ".")
                        .build());
        return calls.call("logs", endpoint, () -> logs.last(filter(endpoint, id), limit));
    }

    private String filter(String endpoint, String id) {
        return "resource.type=\"aiplatform.googleapis.com/Endpoint\" AND resource.labels.endpoint_id=\""
                + names.of(endpoint) + "\" AND labels.deployed_model_id=\"" + id + "\"";
    }

    // ---- invoke

    @Override
    public Response invoke(String endpoint, Request request) {
        if (!request.path().equals(INVOCATIONS)) {
            throw calls.error(
                            ErrorCode.UNSUPPORTED,
                            "invoke",
                            endpoint,
                            "A deployed model has one route for predictions, " + INVOCATIONS + ", not "
                                    + request.path())
                    .hint("Score through " + INVOCATIONS + "; the server tells requests apart by their content type.")
                    .build();
        }
        if (request.body().length > MAX_REQUEST_BYTES) {
            throw calls.invalid(
                    "invoke",
                    endpoint,
                    "The request has " + request.body().length + " bytes; Vertex AI takes " + MAX_REQUEST_BYTES);
        }
        Map<String, String> known = verify(endpoint);
        try (InFlight.Request one = inFlight.begin(endpoint)) {
            Predictor.Answer answer = predictor.ask(resource(endpoint), request.contentType(), request.body());
            return answer.response(answer.id() == null ? null : name(endpoint, known, answer.id()));
        } catch (RuntimeException e) {
            IsobarException failure = calls.translate(e, "invoke", endpoint);
            if (failure.code() == ErrorCode.NOT_FOUND || failure.code() == ErrorCode.CONFLICT) {
                verified.remove(endpoint);
                throw find("invoke", endpoint).isEmpty() ? gone("invoke", endpoint) : notReady(endpoint, e);
            }
            throw failure;
        }
    }

    /** A deployment that somebody else's rollout brought is looked up once. */
    private String name(String endpoint, Map<String, String> known, String id) {
        String name = known.get(id);
        if (name != null) {
            return name;
        }
        Map<String, String> now = state("invoke", endpoint).map(State::names).orElse(Map.of());
        if (!now.isEmpty()) {
            verified.put(endpoint, now);
        }
        return now.getOrDefault(id, id);
    }

    private Map<String, String> verify(String endpoint) {
        Map<String, String> known = verified.get(endpoint);
        if (known != null) {
            return known;
        }
        State state = state("invoke", endpoint).orElseThrow(() -> gone("invoke", endpoint));
        if (!state.traffic()) {
            throw notReady(endpoint, null);
        }
        verified.put(endpoint, state.names());
        return state.names();
    }

    private IsobarException notReady(String endpoint, @Nullable Throwable cause) {
        return calls.error(
                        ErrorCode.UNAVAILABLE, "invoke", endpoint, "No replica of endpoint '" + endpoint + "' is ready")
                .hint("`isobar status` says how far it is; `isobar logs` shows what its replicas wrote.")
                .cause(cause)
                .build();
    }

    // ---- remove

    @Override
    public void delete(String endpoint) {
        inFlight.end(endpoint, PREDICTION);
        try {
            remove(endpoint);
        } finally {
            inFlight.open(endpoint);
        }
    }

    /** Undeployed, then deleted, then the models: Vertex AI refuses every other order. */
    private void remove(String endpoint) {
        forget(endpoint);
        String id = names.of(endpoint);
        long deadline = System.nanoTime() + settings.patience().toNanos();
        while (true) {
            Optional<Endpoint> there = find("delete", endpoint);
            if (there.isEmpty()) {
                break;
            }
            records.declaration(id).ifPresent(d -> rollout.awaitDeployments(id, d));
            rollout.undeployAll(endpoint, find("delete", endpoint).orElse(there.get()));
            try {
                calls.done(
                        calls.call(
                                "delete",
                                endpoint,
                                () -> vertex.endpoints()
                                        .deleteEndpointCallable()
                                        .call(DeleteEndpointRequest.newBuilder()
                                                .setName(resource(endpoint))
                                                .build())),
                        "delete",
                        endpoint);
            } catch (IsobarException e) {
                // A deployment whose operation nobody knows may still be under way.
                boolean again = e.code() == ErrorCode.CONFLICT || e.code() == ErrorCode.NOT_FOUND || e.retryable();
                if (!again || System.nanoTime() > deadline) {
                    throw e;
                }
                calls.pause(PAUSE, "delete", endpoint);
            }
        }
        models.list(Rollout.ENDPOINT, id).forEach(m -> models.delete(Vertex.id(m.getName()), "delete", endpoint));
        records.forget(id);
    }

    private void forget(String endpoint) {
        begun.remove(endpoint);
        verified.remove(endpoint);
    }

    /** Removes models of deployments that are gone. */
    private void sweep(String endpoint, State state) {
        Set<String> used = new HashSet<>();
        state.declaration().deployments().forEach(d -> used.add(d.model()));
        state.endpoint().getDeployedModelsList().forEach(m -> used.add(model(m)));
        for (Model model : models.list(Rollout.ENDPOINT, state.id())) {
            String id = Vertex.id(model.getName());
            if (!used.contains(id)) {
                models.delete(id, "describe", endpoint);
                records.forgetProgress(state.id(), number(id));
            }
        }
    }

    // ---- status

    /** Endpoints and the models of their deployments. */
    public List<Resource> resources() {
        List<Resource> resources = new ArrayList<>();
        for (Endpoint endpoint : ours()) {
            resources.add(new Resource(
                    "endpoint",
                    endpoint.getDisplayName(),
                    endpoint.getName(),
                    endpoint.getDeployedModelsCount() == 0 ? "empty" : "exists",
                    null,
                    Map.of("url", url(endpoint.getDisplayName()))));
        }
        models.list(CustomJobRequests.OWNER, settings.prefix())
                .forEach(m -> resources.add(
                        new Resource("model", m.getDisplayName(), m.getName(), "exists", null, Map.of())));
        return List.copyOf(resources);
    }

    // ---- check

    private void check(EndpointConfiguration c) {
        String endpoint = c.endpoint();
        if (endpoint.isEmpty() || endpoint.length() > NAME_LENGTH) {
            throw calls.invalid("apply", endpoint, "The endpoint has no name of 1 to " + NAME_LENGTH + " characters");
        }
        if (c.deployments().isEmpty() || c.deployments().size() > MAX_DEPLOYMENTS) {
            throw calls.invalid(
                    "apply",
                    endpoint,
                    "An endpoint has 1 to " + MAX_DEPLOYMENTS + " deployments, not "
                            + c.deployments().size());
        }
        Set<String> seen = new HashSet<>();
        for (Deployment d : c.deployments()) {
            if (!NAME.matcher(d.name()).matches() || d.name().length() > NAME_LENGTH || !seen.add(d.name())) {
                throw calls.invalid(
                        "apply",
                        endpoint,
                        "The deployment's name '" + d.name() + "' is not " + NAME + " of at most " + NAME_LENGTH
                                + " characters, or is there twice");
            }
            if (d.workload().image() == null) {
                throw CustomJobRequests.noImage(calls, "apply", d.name(), "image.server");
            }
            for (String variable : d.workload().environment().keySet()) {
                if (!VARIABLE.matcher(variable).matches()) {
                    throw calls.invalid(
                            "apply",
                            endpoint,
                            "The variable '" + variable + "' of deployment '" + d.name() + "' is not " + VARIABLE);
                }
            }
        }
        checkTraffic("apply", endpoint, c.basisPoints(), seen);
    }

    /** Refuses shares that are not shares of these deployments, not of everything, or would vanish in whole percents. */
    private void checkTraffic(
            String operation, String endpoint, Map<String, Integer> basisPoints, Set<String> deployments) {
        int total = 0;
        for (Map.Entry<String, Integer> share : basisPoints.entrySet()) {
            if (!deployments.contains(share.getKey())) {
                throw calls.invalid(
                        operation,
                        endpoint,
                        "Traffic goes to '" + share.getKey() + "', which is none of the deployments " + deployments);
            }
            if (share.getValue() < 0 || share.getValue() > TrafficSplit.ALL) {
                throw calls.invalid(
                        operation,
                        endpoint,
                        "The share " + share.getValue() + " of '" + share.getKey() + "' is not 0 to 10,000");
            }
            total += share.getValue();
        }
        if (total != TrafficSplit.ALL) {
            throw calls.invalid(operation, endpoint, "The shares add up to " + total + ", not to 10,000 basis points");
        }
        Map<String, Integer> percents = TrafficSplit.percents(basisPoints);
        basisPoints.forEach((deployment, share) -> {
            if (share > 0 && !percents.containsKey(deployment)) {
                throw calls.error(
                                ErrorCode.INVALID_ARGUMENT,
                                operation,
                                endpoint,
                                "The share " + share + " basis points of '" + deployment
                                        + "' is none in the whole percents that Vertex AI splits by")
                        .hint("Give it 100 basis points or more.")
                        .build();
            }
        });
    }

    private IsobarException gone(String operation, String endpoint) {
        return calls.error(ErrorCode.NOT_FOUND, operation, endpoint, "There is no endpoint '" + endpoint + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }
}
