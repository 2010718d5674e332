package dev.isobar.aws.emulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** kinesis-local of the npm registry, installed once under target. */
public final class KinesisLocal {
    private static final String VERSION = "0.6.2";

    private KinesisLocal() {}

    /** Starts it empty. */
    public static synchronized EmulatorProcess start() {
        Path node = EmulatorProcess.program("node", "the Kinesis emulator");
        Path home = install();
        int port = EmulatorProcess.freePort();
        return EmulatorProcess.start(
                "kinesis-local",
                home,
                port,
                Map.ofEntries(
                        Map.entry("KINESIS_MOCK_PLAIN_PORT", Integer.toString(port)),
                        Map.entry("KINESIS_MOCK_TLS_PORT", Integer.toString(EmulatorProcess.freePort())),
                        Map.entry("LOG_LEVEL", "WARN"),
                        Map.entry("SHARD_LIMIT", "10000"),
                        Map.entry("CREATE_STREAM_DURATION", "20ms"),
                        Map.entry("DELETE_STREAM_DURATION", "20ms"),
                        Map.entry("SPLIT_SHARD_DURATION", "50ms"),
                        Map.entry("MERGE_SHARDS_DURATION", "50ms"),
                        Map.entry("UPDATE_SHARD_COUNT_DURATION", "50ms"),
                        Map.entry("REGISTER_STREAM_CONSUMER_DURATION", "50ms"),
                        Map.entry("DEREGISTER_STREAM_CONSUMER_DURATION", "50ms")),
                List.of(node.toString(), "main.js"));
    }

    private static Path install() {
        Path folder = EmulatorProcess.folder("kinesis-local-" + VERSION);
        Path home = folder.resolve("node_modules").resolve("kinesis-local");
        if (!Files.exists(home.resolve("main.js"))) {
            Path npm = EmulatorProcess.program("npm", "installing the Kinesis emulator");
            try {
                Process install = new ProcessBuilder(
                                npm.toString(),
                                "install",
                                "--no-audit",
                                "--no-fund",
                                "--prefix",
                                folder.toString(),
                                "kinesis-local@" + VERSION)
                        .redirectErrorStream(true)
                        .redirectOutput(EmulatorProcess.folder("logs")
                                .resolve("npm.log")
                                .toFile())
                        .start();
                int exit = install.waitFor();
                Assumptions.assumeTrue(
                        exit == 0, () -> "npm could not install kinesis-local; see target/emulators/logs/npm.log");
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return home;
    }
}
