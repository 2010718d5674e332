package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.serving.StartFailure;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operations on endpoints. What takes time is done on a thread of its own; meanwhile the endpoint is Creating, Updating, RollingBack,
 * SystemUpdating (after a restart of the emulator) or Deleting, and refuses to be changed. An update starts the whole new fleet beside the old one,
 * moves the traffic, and stops the old; if it fails, the old one stays and {@code FailureReason} says why. Thread safe.
 *
 * <p>Words seen from the service: "Cannot create already existing endpoint …" (aws/amazon-sagemaker-examples#2491). Not verified: that an update that
 * failed without alarms leaves the endpoint InService; the words for an update that would remove a variant which is a scalable target, or change its
 * instance type. Such an update is refused, and deleting an endpoint deregisters its variants silently.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html">updating what is scaled</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html">deleting what is scaled</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html">CreateEndpoint</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html">UpdateEndpoint</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html">weights</a>
 */
final class Endpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoints.class);
    private static final String STATUS = "EndpointStatus";
    private static final String VARIANTS = "ProductionVariants";
    private static final String PLANS = "_Plans";
    private static final int MAX_REASON = 1024;

    private final Documents endpoints;
    private final NamedDocuments named;
    private final Arns arns;
    private final Models models;
    private final EndpointConfigs configs;
    private final Account account;
    private final Containers containers;
    private final Alarms alarms;
    private final Map<String, EndpointRun> runs = new ConcurrentHashMap<>();
    private volatile ScalableTargets targets = ScalableTargets.NONE;

    Endpoints(
            Documents endpoints,
            Arns arns,
            Models models,
            EndpointConfigs configs,
            Account account,
            Containers containers,
            Alarms alarms) {
        this.endpoints = endpoints;
        this.named = new NamedDocuments(endpoints, arns, "endpoint", "endpoint", "Endpoint", Rules.NAME);
        this.arns = arns;
        this.models = models;
        this.configs = configs;
        this.account = account;
        this.containers = containers;
        this.alarms = alarms;
    }

    /** Brings back what was in service when the emulator went down. */
    void restore() {
        for (ObjectNode endpoint : endpoints.all()) {
            String name = endpoint.path("EndpointName").asText();
            switch (endpoint.path(STATUS).asText()) {
                case "Deleting" -> endpoints.delete(Arns.key(name));
                case "Creating" -> change(name, "Failed", "The emulator was stopped while the endpoint was created");
                case "Failed" -> LOG.debug("{} stays as it is", name);
                default -> {
                    change(name, "SystemUpdating", null);
                    EndpointRun run = run(name);
                    background(name, () -> {
                        run.deploy(plans(endpoint), Deployment.PLAIN);
                        change(name, "InService", null);
                    });
                }
            }
        }
    }

    ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("EndpointName", Rules.NAME);
        String configName = in.text("EndpointConfigName", Rules.NAME);
        ArrayNode tags = Rules.tags(in);
        in.check();
        deployment(request); // refuses what is wrong; there is no traffic to move yet
        ObjectNode config = configs.existing(configName);
        List<VariantPlan> plans = planned(config);
        quota(plans);
        double now = Rules.now();
        ObjectNode endpoint = JsonNodeFactory.instance.objectNode();
        endpoint.put("EndpointName", name)
                .put("EndpointConfigName", configName)
                .put(STATUS, "Creating")
                .put("CreationTime", now)
                .put("LastModifiedTime", now);
        endpoint.set("_Tags", tags);
        ObjectNode created = named.create(name, endpoint);
        EndpointRun run = run(name);
        background(name, () -> {
            run.deploy(plans, Deployment.PLAIN);
            inService(name, configName, plans);
        });
        return created;
    }

    ObjectNode update(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("EndpointName", Rules.NAME);
        String configName = in.text("EndpointConfigName", Rules.NAME);
        boolean retain = in.flag("RetainAllVariantProperties");
        Set<String> changed = in.objects("ExcludeRetainedVariantProperties", 0, 3).stream()
                .map(property -> property.json().path("VariantPropertyType").asText())
                .collect(Collectors.toSet());
        in.check();
        ObjectNode endpoint = named.existing(name);
        ObjectNode wish = request.deepCopy();
        if (in.flag("RetainDeploymentConfig") && !in.has("DeploymentConfig") && endpoint.has("LastDeploymentConfig")) {
            wish.set("DeploymentConfig", endpoint.get("LastDeploymentConfig"));
        }
        Deployment deployment = deployment(wish);
        ObjectNode config = configs.existing(configName);
        List<VariantPlan> plans = retain ? retained(planned(config), plans(endpoint), changed) : planned(config);
        keepScaled(name, plans(endpoint), plans);
        begin(name, "Updating", document -> {
            if (wish.has("DeploymentConfig")) {
                document.set("LastDeploymentConfig", wish.get("DeploymentConfig"));
            }
        });
        EndpointRun run = run(name);
        background(name, () -> {
            run.deploy(plans, deployment);
            inService(name, configName, plans);
        });
        return answer(endpoint);
    }

    ObjectNode weigh(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("EndpointName", Rules.NAME);
        if (!in.has("DesiredWeightsAndCapacities")) {
            in.wrong("DesiredWeightsAndCapacities", "Member must not be null");
        }
        List<Members> wishes = in.objects("DesiredWeightsAndCapacities", 1, 100);
        for (Members wish : wishes) {
            wish.text("VariantName", Rules.NAME);
            wish.decimalOr("DesiredWeight", 1, 0);
            wish.numberOr("DesiredInstanceCount", 1, 0, Integer.MAX_VALUE);
        }
        in.check();
        ObjectNode endpoint = named.existing(name);
        List<VariantPlan> plans = new ArrayList<>(plans(endpoint));
        for (Members wish : wishes) {
            String variant = wish.json().path("VariantName").asText();
            VariantPlan plan = plans.stream()
                    .filter(some -> some.name().equals(variant))
                    .findFirst()
                    .orElseThrow(() -> ServiceError.validation("The variant name(s) \"" + variant
                            + "\" is/are not present within endpoint configuration \""
                            + endpoint.path("EndpointConfigName").asText() + "\"."));
            int instances = (int) wish.numberOr("DesiredInstanceCount", plan.instances(), 0, Integer.MAX_VALUE);
            if (instances < 1) {
                throw ServiceError.validation("DesiredInstanceCount of variant " + variant + " must be at least 1");
            }
            plans.set(plans.indexOf(plan), plan.with(instances, wish.decimalOr("DesiredWeight", plan.weight(), 0)));
        }
        begin(name, "Updating", document -> desired(document, plans));
        EndpointRun run = run(name);
        background(name, () -> {
            Fleet fleet = run.live().orElseThrow();
            for (VariantPlan plan : plans) {
                fleet.variant(plan.name()).orElseThrow().scale(plan.instances());
            }
            for (VariantPlan plan : plans) {
                fleet.variant(plan.name()).orElseThrow().weigh(plan.weight());
            }
            inService(name, endpoint.path("EndpointConfigName").asText(), plans);
        });
        return answer(endpoint);
    }

    ObjectNode describe(ObjectNode request) {
        String name = named.name(request);
        ObjectNode described = Rules.described(named.existing(name));
        Optional<Fleet> fleet = Optional.ofNullable(runs.get(Arns.key(name))).flatMap(EndpointRun::live);
        for (JsonNode variant : described.path(VARIANTS)) {
            if (variant instanceof ObjectNode object) {
                object.put(
                        "CurrentInstanceCount",
                        fleet.flatMap(live ->
                                        live.variant(object.path("VariantName").asText()))
                                .map(Variant::ready)
                                .orElse(0));
            }
        }
        return described;
    }

    ObjectNode list(ObjectNode request) {
        return Rules.list(
                request,
                endpoints.all().stream(),
                "EndpointName",
                STATUS,
                false,
                "Endpoints",
                endpoint -> Rules.some(
                        endpoint, "EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", STATUS));
    }

    ObjectNode delete(ObjectNode request) {
        String name = named.name(request);
        List<String> scaled = new ArrayList<>();
        begin(name, "Deleting", document -> plans(document).forEach(plan -> scaled.add(resource(name, plan.name()))));
        scaled.forEach(targets::deregister);
        EndpointRun run = run(name);
        background(name, () -> {
            run.stop();
            runs.remove(Arns.key(name));
            endpoints.delete(Arns.key(name));
        });
        return JsonNodeFactory.instance.objectNode();
    }

    /** The fleets of an endpoint that answers. */
    Optional<EndpointRun> serving(String name) {
        return Optional.ofNullable(runs.get(Arns.key(name)))
                .filter(run -> run.live().isPresent());
    }

    /** A variant, if there is one. */
    Optional<VariantState> variant(String name, String variant) {
        return named.find(name)
                .flatMap(endpoint -> StreamSupport.stream(
                                endpoint.path(VARIANTS).spliterator(), false)
                        .filter(some -> some.path("VariantName").asText().equals(variant))
                        .findFirst()
                        .map(some -> new VariantState(
                                endpoint.path(STATUS).asText().equals("InService"),
                                some.path("DesiredInstanceCount").asInt(),
                                endpoint.path("FailureReason").asText(null))));
    }

    /** From now on updates and deletions look at these. */
    void scaledBy(ScalableTargets scaling) {
        targets = scaling;
    }

    /** An update may change the model of a variant that is scaled, but neither its instance type nor that it is there. */
    private void keepScaled(String name, List<VariantPlan> before, List<VariantPlan> after) {
        List<String> scaled = before.stream()
                .filter(old -> after.stream()
                        .noneMatch(plan -> plan.name().equals(old.name())
                                && plan.instanceType().equals(old.instanceType())))
                .map(VariantPlan::name)
                .filter(variant -> targets.registered(resource(name, variant)))
                .toList();
        if (!scaled.isEmpty()) {
            throw ServiceError.validation("The variant(s) \"" + scaled + "\" must be deregistered as scalable target(s)"
                    + " with AWS Auto Scaling before they can be removed or have their instance type updated.");
        }
    }

    private static String resource(String name, String variant) {
        return "endpoint/" + name + "/variant/" + variant;
    }

    private Deployment deployment(ObjectNode request) {
        Deployment deployment = Deployment.of(request);
        for (String alarm : deployment.alarms()) {
            if (!alarms.exists(alarm)) {
                throw ServiceError.validation("The alarm " + alarm + " of AutoRollbackConfiguration does not exist");
            }
        }
        return deployment;
    }

    private List<VariantPlan> planned(ObjectNode config) {
        List<VariantPlan> plans = new ArrayList<>();
        for (JsonNode variant : config.path(VARIANTS)) {
            String model = variant.path("ModelName").asText();
            plans.add(VariantPlan.of(variant, models.container(models.existing(model))));
        }
        return plans;
    }

    private void quota(List<VariantPlan> plans) {
        Map<String, Integer> more = plans.stream()
                .collect(Collectors.groupingBy(
                        VariantPlan::instanceType, Collectors.summingInt(VariantPlan::instances)));
        more.forEach((type, count) -> account.quota(
                type,
                count,
                "endpoint usage",
                endpoints.all().stream()
                        .filter(endpoint -> !endpoint.path(STATUS).asText().equals("Failed"))
                        .flatMap(endpoint -> plans(endpoint).stream())
                        .filter(plan -> plan.instanceType().equals(type))
                        .mapToLong(VariantPlan::instances)
                        .sum()));
    }

    private static List<VariantPlan> retained(List<VariantPlan> plans, List<VariantPlan> before, Set<String> changed) {
        return plans.stream()
                .map(plan -> before.stream()
                        .filter(old -> old.name().equals(plan.name()))
                        .findFirst()
                        .map(old -> plan.with(
                                changed.contains("DesiredInstanceCount") ? plan.instances() : old.instances(),
                                changed.contains("DesiredWeight") ? plan.weight() : old.weight()))
                        .orElse(plan))
                .toList();
    }

    /** Leaves InService (or, to be deleted, Failed) for a state that passes. */
    private void begin(String name, String status, Consumer<ObjectNode> more) {
        Optional<ObjectNode> begun = endpoints.update(Arns.key(name), endpoint -> {
            String now = endpoint.path(STATUS).asText();
            boolean idle = now.equals("InService") || status.equals("Deleting") && now.equals("Failed");
            if (!idle) {
                throw ServiceError.validation(
                        now.equals("Failed")
                                ? "Cannot update endpoint \"" + arns.of("endpoint", name) + "\" in status Failed."
                                : "Cannot update in-progress endpoint \"" + arns.of("endpoint", name) + "\".");
            }
            endpoint.put(STATUS, status);
            endpoint.put("LastModifiedTime", Rules.now());
            endpoint.remove("FailureReason");
            more.accept(endpoint);
        });
        if (begun.isEmpty()) {
            throw named.missing(name);
        }
    }

    private void change(String name, String status, @Nullable String reason) {
        endpoints.update(Arns.key(name), endpoint -> {
            endpoint.put(STATUS, status);
            endpoint.put("LastModifiedTime", Rules.now());
            if (reason == null) {
                endpoint.remove("FailureReason");
            } else {
                endpoint.put("FailureReason", reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
            }
        });
    }

    private void inService(String name, String configName, List<VariantPlan> plans) {
        endpoints.update(Arns.key(name), endpoint -> {
            endpoint.put("EndpointConfigName", configName);
            describePlans(endpoint, plans);
            endpoint.put(STATUS, "InService");
            endpoint.put("LastModifiedTime", Rules.now());
        });
    }

    private static void describePlans(ObjectNode endpoint, List<VariantPlan> plans) {
        ArrayNode variants = endpoint.putArray(VARIANTS);
        ArrayNode kept = endpoint.putArray(PLANS);
        for (VariantPlan plan : plans) {
            ObjectNode variant = variants.addObject();
            variant.put("VariantName", plan.name());
            variant.putArray("DeployedImages")
                    .addObject()
                    .put("SpecifiedImage", plan.image())
                    .put("ResolvedImage", plan.image())
                    .put("ResolutionTime", Rules.now());
            variant.put("CurrentWeight", plan.weight())
                    .put("DesiredWeight", plan.weight())
                    .put("CurrentInstanceCount", plan.instances())
                    .put("DesiredInstanceCount", plan.instances());
            ObjectNode again = kept.addObject();
            again.put("VariantName", plan.name())
                    .put("InstanceType", plan.instanceType())
                    .put("InitialInstanceCount", plan.instances())
                    .put("InitialVariantWeight", plan.weight())
                    .put(
                            "ContainerStartupHealthCheckTimeoutInSeconds",
                            plan.startup().toSeconds());
            again.set("Container", plan.container());
        }
    }

    private static void desired(ObjectNode endpoint, List<VariantPlan> plans) {
        for (JsonNode variant : endpoint.path(VARIANTS)) {
            for (VariantPlan plan : plans) {
                if (variant instanceof ObjectNode object
                        && plan.name().equals(object.path("VariantName").asText())) {
                    object.put("DesiredWeight", plan.weight()).put("DesiredInstanceCount", plan.instances());
                }
            }
        }
    }

    /** What an endpoint runs, as its document keeps it: its models may be gone. */
    private static List<VariantPlan> plans(ObjectNode endpoint) {
        List<VariantPlan> plans = new ArrayList<>();
        for (JsonNode plan : endpoint.path(PLANS)) {
            plans.add(VariantPlan.of(plan, plan.withObjectProperty("Container").deepCopy()));
        }
        return plans;
    }

    private EndpointRun run(String name) {
        return runs.computeIfAbsent(Arns.key(name), key -> new EndpointRun(containers, name, alarms));
    }

    /** What may fail to start. */
    private interface Step {
        void run() throws StartFailure, InterruptedException;
    }

    private void background(String name, Step step) {
        containers.threads().execute(() -> {
            try {
                TimeUnit.MILLISECONDS.sleep(containers.host().settings().pace().toMillis());
                step.run();
            } catch (StartFailure e) {
                failed(name, e.reason());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the emulator goes down
            } catch (RuntimeException e) {
                LOG.error("{} failed", name, e);
                failed(name, "InternalServerError: " + e);
            }
        });
    }

    private void failed(String name, String reason) {
        boolean serves = serving(name).isPresent();
        if (serves) {
            endpoints.update(Arns.key(name), endpoint -> desired(endpoint, plans(endpoint)));
            run(name).live().ifPresent(fleet -> putBack(name, fleet));
        }
        change(name, serves ? "InService" : "Failed", reason);
    }

    /** A scaling that failed half-way: the variants that had been scaled go back. */
    private void putBack(String name, Fleet fleet) {
        for (VariantPlan plan : named.find(name).map(Endpoints::plans).orElse(List.of())) {
            fleet.variant(plan.name()).ifPresent(variant -> {
                try {
                    variant.scale(plan.instances());
                } catch (StartFailure e) {
                    LOG.warn("{} cannot go back to {} instances: {}", name, plan.instances(), e.reason());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    private static ObjectNode answer(ObjectNode endpoint) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("EndpointArn", endpoint.path("EndpointArn").asText());
    }
}
