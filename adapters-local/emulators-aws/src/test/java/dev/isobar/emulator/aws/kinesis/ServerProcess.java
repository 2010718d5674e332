package dev.isobar.emulator.aws.kinesis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The emulator as a process of its own, to be killed. */
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final URI uri;

    private ServerProcess(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /** Starts it on a folder and says where it listens. */
    public static void main(String[] arguments) throws IOException {
        KinesisServer server = KinesisServer.start(0, Path.of(arguments[0]));
        System.out.println(server.uri());
        // Its threads are daemons; the process lives until its standard input ends.
        while (System.in.read() >= 0) {
            continue;
        }
    }

    static ServerProcess start(Path home) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerProcess.class.getName(),
                        home.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return new ServerProcess(process, URI.create(out.readLine()));
    }

    URI uri() {
        return uri;
    }

    long pid() {
        return process.pid();
    }

    /** As {@code kill -9}. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
