package dev.isobar.emulator.aws;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.sagemaker.Alarms;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.scaling.ScalingService;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * All emulated services of AWS in one process, until it is ended:
 *
 * <pre>--port N --home DIR --s3-endpoint URL --images FILE [--region R] [--account A]
 * [--training-grace SECONDS] [--serving-grace SECONDS] [--startup-timeout SECONDS] [--pace MILLIS]</pre>
 *
 * <p>The images file says which local command stands for which image, and what the account may do:
 *
 * <pre>{@code
 * {"images": {"IMAGE": {"command": ["java", "-jar", "/x.jar"], "environment": {"K": "V"}}},
 *  "quotas": {"ml.p3.2xlarge": 1},
 *  "roles": ["arn:aws:iam::000000000000:role/isobar"]}
 * }</pre>
 *
 * <p>A command gets {@code train} (or the job's entry point and arguments) or {@code serve} behind its own words; {@code ISOBAR_ML_DIR} is its
 * {@code /opt/ml}, and a server listens on {@code SAGEMAKER_BIND_TO_PORT} of {@code ISOBAR_BIND}. Of the host's environment it sees the paths only.
 *
 * <p>When it is ready it prints one line: {@code {"endpoint":"http://127.0.0.1:PORT"}}. Requests must be signed for the region (us-east-1 without a
 * word). Exit code 2: an argument is wrong.
 */
public final class AwsEmulatorMain {
    private AwsEmulatorMain() {}

    /** Starts it. */
    public static void main(String[] arguments) throws IOException {
        Arguments given;
        try {
            given = Arguments.of(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        LogStore logs = LogStore.open(given.home().resolve("logs"));
        SageMaker sageMaker = SageMaker.open(given.settings(), logs, Alarms.NONE);
        EmulatorServer server = EmulatorServer.start(given.port(), services(given, sageMaker, logs));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            sageMaker.close();
        }));
        System.out.println("{\"endpoint\":\"" + server.uri() + "\"}");
    }

    /** All that answers behind the port: a further service is added here. */
    private static List<WireService> services(Arguments given, SageMaker sageMaker, LogStore logs) throws IOException {
        String region = given.settings().region();
        String account = given.settings().account();
        List<WireService> services = new ArrayList<>();
        for (WireService service : sageMaker.services()) {
            services.add(new SignedService(region, service));
        }
        services.add(new SignedService(region, new LogsService(region, account, logs)));
        services.add(new SignedService(
                region, new ScalingService(region, account, given.home().resolve("scaling"), sageMaker::hasVariant)));
        return services;
    }
}
