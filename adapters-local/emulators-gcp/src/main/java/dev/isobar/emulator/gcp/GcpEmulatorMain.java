package dev.isobar.emulator.gcp;

import dev.isobar.emulation.program.EmulatorProgram;
import java.util.Set;

/** {@link GcpCloud} as a program: see {@link EmulatorProgram}; beside its arguments {@code [--project ID] [--location REGION]}. */
public final class GcpEmulatorMain {
    private GcpEmulatorMain() {}

    /** Starts it, and returns; threads of the servers keep the process alive. */
    public static void main(String[] arguments) {
        EmulatorProgram.run(
                arguments,
                Set.of("project", "location"),
                (home, images, options) -> GcpCloud.start(
                        home,
                        images,
                        options.getOrDefault("project", "isobar-emulated"),
                        options.getOrDefault("location", "europe-west3")));
    }
}
