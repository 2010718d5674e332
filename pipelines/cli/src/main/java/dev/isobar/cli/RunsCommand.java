package dev.isobar.cli;

import dev.isobar.cli.print.Documents;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code isobar runs}. */
@Command(name = "runs", description = "Lists runs, newest first.")
final class RunsCommand extends Task {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "Only runs of this pipeline.")
    @Nullable
    String pipeline;

    @Override
    Answer answer() {
        Documents.Runs runs = new Documents.Runs(ask(i -> i.runs(pipeline)));
        return Answer.done(runs, () -> summaries().runs(runs.runs()));
    }
}
