package dev.isobar.runtime.engine;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PlanResult.ScanPlan;
import dev.isobar.runtime.result.PlanResult.StepPlan;
import dev.isobar.spec.DeploySpec;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.StreamSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Meets what a spec requires with what a target's adapters declare, before anything runs. Stateless. */
final class Planner {
    private Planner() {}

    /** Calls nothing; {@code scans} is what somebody who did found out. */
    static PlanResult plan(Pipeline pipeline, Target target, List<ScanPlan> scans) {
        PipelineSpec spec = pipeline.spec();
        List<StepPlan> steps = new ArrayList<>();
        List<String> resources = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Target.Binding stream = target.bindings().get(Port.EVENT_STREAM);
        boolean once = stream != null && stream.capabilities().has(Capability.IDEMPOTENT_APPEND);
        steps.add(
                port(
                        target,
                        "ingest",
                        Port.EVENT_STREAM,
                        once
                                ? "events are appended once and kept in order per key"
                                : "events are kept in order per key and stored at least once; Isobar drops by id what comes again"));
        steps.add(port(target, "ingest", Port.OBJECT_STORE, "run records, models and descriptors"));
        steps.add(port(target, "feature", Port.OFFLINE_STORE, "events, vectors and the training set as tables"));
        steps.add(emulated(
                target,
                "feature",
                "windows",
                "windows, joins and known time are computed by Isobar's own kernel, the same on every target"));
        steps.add(port(target, "feature", Port.ONLINE_STORE, "kernel state per key, which the server evaluates"));
        for (StreamSpec s : spec.streams()) {
            resources.add("stream " + s.name() + ", keyed by " + String.join(", ", s.key()));
            resources.add("table events/" + s.name());
        }
        resources.add("table training-set");
        resources.add("table features");
        if (spec.training() != null) {
            steps.add(port(target, "train", Port.TRAINING_JOBS, spec.training().algorithm() + " in a job of its own"));
            steps.add(port(target, "train", Port.MODEL_REGISTRY, "versions by digest, alias champion"));
            resources.add("model group " + spec.name());
        }
        DeploySpec deploy = spec.deploy();
        if (deploy != null) {
            steps.add(port(
                    target,
                    "deploy",
                    Port.ENDPOINTS,
                    "endpoint " + deploy.endpoint() + ", " + deploy.minReplicas() + " replica"
                            + (deploy.minReplicas() == 1 ? "" : "s")));
            resources.add("endpoint " + deploy.endpoint());
            Target.Binding endpoints = target.bindings().get(Port.ENDPOINTS);
            // Without endpoints at all the step above says so.
            if (deploy.canaryBasisPoints() < 10_000 && endpoints != null) {
                boolean split = endpoints.capabilities().has(Capability.TRAFFIC_SPLIT);
                steps.add(new StepPlan(
                        "deploy",
                        "canary",
                        endpoints.instance(),
                        "traffic split",
                        split ? "NATIVE" : "REFUSED",
                        deploy.canaryBasisPoints() / 100.0 + " % of the traffic for " + words(deploy.bakeMicros())
                                + "; a first deployment has no canary",
                        split ? "" : "remove .canary(…), or choose a target that can split traffic"));
            }
            if (deploy.maxReplicas() > deploy.minReplicas() && endpoints != null) {
                steps.add(scaleOut(deploy, endpoints, target.bindings().get(Port.METRICS)));
            }
        }
        MonitorSpec monitor = spec.monitor();
        if (monitor != null) {
            steps.add(emulated(
                    target,
                    "monitor",
                    "drift, quality, performance",
                    "Isobar computes the statistics itself, every " + words(monitor.everyMicros())));
            steps.add(port(target, "monitor", Port.METRICS, "published as gauges"));
            if (!monitor.onBreach().isEmpty()) {
                remarks.add(
                        "onBreach: verdicts are recorded in the run's result and report; acting on them is not built yet.");
            }
        }
        boolean runnable = steps.stream().noneMatch(s -> s.verdict().equals("REFUSED"));
        return new PlanResult(
                spec.name(),
                target.name(),
                pipeline.version(),
                runnable,
                steps,
                resources,
                remarks,
                scans,
                SpecJson.write(spec));
    }

    private static StepPlan scaleOut(DeploySpec deploy, Target.Binding endpoints, Target.@Nullable Binding metrics) {
        String what = "up to " + deploy.maxReplicas() + " replicas while p99 is above "
                + deploy.scaleOutP99Micros() / 1_000.0 + " ms";
        String verdict = "NATIVE";
        String todo = "";
        if (!endpoints.capabilities().has(Capability.ELASTIC_REPLICAS)) {
            verdict = "REFUSED";
            todo = "say a fixed number with .replicas(n, n), or choose a target that can add replicas";
        } else if (metrics != null && !metrics.instance().equals(endpoints.instance())) {
            // Who does not see how long requests take follows the latency that is published, at its own side only.
            verdict = "REFUSED";
            what += "; but " + endpoints.instance()
                    + " would look for that among its own metrics, and this target's go to " + metrics.instance();
            todo =
                    "bind METRICS to the instance that ENDPOINTS is bound to, or say a fixed number with .replicas(n, n)";
        }
        return new StepPlan("deploy", "scale out", endpoints.instance(), "replicas by latency", verdict, what, todo);
    }

    private static StepPlan port(Target target, String step, Port port, String reason) {
        Target.Binding b = target.bindings().get(port);
        if (b == null || !b.capabilities().implementsPort(port)) {
            return new StepPlan(
                    step,
                    port.name(),
                    b == null ? "" : b.instance(),
                    "",
                    "REFUSED",
                    "nothing on target " + target.name() + " implements it",
                    "bind an adapter that declares " + port);
        }
        return new StepPlan(
                step,
                port.name(),
                b.instance(),
                String.valueOf(b.capabilities().services().get(port)),
                "NATIVE",
                reason,
                "");
    }

    private static StepPlan emulated(Target target, String step, String what, String reason) {
        return new StepPlan(step, what, target.name(), "Isobar", "EMULATED", reason, "");
    }

    private static String words(long micros) {
        Duration d = Duration.ofMillis(micros / 1000);
        if (d.toDays() > 0 && d.toHoursPart() == 0) {
            return d.toDays() == 1 ? "day" : d.toDays() + " days";
        }
        return d.toMinutes() % 60 == 0 && d.toHours() > 0 ? d.toHours() + " h" : d.toMinutes() + " min";
    }
}
