package dev.isobar.emulator.aws;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
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
        SageMakerSettings settings = given.settings();
        SageMaker sageMaker = SageMaker.open(settings, logs, alarm -> false);
        List<WireService> services = new ArrayList<>(sageMaker.services());
        services.add(new LogsService(settings.region(), settings.account(), logs));
        services.add(new ScalingService(
                settings.region(), settings.account(), given.home().resolve("scaling"), sageMaker::hasVariant));
        EmulatorServer server = EmulatorServer.start(
                given.port(),
                services.stream()
                        .map(service -> (WireService) new SignedService(settings.region(), service))
                        .toList());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            sageMaker.close();
        }));
        System.out.println("{\"endpoint\":\"" + server.uri() + "\"}");
    }
}
