package dev.isobar.local.supervisor;

import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.LocalHome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The supervisor's process: waits for its predecessor to be gone, works, and ends when no endpoint is wanted. */
public final class SupervisorMain {
    private static final Duration PREDECESSOR = Duration.ofSeconds(10);

    private SupervisorMain() {}

    /** Arguments: instance, home, tag. */
    public static void main(String[] arguments) {
        if (arguments.length != 3) {
            System.err.println("usage: SupervisorMain INSTANCE HOME TAG");
            System.exit(2);
        }
        SupervisorHome home = new SupervisorHome(new LocalHome(arguments[0], Path.of(arguments[1])));
        Optional<FileMutex.Held> place = home.takeOver();
        long deadline = System.nanoTime() + PREDECESSOR.toNanos();
        while (place.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(2_000_000);
            place = home.takeOver();
        }
        if (place.isEmpty()) {
            System.err.println(Instant.now() + " another supervisor is running");
            System.exit(0);
        }
        try {
            new Supervisor(home, arguments[2]).run();
        } catch (Throwable e) {
            // Its last words are what the next one's starter shows.
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }
}
