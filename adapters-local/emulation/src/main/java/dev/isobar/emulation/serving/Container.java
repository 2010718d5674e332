package dev.isobar.emulation.serving;

import dev.isobar.emulation.process.Child;
import java.nio.file.Path;
import java.time.Duration;

/** What a replica runs, as a service means it. Thread safe. */
public interface Container {
    /** For the log of the emulator. */
    String name();

    /** Fills a replica's new folder, before it is first started. */
    void prepare(Path folder) throws StartFailure;

    /**
     * Starts the process.
     *
     * @param replica the replica's id
     * @param port where it has to listen on 127.0.0.1
     */
    Child start(String replica, Path folder, int port) throws StartFailure;

    /** The path that is asked with GET, until it answers 200. */
    String health();

    /** How long it may take until its first answer. */
    Duration startup();

    /** Time between SIGTERM and SIGKILL. */
    Duration grace();

    /**
     * What is said of a container that did not come up.
     *
     * @param why how it ended
     */
    StartFailure down(String why);
}
