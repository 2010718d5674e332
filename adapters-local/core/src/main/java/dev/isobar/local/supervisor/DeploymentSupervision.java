package dev.isobar.local.supervisor;

import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.Json;
import dev.isobar.local.process.Launch;
import dev.isobar.local.process.LogTail;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.router.Router;
import dev.isobar.local.router.Upstream;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.DeploymentState;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.ReplicaStatus;
import dev.isobar.port.Endpoints.Replicas;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps one deployment's replicas alive. The supervisor's thread only. */
final class DeploymentSupervision {
    /** So many deaths in a row that came soon after a start say that it will not work. */
    private static final int MAX_QUICK_DEATHS = 3;

    private static final long QUICK_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long MAX_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long SILENCE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int FAILURE_LINES = 12;
    private static final long MAX_LOG_BYTES = 16L << 20;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final SupervisorHome home;
    private final Supervisor supervisor;
    private final ExecutorService probes;
    private final String endpoint;
    private final String content;
    private Deployment deployment;
    private Elasticity elasticity;
    private final Map<Integer, Replica> replicas = new TreeMap<>();
    private final Map<Integer, Slot> slots = new HashMap<>();
    private final List<Replica> leaving = new ArrayList<>();
    private boolean everReady;
    private @Nullable String failure;

    /** What is remembered of a replica's place from one process to the next. */
    private static final class Slot {
        private int restarts;
        private int quickDeaths;
        private long notBefore = System.nanoTime();
    }

    DeploymentSupervision(
            SupervisorHome home,
            Supervisor supervisor,
            ExecutorService probes,
            String endpoint,
            Deployment deployment) {
        this.home = home;
        this.supervisor = supervisor;
        this.probes = probes;
        this.endpoint = endpoint;
        this.deployment = deployment;
        this.elasticity = new Elasticity(deployment.replicas(), System.nanoTime());
        this.content = content(deployment);
    }

    /** A digest of what a deployment runs; the number of replicas is not part of it. */
    static String content(Deployment deployment) {
        try {
            byte[] bytes = Json.bytes(new Deployment(
                    deployment.name(), deployment.workload(), deployment.modelDigest(), Replicas.fixed(1)));
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    Deployment deployment() {
        return deployment;
    }

    String content() {
        return content;
    }

    /** Takes a process that somebody before started; one too many is sent away. */
    void adopt(ProcessRecord process) {
        Replica replica = new Replica(process, 0);
        elasticity.startFrom(replica.index() + 1);
        if (replica.index() >= elasticity.count() || replicas.containsKey(replica.index())) {
            leaving.add(replica);
        } else {
            replicas.put(replica.index(), replica);
        }
    }

    /** Whether it looks after the process of that tag. */
    boolean knows(String tag) {
        return replicas.values().stream().anyMatch(r -> r.process().tag().equals(tag))
                || leaving.stream().anyMatch(r -> r.process().tag().equals(tag));
    }

    /** Says how many replicas there shall be, and to try again if it had been given up. */
    void declare(Deployment wanted) {
        deployment = wanted;
        if (!wanted.replicas().equals(elasticity.bounds())) {
            int running = elasticity.count();
            elasticity = new Elasticity(wanted.replicas(), System.nanoTime());
            elasticity.startFrom(running);
        }
        failure = null;
        slots.values().forEach(s -> {
            s.quickDeaths = 0;
            s.notBefore = System.nanoTime();
        });
        sendSurplusAway();
    }

    /** Adds or takes away a replica if requests take too long, or no longer do. */
    void follow(Router router) {
        if (!elasticity.bounds().elastic()) {
            return;
        }
        int before = elasticity.count();
        elasticity.observe(router.load(deployment.name(), elasticity.bounds().scaleOutP99Micros()), System.nanoTime());
        if (elasticity.count() != before) {
            Supervisor.say("endpoint " + endpoint + ": " + deployment.name() + " gets " + elasticity.count()
                    + " replicas instead of " + before);
            sendSurplusAway();
        }
    }

    private void sendSurplusAway() {
        replicas.values().removeIf(r -> {
            boolean tooMany = r.index() >= elasticity.count();
            if (tooMany) {
                leaving.add(r);
            }
            return tooMany;
        });
    }

    /** Sends every replica away. */
    void drainAll() {
        leaving.addAll(replicas.values());
        replicas.clear();
    }

    boolean empty() {
        return replicas.isEmpty() && leaving.isEmpty();
    }

    /** Starts what is missing, looks after what is there. */
    void tick(boolean wanted) {
        if (wanted) {
            for (int i = 0; i < elasticity.count(); i++) {
                tick(i);
            }
        }
        leaving.removeIf(this::left);
    }

    private void tick(int index) {
        Slot slot = slots.computeIfAbsent(index, i -> new Slot());
        Replica replica = replicas.get(index);
        if (replica == null) {
            if ((failure == null || everReady) && System.nanoTime() - slot.notBefore >= 0) {
                start(index, slot);
            }
            return;
        }
        if (!replica.process().alive()) {
            replicas.remove(index);
            replica.forget();
            home.table().kill(replica.process());
            died(index, slot, replica, "ended");
            return;
        }
        replica.probe(probes, supervisor);
        boolean ready = replica.ready(deployment.modelDigest());
        replica.clock(ready);
        if (ready) {
            everReady = true;
            failure = null;
            if (replica.ageNanos() > QUICK_NANOS) {
                slot.quickDeaths = 0;
            }
            return;
        }
        Replica.Verdict verdict = replica.verdict();
        if (verdict.health() == Replica.Health.READY) {
            giveUp(replica, "serves the model " + verdict.digest() + " instead of " + deployment.modelDigest());
        } else if (replica.unhealthyNanos() > (everReady ? SILENCE_LIMIT_NANOS : START_LIMIT_NANOS)
                && replica.ageNanos() > START_LIMIT_NANOS) {
            replicas.remove(index);
            replica.forget();
            home.table().kill(replica.process());
            died(index, slot, replica, "did not answer GET /ping with 200 and was killed");
        }
    }

    private void start(int index, Slot slot) {
        Path log = home.log(endpoint, deployment.name(), index);
        try {
            long logStart = rotate(log);
            int port = freePort();
            Map<String, String> environment =
                    new TreeMap<>(deployment.workload().environment());
            environment.put("AIP_HTTP_PORT", Integer.toString(port));
            environment.put("ISOBAR_BIND", "127.0.0.1");
            ProcessRecord process = home.table()
                    .start(new Launch(
                            SupervisorHome.REPLICA,
                            endpoint + "/" + deployment.name() + "/" + index,
                            deployment.workload().command(),
                            environment,
                            home.workingDirectory(endpoint),
                            log,
                            Map.of(
                                    "endpoint",
                                    endpoint,
                                    "deployment",
                                    deployment.name(),
                                    "content",
                                    content,
                                    "replica",
                                    Integer.toString(index),
                                    "port",
                                    Integer.toString(port),
                                    "url",
                                    "http://127.0.0.1:" + port)));
            replicas.put(index, new Replica(process, logStart));
        } catch (IsobarException e) {
            died(index, slot, null, "could not be started: " + e.getMessage());
        } catch (IOException e) {
            died(index, slot, null, "could not be started: " + e);
        }
    }

    private void died(int index, Slot slot, @Nullable Replica replica, String how) {
        long age = replica == null ? 0 : replica.ageNanos();
        slot.restarts++;
        slot.quickDeaths = age < QUICK_NANOS ? slot.quickDeaths + 1 : 0;
        long wait = slot.quickDeaths == 0
                ? 0
                : Math.min(MAX_BACKOFF_NANOS, FIRST_BACKOFF_NANOS << Math.min(20, slot.quickDeaths - 1));
        slot.notBefore = System.nanoTime() + wait;
        Supervisor.say("endpoint " + endpoint + ": replica " + index + " of " + deployment.name() + " " + how);
        if (slot.quickDeaths >= MAX_QUICK_DEATHS) {
            failure = "Replica " + index + " " + how + ", " + slot.quickDeaths + " times in a row."
                    + tail(index, replica == null ? 0 : replica.logStart());
        }
    }

    /** It lives and will never be what is wanted: no restart can help. */
    private void giveUp(Replica replica, String why) {
        failure = "Replica " + replica.index() + " " + why + "." + tail(replica.index(), replica.logStart());
        replicas.remove(replica.index());
        leaving.add(replica);
    }

    private String tail(int index, long from) {
        List<String> lines = LogTail.last(home.log(endpoint, deployment.name(), index), FAILURE_LINES, from);
        return lines.isEmpty() ? " It wrote nothing." : " Its last lines:\n" + String.join("\n", lines);
    }

    /** Moves a replica that leaves one step on; true when it is gone. */
    private boolean left(Replica replica) {
        if (!replica.process().alive()) {
            replica.forget();
            home.table().kill(replica.process());
            return true;
        }
        if (!replica.draining()) {
            replica.drain();
        } else if (!replica.askedToEnd()) {
            // One tick at least lies between: a request whose route was chosen before is counted by now.
            if (replica.upstream().inFlight() == 0 || replica.drainingNanos() > TimeUnit.SECONDS.toNanos(30)) {
                replica.markAskedToEnd();
                home.table().terminate(replica.process());
            }
        } else if (replica.askedNanos() > TimeUnit.SECONDS.toNanos(5)) {
            home.table().kill(replica.process());
        }
        return false;
    }

    /** Replicas that may get requests. */
    List<Upstream> ready() {
        return replicas.values().stream()
                .filter(r -> r.ready(deployment.modelDigest()))
                .map(Replica::upstream)
                .toList();
    }

    boolean allReady() {
        return ready().size() == elasticity.count();
    }

    DeploymentStatus status(boolean wanted) {
        List<ReplicaStatus> seen = new ArrayList<>();
        int slotsShown = wanted ? elasticity.count() : 0;
        for (int i = 0; i < slotsShown; i++) {
            Replica replica = replicas.get(i);
            Slot slot = slots.get(i);
            int restarts = slot == null ? 0 : slot.restarts;
            seen.add(replica == null ? new ReplicaStatus(i, null, null, false, restarts) : seen(replica, restarts));
        }
        leaving.forEach(r -> seen.add(seen(r, 0)));
        DeploymentState state;
        if (!wanted) {
            state = DeploymentState.DRAINING;
        } else if (failure != null) {
            state = DeploymentState.FAILED;
        } else {
            state = allReady() ? DeploymentState.READY : DeploymentState.STARTING;
        }
        String digest = replicas.values().stream().anyMatch(r -> r.ready(deployment.modelDigest()))
                ? deployment.modelDigest()
                : null;
        return new DeploymentStatus(deployment.name(), state, digest, List.copyOf(seen), wanted ? failure : null);
    }

    private ReplicaStatus seen(Replica replica, int restarts) {
        var identity = replica.process().process();
        return new ReplicaStatus(
                replica.index(),
                identity == null ? null : identity.pid(),
                replica.process().detail("url"),
                !replica.draining() && replica.ready(deployment.modelDigest()),
                restarts);
    }

    private static long rotate(Path log) throws IOException {
        if (!Files.exists(log)) {
            return 0;
        }
        long size = Files.size(log);
        if (size < MAX_LOG_BYTES) {
            return size;
        }
        Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        return 0;
    }

    /** A port that is free now; should somebody else be faster, the replica dies of it and gets another one. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }

    /** Makes sure that a folder for logs is there. */
    void prepare() {
        Path folder = home.log(endpoint, deployment.name(), 0).getParent();
        if (folder != null) {
            AtomicFiles.makeDirectories(folder);
        }
    }
}
