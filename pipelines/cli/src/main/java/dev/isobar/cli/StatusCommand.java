package dev.isobar.cli;

import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.result.StatusResult;
import picocli.CommandLine.Command;

/** {@code isobar status}. */
@Command(
        name = "status",
        description = "Lists every process with its pid, every resource with its id, and the newest runs.")
final class StatusCommand extends Task {
    @Override
    Answer answer() {
        StatusResult status = ask(Isobar::status);
        return Answer.done(status, () -> summaries().status(status));
    }
}
