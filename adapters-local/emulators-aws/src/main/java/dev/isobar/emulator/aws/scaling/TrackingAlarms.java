package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.stream.StreamSupport;

/**
 * The two alarms of a target tracking policy, which knows their names: three minutes above the target, fifteen below nine tenths of it. Those numbers,
 * names and descriptions are of alarms that users exported from the service. Thread safe.
 *
 * <p>Not verified: whether a policy that must not scale in has the low alarm too (here it has), and whether a policy that is put again keeps its alarms'
 * names (here it does not).
 */
final class TrackingAlarms {
    private static final int HIGH_PERIODS = 3;
    private static final int LOW_PERIODS = 15;
    private static final double LOW = 0.9;
    private static final int PERIOD_SECONDS = 60;

    private final MetricAlarms alarms;

    TrackingAlarms(MetricAlarms alarms) {
        this.alarms = alarms;
    }

    /** Makes alarms with new names, and removes those that the policy had. */
    void renew(ObjectNode policy) {
        ObjectNode old = policy.deepCopy();
        ArrayNode made = policy.putArray("Alarms");
        String resource = policy.path("ResourceId").asText();
        for (String which : List.of("High", "Low")) {
            made.addObject()
                    .put("AlarmName", "TargetTracking-" + resource + "-Alarm" + which + "-" + UUID.randomUUID());
        }
        put(policy);
        remove(old);
    }

    /** Makes a policy's alarms as it names them. */
    void put(ObjectNode policy) {
        double target = tracking(policy).path("TargetValue").asDouble();
        put(policy, 0, HIGH_PERIODS, "GreaterThanThreshold", target);
        put(policy, 1, LOW_PERIODS, "LessThanThreshold", target * LOW);
    }

    private void put(ObjectNode policy, int which, int periods, String comparison, double threshold) {
        JsonNode named = policy.path("Alarms").path(which);
        String policyArn = policy.path("PolicyARN").asText();
        ObjectNode alarm = JsonNodeFactory.instance
                .objectNode()
                .put("AlarmName", named.path("AlarmName").asText())
                .put("AlarmDescription", "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + policyArn + ".")
                .put("ActionsEnabled", true)
                .put("Period", PERIOD_SECONDS)
                .put("EvaluationPeriods", periods)
                .put("ComparisonOperator", comparison)
                .put("Threshold", threshold)
                .put("TreatMissingData", "missing");
        alarm.putArray("AlarmActions").add(policyArn);
        JsonNode metric = tracking(policy).path("CustomizedMetricSpecification");
        if (metric.isObject()) {
            for (String member : List.of("Namespace", "MetricName", "Statistic", "Unit", "Dimensions")) {
                if (metric.hasNonNull(member)) {
                    alarm.set(member, metric.get(member).deepCopy());
                }
            }
        } else {
            // SageMakerVariantInvocationsPerInstance
            String[] parts = policy.path("ResourceId").asText().split("/", -1);
            alarm.put("Namespace", "AWS/SageMaker")
                    .put("MetricName", "InvocationsPerInstance")
                    .put("Statistic", "Sum");
            ArrayNode dimensions = alarm.putArray("Dimensions");
            dimensions.addObject().put("Name", "EndpointName").put("Value", parts[1]);
            dimensions.addObject().put("Name", "VariantName").put("Value", parts[3]);
        }
        ((ObjectNode) named).put("AlarmARN", alarms.put(alarm));
    }

    void remove(ObjectNode policy) {
        List<String> names = StreamSupport.stream(policy.path("Alarms").spliterator(), false)
                .map(alarm -> alarm.path("AlarmName").asText())
                .toList();
        if (!names.isEmpty()) {
            alarms.delete(names);
        }
    }

    /** The metric's newest value, if it has been above the target for long enough. */
    OptionalDouble high(ObjectNode policy) {
        return alarms.breach(highName(policy));
    }

    /** The metric's newest value, if it has been well below the target for long enough. */
    OptionalDouble low(ObjectNode policy) {
        return alarms.breach(lowName(policy));
    }

    static String highName(ObjectNode policy) {
        return policy.path("Alarms").path(0).path("AlarmName").asText();
    }

    static String lowName(ObjectNode policy) {
        return policy.path("Alarms").path(1).path("AlarmName").asText();
    }

    static JsonNode tracking(ObjectNode policy) {
        return policy.path("TargetTrackingScalingPolicyConfiguration");
    }
}
