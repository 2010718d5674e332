package dev.isobar.local.supervisor;

import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.router.Router;
import dev.isobar.local.router.Routes;
import dev.isobar.local.router.Split;
import dev.isobar.local.router.Upstream;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Workload;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes one endpoint what its file says. New traffic weights take effect only when every deployment that they name is ready, and what ran before
 * serves until then: a deployment that cannot start takes nothing away. The supervisor's thread only.
 */
final class EndpointSupervision {
    private static final long BIND_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final int BIND_ATTEMPTS_BEFORE_MOVE = 10;
    private static final long CLOSE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long STRANGERS_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(60);
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final SupervisorHome home;
    private final String tag;
    private final String endpoint;
    private final EventLoopGroup loops;
    private final ExecutorService probes;
    private final Supervisor supervisor;

    /** By content, not by name: while one of an old content drains, a new one of that name may start. */
    private final Map<String, DeploymentSupervision> deployments = new LinkedHashMap<>();

    private @Nullable DesiredEndpoint desired;
    private String stamp = "";
    private Set<String> wantedContent = Set.of();
    private Set<String> retiringContent = Set.of();
    private Map<String, Integer> applied = Map.of();
    private Split split = Split.of(Map.of());
    private Map<String, List<Upstream>> routed = Map.of();
    private @Nullable Router router;
    private int routerPort;
    private @Nullable String bindFailure;
    private int bindAttempts;
    private long bindAfter = System.nanoTime();
    private long closingSince;
    private long quietSince;
    private long lookedForStrangers = System.nanoTime();
    private @Nullable ObservedEndpoint published;
    private boolean adopted;
    private boolean finished;

    EndpointSupervision(
            SupervisorHome home,
            String tag,
            String endpoint,
            EventLoopGroup loops,
            ExecutorService probes,
            Supervisor supervisor) {
        this.home = home;
        this.tag = tag;
        this.endpoint = endpoint;
        this.loops = loops;
        this.probes = probes;
        this.supervisor = supervisor;
    }

    String endpoint() {
        return endpoint;
    }

    /** Nothing of it is left. */
    boolean finished() {
        return finished;
    }

    void tick() {
        String current = home.stamp(endpoint);
        DesiredEndpoint now = desired;
        if (now == null || !stamp.equals(current)) {
            Optional<DesiredEndpoint> found = home.desired(endpoint);
            if (found.isEmpty()) {
                return;
            }
            now = found.get();
            declare(now);
            desired = now;
            // The stamp was taken before the file was read: a write in between is seen next time.
            stamp = current;
        }
        if (System.nanoTime() - lookedForStrangers > STRANGERS_NANOS) {
            adoptStrangers();
        }
        if (now.deleted()) {
            end();
            return;
        }
        listen(now);
        for (DeploymentSupervision d : List.copyOf(deployments.values())) {
            boolean wanted = wanted(d);
            if (!wanted) {
                d.drainAll();
            } else if (router != null) {
                d.follow(router);
            }
            d.tick(wanted);
            if (!wanted && d.empty()) {
                deployments.remove(d.content());
            }
        }
        shift(now);
        route();
        publish(now);
    }

    private void declare(DesiredEndpoint now) {
        wantedContent = contents(now.deployments());
        retiringContent = contents(now.retiring());
        if (!adopted) {
            // The weights that a predecessor applied go on until the wanted ones can.
            applied = home.observed(endpoint).map(ObservedEndpoint::basisPoints).orElse(Map.of());
            applied = now.deleted() || !names(now).containsAll(applied.keySet()) ? Map.of() : Map.copyOf(applied);
            split = Split.of(applied);
        }
        List<Deployment> all = new ArrayList<>(now.deployments());
        // Those that retire are started anew only as long as traffic goes there.
        now.retiring().stream()
                .filter(d -> applied.getOrDefault(d.name(), 0) > 0)
                .forEach(all::add);
        for (Deployment d : all) {
            DeploymentSupervision known = deployments.get(DeploymentSupervision.content(d));
            if (known == null) {
                DeploymentSupervision fresh = new DeploymentSupervision(home, supervisor, probes, endpoint, d);
                fresh.prepare();
                deployments.put(fresh.content(), fresh);
            } else {
                known.declare(d);
            }
        }
        adopted = true;
        adoptStrangers();
    }

    private static Set<String> contents(List<Deployment> deployments) {
        return deployments.stream().map(DeploymentSupervision::content).collect(Collectors.toUnmodifiableSet());
    }

    private static List<String> names(DesiredEndpoint now) {
        List<String> names = new ArrayList<>();
        now.deployments().forEach(d -> names.add(d.name()));
        now.retiring().forEach(d -> names.add(d.name()));
        return names;
    }

    /** Takes in what a predecessor started. One that it was starting when it was killed may show up a moment later. */
    private void adoptStrangers() {
        lookedForStrangers = System.nanoTime();
        for (ProcessRecord process : home.replicas(endpoint)) {
            if (deployments.values().stream().noneMatch(d -> d.knows(process.tag()))) {
                adopt(process);
            }
        }
    }

    private void adopt(ProcessRecord process) {
        deployments
                .computeIfAbsent(
                        process.detail("content"),
                        // Known to nobody any more: it is there to be sent away.
                        c -> new DeploymentSupervision(
                                home,
                                supervisor,
                                probes,
                                endpoint,
                                new Deployment(
                                        process.detail("deployment"),
                                        Workload.command(List.of(), Map.of()),
                                        c,
                                        Replicas.fixed(1))))
                .adopt(process);
    }

    private boolean wanted(DeploymentSupervision d) {
        return wantedContent.contains(d.content())
                || retiringContent.contains(d.content())
                        && applied.getOrDefault(d.deployment().name(), 0) > 0;
    }

    /** Gives the router its port. */
    private void listen(DesiredEndpoint now) {
        if ((router != null && routerPort == now.port()) || System.nanoTime() - bindAfter < 0) {
            return;
        }
        try {
            Router next = new Router(endpoint, now.port(), loops);
            if (router != null) {
                router.stopAccepting();
                router.close();
            }
            router = next;
            routerPort = now.port();
            routed = Map.of();
            bindFailure = null;
            bindAttempts = 0;
            next.route(new Routes(split, routed));
        } catch (IOException e) {
            bindFailure = e.getMessage();
            bindAttempts++;
            bindAfter = System.nanoTime() + BIND_RETRY_NANOS;
            if (now.requestedPort() == 0 && bindAttempts % BIND_ATTEMPTS_BEFORE_MOVE == 0) {
                move();
            }
        }
    }

    /** Any port was asked for, and the one it had went to somebody else while no router held it. */
    private void move() {
        home.underLock(() -> {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
                home.desired(endpoint)
                        .filter(d -> d.requestedPort() == 0 && !d.deleted())
                        .ifPresent(d -> home.desire(d.movedTo(free.getLocalPort())));
            }
            return true;
        });
    }

    private void shift(DesiredEndpoint now) {
        if (applied.equals(now.basisPoints())) {
            return;
        }
        boolean ready = now.basisPoints().entrySet().stream()
                .filter(share -> share.getValue() > 0)
                .allMatch(share -> deployments.values().stream()
                        .anyMatch(d -> d.deployment().name().equals(share.getKey())
                                && wantedContent.contains(d.content())
                                && d.allReady()));
        if (applied.isEmpty() || ready) {
            applied = Map.copyOf(now.basisPoints());
            split = Split.of(applied);
            routed = Map.of();
        }
    }

    private void route() {
        Map<String, List<Upstream>> ready = new HashMap<>();
        deployments.values().forEach(d -> {
            List<Upstream> replicas = d.ready();
            if (!replicas.isEmpty()) {
                ready.put(d.deployment().name(), replicas);
            }
        });
        Router door = router;
        if (door != null && !ready.equals(routed)) {
            routed = ready;
            door.route(new Routes(split, ready));
        }
    }

    private void publish(DesiredEndpoint now) {
        List<DeploymentStatus> statuses = new ArrayList<>();
        deployments.values().forEach(d -> statuses.add(d.status(wanted(d))));
        ObservedEndpoint observed = new ObservedEndpoint(
                tag,
                now.version(),
                router == null ? 0 : routerPort,
                new TreeMap<>(applied),
                List.copyOf(statuses),
                bindFailure);
        if (!observed.equals(published)) {
            home.observe(endpoint, observed);
            published = observed;
        }
    }

    private void end() {
        Router door = router;
        if (door != null) {
            long now = System.nanoTime();
            closingSince = closingSince == 0 ? now : closingSince;
            quietSince = door.inFlight() > 0 ? 0 : quietSince == 0 ? now : quietSince;
            // What a client has sent may not have been read, or not even accepted: only some quiet says that nothing is
            // left.
            boolean quiet = quietSince != 0 && now - quietSince > QUIET_NANOS;
            if (!quiet && now - closingSince < CLOSE_LIMIT_NANOS) {
                return;
            }
            door.close();
            router = null;
        }
        deployments.values().forEach(d -> {
            d.drainAll();
            d.tick(false);
        });
        deployments.values().removeIf(DeploymentSupervision::empty);
        if (deployments.isEmpty() && !home.undecided(endpoint)) {
            adoptStrangers();
        }
        if (deployments.isEmpty() && !home.undecided(endpoint)) {
            home.underLock(() -> {
                home.remove(endpoint);
                return true;
            });
            finished = true;
        }
    }
}
