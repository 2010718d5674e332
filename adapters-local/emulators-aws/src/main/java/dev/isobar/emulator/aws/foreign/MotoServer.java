package dev.isobar.emulator.aws.foreign;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulation.process.Ports;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * moto's server: many services, everything in memory, nothing executed. Not ours to install: a judge of our own emulators where somebody has it.
 *
 * @see <a href="https://docs.getmoto.org/en/latest/docs/server_mode.html">server mode</a>
 */
public final class MotoServer {
    private static final String COMMAND = "moto_server";

    private MotoServer() {}

    /** Whether the command is on the path. */
    public static boolean installed() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, COMMAND)));
    }

    /**
     * Starts it.
     *
     * @param folder holds its log
     */
    public static ForeignProcess start(Path folder) throws IOException {
        int port = Ports.free();
        return ForeignProcess.start(
                "moto", List.of(COMMAND, "-H", "127.0.0.1", "-p", Integer.toString(port)), Map.of(), folder, port);
    }
}
