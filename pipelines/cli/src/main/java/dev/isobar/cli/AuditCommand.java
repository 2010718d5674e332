package dev.isobar.cli;

import dev.isobar.runtime.result.AuditResult;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar audit}. */
@Command(name = "audit", description = "Recomputes every served feature vector from the lake and compares bit for bit.")
final class AuditCommand extends Task {
    @Parameters(paramLabel = "NAME|RUN", arity = "0..1", description = "A pipeline or a run (default: the newest run).")
    @Nullable
    String subject;

    @Option(names = "--dump", paramLabel = "DIR", description = "Writes both sides there as CSV.")
    @Nullable
    Path dump;

    @Override
    Answer answer() {
        Path folder = dump == null ? null : host().cwd().resolve(dump).normalize();
        AuditResult audit = ask(i -> {
            String given = subject;
            return i.audit(given == null ? newestRun(i) : given, folder);
        });
        return new Answer(audit, () -> summaries().audit(audit), audit.ok() ? Program.DONE : Program.FAILED);
    }
}
