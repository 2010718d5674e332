package dev.isobar.cli;

import dev.isobar.cli.load.InputFiles;
import dev.isobar.cli.load.Pipelines;
import dev.isobar.cli.print.Progress;
import dev.isobar.cli.settings.Settings;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.result.BackfillResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar backfill}. */
@Command(
        name = "backfill",
        description = "Makes a training set, one Parquet file, of a recorded history in CSV or Parquet files:"
                + " for each decision its features as of its event time and known then.")
final class BackfillCommand extends Task {
    @Parameters(
            paramLabel = "NAME|JAR",
            description = "A name that `isobar pipelines` lists, or the JAR of a pipeline.")
    @SuppressWarnings("NullAway.Init")
    String pipeline;

    @Option(
            names = "--from",
            paramLabel = "[NAME=]FILES",
            description =
                    "Where the history of a stream or source is: a file, a folder, or a pattern such as data/*.parquet;"
                            + " repeatable (default: sources.NAME.path, as for run). Without NAME= for a pipeline of one source.")
    List<String> from = new ArrayList<>();

    @Option(
            names = "--labels",
            paramLabel = "FILES",
            description = "Decisions with their labels, in the shape of the decision stream; repeatable"
                    + " (default: the decision stream's own events, and the labels that the pipeline trains on).")
    List<String> labels = new ArrayList<>();

    @Option(
            names = "--label",
            paramLabel = "COLUMN[:TYPE]",
            description =
                    "A column of --labels that goes into the training set; repeatable (default: all that the stream does not have).")
    List<String> columns = new ArrayList<>();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "FILE|DIR",
            description = "The training set: a new file that ends in .parquet, or a folder for training-set.parquet.")
    @SuppressWarnings("NullAway.Init")
    Path to;

    @Option(
            names = "--table",
            paramLabel = "NAME",
            description =
                    "Makes the training set a part of that table of the target too; the same rows are there once.")
    @Nullable
    String table;

    @Option(
            names = "--every-decision",
            description = "Takes decisions without a label as well, and leaves labels away.")
    boolean everyDecision;

    @Option(
            names = "--by-event-time",
            description = "Counts everything recorded by its event time, also what became available after a decision.")
    boolean byEventTime;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads read and compute (default: all cores).")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--passes",
            paramLabel = "N",
            description =
                    "Computes in at least so many passes over the files, each of which keeps the events of some keys only"
                            + " (default: as few as the heap allows).")
    int passes;

    @Override
    Answer answer() {
        try (Workbench workbench = new Workbench(isobar)) {
            Pipelines.Loaded loaded = workbench.pipelines().find(pipeline);
            Settings.Bound settings = workbench.settings(loaded);
            InputFiles files = new InputFiles(host().cwd());
            Map<String, List<Path>> history = new LinkedHashMap<>();
            settings.sources().forEach((source, file) -> history.put(source, List.of(file)));
            history.putAll(files.named(from, loaded.pipeline().spec()));
            List<Path> decisions = new ArrayList<>();
            labels.forEach(l -> decisions.addAll(files.find("--labels", l)));
            BackfillRequest request = new BackfillRequest(
                    loaded.pipeline(),
                    history,
                    decisions,
                    columns,
                    host().cwd().resolve(to),
                    everyDecision,
                    byEventTime,
                    table,
                    threads,
                    passes);
            Progress progress = new Progress(host().err(), host().errTerminal(), System::nanoTime);
            BackfillResult result = workbench.openWithFiles(settings).backfill(request, progress);
            return Answer.done(result, () -> summaries().backfill(result));
        }
    }
}
