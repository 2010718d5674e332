package dev.isobar.runtime.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunResult.Consistency;
import dev.isobar.runtime.result.RunResult.EndpointInfo;
import dev.isobar.runtime.result.RunResult.Failure;
import dev.isobar.runtime.result.RunResult.Features;
import dev.isobar.runtime.result.RunResult.Model;
import dev.isobar.runtime.result.RunResult.Step;
import dev.isobar.runtime.result.RunResult.StreamCount;
import dev.isobar.runtime.result.RunResult.TrainingSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of a run while it goes on. Not thread safe. */
final class RunRecord {
    private final String runId;
    private final boolean resumed;
    private final String pipeline;
    private final String target;
    private final String specVersion;
    private final String input;
    private final String started;
    private final Map<String, Step> steps = new LinkedHashMap<>();
    private final Map<String, Long> heaps = new LinkedHashMap<>();
    private List<StreamCount> streams = List.of();
    private @Nullable TrainingSet trainingSet;
    private @Nullable Features features;
    private @Nullable Model model;
    private @Nullable EndpointInfo endpoint;
    private @Nullable Consistency consistency;
    private @Nullable JsonNode monitor;
    private @Nullable Failure failure;
    private @Nullable String finished;
    private String status = "RUNNING";

    RunRecord(
            String runId,
            boolean resumed,
            String pipeline,
            String target,
            String specVersion,
            String input,
            String started,
            List<String> stepNames) {
        this.runId = runId;
        this.resumed = resumed;
        this.pipeline = pipeline;
        this.target = target;
        this.specVersion = specVersion;
        this.input = input;
        this.started = started;
        stepNames.forEach(s -> steps.put(s, new Step(s, "PENDING", 0, null)));
    }

    String runId() {
        return runId;
    }

    void step(Step s) {
        steps.put(s.name(), s);
    }

    void streams(List<StreamCount> value) {
        streams = value;
    }

    List<StreamCount> streams() {
        return streams;
    }

    void trainingSet(TrainingSet value) {
        trainingSet = value;
    }

    void features(Features value) {
        features = value;
    }

    void model(Model value) {
        model = value;
    }

    void endpoint(EndpointInfo value) {
        endpoint = value;
    }

    void consistency(Consistency value) {
        consistency = value;
    }

    void monitor(JsonNode value) {
        monitor = value;
    }

    void heap(String process, long bytes) {
        heaps.put(process, bytes);
    }

    void finish(String newStatus, String at) {
        status = newStatus;
        finished = at;
    }

    void fail(String step, IsobarException e) {
        failure = new Failure(
                e.code().name(),
                step,
                String.valueOf(e.getMessage()),
                e.hint(),
                e.adapter(),
                e.port(),
                e.operation(),
                e.resource());
    }

    RunResult result() {
        return new RunResult(
                status,
                runId,
                resumed,
                pipeline,
                target,
                specVersion,
                input,
                started,
                finished,
                new ArrayList<>(steps.values()),
                streams,
                trainingSet,
                features,
                model,
                endpoint,
                consistency,
                monitor,
                heaps.values().stream().mapToLong(Long::longValue).sum(),
                Map.copyOf(heaps),
                failure);
    }
}
