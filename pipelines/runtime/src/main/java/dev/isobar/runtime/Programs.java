package dev.isobar.runtime;

import dev.isobar.port.Workload;
import java.util.List;

/**
 * How this installation starts its other programs. The runtime adds environment.
 *
 * @param trainer the training entry point: an image where the target runs containers, else {@code java … dev.isobar.trainer.TrainerMain}
 * @param server the model server, complete, with exactly one adapter
 * @param isobar {@code java … dev.isobar.cli.Main}, for the audit in a process of its own
 * @since 0.1
 */
public record Programs(Workload trainer, Workload server, List<String> isobar) {
    /** Environment variable with the pid of a command that started another one for itself: the other ends when it does. */
    public static final String PARENT_VARIABLE = "ISOBAR_PARENT";
}
