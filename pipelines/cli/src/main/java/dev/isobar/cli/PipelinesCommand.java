package dev.isobar.cli;

import dev.isobar.cli.load.Pipelines;
import dev.isobar.cli.print.Documents;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code isobar pipelines}. */
@Command(name = "pipelines", description = "Lists the pipelines that can be run by name.")
final class PipelinesCommand extends Task {
    @Override
    Answer answer() {
        Pipelines.Catalog catalog = new Pipelines(host().installation()).all();
        List<Documents.PipelineEntry> entries = new ArrayList<>();
        catalog.loaded()
                .forEach(p -> entries.add(new Documents.PipelineEntry(
                        p.name(),
                        p.description(),
                        p.jar().toString(),
                        p.pipeline().version(),
                        null)));
        catalog.broken()
                .forEach(p -> entries.add(new Documents.PipelineEntry(
                        p.name(),
                        "",
                        p.jar().toString(),
                        null,
                        String.valueOf(p.error().getMessage()))));
        Documents.PipelineList list = new Documents.PipelineList(entries);
        return Answer.done(list, () -> summaries().pipelines(list));
    }
}
