package dev.isobar.runtime.step;

import dev.isobar.features.FeaturePlan;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.table.EventTable;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What every step of a run is given, and the deterministic names of all that a run makes.
 *
 * @param scratch a folder of this attempt alone, removed afterwards
 * @since 0.1
 */
public record RunContext(
        String runId,
        Instant started,
        PipelineSpec spec,
        String specVersion,
        FeaturePlan plan,
        RunRequest request,
        Target target,
        Programs programs,
        Journal journal,
        RunListener listener,
        Path scratch) {

    /** The log's stream for one of the pipeline's streams. */
    public String stream(String name) {
        return stream(runId, name);
    }

    /** The log's stream for one of a run's streams. */
    public static String stream(String runId, String name) {
        return runId + "." + name;
    }

    /** The id under which a run asks for a decision, the same when it asks again. */
    public static String predictionId(String runId, String decisionId) {
        return runId + "/" + decisionId;
    }

    /** The log's stream of predictions. */
    public String predictions() {
        return predictions(runId);
    }

    /** The log's stream of a run's predictions. */
    public static String predictions(String runId) {
        return stream(runId, "predictions");
    }

    /** The lake's table of a stream's events. */
    public EventTable events(StreamSpec stream) {
        return events(runId, stream);
    }

    /** The lake's table of a run's events of a stream. */
    public static EventTable events(String runId, StreamSpec stream) {
        return new EventTable(runId + "/events/" + stream.name(), stream);
    }

    /** The side output of a stream. */
    public EventTable late(StreamSpec stream) {
        return new EventTable(runId + "/late/" + stream.name(), stream);
    }

    /** The table of dead letters. */
    public String deadLetters() {
        return runId + "/dead-letters";
    }

    /** The table of vectors. */
    public FeatureTable features() {
        return FeatureTable.vectors(features(runId), plan);
    }

    /** The name of a run's table of vectors. */
    public static String features(String runId) {
        return runId + "/features";
    }

    /** The training set. */
    public FeatureTable trainingSet() {
        return FeatureTable.training(trainingSet(runId), plan);
    }

    /** The name of a run's training set. */
    public static String trainingSet(String runId) {
        return runId + "/training-set";
    }

    /** A lake key under the run's prefix. */
    public String object(String name) {
        return object(runId, name);
    }

    /** A lake key under a run's prefix. */
    public static String object(String runId, String name) {
        return "runs/" + runId + "/" + name;
    }

    /** The online store's namespace. */
    public String namespace() {
        return runId;
    }

    /** A command about this run's pipeline, as a hint quotes it: it names the target where that is not the default. */
    String command(String name) {
        return "`isobar " + name + " " + spec.name() + onTarget() + "`";
    }

    /** What makes a command ask this run's target. */
    String onTarget() {
        return target.name().equals("local") ? "" : " --target " + target.name();
    }

    /** Says how far a step is. */
    public void progress(String step, String what, long done, long total) {
        listener.progress(step, what, done, total);
    }
}
