package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.scaling.ScalableResources.Capacity;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was scaled and why, for six weeks. The texts are those of the service for SageMaker. What it does not scale has no activity here. Not thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html">DescribeScalingActivities</a>
 */
final class Activities {
    private static final Duration KEPT = Duration.ofDays(42);
    private static final String STATUS = "StatusCode";
    private static final String RUNNING = "InProgress";
    private static final String BASE = "_Base";
    private static final String TO = "_To";
    private static final String BY_POLICY = "_ByPolicy";

    private final Documents documents;
    private final ScalableResources resources;
    private final Clock clock;

    Activities(Documents documents, ScalableResources resources, Clock clock) {
        this.documents = documents;
        this.resources = resources;
        this.clock = clock;
    }

    /**
     * A change of capacity that is over.
     *
     * @param base the capacity before it, and before those that it came in the cooldown of
     */
    record Change(int base, Instant end) {}

    List<ObjectNode> all() {
        return documents.all();
    }

    /**
     * Begins to scale.
     *
     * @param activity a document that names the resource
     * @param base see {@link Change}
     */
    void begin(ObjectNode activity, int base, int to, String cause, boolean byPolicy) {
        double now = now();
        for (ObjectNode old : documents.all()) {
            if (old.path("StartTime").asDouble() < now - KEPT.toSeconds()) {
                documents.delete(old.path("ActivityId").asText());
            }
        }
        activity.put("ActivityId", UUID.randomUUID().toString())
                .put("Description", "Setting desired instance count to " + to + ".")
                .put("Cause", cause)
                .put("StartTime", now)
                .put(BASE, base)
                .put(TO, to)
                .put(BY_POLICY, byPolicy);
        try {
            resources.change(activity.path("ResourceId").asText(), to);
            activity.put(STATUS, RUNNING)
                    .put(
                            "StatusMessage",
                            "Successfully set desired instance count to " + to
                                    + ". Waiting for change to be fulfilled by sagemaker.");
        } catch (ServiceError e) {
            end(activity, "Failed", failed(to, e.getMessage()));
        }
        documents.put(activity.path("ActivityId").asText(), activity);
    }

    /** Ends what has come to its end since it was begun. */
    void settle() {
        for (ObjectNode activity : documents.all()) {
            if (!activity.path(STATUS).asText().equals(RUNNING)) {
                continue;
            }
            Optional<Capacity> found =
                    resources.find(activity.path("ResourceId").asText());
            if (found.isPresent() && !found.get().settled()) {
                continue;
            }
            int to = activity.path(TO).asInt();
            if (found.isPresent() && found.get().desired() == to) {
                end(
                        activity,
                        "Successful",
                        "Successfully set desired instance count to " + to
                                + ". Change successfully fulfilled by sagemaker.");
            } else {
                end(activity, "Failed", failed(to, reason(found)));
            }
            documents.put(activity.path("ActivityId").asText(), activity);
        }
    }

    /** The last success of policies that added capacity to a resource. */
    Optional<Change> lastOut(String resource) {
        return last(resource, true);
    }

    /** The last success of policies that took capacity from a resource. */
    Optional<Change> lastIn(String resource) {
        return last(resource, false);
    }

    private Optional<Change> last(String resource, boolean out) {
        return documents.all().stream()
                .filter(activity -> activity.path("ResourceId").asText().equals(resource))
                .filter(activity -> activity.path(STATUS).asText().equals("Successful"))
                .filter(activity -> activity.path(BY_POLICY).asBoolean())
                .filter(activity ->
                        activity.path(TO).asInt() > activity.path(BASE).asInt() == out)
                .max(Comparator.comparingDouble(
                        activity -> activity.path("EndTime").asDouble()))
                .map(activity -> new Change(
                        activity.path(BASE).asInt(),
                        Instant.ofEpochMilli(Math.round(activity.path("EndTime").asDouble() * 1e3))));
    }

    private void end(ObjectNode activity, String status, String message) {
        activity.put(STATUS, status).put("StatusMessage", message).put("EndTime", now());
    }

    private static String failed(int to, @Nullable String reason) {
        return "Failed to set desired instance count to " + to + ". Reason: " + reason;
    }

    private static String reason(Optional<Capacity> found) {
        if (found.isEmpty()) {
            return "The resource is gone.";
        }
        String failure = found.get().failure();
        return failure == null ? "Somebody else set it to " + found.get().desired() + "." : failure;
    }

    private double now() {
        return clock.millis() / 1e3;
    }

    /** A document for an activity on a resource. */
    static ObjectNode on(ObjectNode target) {
        ObjectNode activity = JsonNodeFactory.instance.objectNode();
        for (String member : List.of("ServiceNamespace", "ResourceId", "ScalableDimension")) {
            activity.set(member, target.get(member));
        }
        return activity;
    }
}
