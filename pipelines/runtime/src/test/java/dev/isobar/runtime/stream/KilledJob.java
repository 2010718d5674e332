package dev.isobar.runtime.stream;

import dev.isobar.runtime.Local;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.time.Duration;

/** The main class of a process that streams until it is killed or at the end. Arguments: home, name, events between checkpoints. */
public final class KilledJob {
    private KilledJob() {}

    /** Entry point. */
    public static void main(String[] args) {
        Path home = Path.of(args[0]);
        try (AdapterSession session = Local.open(home);
                StreamJob job =
                        Shop.job(session, Shop.settings(home, args[1], Integer.parseInt(args[2])), rejected -> {})) {
            System.out.println("ready " + job.counts().events());
            job.run(Duration.ZERO);
        }
    }
}
