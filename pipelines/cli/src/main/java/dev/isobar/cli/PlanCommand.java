package dev.isobar.cli;

import dev.isobar.cli.load.Pipelines;
import dev.isobar.runtime.result.PlanResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code isobar plan}. */
@Command(name = "plan", description = "Says what a run would do on the target, and why, without doing it.")
final class PlanCommand extends Task {
    @Parameters(
            paramLabel = "NAME|JAR",
            description = "A name that `isobar pipelines` lists, or the JAR of a pipeline.")
    @SuppressWarnings("NullAway.Init")
    String pipeline;

    @Override
    Answer answer() {
        try (Workbench workbench = new Workbench(isobar)) {
            Pipelines.Loaded loaded = workbench.pipelines().find(pipeline);
            PlanResult plan = workbench.open(workbench.settings(loaded)).plan(loaded.pipeline());
            return new Answer(plan, () -> summaries().plan(plan), plan.runnable() ? Program.DONE : Program.WRONG);
        }
    }
}
