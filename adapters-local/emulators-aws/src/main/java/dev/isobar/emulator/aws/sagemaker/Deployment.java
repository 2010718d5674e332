package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How traffic goes over from one fleet to the next.
 *
 * @param shares what part of the traffic the new fleet has, step by step; the last is 1
 * @param interval how long each step is watched
 * @param alarms CloudWatch alarms that turn it back
 * @param termination how long the old fleet is kept
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html">BlueGreenUpdatePolicy</a>
 */
record Deployment(List<Double> shares, Duration interval, List<String> alarms, Duration termination) {
    /** All at once. */
    static final Deployment PLAIN = new Deployment(List.of(1.0), Duration.ZERO, List.of(), Duration.ZERO);

    private static final String PERCENT = "CAPACITY_PERCENT";

    /**
     * Reads a request's {@code DeploymentConfig}. Sizes are percents: the share of the traffic that so many percent of the capacity have.
     */
    static Deployment of(ObjectNode request) {
        Members in = Members.of(request);
        if (!in.has("DeploymentConfig")) {
            return PLAIN;
        }
        Members config = in.optionalObject("DeploymentConfig");
        if (config.has("RollingUpdatePolicy")) {
            throw ServiceError.validation("This emulator has no RollingUpdatePolicy: use BlueGreenUpdatePolicy");
        }
        Members policy = config.object("BlueGreenUpdatePolicy");
        Members routing = policy.object("TrafficRoutingConfiguration");
        String type = routing.text("Type", Rule.oneOf("ALL_AT_ONCE", "CANARY", "LINEAR"));
        long wait = routing.number("WaitIntervalInSeconds", 0, 3600);
        List<Double> shares = new ArrayList<>();
        if (type.equals("CANARY")) {
            shares.add(share(routing.object("CanarySize")));
        } else if (type.equals("LINEAR")) {
            double step = share(routing.object("LinearStepSize"));
            for (double share = step; share < 1; share += step) {
                shares.add(share);
            }
        }
        shares.add(1.0);
        long termination = policy.numberOr("TerminationWaitInSeconds", 0, 0, 3600);
        List<String> alarms = new ArrayList<>();
        for (Members alarm : config.optionalObject("AutoRollbackConfiguration").objects("Alarms", 1, 10)) {
            alarms.add(alarm.text("AlarmName", Rule.pattern(1, 255, "(?!\\s*$).+")));
        }
        in.check();
        return new Deployment(shares, Duration.ofSeconds(wait), alarms, Duration.ofSeconds(termination));
    }

    private static double share(Members size) {
        String type = size.text("Type", Rule.oneOf("INSTANCE_COUNT", PERCENT));
        long value = size.number("Value", 1, 100);
        size.check();
        if (!type.equals(PERCENT)) {
            throw ServiceError.validation("This emulator has sizes of type " + PERCENT + " only");
        }
        return value / 100.0;
    }
}
