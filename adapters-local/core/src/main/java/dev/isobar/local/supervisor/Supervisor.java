package dev.isobar.local.supervisor;

import dev.isobar.error.IsobarException;
import dev.isobar.local.process.ProcessRecord;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** The loop: compares what shall be with what is, every few milliseconds or as soon as something is heard. Its own thread only. */
final class Supervisor {
    private static final long TICK_MILLIS = 25;
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final SupervisorHome home;
    private final String tag;
    private final Semaphore news = new Semaphore(0);
    private final EventLoopGroup loops = new NioEventLoopGroup(
            Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2)),
            new DefaultThreadFactory("router", true));
    private final ExecutorService probes = Executors.newCachedThreadPool(new DefaultThreadFactory("probe", true));
    private final Map<String, EndpointSupervision> supervised = new HashMap<>();

    Supervisor(SupervisorHome home, String tag) {
        this.home = home;
        this.tag = tag;
    }

    /** Something may have changed. From any thread. */
    void wake() {
        news.release();
    }

    /** Works until no endpoint is wanted; does not return then but ends the process. */
    void run() throws InterruptedException {
        say("supervisor " + tag + " starts, pid " + ProcessHandle.current().pid());
        stopStrays();
        while (true) {
            List<String> endpoints = home.endpoints();
            for (String endpoint : endpoints) {
                EndpointSupervision supervision = supervised.computeIfAbsent(
                        endpoint, e -> new EndpointSupervision(home, tag, e, loops, probes, this));
                tick(supervision);
            }
            supervised.values().removeIf(s -> s.finished() || !endpoints.contains(s.endpoint()));
            if (supervised.isEmpty()) {
                endIfUnwanted();
            }
            if (news.tryAcquire(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        }
    }

    private static void tick(EndpointSupervision supervision) throws InterruptedException {
        try {
            supervision.tick();
        } catch (IsobarException e) {
            // One endpoint's full disk must not take the others down; the next tick tries again.
            say("endpoint " + supervision.endpoint() + ": " + e.getMessage());
            TimeUnit.MILLISECONDS.sleep(TICK_MILLIS * 10);
        }
    }

    /** Replicas of endpoints that nobody wants: their folder was removed by a command that did not live to end them. */
    private void stopStrays() {
        List<String> wanted = home.endpoints();
        List<ProcessRecord> strays = home.table()
                .live(r -> r.kind().equals(SupervisorHome.REPLICA) && !wanted.contains(r.detail("endpoint")));
        home.table().stop(strays, GRACE);
    }

    private void endIfUnwanted() {
        home.underLock(() -> {
            if (home.endpoints().isEmpty()
                    && !home.table().undecided(r -> r.kind().equals(SupervisorHome.REPLICA))) {
                stopStrays();
                say("supervisor " + tag + " ends: no endpoint is wanted");
                // While the lock is held, so that whoever declares an endpoint next sees that nobody will take care of
                // it.
                home.leave(tag);
                Runtime.getRuntime().halt(0);
            }
            return true;
        });
    }

    static void say(String line) {
        System.out.println(Instant.now() + " " + line);
    }
}
