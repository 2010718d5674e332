package dev.isobar.cli;

import dev.isobar.cli.print.Documents;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar logs}. */
@Command(name = "logs", description = "Shows the last lines of a run's processes.")
final class LogsCommand extends Task {
    @Parameters(paramLabel = "NAME|RUN", arity = "0..1", description = "A pipeline or a run (default: the newest run).")
    @Nullable
    String subject;

    @Option(names = "--lines", paramLabel = "N", description = "How many lines of each process (default: 50).")
    int lines = 50;

    @Override
    Answer answer() {
        if (lines < 1) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "--lines is " + lines + ", not at least 1")
                    .resource("isobar logs")
                    .hint("Leave it out for 50.")
                    .build();
        }
        Documents.Logs logs = new Documents.Logs(ask(i -> {
            String given = subject;
            return i.logs(given == null ? newestRun(i) : given, lines);
        }));
        return Answer.done(logs, () -> summaries().logs(logs.logs()));
    }
}
