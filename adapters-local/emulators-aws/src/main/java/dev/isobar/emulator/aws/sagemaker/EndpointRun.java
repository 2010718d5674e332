package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.serving.StartFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The fleets of an endpoint: one, or while traffic goes over two. Asked by many threads, changed by one at a time. */
final class EndpointRun {
    private static final long WATCH_EVERY_MILLIS = 100;

    private final Containers containers;
    private final String endpoint;
    private final Alarms alarms;
    private volatile @Nullable Fleet live;
    private volatile @Nullable Fleet next;
    private volatile double share;

    EndpointRun(Containers containers, String endpoint, Alarms alarms) {
        this.containers = containers;
        this.endpoint = endpoint;
        this.alarms = alarms;
    }

    Optional<Fleet> live() {
        return Optional.ofNullable(live);
    }

    /** The fleet of an invocation. */
    Optional<Fleet> choose() {
        Fleet coming = next;
        return coming != null && ThreadLocalRandom.current().nextDouble() < share ? Optional.of(coming) : live();
    }

    /** Starts a fleet, and if all of it answers, moves the traffic there and stops the one before. */
    void deploy(List<VariantPlan> plans, Deployment deployment) throws StartFailure, InterruptedException {
        Fleet coming = Fleet.start(containers, endpoint, plans);
        Fleet old = live;
        if (old != null) {
            next = coming;
            for (double step : deployment.shares()) {
                share = step;
                Optional<String> alarm = watch(deployment);
                if (alarm.isPresent()) {
                    share = 0;
                    next = null;
                    coming.stop(Fleet.DRAIN);
                    throw new StartFailure("One or more configured alarm(s) are in alarm state: " + alarm.get());
                }
            }
        }
        live = coming;
        next = null;
        if (old != null) {
            TimeUnit.MILLISECONDS.sleep(deployment.termination().toMillis());
            old.stop(Fleet.DRAIN);
        }
    }

    void stop() throws InterruptedException {
        Fleet old = live;
        live = null;
        if (old != null) {
            old.stop(Duration.ZERO);
        }
    }

    private Optional<String> watch(Deployment deployment) throws InterruptedException {
        Instant end = Instant.now().plus(deployment.interval());
        do {
            Optional<String> alarm =
                    deployment.alarms().stream().filter(alarms::inAlarm).findFirst();
            if (alarm.isPresent()) {
                return alarm;
            }
            if (!deployment.interval().isZero()) {
                TimeUnit.MILLISECONDS.sleep(WATCH_EVERY_MILLIS);
            }
        } while (Instant.now().isBefore(end));
        return Optional.empty();
    }
}
