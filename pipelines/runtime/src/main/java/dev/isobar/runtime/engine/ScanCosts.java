package dev.isobar.runtime.engine;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeaturePlan;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.Range;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.result.PlanResult.ScanPlan;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.step.RunContext;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes the scans of a run read, where a target is charged for them: asked of the tables of the pipeline's last run. Nothing is called where scans are free. A plan
 * never fails for it, nor waits for long: what cannot be known is unknown, and says why. Stateless.
 */
final class ScanCosts {
    /** How long a plan waits in all. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String KNOWN = "_available_time";

    private ScanCosts() {}

    /** A scan that a step makes in every run. */
    private record Scan(String step, String reads, ScanRequest request) {}

    /** Those of a pipeline; empty where scans are not charged by the byte. */
    static List<ScanPlan> of(PipelineSpec spec, Target target, RunBook book, Duration patience) {
        Target.Binding tables = target.bindings().get(Port.OFFLINE_STORE);
        TrainingSpec training = spec.training();
        if (tables == null || training == null || !tables.capabilities().has(Capability.SCAN_ESTIMATE)) {
            return List.of();
        }
        FeaturePlan plan = FeaturePlan.compile(spec);
        // Also Google's clients repeat a call for longer than anybody waits for a plan.
        FutureTask<List<ScanPlan>> look =
                new FutureTask<>(() -> look(spec, plan, training, target.offlineStore(), book, target.name()));
        Thread looking = new Thread(look, "isobar-plan-scans");
        looking.setDaemon(true);
        looking.start();
        try {
            return look.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IsobarException why) {
                return unknown(spec, plan, training, "unknown: " + why.getMessage());
            }
            throw new IllegalStateException("looking for what scans read failed", e.getCause());
        } catch (TimeoutException e) {
            look.cancel(true);
            return unknown(
                    spec,
                    plan,
                    training,
                    "unknown: no answer from " + target.name() + " within " + patience.toSeconds() + " s");
        } catch (InterruptedException e) {
            look.cancel(true);
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "The plan was interrupted")
                    .cause(e)
                    .build();
        }
    }

    private static List<ScanPlan> look(
            PipelineSpec spec,
            FeaturePlan plan,
            TrainingSpec training,
            OfflineStore tables,
            RunBook book,
            String target) {
        List<RunResult> runs = book.all().stream()
                .filter(r -> r.pipeline().equals(spec.name()) && r.target().equals(target))
                .toList();
        if (runs.isEmpty()) {
            return unknown(spec, plan, training, "unknown: no table yet");
        }
        // One that ended well has all its tables.
        RunResult run = runs.stream()
                .filter(r -> r.status().equals("SUCCEEDED") || r.status().equals("UNCHANGED"))
                .findFirst()
                .orElse(runs.get(0));
        Map<ScanRequest, ScanPlan> known = new HashMap<>();
        List<ScanPlan> all = new ArrayList<>();
        for (Scan scan : scans(spec, plan, training, run.runId())) {
            ScanPlan same = known.computeIfAbsent(scan.request(), r -> estimate(scan, tables, run.runId()));
            all.add(new ScanPlan(scan.step(), scan.reads(), same.bytes(), same.basis()));
        }
        return List.copyOf(all);
    }

    private static ScanPlan estimate(Scan scan, OfflineStore tables, String run) {
        try {
            OptionalLong bytes = tables.estimate(scan.request());
            return bytes.isEmpty()
                    ? new ScanPlan(scan.step(), scan.reads(), null, "unknown: the store does not say")
                    : new ScanPlan(scan.step(), scan.reads(), bytes.getAsLong(), "as for the tables of run " + run);
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            return new ScanPlan(scan.step(), scan.reads(), null, "unknown: run " + run + " has no such table");
        }
    }

    private static List<ScanPlan> unknown(PipelineSpec spec, FeaturePlan plan, TrainingSpec training, String why) {
        return scans(spec, plan, training, "none").stream()
                .map(scan -> new ScanPlan(scan.step(), scan.reads(), null, why))
                .toList();
    }

    /** What the steps scan, in their order: {@code FeatureStep}, {@code TrainStep}, {@code MonitorStep}, {@code Audit}. */
    private static List<Scan> scans(PipelineSpec spec, FeaturePlan plan, TrainingSpec training, String run) {
        long cut = training.acceptUntilMicros();
        StreamSpec labels = spec.stream(training.labelStream());
        List<Scan> scans = new ArrayList<>();
        scans.add(events("feature", run, labels, new Range(KNOWN, Long.MIN_VALUE, cut + 1), "labels in "));
        for (StreamSpec stream : relevant(spec, plan, training)) {
            scans.add(events("feature", run, stream, new Range(KNOWN, Long.MIN_VALUE, cut), ""));
        }
        String set = RunContext.trainingSet(run);
        scans.add(new Scan("feature", "training-set", ScanRequest.ordered(set)));
        scans.add(new Scan("train", "training-set", ScanRequest.ordered(set)));
        if (spec.deploy() != null && spec.monitor() != null) {
            StreamSpec decisions = spec.stream(plan.decisions());
            scans.add(new Scan(
                    "monitor",
                    "live decisions in events/" + decisions.name(),
                    new ScanRequest(
                            RunContext.events(run, decisions).table(),
                            null,
                            new Range(KNOWN, cut, Long.MAX_VALUE),
                            false)));
            for (StreamSpec stream : relevant(spec, plan, training)) {
                scans.add(events("monitor", run, stream, null, ""));
            }
            scans.add(new Scan("monitor", "features", ScanRequest.ordered(RunContext.features(run))));
            scans.add(new Scan("monitor", "training-set", ScanRequest.ordered(set)));
            scans.add(events("monitor", run, labels, null, "labels in "));
            for (StreamSpec stream : relevant(spec, plan, training)) {
                scans.add(events("audit", run, stream, null, "for vectors "));
            }
            for (StreamSpec stream : spec.streams()) {
                scans.add(events("audit", run, stream, null, "against the log "));
            }
        }
        return scans;
    }

    private static List<StreamSpec> relevant(PipelineSpec spec, FeaturePlan plan, TrainingSpec training) {
        return spec.streams().stream()
                .filter(s -> s.name().equals(plan.decisions())
                        || s.name().equals(training.labelStream())
                        || plan.statesOf(s.name()).length > 0)
                .toList();
    }

    private static Scan events(String step, String run, StreamSpec stream, @Nullable Range range, String what) {
        return new Scan(
                step,
                what + "events/" + stream.name(),
                new ScanRequest(RunContext.events(run, stream).table(), null, range, true));
    }
}
