package dev.isobar.aws.sagemaker;

import dev.isobar.aws.sagemaker.EndpointConfigs.Variant;
import dev.isobar.aws.sagemaker.Rollout.State;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.InFlight;
import dev.isobar.platform.managed.Pace;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Resource;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.DescribeEndpointResponse;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariantSummary;
import software.amazon.awssdk.services.sagemaker.model.Tag;
import software.amazon.awssdk.services.sagemakerruntime.SageMakerRuntimeClient;
import software.amazon.awssdk.services.sagemakerruntime.model.InvokeEndpointRequest;
import software.amazon.awssdk.services.sagemakerruntime.model.InvokeEndpointResponse;
import software.amazon.awssdk.services.sagemakerruntime.model.ModelErrorException;

/**
 * Endpoints of SageMaker: a deployment is a model with a production variant of its name. {@link #describe} takes the next step of a rollout that this object
 * began, so whoever polls until it is settled brings it there; seen from elsewhere it only looks. Until an endpoint's servers have shown that they serve the
 * model they should, {@link #invoke} refuses: SageMaker itself would let the traffic through. Thread safe.
 *
 * @since 0.1
 */
public final class SageMakerEndpoints implements Endpoints {
    private static final String INVOCATIONS = "/invocations";
    private static final int FAILURE_LINES = 12;
    private static final int FIRST_STATUS = 100;
    private static final int ATTRIBUTES = 1_024;
    private static final int BODY = 6 << 20;
    // SageMaker starts an endpoint within minutes; an instance type that is hard to get takes longer.
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final long FIRST_PAUSE = Duration.ofMillis(50).toNanos();
    private static final long LAST_PAUSE = Duration.ofSeconds(5).toNanos();
    private static final Duration INVOCATION = Duration.ofSeconds(60);

    private final SageMakerClient client;
    private final SageMakerRuntimeClient runtime;
    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;
    private final EndpointConfigs configs;
    private final ScalableVariants scalable;
    private final DigestProbe probe;
    private final Rollout rollout;
    private final LogStreams logs;
    private final Pace pace;
    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    private final Set<String> verified = ConcurrentHashMap.newKeySet();
    private final InFlight inFlight = new InFlight();

    /**
     * Endpoints of an account and region.
     *
     * @param metrics namespace of CloudWatch that the servers publish to
     */
    public SageMakerEndpoints(
            SageMakerClient client,
            SageMakerRuntimeClient runtime,
            CloudWatchLogsClient logs,
            ApplicationAutoScalingClient scaling,
            String metrics,
            SageMakerSettings settings) {
        this.client = client;
        this.runtime = runtime;
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.errors = new SageMakerErrors(settings.instance(), "Endpoints");
        this.configs = new EndpointConfigs(client, settings, names, errors);
        this.probe = new DigestProbe(runtime);
        this.scalable = new ScalableVariants(scaling, metrics);
        this.rollout = new Rollout(client, configs, scalable, probe);
        this.logs = new LogStreams(logs);
        this.pace = new Pace(settings.poll());
    }

    // ---- declare

    @Override
    public EndpointStatus apply(EndpointConfiguration c) {
        configs.check(c);
        return errors.call("apply", c.endpoint(), () -> {
            begin(c);
            return describe(c.endpoint()).orElseThrow(() -> gone("apply", c.endpoint()));
        });
    }

    private void begin(EndpointConfiguration c) {
        List<Variant> variants = configs.variants(c);
        Pause pause = new Pause("apply", c.endpoint());
        while (true) {
            Optional<DescribeEndpointResponse> now = find(c.endpoint());
            if (now.isEmpty()) {
                if (create(c, variants)) {
                    return;
                }
                continue;
            }
            switch (now.get().endpointStatus()) {
                case DELETING -> pause.await("is being deleted and does not end");
                // It never served; nothing can be made of it but a new one.
                case FAILED, OUT_OF_SERVICE, UPDATE_ROLLBACK_FAILED -> {
                    refuseOtherContent(c, variants, now.get());
                    remove(c.endpoint(), pause);
                }
                default -> {
                    refuseOtherContent(c, variants, now.get());
                    configs.makeModels(c, variants);
                    declare(now.get(), c.endpoint(), c.labels(), configs.make(c.endpoint(), c.labels(), variants));
                    return;
                }
            }
        }
    }

    /** False if somebody else made it meanwhile. */
    private boolean create(EndpointConfiguration c, List<Variant> variants) {
        forget(c.endpoint());
        try {
            configs.makeModels(c, variants);
            String config = configs.make(c.endpoint(), c.labels(), variants);
            client.createEndpoint(r -> r.endpointName(names.of(c.endpoint()))
                    .endpointConfigName(config)
                    .tags(ResourceTags.of(
                            c.labels(),
                            Map.of(
                                    ResourceTags.NAME,
                                    c.endpoint(),
                                    ResourceTags.INSTANCE,
                                    settings.instance(),
                                    Rollout.DECLARED,
                                    config))));
            begun.add(c.endpoint());
            return true;
        } catch (SdkException e) {
            if (SageMakerErrors.exists(e)) {
                // Or it was ours, and its first answer was lost.
                return false;
            }
            if (find(c.endpoint()).isEmpty()) {
                configs.sweep(c.endpoint(), Set.of());
            }
            throw e;
        }
    }

    /** Notes what is wanted, then begins: what is noted and not begun is begun by asking again. */
    private void declare(DescribeEndpointResponse endpoint, String name, Map<String, String> labels, String config) {
        Map<String, String> before = ResourceTags.read(client, endpoint.endpointArn());
        Map<String, String> after = new TreeMap<>(before);
        after.keySet().removeAll(ResourceTags.labels(before).keySet());
        after.putAll(labels);
        after.put(Rollout.DECLARED, config);
        if (!after.equals(before)) {
            Set<String> removed = new TreeSet<>(before.keySet());
            removed.removeAll(after.keySet());
            if (!removed.isEmpty()) {
                client.deleteTags(r -> r.resourceArn(endpoint.endpointArn()).tagKeys(removed));
            }
            List<Tag> tags = ResourceTags.of(after, Map.of()).stream()
                    .filter(t -> !t.value().equals(before.get(t.key())))
                    .toList();
            if (!tags.isEmpty()) {
                client.addTags(r -> r.resourceArn(endpoint.endpointArn()).tags(tags));
            }
        }
        begun.add(name);
        rollout.advance(rollout.state(name, endpoint, after), true);
    }

    private void refuseOtherContent(EndpointConfiguration c, List<Variant> wanted, DescribeEndpointResponse endpoint) {
        Map<String, String> known = new HashMap<>();
        State state = rollout.state(c.endpoint(), endpoint, ResourceTags.read(client, endpoint.endpointArn()));
        state.running().values().forEach(v -> known.put(v.name(), v.model()));
        state.declared().values().forEach(v -> known.put(v.name(), v.model()));
        for (Variant v : wanted) {
            if (!known.getOrDefault(v.name(), v.model()).equals(v.model())) {
                throw errors.error(
                                ErrorCode.CONFLICT,
                                "apply",
                                c.endpoint(),
                                "Endpoint '" + c.endpoint() + "' has a deployment '" + v.name()
                                        + "' that runs something else")
                        .hint("A deployment is named by what it runs: give the new one another name.")
                        .build();
            }
        }
    }

    @Override
    public EndpointStatus route(String endpoint, Map<String, Integer> basisPoints) {
        return errors.call("route", endpoint, () -> {
            DescribeEndpointResponse now = find(endpoint).orElseThrow(() -> gone("route", endpoint));
            Map<String, String> tags = ResourceTags.read(client, now.endpointArn());
            State state = rollout.state(endpoint, now, tags);
            configs.checkTraffic(
                    "route", endpoint, basisPoints, state.declared().keySet());
            List<Variant> wanted = state.declared().values().stream()
                    .map(v -> v.standing(v.instances(), basisPoints.getOrDefault(v.name(), 0)))
                    .toList();
            Map<String, String> labels = ResourceTags.labels(tags);
            declare(now, endpoint, labels, configs.make(endpoint, labels, wanted));
            return describe(endpoint).orElseThrow(() -> gone("route", endpoint));
        });
    }

    // ---- observe

    @Override
    public Optional<EndpointStatus> describe(String endpoint) {
        pace.await(endpoint);
        return errors.call("describe", endpoint, () -> {
            Optional<State> state = state(endpoint);
            if (state.isEmpty()) {
                return Optional.empty();
            }
            EndpointStatus status = status(state.get());
            if (begun.contains(endpoint)) {
                if (status.settled()) {
                    scalable.ensure(
                            endpoint, names.of(endpoint), state.get().declared().values());
                    configs.sweep(endpoint, state.get().configs());
                    begun.remove(endpoint);
                } else {
                    rollout.advance(state.get(), false);
                }
            }
            return Optional.of(status);
        });
    }

    private Optional<State> state(String endpoint) {
        return find(endpoint)
                .filter(e ->
                        e.endpointStatus() != software.amazon.awssdk.services.sagemaker.model.EndpointStatus.DELETING)
                .map(e -> rollout.state(endpoint, e, ResourceTags.read(client, e.endpointArn())));
    }

    private EndpointStatus status(State state) {
        List<DeploymentStatus> deployments = new ArrayList<>();
        state.declared().keySet().forEach(name -> deployments.add(deployment(state, name)));
        state.leaving()
                .forEach(name -> deployments.add(new DeploymentStatus(
                        name, DeploymentState.DRAINING, null, replicas(state, name, false), null)));
        return new EndpointStatus(
                state.name(),
                url(state.endpoint().endpointName()),
                traffic(state),
                List.copyOf(deployments),
                rollout.settled(state),
                ResourceTags.labels(state.tags()));
    }

    private DeploymentStatus deployment(State state, String name) {
        DigestProbe.Answer answer = rollout.answer(state, name);
        boolean right = rollout.right(state, name);
        String failure = right ? null : failure(state, name, answer);
        DeploymentState as =
                right ? DeploymentState.READY : failure == null ? DeploymentState.STARTING : DeploymentState.FAILED;
        return new DeploymentStatus(
                name, as, answer == null ? null : answer.digest(), replicas(state, name, right), failure);
    }

    private @Nullable String failure(State state, String name, DigestProbe.@Nullable Answer answer) {
        String reason = state.endpoint().failureReason();
        switch (state.endpoint().endpointStatus()) {
            case FAILED, OUT_OF_SERVICE, UPDATE_ROLLBACK_FAILED -> {
                return withLastLines(state, name, reason == null ? "SageMaker gives no reason." : reason);
            }
            case IN_SERVICE -> {
                if (reason != null && state.missing().contains(name)) {
                    return withLastLines(state, name, reason);
                }
            }
            default -> {
                return null;
            }
        }
        if (answer == null) {
            return null;
        }
        if (answer.refusal() != null) {
            return "It cannot be told which model it serves: " + answer.refusal();
        }
        Variant running = state.running().get(name);
        return answer.digest() == null || running == null
                ? null
                : "It serves the model " + answer.digest() + ", not " + configs.digest(running.model());
    }

    private String withLastLines(State state, String variant, String reason) {
        List<String> lines = logs.last(group(state.endpoint().endpointName()), variant + "/", FAILURE_LINES);
        return lines.isEmpty() ? reason : reason + "\nIts last lines:\n" + String.join("\n", lines);
    }

    private static List<ReplicaStatus> replicas(State state, String variant, boolean ready) {
        ProductionVariantSummary seen = state.observed(variant);
        int count = seen == null || seen.currentInstanceCount() == null ? 0 : seen.currentInstanceCount();
        List<ReplicaStatus> replicas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            replicas.add(new ReplicaStatus(i, null, null, ready, 0));
        }
        return List.copyOf(replicas);
    }

    /** The weights as SageMaker applies them, in basis points. */
    private static Map<String, Integer> traffic(State state) {
        Map<String, Integer> weights = new TreeMap<>();
        state.endpoint().productionVariants().stream()
                .filter(v -> Rollout.weight(v.currentWeight()) > 0)
                .forEach(v -> weights.put(v.variantName(), Rollout.weight(v.currentWeight())));
        int total = weights.values().stream().mapToInt(w -> w).sum();
        if (total > 0 && total != EndpointConfigs.ALL_TRAFFIC) {
            weights.replaceAll((v, w) -> (int) Math.round((double) w * EndpointConfigs.ALL_TRAFFIC / total));
        }
        return Map.copyOf(weights);
    }

    private String url(String sageMakerName) {
        URI own = settings.runtime();
        String base =
                own == null ? "https://runtime.sagemaker." + settings.region() + ".amazonaws.com" : own.toString();
        return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/endpoints/" + sageMakerName;
    }

    @Override
    public List<String> list() {
        return errors.call(
                "list",
                settings.prefix(),
                () -> client.listEndpointsPaginator(r -> r.nameContains(settings.prefix() + "-")).endpoints().stream()
                        .filter(e -> names.ours(e.endpointName())
                                && e.endpointStatus()
                                        != software.amazon.awssdk.services.sagemaker.model.EndpointStatus.DELETING)
                        .map(e -> names.original(e.endpointName())
                                .orElseGet(() -> ResourceTags.read(client, e.endpointArn())
                                        .getOrDefault(ResourceTags.NAME, e.endpointName())))
                        .sorted()
                        .toList());
    }

    @Override
    public List<String> logs(String endpoint, String deployment, int limit) {
        return errors.call("logs", endpoint, () -> {
            State state = state(endpoint).orElseThrow(() -> gone("logs", endpoint));
            if (!state.declared().containsKey(deployment) && !state.running().containsKey(deployment)) {
                throw errors.error(
                                ErrorCode.NOT_FOUND,
                                "logs",
                                endpoint,
                                "Endpoint '" + endpoint + "' has no deployment '" + deployment + "'")
                        .hint("It has " + state.declared().keySet() + ".")
                        .build();
            }
            return logs.last(group(state.endpoint().endpointName()), deployment + "/", limit);
        });
    }

    private static String group(String sageMakerName) {
        return "/aws/sagemaker/Endpoints/" + sageMakerName;
    }

    // ---- invoke

    @Override
    public Response invoke(String endpoint, Request request) {
        if (!request.path().equals(INVOCATIONS)) {
            throw errors.error(
                            ErrorCode.UNSUPPORTED,
                            "invoke",
                            endpoint,
                            "SageMaker forwards requests to " + INVOCATIONS + " only, not to " + request.path())
                    .hint("Score through " + INVOCATIONS + "; the server tells requests apart by their content type.")
                    .build();
        }
        if (request.body().length > BODY) {
            throw errors.invalid(
                    "invoke", endpoint, "The request has " + request.body().length + " bytes; SageMaker takes " + BODY);
        }
        verify(endpoint);
        InvokeEndpointRequest.Builder call = InvokeEndpointRequest.builder()
                .endpointName(names.of(endpoint))
                .contentType(request.contentType())
                .body(SdkBytes.fromByteArrayUnsafe(request.body()));
        attributes(endpoint, request.headers()).ifPresent(call::customAttributes);
        try (InFlight.Request one = inFlight.begin(endpoint)) {
            InvokeEndpointResponse response = runtime.invokeEndpoint(call.build());
            Map<String, String> headers = response.customAttributes() == null
                    ? Map.of()
                    : Map.of("x-amzn-sagemaker-custom-attributes", response.customAttributes());
            return new Response(
                    200,
                    response.contentType() == null ? "application/octet-stream" : response.contentType(),
                    headers,
                    response.body().asByteArrayUnsafe(),
                    response.invokedProductionVariant());
        } catch (ModelErrorException e) {
            return containersOwn(endpoint, e);
        } catch (SdkException e) {
            throw refusedInvocation(endpoint, e);
        }
    }

    /** What the container answered when it was not 200: SageMaker wraps it in an error of its own, with status 424. */
    private Response containersOwn(String endpoint, ModelErrorException e) {
        String message = e.originalMessage() == null ? "" : e.originalMessage();
        int status = e.originalStatusCode() == null ? 0 : e.originalStatusCode();
        if (status < FIRST_STATUS) {
            // The container did not answer: it took longer than a minute, or it died.
            boolean late = message.contains("timed out");
            throw errors.error(
                            late ? ErrorCode.TIMEOUT : ErrorCode.UNAVAILABLE,
                            "invoke",
                            endpoint,
                            "A request to endpoint '" + endpoint + "' "
                                    + (late ? "got no answer in time" : "broke off: " + message))
                    .hint("The endpoint may have acted on it.")
                    .cause(e)
                    .build();
        }
        String type = message.startsWith("{") ? "application/json" : "text/plain";
        return new Response(status, type, Map.of(), message.getBytes(StandardCharsets.UTF_8), null);
    }

    private IsobarException refusedInvocation(String endpoint, SdkException e) {
        if (!SageMakerErrors.missing(e) && SageMakerErrors.refusal(e).isEmpty()) {
            return errors.translate(e, "invoke", endpoint);
        }
        // Also one that is being made, or could not be, is "not found" to the runtime.
        verified.remove(endpoint);
        Optional<DescribeEndpointResponse> there = find(endpoint);
        if (there.isEmpty()) {
            return gone("invoke", endpoint);
        }
        return SageMakerErrors.missing(e) ? notReady(endpoint, e) : errors.translate(e, "invoke", endpoint);
    }

    private void verify(String endpoint) {
        if (verified.contains(endpoint)) {
            return;
        }
        State state =
                errors.call("invoke", endpoint, () -> state(endpoint)).orElseThrow(() -> gone("invoke", endpoint));
        boolean right = errors.call(
                "invoke", endpoint, () -> traffic(state).keySet().stream().allMatch(v -> rollout.right(state, v)));
        if (!right || traffic(state).isEmpty()) {
            throw notReady(endpoint, null);
        }
        verified.add(endpoint);
    }

    private IsobarException notReady(String endpoint, @Nullable SdkException cause) {
        return errors.error(
                        ErrorCode.UNAVAILABLE, "invoke", endpoint, "No replica of endpoint '" + endpoint + "' is ready")
                .hint("`isobar status` says how far it is; `isobar logs` shows what its replicas wrote.")
                .cause(cause)
                .build();
    }

    /** SageMaker forwards no headers but this one; the rest travels in it as {@code name=value}, separated by {@code ;}. */
    private Optional<String> attributes(String endpoint, Map<String, String> headers) {
        if (headers.isEmpty()) {
            return Optional.empty();
        }
        String all = new TreeMap<>(headers)
                .entrySet().stream().map(h -> h.getKey() + "=" + h.getValue()).collect(Collectors.joining(";"));
        if (all.length() > ATTRIBUTES || !all.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw errors.invalid(
                    "invoke",
                    endpoint,
                    "The headers do not fit SageMaker's custom attributes: up to " + ATTRIBUTES
                            + " visible characters of ASCII, not " + all);
        }
        return Optional.of(all);
    }

    // ---- remove

    @Override
    public void delete(String endpoint) {
        errors.call("delete", endpoint, () -> {
            inFlight.end(endpoint, INVOCATION);
            try {
                remove(endpoint, new Pause("delete", endpoint));
                configs.sweep(endpoint, Set.of());
            } finally {
                inFlight.open(endpoint);
            }
            return true;
        });
    }

    private void remove(String endpoint, Pause pause) {
        forget(endpoint);
        while (true) {
            Optional<DescribeEndpointResponse> now = find(endpoint);
            if (now.isEmpty()) {
                return;
            }
            if (now.get().endpointStatus() != software.amazon.awssdk.services.sagemaker.model.EndpointStatus.DELETING) {
                try {
                    scalable.release(
                            names.of(endpoint), configs.variants(now.get().endpointConfigName()));
                    client.deleteEndpoint(r -> r.endpointName(names.of(endpoint)));
                } catch (SdkException e) {
                    // One that is being updated refuses until that has ended.
                    if (!SageMakerErrors.missing(e)
                            && SageMakerErrors.refusal(e).isEmpty()) {
                        throw e;
                    }
                }
            }
            pause.await("does not end");
        }
    }

    private void forget(String endpoint) {
        begun.remove(endpoint);
        verified.remove(endpoint);
        probe.forget(names.of(endpoint));
    }

    /** Waits longer and longer, and not for ever. */
    private final class Pause {
        private final String operation;
        private final String endpoint;
        private final long deadline = System.nanoTime() + PATIENCE.toNanos();
        private long next = FIRST_PAUSE;

        Pause(String operation, String endpoint) {
            this.operation = operation;
            this.endpoint = endpoint;
        }

        void await(String what) {
            if (System.nanoTime() > deadline) {
                throw errors.error(ErrorCode.TIMEOUT, operation, endpoint, "Endpoint '" + endpoint + "' " + what)
                        .hint("The console's page of the endpoint says what it waits for.")
                        .build();
            }
            LockSupport.parkNanos(next);
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw errors.error(ErrorCode.CANCELLED, operation, endpoint, "Interrupted while it " + what)
                        .build();
            }
            next = Math.min(next * 2, LAST_PAUSE);
        }
    }

    // ---- status

    /** Endpoints, what scales them, endpoint configurations and models. */
    public List<Resource> resources() {
        return errors.call("list", "resources", () -> {
            List<Resource> resources = new ArrayList<>();
            String prefix = settings.prefix() + "-";
            client.listEndpointsPaginator(r -> r.nameContains(prefix)).endpoints().stream()
                    .filter(e -> names.ours(e.endpointName()))
                    .forEach(e -> resources.add(new Resource(
                            "endpoint",
                            names.original(e.endpointName()).orElse(e.endpointName()),
                            e.endpointArn(),
                            e.endpointStatusAsString().toLowerCase(Locale.ROOT),
                            null,
                            Map.of("url", url(e.endpointName())))));
            resources.addAll(scalable.resources(names::ours));
            client.listEndpointConfigsPaginator(r -> r.nameContains(prefix)).endpointConfigs().stream()
                    .filter(e -> names.ours(e.endpointConfigName()))
                    .forEach(e -> resources.add(new Resource(
                            "endpoint config",
                            e.endpointConfigName(),
                            e.endpointConfigArn(),
                            "exists",
                            null,
                            Map.of())));
            client.listModelsPaginator(r -> r.nameContains(prefix)).models().stream()
                    .filter(m -> names.ours(m.modelName()))
                    .forEach(m -> resources.add(
                            new Resource("model", m.modelName(), m.modelArn(), "exists", null, Map.of())));
            return List.copyOf(resources);
        });
    }

    private Optional<DescribeEndpointResponse> find(String endpoint) {
        try {
            return Optional.of(client.describeEndpoint(r -> r.endpointName(names.of(endpoint))));
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private IsobarException gone(String operation, String endpoint) {
        return errors.error(ErrorCode.NOT_FOUND, operation, endpoint, "There is no endpoint '" + endpoint + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }
}
