package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Where a training job is, as DescribeTrainingJob tells it. */
final class TrainingState {
    static final String STATUS = "TrainingJobStatus";
    static final String SECONDARY = "SecondaryStatus";

    private static final int MAX_REASON = 1024;

    private TrainingState() {}

    /** Whether a job will not change any more. */
    static boolean ended(ObjectNode job) {
        return switch (job.path(STATUS).asText()) {
            case "Completed", "Failed", "Stopped" -> true;
            default -> false;
        };
    }

    /** Enters a phase of a job that goes on. */
    static void enter(ObjectNode job, String secondary, String message) {
        double now = Rules.now();
        ArrayNode transitions = job.withArray("SecondaryStatusTransitions");
        if (!transitions.isEmpty() && transitions.get(transitions.size() - 1) instanceof ObjectNode last) {
            last.put("EndTime", now);
        }
        transitions.addObject().put("Status", secondary).put("StartTime", now).put("StatusMessage", message);
        job.put(SECONDARY, secondary);
        job.put("LastModifiedTime", now);
        if (secondary.equals("Training") && !job.has("TrainingStartTime")) {
            job.put("TrainingStartTime", now);
        }
    }

    /** Ends a job. */
    static void end(ObjectNode job, String status, String secondary, String message, @Nullable String reason) {
        enter(job, secondary, message);
        double now = job.path("LastModifiedTime").asDouble();
        if (job.path("SecondaryStatusTransitions")
                        .path(job.path("SecondaryStatusTransitions").size() - 1)
                instanceof ObjectNode last) {
            last.put("EndTime", now);
        }
        job.put(STATUS, status);
        job.put("TrainingEndTime", now);
        double start = job.path("TrainingStartTime").asDouble(now);
        int seconds = (int) Math.max(1, Math.ceil(now - start));
        job.put("TrainingTimeInSeconds", seconds);
        job.put("BillableTimeInSeconds", seconds);
        if (reason != null) {
            job.put("FailureReason", reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
        }
    }
}
