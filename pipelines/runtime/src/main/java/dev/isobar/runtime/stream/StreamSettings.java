package dev.isobar.runtime.stream;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a stream job is told.
 *
 * @param logs stream of the pipeline → stream of the log; one for the decisions and one for each stream that a window reads
 * @param table feature table; made if it is not there
 * @param namespace of the online store
 * @param owner who writes online state, for whoever is fenced
 * @param checkpoints folder of its own on a local disk; made if it is not there
 * @param checkpointEvents events between two checkpoints, 1 or more: what is done again after a death
 * @param onlineEvery every so many checkpoints changed keys go to the online store, 1 or more
 * @param stateBytes how many bytes of the kernel's events are in memory, 1 or more; the others are in a file beside the checkpoints. What keys and ids take comes on top
 * @since 0.1
 */
public record StreamSettings(
        Map<String, String> logs,
        String table,
        String namespace,
        String owner,
        Path checkpoints,
        int checkpointEvents,
        int onlineEvery,
        long stateBytes) {
    /** The default of the events between two checkpoints. */
    public static final int CHECKPOINT_EVENTS = 250_000;

    /** Whole states of hot keys are large: writing them with every checkpoint costs more than the checkpoint. */
    public static final int ONLINE_EVERY = 4;

    /** Nothing of the state on disk. */
    public static final long ALL_IN_MEMORY = Long.MAX_VALUE;

    public StreamSettings {
        logs = Map.copyOf(logs);
        if (stateBytes < 1) {
            throw new IllegalArgumentException("state in " + stateBytes + " bytes of memory; it must be 1 or more");
        }
        if (checkpointEvents < 1 || onlineEvery < 1) {
            throw new IllegalArgumentException("checkpoints every " + checkpointEvents
                    + " events and online state every " + onlineEvery + " checkpoints; both must be 1 or more");
        }
    }
}
