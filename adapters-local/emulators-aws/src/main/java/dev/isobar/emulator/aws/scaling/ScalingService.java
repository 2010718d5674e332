package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.state.Documents;
import dev.isobar.emulator.aws.state.Listing;
import dev.isobar.emulator.aws.wire.JsonService;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Application Auto Scaling for variants of SageMaker endpoints. It keeps and checks what it is told and <b>scales nothing</b>; so it makes no CloudWatch
 * alarms either, and lists none. Step and predictive policies are refused. Thread safe.
 *
 * <p>Not verified: the words for an endpoint that is not there.
 *
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html">RegisterScalableTarget</a>
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html">PutScalingPolicy</a>
 */
public final class ScalingService extends JsonService {
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

    private final Documents targets;
    private final Documents policies;
    private final Predicate<String> exists;
    private final String region;
    private final String account;

    /**
     * Opens a folder.
     *
     * @param exists whether there is a resource {@code endpoint/NAME/variant/VARIANT}
     */
    public ScalingService(String region, String account, Path folder, Predicate<String> exists) throws IOException {
        super("AnyScaleFrontendService");
        this.region = region;
        this.account = account;
        this.targets = Documents.open(folder.resolve("target"));
        this.policies = Documents.open(folder.resolve("policy"));
        this.exists = exists;
        operation("RegisterScalableTarget", this::register);
        operation("DeregisterScalableTarget", this::deregister);
        operation("DescribeScalableTargets", this::describeTargets);
        operation("PutScalingPolicy", this::put);
        operation("DeleteScalingPolicy", this::delete);
        operation("DescribeScalingPolicies", this::describePolicies);
        operation("ListTagsForResource", this::tags);
    }

    private synchronized ObjectNode register(ObjectNode request) {
        Members in = Members.of(request);
        String resource = resource(in);
        in.numberOr("MinCapacity", 0, 0, Integer.MAX_VALUE);
        in.numberOr("MaxCapacity", 0, 0, Integer.MAX_VALUE);
        in.optionalText("RoleARN", ANY);
        Map<String, String> tags = in.map("Tags", 50, Rule.length(128), Rule.length(256));
        in.check();
        Optional<ObjectNode> before = targets.get(resource);
        if (before.isEmpty() && !(in.has("MinCapacity") && in.has("MaxCapacity"))) {
            throw ServiceError.validation("MinCapacity and MaxCapacity are required to register a new scalable target");
        }
        if (!exists.test(resource)) {
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
            for (String what :
                    List.of("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")) {
                suspended.put(what, false);
            }
            return made;
        });
        for (String member : List.of("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState")) {
            if (in.has(member)) {
                target.set(member, request.get(member));
            }
        }
        ObjectNode kept = target.withObjectProperty("_Tags");
        tags.forEach(kept::put);
        if (target.path("MinCapacity").asLong() > target.path("MaxCapacity").asLong()) {
            throw ServiceError.validation("Maximum capacity cannot be less than minimum capacity");
        }
        targets.put(resource, target);
        ObjectNode out = object();
        out.set("ScalableTargetARN", target.get("ScalableTargetARN"));
        return out;
    }

    private synchronized ObjectNode deregister(ObjectNode request) {
        Members in = Members.of(request);
        String resource = resource(in);
        in.check();
        if (!targets.delete(resource)) {
            throw noTarget(resource);
        }
        policies.all().stream()
                .filter(policy -> policy.path("ResourceId").asText().equals(resource))
                .forEach(policy ->
                        policies.delete(key(resource, policy.path("PolicyName").asText())));
        return object();
    }

    private ObjectNode describeTargets(ObjectNode request) {
        Members in = Members.of(request);
        in.text("ServiceNamespace", SERVICE);
        List<String> resources = in.texts("ResourceIds", 0, 50, RESOURCE);
        return listed(
                in,
                "ScalableTargets",
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
        Members tracking = in.optionalObject("TargetTrackingScalingPolicyConfiguration");
        in.check();
        if (!type.equals("TargetTrackingScaling")) {
            throw ServiceError.validation("This emulator has policies of type TargetTrackingScaling only, not " + type);
        }
        if (!in.has("TargetTrackingScalingPolicyConfiguration")) {
            throw ServiceError.validation("TargetTrackingScalingPolicyConfiguration is required for the policy type");
        }
        tracking(tracking);
        in.check();
        if (targets.get(resource).isEmpty()) {
            throw noTarget(resource);
        }
        Optional<ObjectNode> before = policies.get(key(resource, name));
        if (before.isEmpty() && count(resource) >= MAX_POLICIES) {
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
        policy.set("TargetTrackingScalingPolicyConfiguration", tracking.json());
        policy.putArray("Alarms");
        policies.put(key(resource, name), policy);
        ObjectNode out = object();
        out.set("PolicyARN", policy.get("PolicyARN"));
        out.putArray("Alarms");
        return out;
    }

    private synchronized ObjectNode delete(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("PolicyName", POLICY);
        String resource = resource(in);
        in.check();
        if (!policies.delete(key(resource, name))) {
            throw new ServiceError(
                    400,
                    "ObjectNotFoundException",
                    "No scaling policy found for service namespace: " + NAMESPACE + ", resource ID: " + resource
                            + ", scalable dimension: " + DIMENSION + ", policy name: " + name);
        }
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
                policies.all().stream()
                        .filter(policy -> names.isEmpty()
                                || names.contains(policy.path("PolicyName").asText()))
                        .filter(policy -> resource.isEmpty()
                                || policy.path("ResourceId").asText().equals(resource))
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

    private static void tracking(Members tracking) {
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
            if (!type.startsWith("SageMaker")) {
                throw ServiceError.validation("The predefined metric " + type + " is not of " + NAMESPACE);
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

    private static ObjectNode listed(Members in, String member, List<ObjectNode> found) {
        String dimension = in.textOr("ScalableDimension", DIMENSION, ANY);
        int limit = (int) in.numberOr("MaxResults", 50, 1, 50);
        String token = in.optionalText("NextToken", ANY);
        in.check();
        boolean ours = in.json().path("ServiceNamespace").asText().equals(NAMESPACE) && dimension.equals(DIMENSION);
        Listing listing;
        try {
            listing = Listing.of(
                    ours ? found : List.of(),
                    BY_TIME,
                    member.equals("ScalableTargets") ? "ResourceId" : "PolicyARN",
                    true,
                    limit,
                    token);
        } catch (IllegalArgumentException e) {
            throw new ServiceError(400, "InvalidNextTokenException", "The next token supplied was invalid");
        }
        ObjectNode out = object();
        ArrayNode list = out.putArray(member);
        listing.page().forEach(document -> {
            document.remove("_Tags");
            list.add(document);
        });
        if (listing.next() != null) {
            out.put("NextToken", listing.next());
        }
        return out;
    }

    private long count(String resource) {
        return policies.all().stream()
                .filter(policy -> policy.path("ResourceId").asText().equals(resource))
                .count();
    }

    private static ObjectNode named(String resource) {
        return object().put("ServiceNamespace", NAMESPACE)
                .put("ResourceId", resource)
                .put("ScalableDimension", DIMENSION);
    }

    private static String key(String resource, String policy) {
        return resource + "\n" + policy;
    }

    private static double now() {
        return Instant.now().toEpochMilli() / 1000.0;
    }

    private static ServiceError noTarget(String resource) {
        return new ServiceError(
                400,
                "ObjectNotFoundException",
                "No scalable target registered for service namespace: " + NAMESPACE + ", resource ID: " + resource
                        + ", scalable dimension: " + DIMENSION);
    }
}
