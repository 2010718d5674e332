package dev.isobar.runtime;

import java.util.List;
import java.util.Map;

/**
 * How this installation starts its other programs: complete commands up to and including the main class. The runtime adds arguments and environment.
 *
 * @param trainer {@code java … dev.isobar.trainer.TrainerMain}
 * @param server {@code java … dev.isobar.server.ServerMain}; its class path holds the server and exactly one adapter
 * @param isobar {@code java … dev.isobar.cli.Main}, for the audit in a process of its own
 * @param environment variables for all of them, such as {@code ISOBAR_HOME}
 * @since 0.1
 */
public record Programs(
        List<String> trainer, List<String> server, List<String> isobar, Map<String, String> environment) {
    /** Environment variable with the pid of a command that started another one for itself: the other ends when it does. */
    public static final String PARENT_VARIABLE = "ISOBAR_PARENT";
}
