package dev.isobar.emulator.gcp;

import dev.isobar.emulation.program.EmulatorProgram;
import java.util.Set;

/**
 * {@link GcpCloud} as a program: see {@link EmulatorProgram}; beside its arguments {@code [--project ID] [--location REGION]}.
 *
 * <p>In the images file, {@code denied} (permissions, also with a star at the end), {@code disabled} (APIs that were never enabled) and {@code quotas} (of Vertex AI) say what the
 * project allows. A change takes effect at once; Bigtable, which is Google's own emulator, allows everything:
 *
 * <pre>{@code
 * {"images": {…},
 *  "denied": ["pubsub.topics.create", "storage.objects.*"],
 *  "disabled": ["aiplatform.googleapis.com"],
 *  "quotas": {"custom_model_training_cpus": 0}}
 * }</pre>
 */
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
