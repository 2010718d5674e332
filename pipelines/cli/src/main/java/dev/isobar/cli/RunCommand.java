package dev.isobar.cli;

import dev.isobar.cli.load.Pipelines;
import dev.isobar.cli.print.Progress;
import dev.isobar.cli.settings.Settings;
import dev.isobar.error.ErrorCode;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.result.RunResult;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code isobar run}. */
@Command(
        name = "run",
        description = "Runs a pipeline: ingest, feature, train, deploy, monitor. Takes up an unfinished run of the same"
                + " pipeline, target and input, else begins a new one.")
final class RunCommand extends Task {
    @Parameters(
            paramLabel = "NAME|JAR",
            description = "A name that `isobar pipelines` lists, or the JAR of a pipeline.")
    @SuppressWarnings("NullAway.Init")
    String pipeline;

    @Override
    Answer answer() {
        try (Workbench workbench = new Workbench(isobar)) {
            Pipelines.Loaded loaded = workbench.pipelines().find(pipeline);
            Settings.Bound settings = workbench.settings(loaded);
            RunRequest request = workbench.request(loaded, settings);
            Progress progress = new Progress(host().err(), host().errTerminal(), System::nanoTime);
            RunResult result = workbench.open(settings).run(request, progress);
            return new Answer(result, () -> "\n" + summaries().run(result), exit(result));
        }
    }

    /** A failure that the request caused ends as one, although it happened in the middle of the work. */
    static int exit(RunResult result) {
        if (result.status().equals("SUCCEEDED")) {
            return Program.DONE;
        }
        RunResult.Failure failure = result.failure();
        boolean callersFault = failure != null
                && Arrays.stream(ErrorCode.values()).anyMatch(c -> c.name().equals(failure.code()) && c.callersFault());
        return callersFault ? Program.WRONG : Program.FAILED;
    }
}
