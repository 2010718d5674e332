package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulation.state.Listing;
import dev.isobar.emulator.aws.scaling.ScalableResources.Capacity;
import dev.isobar.emulator.aws.wire.JsonService;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Application Auto Scaling for variants of SageMaker endpoints: target tracking. A policy makes two CloudWatch alarms; once a minute those that are in
 * state ALARM scale the variant, while its endpoint is in service, as {@code UpdateEndpointWeightsAndCapacities} would. Where data are missing there is
 * no alarm, and nothing changes. Bounds are enforced when a target is registered. Step and predictive policies are refused, and so are predefined metrics but
 * {@code SageMakerVariantInvocationsPerInstance}; nobody publishes even that here, so its alarms lack data. Thread safe.
 *
 * <p>A test can make the minute shorter. Cooldowns and alarms go by it; the clock should be that of the alarms.
 *
 * <p>Not verified: the words for an endpoint that is not there, and whether a variant of a real-time endpoint can be registered with a minimum of 0 (here it
 * cannot).
 *
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html">RegisterScalableTarget</a>
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html">PutScalingPolicy</a>
 */
public final class ScalingService extends JsonService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScalingService.class);
    private static final String NAMESPACE = "sagemaker";
    private static final String DIMENSION = "sagemaker:variant:DesiredInstanceCount";
    private static final Rule SERVICE = Rule.oneOf(
            "ecs",
            "elasticmapreduce",
            "ec2",
            "appstream",
            "dynamodb",
            "rds",
            NAMESPACE,
            "custom-resource",
            "comprehend",
            "lambda",
            "cassandra",
            "kafka",
            "elasticache",
            "neptune",
            "workspaces");
    private static final Rule RESOURCE = Rule.pattern(1, 1600, "[\\x20-\\uFFFD\\r\\n\\t]*");
    private static final Rule POLICY = Rule.pattern(1, 256, "\\p{Print}+");
    private static final Rule STATISTIC = Rule.oneOf("Average", "Minimum", "Maximum", "SampleCount", "Sum");
    private static final Rule ANY = Rule.length(2048);
    private static final int MAX_POLICIES = 50;
    private static final String BY_TIME = "CreationTime";
    private static final String NEW_BOUNDS = "_NewBounds";
    private static final String INVOCATIONS = "SageMakerVariantInvocationsPerInstance";
    private static final List<String> SUSPENSIONS =
            List.of("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended");

    private final Documents targets;
    private final Documents policies;
    private final Activities activities;
    private final TrackingAlarms alarms;
    private final TargetTracking tracking;
    private final ScalableResources resources;
    private final ScheduledExecutorService timer;
    private final Clock clock;
    private final Duration minute;
    private final String region;
    private final String account;

    /**
     * Opens a folder, and makes the alarms of its policies again. Nothing is scaled until it is started or evaluated.
     *
     * @param clock the alarms' own
     * @param minute what a minute of the service takes here
     */
    public ScalingService(
            String region,
            String account,
            Path folder,
            ScalableResources resources,
            MetricAlarms metricAlarms,
            Clock clock,
            Duration minute)
            throws IOException {
        super("AnyScaleFrontendService");
        this.region = region;
        this.account = account;
        this.resources = resources;
        this.clock = clock;
        this.minute = minute;
        this.targets = Documents.open(folder.resolve("target"));
        this.policies = Documents.open(folder.resolve("policy"));
        this.activities = new Activities(Documents.open(folder.resolve("activity")), resources, clock);
        this.alarms = new TrackingAlarms(metricAlarms);
        this.tracking = new TargetTracking(alarms, activities, clock, minute);
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "autoscaling");
            thread.setDaemon(true);
            return thread;
        });
        policies.all().forEach(alarms::put);
        operation("RegisterScalableTarget", this::register);
        operation("DeregisterScalableTarget", this::deregister);
        operation("DescribeScalableTargets", this::describeTargets);
        operation("PutScalingPolicy", this::put);
        operation("DeleteScalingPolicy", this::delete);
        operation("DescribeScalingPolicies", this::describePolicies);
        operation("DescribeScalingActivities", this::describeActivities);
        operation("ListTagsForResource", this::tags);
    }

    /** Evaluates once a minute, until it is closed. */
    public void start() {
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        evaluate();
                    } catch (RuntimeException e) {
                        // The next minute tries again.
                        LOG.error("an evaluation of scaling policies failed", e);
                    }
                },
                minute.toMillis(),
                minute.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** Scales what is to be scaled now. */
    public synchronized void evaluate() {
        activities.settle();
        for (ObjectNode target : targets.all()) {
            String resource = target.path("ResourceId").asText();
            Optional<Capacity> settled = resources.find(resource).filter(Capacity::settled);
            if (settled.isPresent() && !bound(target)) {
                tracking.evaluate(target, of(resource), settled.get().desired());
            }
        }
    }

    /** Whether a resource is a scalable target. */
    public boolean registered(String resource) {
        return targets.get(resource).isPresent();
    }

    /**
     * Lets go of a resource, its policies and their alarms.
     *
     * @return whether it was a scalable target
     */
    public synchronized boolean release(String resource) {
        of(resource).forEach(this::remove);
        return targets.delete(resource);
    }

    /** Evaluates no more. */
    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** Brings a resource inside bounds that are new, as soon as it can be changed; whether something is done now. */
    private boolean bound(ObjectNode target) {
        Optional<Capacity> settled =
                resources.find(target.path("ResourceId").asText()).filter(Capacity::settled);
        if (settled.isEmpty() || !target.has(NEW_BOUNDS)) {
            return false;
        }
        target.remove(NEW_BOUNDS);
        targets.put(target.path("ResourceId").asText(), target);
        int now = settled.get().desired();
        int min = target.path("MinCapacity").asInt();
        int max = target.path("MaxCapacity").asInt();
        if (now >= min && now <= max) {
            return false;
        }
        int to = now < min ? min : max;
        String cause = (now < min ? "minimum" : "maximum") + " capacity was set to " + to;
        activities.begin(Activities.on(target), now, to, cause, false);
        return true;
    }

    private List<ObjectNode> of(String resource) {
        return policies.all().stream()
                .filter(policy -> policy.path("ResourceId").asText().equals(resource))
                .toList();
    }

    private void remove(ObjectNode policy) {
        policies.delete(key(
                policy.path("ResourceId").asText(), policy.path("PolicyName").asText()));
        alarms.remove(policy);
    }

    private synchronized ObjectNode register(ObjectNode request) {
        Members in = Members.of(request);
        String resource = resource(in);
        in.numberOr("MinCapacity", 0, 0, Integer.MAX_VALUE);
        in.numberOr("MaxCapacity", 0, 0, Integer.MAX_VALUE);
        in.optionalText("RoleARN", ANY);
        Members suspension = in.optionalObject("SuspendedState");
        SUSPENSIONS.forEach(suspension::flag);
        Map<String, String> tags = in.map("Tags", 50, Rule.length(128), Rule.length(256));
        in.check();
        Optional<ObjectNode> before = targets.get(resource);
        if (before.isEmpty() && !(in.has("MinCapacity") && in.has("MaxCapacity"))) {
            throw ServiceError.validation("MinCapacity and MaxCapacity are required to register a new scalable target");
        }
        if (in.has("MinCapacity") && in.json().path("MinCapacity").asInt() < 1) {
            throw ServiceError.validation(
                    "This emulator has no variants without instances: MinCapacity must be at least 1");
        }
        if (resources.find(resource).isEmpty()) {
            throw ServiceError.validation("The resource does not exist: " + NAMESPACE + " resource ID: " + resource);
        }
        ObjectNode target = before.orElseGet(() -> {
            ObjectNode made = named(resource);
            made.put(BY_TIME, now());
            made.put(
                    "RoleARN",
                    "arn:aws:iam::" + account
                            + ":role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
                            + "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint");
            made.put(
                    "ScalableTargetARN",
                    "arn:aws:application-autoscaling:" + region + ":" + account + ":scalable-target/"
                            + UUID.randomUUID().toString().replace("-", ""));
            ObjectNode suspended = made.putObject("SuspendedState");
            SUSPENSIONS.forEach(what -> suspended.put(what, false));
            return made;
        });
        for (String member : List.of("MinCapacity", "MaxCapacity", "RoleARN")) {
            if (in.has(member)) {
                target.set(member, request.get(member));
            }
        }
        for (String what : SUSPENSIONS) {
            if (suspension.has(what)) {
                target.withObjectProperty("SuspendedState").put(what, suspension.flag(what));
            }
        }
        ObjectNode kept = target.withObjectProperty("_Tags");
        tags.forEach(kept::put);
        if (target.path("MinCapacity").asLong() > target.path("MaxCapacity").asLong()) {
            throw ServiceError.validation("Maximum capacity cannot be less than minimum capacity");
        }
        target.put(NEW_BOUNDS, true);
        targets.put(resource, target);
        bound(target);
        ObjectNode out = object();
        out.set("ScalableTargetARN", target.get("ScalableTargetARN"));
        return out;
    }

    private synchronized ObjectNode deregister(ObjectNode request) {
        Members in = Members.of(request);
        String resource = resource(in);
        in.check();
        if (!release(resource)) {
            throw noTarget(resource);
        }
        return object();
    }

    private ObjectNode describeTargets(ObjectNode request) {
        Members in = Members.of(request);
        in.text("ServiceNamespace", SERVICE);
        List<String> resources = in.texts("ResourceIds", 0, 50, RESOURCE);
        return listed(
                in,
                "ScalableTargets",
                BY_TIME,
                "ResourceId",
                true,
                targets.all().stream()
                        .filter(target -> resources.isEmpty()
                                || resources.contains(target.path("ResourceId").asText()))
                        .toList());
    }

    private synchronized ObjectNode put(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("PolicyName", POLICY);
        String resource = resource(in);
        String type = in.textOr(
                "PolicyType", "StepScaling", Rule.oneOf("StepScaling", "TargetTrackingScaling", "PredictiveScaling"));
        Members wish = in.optionalObject("TargetTrackingScalingPolicyConfiguration");
        in.check();
        if (!type.equals("TargetTrackingScaling")) {
            throw ServiceError.validation("This emulator has policies of type TargetTrackingScaling only, not " + type);
        }
        if (!in.has("TargetTrackingScalingPolicyConfiguration")) {
            throw ServiceError.validation("TargetTrackingScalingPolicyConfiguration is required for the policy type");
        }
        check(wish);
        in.check();
        if (targets.get(resource).isEmpty()) {
            throw noTarget(resource);
        }
        Optional<ObjectNode> before = policies.get(key(resource, name));
        if (before.isEmpty() && of(resource).size() >= MAX_POLICIES) {
            throw new ServiceError(
                    400, "LimitExceededException", "A scalable target has " + MAX_POLICIES + " policies at most");
        }
        ObjectNode policy = before.orElseGet(() -> {
            ObjectNode made = named(resource);
            made.put("PolicyName", name);
            made.put(BY_TIME, now());
            made.put(
                    "PolicyARN",
                    "arn:aws:autoscaling:" + region + ":" + account + ":scalingPolicy:" + UUID.randomUUID()
                            + ":resource/" + NAMESPACE + "/" + resource + ":policyName/" + name);
            return made;
        });
        policy.put("PolicyType", type);
        policy.set("TargetTrackingScalingPolicyConfiguration", wish.json());
        alarms.renew(policy);
        policies.put(key(resource, name), policy);
        ObjectNode out = object();
        out.set("PolicyARN", policy.get("PolicyARN"));
        out.set("Alarms", policy.get("Alarms"));
        return out;
    }

    private synchronized ObjectNode delete(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("PolicyName", POLICY);
        String resource = resource(in);
        in.check();
        remove(policies.get(key(resource, name))
                .orElseThrow(() -> new ServiceError(
                        400,
                        "ObjectNotFoundException",
                        "No scaling policy found for service namespace: " + NAMESPACE + ", resource ID: " + resource
                                + ", scalable dimension: " + DIMENSION + ", policy name: " + name)));
        return object();
    }

    private ObjectNode describePolicies(ObjectNode request) {
        Members in = Members.of(request);
        in.text("ServiceNamespace", SERVICE);
        List<String> names = in.texts("PolicyNames", 0, 50, POLICY);
        String resource = in.textOr("ResourceId", "", RESOURCE);
        return listed(
                in,
                "ScalingPolicies",
                BY_TIME,
                "PolicyARN",
                true,
                policies.all().stream()
                        .filter(policy -> names.isEmpty()
                                || names.contains(policy.path("PolicyName").asText()))
                        .filter(policy -> resource.isEmpty()
                                || policy.path("ResourceId").asText().equals(resource))
                        .toList());
    }

    private synchronized ObjectNode describeActivities(ObjectNode request) {
        Members in = Members.of(request);
        in.text("ServiceNamespace", SERVICE);
        String resource = in.textOr("ResourceId", "", RESOURCE);
        in.flag("IncludeNotScaledActivities");
        return listed(
                in,
                "ScalingActivities",
                "StartTime",
                "ActivityId",
                false,
                activities.all().stream()
                        .filter(activity -> resource.isEmpty()
                                || activity.path("ResourceId").asText().equals(resource))
                        .toList());
    }

    private ObjectNode tags(ObjectNode request) {
        Members in = Members.of(request);
        String arn = in.text("ResourceARN", ANY);
        in.check();
        ObjectNode found = targets.all().stream()
                .filter(target -> target.path("ScalableTargetARN").asText().equals(arn))
                .findFirst()
                .orElseThrow(() -> new ServiceError(400, "ResourceNotFoundException", "Resource not found: " + arn));
        ObjectNode out = object();
        out.set("Tags", found.withObjectProperty("_Tags"));
        return out;
    }

    private static void check(Members tracking) {
        if (!tracking.has("TargetValue")) {
            tracking.wrong("TargetValue", "Member must not be null");
        }
        tracking.decimalOr("TargetValue", 1, 0);
        tracking.numberOr("ScaleInCooldown", 0, 0, Integer.MAX_VALUE);
        tracking.numberOr("ScaleOutCooldown", 0, 0, Integer.MAX_VALUE);
        tracking.flag("DisableScaleIn");
        if (tracking.has("PredefinedMetricSpecification") == tracking.has("CustomizedMetricSpecification")) {
            throw ServiceError.validation(
                    "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified");
        }
        if (tracking.has("PredefinedMetricSpecification")) {
            String type =
                    tracking.optionalObject("PredefinedMetricSpecification").text("PredefinedMetricType", ANY);
            if (!type.equals(INVOCATIONS)) {
                throw ServiceError.validation("This emulator has the predefined metric " + INVOCATIONS + " only");
            }
            return;
        }
        Members metric = tracking.optionalObject("CustomizedMetricSpecification");
        if (metric.has("Metrics")) {
            throw ServiceError.validation("This emulator has customized metrics by name, not by metric math");
        }
        metric.text("MetricName", Rule.pattern(1, 255, ".+"));
        metric.text("Namespace", Rule.pattern(1, 255, ".+"));
        metric.text("Statistic", STATISTIC);
        metric.optionalText("Unit", ANY);
        for (Members dimension : metric.objects("Dimensions", 0, 30)) {
            dimension.text("Name", Rule.pattern(1, 255, ".+"));
            dimension.text("Value", Rule.pattern(1, 1024, ".+"));
        }
    }

    private static String resource(Members in) {
        String namespace = in.text("ServiceNamespace", SERVICE);
        String resource = in.text("ResourceId", RESOURCE);
        String dimension = in.text("ScalableDimension", ANY);
        in.check();
        if (!namespace.equals(NAMESPACE)) {
            throw ServiceError.validation("This emulator scales " + NAMESPACE + " only, not " + namespace);
        }
        if (!dimension.equals(DIMENSION)) {
            throw ServiceError.validation("Unsupported service namespace, resource type or scalable dimension: "
                    + namespace + ", " + resource + ", " + dimension);
        }
        if (!resource.matches("endpoint/[^/]+/variant/[^/]+")) {
            throw ServiceError.validation(
                    "Unsupported resource ID " + resource + ": it must be endpoint/NAME/variant/VARIANT");
        }
        return resource;
    }

    private static ObjectNode listed(
            Members in, String member, String sortBy, String name, boolean ascending, List<ObjectNode> found) {
        String dimension = in.textOr("ScalableDimension", DIMENSION, ANY);
        int limit = (int) in.numberOr("MaxResults", 50, 1, 50);
        String token = in.optionalText("NextToken", ANY);
        in.check();
        boolean ours = in.json().path("ServiceNamespace").asText().equals(NAMESPACE) && dimension.equals(DIMENSION);
        Listing listing;
        try {
            listing = Listing.of(ours ? found : List.of(), sortBy, name, ascending, limit, token);
        } catch (IllegalArgumentException e) {
            throw new ServiceError(400, "InvalidNextTokenException", "The next token supplied was invalid");
        }
        ObjectNode out = object();
        ArrayNode list = out.putArray(member);
        listing.page().forEach(document -> {
            document.properties().removeIf(field -> field.getKey().startsWith("_"));
            list.add(document);
        });
        if (listing.next() != null) {
            out.put("NextToken", listing.next());
        }
        return out;
    }

    private static ObjectNode named(String resource) {
        return object().put("ServiceNamespace", NAMESPACE)
                .put("ResourceId", resource)
                .put("ScalableDimension", DIMENSION);
    }

    private static String key(String resource, String policy) {
        return resource + "\n" + policy;
    }

    private double now() {
        return clock.millis() / 1000.0;
    }

    private static ServiceError noTarget(String resource) {
        return new ServiceError(
                400,
                "ObjectNotFoundException",
                "No scalable target registered for service namespace: " + NAMESPACE + ", resource ID: " + resource
                        + ", scalable dimension: " + DIMENSION);
    }
}
