package dev.isobar.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command itself: what all its commands have in common. */
@Command(
        name = "isobar",
        synopsisSubcommandLabel = "COMMAND",
        description = "One ML pipeline, any cloud, the same result.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:the work failed", "2:the request was wrong"},
        optionListHeading = "%nOptions of every command:%n",
        commandListHeading = "%nCommands:%n",
        footer = {"", "State lives under ISOBAR_HOME (default .isobar in the project). docs/command.md tells more."},
        sortOptions = false,
        subcommands = {
            RunCommand.class,
            PlanCommand.class,
            BackfillCommand.class,
            StatusCommand.class,
            RunsCommand.class,
            PredictCommand.class,
            AuditCommand.class,
            LogsCommand.class,
            StopCommand.class,
            PipelinesCommand.class,
            EmulatorsCommand.class,
            ImageCommand.class,
            DoctorCommand.class,
            CompletionCommand.class
        })
final class IsobarCommand {
    /** Forms of an answer. */
    enum Output {
        text,
        json
    }

    final Host host;

    @Option(
            names = "--target",
            paramLabel = "T",
            scope = ScopeType.INHERIT,
            description = "What to run on (default: local).")
    String target = "local";

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            scope = ScopeType.INHERIT,
            description = "Sets a configuration key for this command; repeatable.")
    List<String> assignments = new ArrayList<>();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "A YAML file that overrides isobar.yaml.")
    @Nullable
    Path config;

    @Option(
            names = "--output",
            paramLabel = "text|json",
            scope = ScopeType.INHERIT,
            description = "json: exactly one document on standard output.")
    Output output = Output.text;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Shows stack traces and log lines.")
    boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Shows this help.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Shows the version.")
    boolean version;

    IsobarCommand(Host host) {
        this.host = host;
    }

    /** The parser, with the subcommands of that instance. */
    static CommandLine commandLine(IsobarCommand command) {
        return new CommandLine(command)
                .setPosixClusteredShortOptionsAllowed(false)
                .setUsageHelpWidth(command.host.outTerminal().columns())
                .setUsageHelpAutoWidth(false);
    }
}
