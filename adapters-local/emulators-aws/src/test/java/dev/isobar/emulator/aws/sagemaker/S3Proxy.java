package dev.isobar.emulator.aws.sagemaker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A process that answers as S3 does, with its objects in memory. */
final class S3Proxy {
    private static @Nullable S3Proxy shared;

    private final Process process;
    private final URI endpoint;

    private S3Proxy(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /** One for all tests of this JVM, until it ends. */
    static synchronized S3Proxy shared() throws IOException {
        if (shared == null) {
            S3Proxy started = start(Path.of("target", "s3proxy"));
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            shared = started;
        }
        return shared;
    }

    private static S3Proxy start(Path folder) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path properties =
                Files.writeString(Files.createDirectories(folder).resolve("s3proxy.conf"), """
                s3proxy.endpoint=http://127.0.0.1:%d
                s3proxy.authorization=none
                jclouds.provider=transient
                """.formatted(port));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        "target/third-party/s3proxy.jar",
                        "--properties",
                        properties.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("s3proxy.log").toFile())
                .start();
        S3Proxy proxy = new S3Proxy(process, URI.create("http://127.0.0.1:" + port));
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> proxy.answers(port));
        return proxy;
    }

    URI endpoint() {
        return endpoint;
    }

    private void close() {
        process.destroyForcibly().onExit().join();
    }

    private boolean answers(int port) {
        if (!process.isAlive()) {
            throw new IllegalStateException("S3Proxy ended: see s3proxy.log");
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
