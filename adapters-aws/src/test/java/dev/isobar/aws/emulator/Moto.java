package dev.isobar.aws.emulator;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** moto_server, where Python brought it. */
public final class Moto {
    private Moto() {}

    /** Starts it empty. */
    public static EmulatorProcess start() {
        Path server = EmulatorProcess.program("moto_server", "the suites against moto");
        int port = EmulatorProcess.freePort();
        return EmulatorProcess.start(
                "moto",
                EmulatorProcess.folder("logs"),
                port,
                Map.of(),
                List.of(server.toString(), "-H", "127.0.0.1", "-p", Integer.toString(port)));
    }
}
