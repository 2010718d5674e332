package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.scaling.Activities.Change;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Decides how much capacity a resource should have: as much more or less as its metric is above or below the target. Of several policies the one that
 * wants most decides, and capacity is taken only if all that may take some want to. Not thread safe.
 *
 * <p>As with the service, a metric that has risen further adds capacity during the cooldown too, and then what is under way is counted as done: the new
 * capacity is calculated from that before it. Adding ends the cooldown of taking.
 *
 * <p>Not verified: which of the metric's values is taken (here the newest), and that the number is rounded up when capacity is taken.
 *
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html">how target tracking works</a>
 */
final class TargetTracking {
    // For variants of endpoints, if the policy does not say.
    private static final long DEFAULT_COOLDOWN = 300;

    private final TrackingAlarms alarms;
    private final Activities activities;
    private final Clock clock;
    private final Duration minute;

    TargetTracking(TrackingAlarms alarms, Activities activities, Clock clock, Duration minute) {
        this.alarms = alarms;
        this.activities = activities;
        this.clock = clock;
        this.minute = minute;
    }

    private record Wish(int base, double capacity, String alarm, String policy) {
        String cause() {
            return "monitor alarm " + alarm + " in state ALARM triggered policy " + policy;
        }
    }

    /**
     * Scales a resource, if its policies want that.
     *
     * @param current the capacity that it has
     */
    void evaluate(ObjectNode target, List<ObjectNode> policies, int current) {
        List<ObjectNode> above =
                policies.stream().filter(p -> alarms.high(p).isPresent()).toList();
        if (!above.isEmpty()) {
            if (!suspended(target, "DynamicScalingOutSuspended")) {
                most(above.stream().flatMap(p -> more(p, current).stream()).toList())
                        .ifPresent(wish -> change(target, wish, current));
            }
            return;
        }
        List<ObjectNode> taking = policies.stream()
                .filter(p -> !TrackingAlarms.tracking(p).path("DisableScaleIn").asBoolean())
                .toList();
        List<Wish> less =
                taking.stream().flatMap(p -> less(p, current).stream()).toList();
        if (less.size() == taking.size() && !suspended(target, "DynamicScalingInSuspended")) {
            most(less).ifPresent(wish -> change(target, wish, current));
        }
    }

    private static Optional<Wish> most(List<Wish> wishes) {
        return wishes.stream().max(Comparator.comparingDouble(Wish::capacity));
    }

    private Optional<Wish> more(ObjectNode policy, int current) {
        OptionalDouble value = alarms.high(policy);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        Optional<Change> before = activities
                .lastOut(policy.path("ResourceId").asText())
                .filter(change -> cooling(change, policy, "ScaleOutCooldown"));
        int base = before.map(Change::base).orElse(current);
        double wanted = Math.ceil(base * ratio(policy, value.getAsDouble()));
        return wanted > current
                ? Optional.of(new Wish(
                        base,
                        wanted,
                        TrackingAlarms.highName(policy),
                        policy.path("PolicyName").asText()))
                : Optional.empty();
    }

    private Optional<Wish> less(ObjectNode policy, int current) {
        String resource = policy.path("ResourceId").asText();
        OptionalDouble value = alarms.low(policy);
        Optional<Change> in = activities.lastIn(resource);
        boolean cooling = in.filter(change -> cooling(change, policy, "ScaleInCooldown"))
                .filter(change -> activities
                        .lastOut(resource)
                        .filter(out -> out.end().isAfter(change.end()))
                        .isEmpty())
                .isPresent();
        if (value.isEmpty() || cooling) {
            return Optional.empty();
        }
        double wanted = Math.ceil(current * ratio(policy, value.getAsDouble()));
        return wanted < current
                ? Optional.of(new Wish(
                        current,
                        wanted,
                        TrackingAlarms.lowName(policy),
                        policy.path("PolicyName").asText()))
                : Optional.empty();
    }

    private static double ratio(ObjectNode policy, double value) {
        return value / TrackingAlarms.tracking(policy).path("TargetValue").asDouble();
    }

    private boolean cooling(Change change, ObjectNode policy, String cooldown) {
        long seconds = TrackingAlarms.tracking(policy).path(cooldown).asLong(DEFAULT_COOLDOWN);
        return clock.instant().isBefore(change.end().plusMillis(seconds * minute.toMillis() / 60));
    }

    private void change(ObjectNode target, Wish wish, int current) {
        int min = target.path("MinCapacity").asInt();
        int max = target.path("MaxCapacity").asInt();
        int to = (int) Math.max(min, Math.min(max, wish.capacity()));
        // Who is outside the bounds by its own hand is left there, unless that is where the metric points.
        if (to > current == wish.capacity() > current && to != current) {
            activities.begin(Activities.on(target), wish.base(), to, wish.cause(), true);
        }
    }

    private static boolean suspended(ObjectNode target, String what) {
        return target.path("SuspendedState").path(what).asBoolean();
    }
}
