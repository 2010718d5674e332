package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.JobState;
import dev.isobar.port.TrainingJobs;

/**
 * What Vertex AI's states mean. Only those that it calls final are terminal.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState">JobState</a>
 */
final class JobStates {
    private JobStates() {}

    static boolean ended(CustomJob job) {
        return of(job, false).terminal();
    }

    static boolean cancelling(CustomJob job) {
        return job.getState() == JobState.JOB_STATE_CANCELLING;
    }

    /** Whether it ended without success. */
    static boolean broken(CustomJob job) {
        return ended(job) && job.getState() != JobState.JOB_STATE_SUCCEEDED;
    }

    /**
     * Isobar's state.
     *
     * @param late whether its time was up
     */
    static TrainingJobs.JobState of(CustomJob job, boolean late) {
        return switch (job.getState()) {
            case JOB_STATE_QUEUED, JOB_STATE_PENDING, JOB_STATE_PAUSED, JOB_STATE_UNSPECIFIED ->
                TrainingJobs.JobState.PENDING;
            case JOB_STATE_RUNNING, JOB_STATE_UPDATING, UNRECOGNIZED -> TrainingJobs.JobState.RUNNING;
            case JOB_STATE_CANCELLING -> TrainingJobs.JobState.STOPPING;
            case JOB_STATE_SUCCEEDED -> TrainingJobs.JobState.SUCCEEDED;
            case JOB_STATE_FAILED, JOB_STATE_EXPIRED, JOB_STATE_PARTIALLY_SUCCEEDED -> TrainingJobs.JobState.FAILED;
            case JOB_STATE_CANCELLED -> late ? TrainingJobs.JobState.FAILED : TrainingJobs.JobState.CANCELLED;
        };
    }
}
