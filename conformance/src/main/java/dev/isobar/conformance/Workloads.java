package dev.isobar.conformance;

import dev.isobar.conformance.workload.CopyTrainer;
import dev.isobar.conformance.workload.EchoServer;
import dev.isobar.port.Workload;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The kit's own server and trainer: as commands of this machine, and as images for adapters that run containers. */
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

    /** What starts the server of the kit on this machine, for what stands in for its image {@code conformance/echo-server}; it is told by variables. */
    public static List<String> serverProgram() {
        return java(EchoServer.class, Map.of()).command();
    }

    /** What starts the trainer of the kit on this machine, for what stands in for its image {@code conformance/copy-trainer}; it is told by an argument. */
    public static List<String> trainerProgram() {
        return java(CopyTrainer.class, Map.of()).command();
    }

    /** {@link #server} as an image. */
    public static Workload serverImage(String digest) {
        return Workload.image("conformance/echo-server", Map.of("ECHO_DIGEST", digest));
    }

    /** {@link #brokenServer} as an image. */
    public static Workload brokenServerImage(String lastLine) {
        return Workload.image("conformance/echo-server", Map.of("ECHO_FAILURE", lastLine));
    }

    /** {@link #trainer} as an image. */
    public static Workload trainerImage(String how) {
        return new Workload(List.of(how), Map.of(), "conformance/copy-trainer");
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
