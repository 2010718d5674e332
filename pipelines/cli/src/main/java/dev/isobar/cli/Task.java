package dev.isobar.cli;

import dev.isobar.cli.print.Summaries;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.result.RunSummary;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.ParentCommand;

/** A command under {@code isobar}. */
abstract class Task {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it before a command is asked anything
    IsobarCommand isobar;

    /** Does it. */
    abstract Answer answer();

    final Host host() {
        return isobar.host;
    }

    final Summaries summaries() {
        return new Summaries(host().outTerminal());
    }

    /**
     * Asks the runtime about something that the user named. Nothing of that name is then a wrong request, whichever port noticed.
     */
    final <T> T ask(Function<Isobar, T> question) {
        try (Workbench workbench = new Workbench(isobar)) {
            return question.apply(workbench.open());
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()))
                        .resource(e.resource() == null ? "target " + isobar.target : e.resource())
                        .hint(
                                e.hint() == null
                                        ? "`isobar status` lists what exists, `isobar runs` what ran."
                                        : e.hint())
                        .cause(e)
                        .build();
            }
            throw e;
        }
    }

    /** The newest run there is, for commands that need not be told. */
    static String newestRun(Isobar runtime) {
        List<RunSummary> runs = runtime.runs(null);
        if (runs.isEmpty()) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "Nothing has run yet")
                    .hint("`isobar run NAME` makes the first run; `isobar pipelines` lists names.")
                    .build();
        }
        return runs.get(0).runId();
    }
}
