package dev.isobar.cli;

import dev.isobar.cli.print.Documents;
import java.util.Map;
import java.util.TreeMap;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/** {@code isobar completion}. */
@Command(
        name = "completion",
        description =
                "Prints a completion script: source <(./isobar completion bash), or `./isobar completion fish | source`.")
final class CompletionCommand extends Task {
    /** Shells we write for. */
    enum Shell {
        bash,
        zsh,
        fish
    }

    @Parameters(paramLabel = "bash|zsh|fish", description = "The shell.")
    @SuppressWarnings("NullAway.Init")
    Shell shell;

    @Override
    Answer answer() {
        CommandLine line = IsobarCommand.commandLine(new IsobarCommand(host()));
        // picocli's script for bash turns bash's completion on in zsh by itself
        String script = shell == Shell.fish ? fish(line) : AutoComplete.bash("isobar", line);
        Documents.Completion completion = new Documents.Completion(shell.name(), script);
        return Answer.done(completion, completion::script);
    }

    private static String fish(CommandLine line) {
        StringBuilder out = new StringBuilder("complete -c isobar -f\n");
        Map<String, CommandLine> commands = new TreeMap<>(line.getSubcommands());
        commands.forEach((name, command) -> {
            String about =
                    String.join(" ", command.getCommandSpec().usageMessage().description());
            out.append("complete -c isobar -n __fish_use_subcommand -a ")
                    .append(name)
                    .append(" -d ")
                    .append(quoted(about))
                    .append('\n');
            for (OptionSpec option : command.getCommandSpec().options()) {
                if (!option.inherited()) {
                    out.append("complete -c isobar -n '__fish_seen_subcommand_from ")
                            .append(name)
                            .append("'")
                            .append(fish(option));
                }
            }
        });
        line.getCommandSpec()
                .options()
                .forEach(o -> out.append("complete -c isobar").append(fish(o)));
        out.append("complete -c isobar -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
        return out.toString();
    }

    private static String fish(OptionSpec option) {
        String values = option.longestName().equals("--output")
                ? " -x -a 'text json'"
                : option.arity().max() > 0 ? " -r" : "";
        return " -l " + option.longestName().substring(2) + values + " -d "
                + quoted(String.join(" ", option.description())) + "\n";
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
