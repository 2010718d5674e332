package dev.isobar.runtime.step;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.DeploymentState;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ModelRegistry.Alias;
import dev.isobar.port.ModelRegistry.ModelVersion;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import dev.isobar.port.Workload;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.DeploySpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.workload.ServingDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Deploy: a server with the accepted model, reading this run's online state, gets the endpoint's traffic; a new model beside a champion first gets the canary's share. Done means
 * observed: the digest that replicas report and the traffic that the router applies. What cannot become ready is taken back, and the endpoint is as it was.
 */
public final class DeployStep {
    /** Its name. */
    public static final String NAME = "deploy";

    private static final ObjectMapper MAPPER = JsonMapper.builder().build();
    private static final long SETTLE_MICROS = 120_000_000;
    private static final int ALL = 10_000;

    private final RunContext run;
    private final DeploySpec deploy;

    /**
     * What the step leaves behind.
     *
     * @param candidate name of the new model's deployment
     * @param canary whether the champion still has most of the traffic
     */
    public record Done(String candidate, boolean canary, String url) {}

    public DeployStep(RunContext run, DeploySpec deploy) {
        this.run = run;
        this.deploy = deploy;
    }

    /** Does it. */
    public Done execute(TrainStep.Done trained) {
        return run.journal().once(run.runId(), "deploy.apply", Done.class, () -> deploy(trained));
    }

    /** Gives the candidate all traffic, makes it champion and retires the rest; after the canary's bake. */
    public void promote(TrainStep.Done trained, String candidate) {
        run.journal().once(run.runId(), "deploy.promote", () -> {
            Deployment only = deployment(
                    trained.artifact(),
                    trained.model().digest(),
                    trained.model().version());
            apply(new EndpointConfiguration(
                    deploy.endpoint(),
                    run.request().endpointPort(),
                    List.of(only),
                    Map.of(only.name(), ALL),
                    labels()));
            crown(trained);
        });
    }

    /** Brings back what an earlier attempt deployed, should its processes have died with that attempt. */
    public void ensure() {
        run.target()
                .objectStore()
                .get(key(deploy.endpoint()))
                .map(o -> configuration(o.content()))
                .ifPresent(this::apply);
    }

    /** The endpoint as observed. */
    public EndpointStatus status() {
        return run.target()
                .endpoints()
                .describe(deploy.endpoint())
                .orElseThrow(
                        () -> IsobarException.of(ErrorCode.NOT_FOUND, "Endpoint '" + deploy.endpoint() + "' is gone")
                                .hint("Run the pipeline again to deploy it.")
                                .build());
    }

    private Done deploy(TrainStep.Done trained) {
        Deployment candidate = deployment(
                trained.artifact(), trained.model().digest(), trained.model().version());
        Deployment incumbent =
                trained.status().equals("UNCHANGED") || deploy.canaryBasisPoints() >= ALL ? null : incumbent(trained);
        List<Deployment> deployments = new ArrayList<>();
        Map<String, Integer> routes = new TreeMap<>();
        deployments.add(candidate);
        if (incumbent == null) {
            routes.put(candidate.name(), ALL);
        } else {
            deployments.add(incumbent);
            routes.put(candidate.name(), deploy.canaryBasisPoints());
            routes.put(incumbent.name(), ALL - deploy.canaryBasisPoints());
        }
        EndpointStatus status = apply(new EndpointConfiguration(
                deploy.endpoint(), run.request().endpointPort(), deployments, routes, labels()));
        if (incumbent == null) {
            crown(trained);
        }
        return new Done(candidate.name(), incumbent != null, status.url());
    }

    /** The champion on this run's state, if it reads the same features; else there is nothing to compare with and the candidate takes over at once. */
    private @Nullable Deployment incumbent(TrainStep.Done trained) {
        if (trained.champion() == 0) {
            return null;
        }
        ModelRegistry registry = run.target().modelRegistry();
        Optional<ModelVersion> champion = registry.get(run.spec().name(), trained.champion());
        Optional<ModelVersion> candidate =
                registry.get(run.spec().name(), trained.model().version());
        if (champion.isEmpty()
                || candidate.isEmpty()
                || !String.valueOf(champion.get().model().properties().get("features"))
                        .equals(candidate.get().model().properties().get("features"))) {
            return null;
        }
        return deployment(
                champion.get().model().artifact(),
                champion.get().model().digest(),
                champion.get().version());
    }

    private Deployment deployment(String artifact, String digest, int version) {
        ObjectStore lake = run.target().objectStore();
        String specKey = run.object("spec.json");
        lake.put(specKey, SpecJson.write(run.spec()).getBytes(StandardCharsets.UTF_8), Precondition.none());
        String name = "v" + version + "-"
                + RowDigest.ofBytes((run.runId() + digest).getBytes(StandardCharsets.UTF_8))
                        .substring(7, 15);
        ServingDescriptor descriptor = new ServingDescriptor(
                deploy.endpoint(),
                name,
                run.runId(),
                specKey,
                run.specVersion(),
                artifact,
                digest,
                version,
                run.namespace(),
                run.predictions());
        byte[] json = descriptor.toJson();
        String key = run.object("serving/" + name + ".json");
        lake.put(key, json, Precondition.none());
        Workload server = run.programs()
                .server()
                .with(Map.of(
                        ServingDescriptor.KEY_VARIABLE,
                        key,
                        ServingDescriptor.DIGEST_VARIABLE,
                        RowDigest.ofBytes(json)));
        return new Deployment(
                name,
                server,
                digest,
                new Replicas(deploy.minReplicas(), deploy.maxReplicas(), deploy.scaleOutP99Micros()));
    }

    private Map<String, String> labels() {
        return Map.of("isobar-pipeline", run.spec().name(), "isobar-run", run.runId());
    }

    /** Applies and waits until it is observed; on failure puts back what was there. */
    private EndpointStatus apply(EndpointConfiguration wanted) {
        Endpoints endpoints = run.target().endpoints();
        ObjectStore lake = run.target().objectStore();
        String key = key(wanted.endpoint());
        // What was stopped since is not brought back.
        Optional<EndpointConfiguration> before =
                endpoints.describe(wanted.endpoint()).isPresent()
                        ? lake.get(key).map(o -> configuration(o.content()))
                        : Optional.empty();
        run.progress(NAME, "replicas ready", 0, replicas(wanted));
        endpoints.apply(wanted);
        try {
            EndpointStatus settled = settle(endpoints, wanted);
            lake.put(key, json(wanted), Precondition.none());
            return settled;
        } catch (IsobarException e) {
            if (before.isPresent()) {
                endpoints.apply(before.get());
            } else {
                endpoints.delete(wanted.endpoint());
            }
            throw e;
        }
    }

    private EndpointStatus settle(Endpoints endpoints, EndpointConfiguration wanted) {
        long patience = run.target()
                .binding(Port.ENDPOINTS)
                .capabilities()
                .limit(Limit.ENDPOINT_SETTLE_MICROS)
                .orElse(SETTLE_MICROS);
        long deadline = System.nanoTime() + patience * 1_000;
        while (true) {
            Optional<EndpointStatus> status = endpoints.describe(wanted.endpoint());
            if (status.isPresent()) {
                EndpointStatus s = status.get();
                for (DeploymentStatus d : s.deployments()) {
                    if (d.state() == DeploymentState.FAILED
                            && wanted.deployments().stream()
                                    .anyMatch(w -> w.name().equals(d.name()))) {
                        throw IsobarException.of(
                                        ErrorCode.WORKLOAD_FAILED,
                                        "Deployment '" + d.name() + "' of endpoint '" + wanted.endpoint()
                                                + "' cannot become ready: " + d.failure())
                                .at("Endpoints", "apply")
                                .resource(wanted.endpoint())
                                .hint(
                                        "Nothing of it stays; what was served before goes on. When the cause is gone, run the same command again: it deploys anew and goes on.")
                                .build();
                    }
                }
                run.progress(NAME, "replicas ready", ready(s), replicas(wanted));
                if (s.settled() && s.basisPoints().equals(wanted.basisPoints()) && digestsMatch(s, wanted)) {
                    return s;
                }
            }
            if (System.nanoTime() > deadline) {
                throw IsobarException.of(
                                ErrorCode.TIMEOUT,
                                "Endpoint '" + wanted.endpoint() + "' was not ready within " + patience / 1_000_000
                                        + " s")
                        .at("Endpoints", "describe")
                        .hint("`isobar status" + run.onTarget() + "` and " + run.command("logs") + " show why.")
                        .build();
            }
            Waiting.millis(25);
        }
    }

    private static boolean digestsMatch(EndpointStatus observed, EndpointConfiguration wanted) {
        for (Deployment w : wanted.deployments()) {
            if (observed.deployments().stream()
                    .noneMatch(d -> d.name().equals(w.name()) && w.modelDigest().equals(d.observedDigest()))) {
                return false;
            }
        }
        return true;
    }

    private static int replicas(EndpointConfiguration c) {
        return c.deployments().stream().mapToInt(d -> d.replicas().min()).sum();
    }

    private static long ready(EndpointStatus s) {
        return s.deployments().stream()
                .flatMap(d -> d.replicas().stream())
                .filter(Endpoints.ReplicaStatus::ready)
                .count();
    }

    private void crown(TrainStep.Done trained) {
        ModelRegistry registry = run.target().modelRegistry();
        Optional<Alias> now = registry.alias(run.spec().name(), TrainStep.CHAMPION);
        if (now.isPresent() && now.get().version() == trained.model().version()) {
            return;
        }
        registry.setAlias(
                run.spec().name(),
                TrainStep.CHAMPION,
                trained.model().version(),
                now.map(a -> Precondition.version(a.token())).orElse(Precondition.absent()));
    }

    private static String key(String endpoint) {
        return "endpoints/" + endpoint + ".json";
    }

    private static byte[] json(EndpointConfiguration c) {
        try {
            return MAPPER.writeValueAsBytes(c);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records are writable", e);
        }
    }

    private static EndpointConfiguration configuration(byte[] json) {
        try {
            return MAPPER.readValue(new String(json, StandardCharsets.UTF_8), EndpointConfiguration.class);
        } catch (JsonProcessingException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, "The recorded configuration of the endpoint cannot be read")
                    .cause(e)
                    .build();
        }
    }
}
