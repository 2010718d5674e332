package dev.isobar.conformance;

import dev.isobar.conformance.workload.CopyTrainer;
import dev.isobar.conformance.workload.EchoServer;
import dev.isobar.port.Workload;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The kit's own server and trainer as commands of this machine. An adapter that runs containers gives images instead. */
public final class Workloads {
    private Workloads() {}

    /** A server that reports this digest. */
    public static Workload server(String digest) {
        return java(EchoServer.class, Map.of("ECHO_DIGEST", digest));
    }

    /** A server that writes a line and ends. */
    public static Workload brokenServer(String lastLine) {
        return java(EchoServer.class, Map.of("ECHO_FAILURE", lastLine));
    }

    /** A trainer that ends as its argument says: {@code succeed}, {@code fail}, {@code crash}, {@code hang}. */
    public static Workload trainer(String how) {
        return java(CopyTrainer.class, Map.of(), how);
    }

    private static Workload java(Class<?> main, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx48m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Dsun.net.httpserver.nodelay=true",
                "-cp",
                classPath(main),
                main.getName()));
        command.addAll(List.of(arguments));
        return Workload.command(command, environment);
    }

    private static String classPath(Class<?> main) {
        try {
            return Path.of(main.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(main + " comes from no file", e);
        }
    }
}
