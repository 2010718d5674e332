package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** SageMaker alone as a process, so that a test can kill it: its home and the image table are the arguments, it prints where it answers. */
public final class EmulatorProcess {
    private EmulatorProcess() {}

    /** Starts it. */
    public static void main(String[] arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        SageMaker emulator = SageMaker.open(
                SageMakerSettings.of(
                        "us-east-1", "000000000000", home, URI.create("http://127.0.0.1:1"), Path.of(arguments[1])),
                LogStore.open(home.resolve("logs")),
                Alarms.NONE);
        EmulatorServer server = EmulatorServer.start(0, emulator.services());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            emulator.close();
        }));
        System.out.println(server.uri());
    }
}
