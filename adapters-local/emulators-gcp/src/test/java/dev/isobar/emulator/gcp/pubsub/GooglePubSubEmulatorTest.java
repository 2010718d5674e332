package dev.isobar.emulator.gcp.pubsub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same questions to Google's own emulator (0.8.20), where the Google Cloud CLI brought it along. Where it differs from the documentation of the service, that
 * is a finding about it: see {@link #differences}.
 */
@Tag("slow")
class GooglePubSubEmulatorTest extends PubSubProbes {
    /** Those of 0.8.20. */
    static final Set<Difference> KNOWN = Set.of(
            Difference.SEEK_TO_TIME_UNIMPLEMENTED,
            Difference.FILTERS_IGNORED,
            Difference.TAKES_WHAT_THE_SERVICE_REFUSES,
            Difference.EXACTLY_ONCE_WITHOUT_DETAILS,
            Difference.FLOW_CONTROL_IGNORED,
            Difference.DEAD_LETTERS_STAY);

    private static Process process;
    private static int port;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        Optional<Path> jar = jar();
        if (jar.isEmpty()) {
            System.out.println("SKIPPED: no Pub/Sub emulator of the Google Cloud CLI here:"
                    + " `gcloud components install pubsub-emulator` gives it");
        }
        assumeTrue(jar.isPresent(), "no Pub/Sub emulator of the Google Cloud CLI here");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar.get().toString(),
                        "--host=127.0.0.1",
                        "--port=" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            }
        });
    }

    /** Beside the {@code gcloud} that is found on the path. */
    private static Optional<Path> jar() throws IOException {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            Path gcloud = Path.of(folder, "gcloud");
            if (!Files.isExecutable(gcloud)) {
                continue;
            }
            Path root = gcloud.toRealPath().getParent().getParent();
            Path lib = root.resolve("platform/pubsub-emulator/lib");
            if (Files.isDirectory(lib)) {
                try (Stream<Path> files = Files.list(lib)) {
                    return files.filter(f -> f.getFileName().toString().matches("cloud-pubsub-emulator-.*-all\\.jar"))
                            .findFirst();
                }
            }
        }
        return Optional.empty();
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (process != null) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Override
    int port() {
        return port;
    }

    @Override
    Set<Difference> differences() {
        return KNOWN;
    }
}
