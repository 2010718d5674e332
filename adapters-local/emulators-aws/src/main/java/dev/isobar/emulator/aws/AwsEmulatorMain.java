package dev.isobar.emulator.aws;

import dev.isobar.emulation.program.EmulatorProgram;
import java.util.Set;

/**
 * {@link AwsCloud} as a program: see {@link EmulatorProgram}; beside its arguments {@code [--region R] [--account A]}.
 *
 * <p>In the images file, {@code quotas}, {@code roles} (those that may be assumed; all, if nothing is said) and {@code denied} (actions, also with a star at the end) say
 * what the account may do. A change takes effect at once:
 *
 * <pre>{@code
 * {"images": {"IMAGE": {"command": ["java", "-jar", "/x.jar"], "environment": {"K": "V"}}},
 *  "quotas": {"ml.p3.2xlarge": 1},
 *  "roles": ["arn:aws:iam::000000000000:role/isobar"],
 *  "denied": ["kinesis:CreateStream"]}
 * }</pre>
 *
 * <p>A command gets {@code train} (or the job's entry point and arguments) or {@code serve} behind its own words; {@code ISOBAR_ML_DIR} is its
 * {@code /opt/ml}, and a server listens on {@code SAGEMAKER_BIND_TO_PORT} of {@code ISOBAR_BIND}. Of the host's environment it sees the paths only.
 */
public final class AwsEmulatorMain {
    private AwsEmulatorMain() {}

    /** Starts it, and returns; threads of the servers keep the process alive. */
    public static void main(String[] arguments) {
        EmulatorProgram.run(
                arguments,
                Set.of("region", "account"),
                (home, images, options) -> AwsCloud.start(
                        home,
                        images,
                        options.getOrDefault("region", "us-east-1"),
                        options.getOrDefault("account", "000000000000")));
    }
}
