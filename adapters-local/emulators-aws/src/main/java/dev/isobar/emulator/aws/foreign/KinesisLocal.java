package dev.isobar.emulator.aws.foreign;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulation.process.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Kinesis Data Streams by kinesis-mock, from npm.
 *
 * @see <a href="https://github.com/etspaceman/kinesis-mock">kinesis-mock</a>
 */
public final class KinesisLocal {
    /** The version that was tried. */
    public static final String PACKAGE = "kinesis-local@0.6.2";

    private static final long INSTALL_SECONDS = 180;

    private KinesisLocal() {}

    /**
     * Starts it, after npm has installed it if it is not there yet.
     *
     * @param install the folder it is installed to
     * @param folder holds its log
     * @throws IOException also if there is no Node.js or no npm, saying how to get it
     */
    public static ForeignProcess start(Path install, Path folder) throws IOException {
        return start(install, folder, Ports.free());
    }

    /** The same on that port. */
    public static ForeignProcess start(Path install, Path folder, int port) throws IOException {
        Path home = install.resolve("node_modules").resolve("kinesis-local");
        if (!Files.isRegularFile(home.resolve("main.js"))) {
            install(install);
        }
        Files.createDirectories(folder);
        Path loopback = folder.resolve("loopback.js");
        try (InputStream script = KinesisLocal.class.getResourceAsStream("loopback.js")) {
            if (script == null) {
                throw new IllegalStateException("the resource loopback.js is missing");
            }
            Files.copy(script, loopback, StandardCopyOption.REPLACE_EXISTING);
        }
        // It reads server.json in the folder it starts in.
        Files.copy(home.resolve("server.json"), folder.resolve("server.json"), StandardCopyOption.REPLACE_EXISTING);
        Map<String, String> environment = new HashMap<>();
        environment.put("KINESIS_MOCK_PLAIN_PORT", Integer.toString(port));
        environment.put("KINESIS_MOCK_TLS_PORT", Integer.toString(Ports.free()));
        environment.put("SHARD_LIMIT", "10000");
        // States change as they do in the cloud, but nobody has to wait for half a second each time.
        for (String change : List.of(
                "CREATE_STREAM",
                "DELETE_STREAM",
                "SPLIT_SHARD",
                "MERGE_SHARDS",
                "UPDATE_SHARD_COUNT",
                "REGISTER_STREAM_CONSUMER",
                "DEREGISTER_STREAM_CONSUMER")) {
            environment.put(change + "_DURATION", "30ms");
        }
        environment.put("LOG_LEVEL", "ERROR");
        return ForeignProcess.start(
                "kinesis-local",
                List.of(
                        "node",
                        "-r",
                        loopback.toString(),
                        home.resolve("main.js").toString()),
                environment,
                folder,
                port);
    }

    private static void install(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path log = folder.resolve("npm.log");
        Process npm;
        try {
            npm = new ProcessBuilder(
                            "npm",
                            "install",
                            "--prefix",
                            folder.toString(),
                            "--no-audit",
                            "--no-fund",
                            "--ignore-scripts",
                            PACKAGE)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new IOException(
                    "The Kinesis emulator runs on Node.js and is installed by npm, and there is no npm here: install Node.js"
                            + " 18 or later (Debian: apt-get install nodejs npm; macOS: brew install node)",
                    e);
        }
        try {
            if (!npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS)) {
                npm.destroyForcibly();
                throw new IOException(
                        "npm did not install " + PACKAGE + " within " + INSTALL_SECONDS + " s; see " + log);
            }
        } catch (InterruptedException e) {
            npm.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while npm installs " + PACKAGE, e);
        }
        if (npm.exitValue() != 0) {
            throw new IOException("npm could not install " + PACKAGE + " (exit code " + npm.exitValue() + "): "
                    + Files.readString(log).strip());
        }
    }
}
