package dev.isobar.cli;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.result.StopResult;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar stop}. */
@Command(name = "stop", description = "Ends an endpoint with its processes, or everything. Data and runs stay.")
final class StopCommand extends Task {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "The endpoint.")
    @Nullable
    String endpoint;

    @Option(names = "--all", description = "Ends every process that Isobar started under this ISOBAR_HOME.")
    boolean all;

    @Override
    Answer answer() {
        if (all == (endpoint != null)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            all ? "--all and a name exclude each other" : "Nothing was named to stop")
                    .resource("isobar stop")
                    .hint("`isobar status` lists endpoints; `isobar stop --all` ends everything.")
                    .build();
        }
        StopResult result = ask(i -> i.stop(endpoint));
        boolean survivors = all && !result.processes().isEmpty();
        return new Answer(result, () -> summaries().stop(result), survivors ? Program.FAILED : Program.DONE);
    }
}
