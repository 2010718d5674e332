package dev.isobar.runtime.backfill;

import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.Local;
import dev.isobar.runtime.RunListener;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The main class of a process that makes a training set and dies without a word when all its rows are written. Arguments: home, payments, chargebacks, to. */
public final class KilledBackfill {
    private KilledBackfill() {}

    /** Entry point. */
    public static void main(String[] args) throws IOException {
        Path home = Path.of(args[0]);
        try (AdapterSession session = Local.open(home)) {
            BackfillRequest request = new BackfillRequest(
                    Checkout.pipeline(),
                    Map.of("payments", List.of(Path.of(args[1])), "chargebacks", List.of(Path.of(args[2]))),
                    List.of(),
                    List.of(),
                    Path.of(args[3]),
                    false,
                    false,
                    null,
                    1,
                    1);
            RunListener dies = new RunListener() {
                @Override
                public void progress(String step, String what, long done, long total) {
                    if (step.equals("write") && done == total) {
                        // As kill -9 does: no hooks, nothing closed.
                        Runtime.getRuntime().halt(137);
                    }
                }
            };
            new BackfillJob(Local.target(session, p -> true), request, dies, Files.createTempDirectory("killed"))
                    .execute();
        }
    }
}
