package dev.isobar.cli;

import dev.isobar.cli.print.Documents;
import dev.isobar.cli.print.Failures;
import dev.isobar.cli.print.Json;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Parses one command line, does it, prints its answer, and says how it ended. */
final class Program {
    /** The work is done. */
    static final int DONE = 0;

    /** The request was right and the work failed. */
    static final int FAILED = 1;

    /** The request was wrong. */
    static final int WRONG = 2;

    private final Host host;

    Program(Host host) {
        this.host = host;
    }

    /** Does what the arguments say; never throws. */
    int run(String... args) {
        boolean json = wantsJson(args);
        boolean verbose = Arrays.asList(args).contains("--verbose");
        if (verbose) {
            System.setProperty("isobar.log.level", "DEBUG"); // read by logback.xml when the first logger is made
        }
        try {
            if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
                return print(version(), false); // spares a prompt the cost of the parser
            }
            return print(answer(args), json);
        } catch (ParameterException e) {
            return fail(wrong(e), json, verbose);
        } catch (IsobarException e) {
            return fail(e, json, verbose);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            return fail(defect(e), json, verbose);
        } catch (OutOfMemoryError e) {
            return fail(
                    IsobarException.of(ErrorCode.RESOURCE_EXHAUSTED, "The heap of this JVM is used up")
                            .hint(
                                    "Give it more, for instance ISOBAR_JAVA_OPTS=-Xmx2g, and run the same command again: it resumes.")
                            .cause(e)
                            .build(),
                    json,
                    verbose);
        }
    }

    private Answer answer(String... args) {
        CommandLine line = IsobarCommand.commandLine(new IsobarCommand(host));
        ParseResult parsed = line.parseArgs(args);
        ParseResult leaf = parsed;
        while (leaf.hasSubcommand()) {
            leaf = leaf.subcommand();
        }
        CommandLine asked = leaf.commandSpec().commandLine();
        if (leaf.isVersionHelpRequested() || parsed.isVersionHelpRequested()) {
            return version();
        }
        if (leaf.isUsageHelpRequested() || parsed.isUsageHelpRequested()) {
            String help = asked.getUsageMessage(CommandLine.Help.Ansi.OFF);
            return Answer.done(new Documents.Help(help), () -> help);
        }
        if (asked.getCommand() instanceof Task task) {
            return task.answer();
        }
        throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "No command was given")
                .hint("Try `isobar run flight-delays`; `isobar --help` lists the commands.")
                .build();
    }

    /** The version in the jar's manifest. */
    static String builtVersion() {
        @Nullable String built = Program.class.getPackage().getImplementationVersion();
        return built == null ? "unreleased" : built;
    }

    private static Answer version() {
        Documents.Version version = new Documents.Version(
                builtVersion(),
                System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return Answer.done(
                version,
                () -> "isobar " + version.version() + " (Java " + version.java() + ", " + version.os() + ")\n");
    }

    private int print(Answer answer, boolean json) {
        if (json) {
            host.out().println(Json.write(answer.document()));
        } else {
            host.out().print(answer.text().get());
        }
        host.out().flush();
        return answer.exit();
    }

    private int fail(IsobarException e, boolean json, boolean verbose) {
        if (json) {
            host.out().println(Json.write(Failures.document(e)));
            host.out().flush();
        } else {
            host.err().print(Failures.text(e, host.errTerminal()));
        }
        if (verbose) {
            e.printStackTrace(host.err());
        }
        host.err().flush();
        return e.code().callersFault() ? WRONG : FAILED;
    }

    private static IsobarException defect(Throwable e) {
        return IsobarException.of(ErrorCode.INTERNAL, "Isobar made a mistake: " + e)
                .hint("Run the same command with --verbose and report what it prints.")
                .cause(e)
                .build();
    }

    private static IsobarException wrong(ParameterException e) {
        CommandLine at = e.getCommandLine();
        String name = at.getCommandSpec().qualifiedName();
        String help = "`" + name + " --help` shows what is known.";
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String argument = unmatched.getUnmatched().get(0);
            List<String> known = new ArrayList<>();
            String what;
            if (argument.startsWith("-")) {
                what = "option";
                known.addAll(at.getCommandSpec().optionsMap().keySet());
                int equals = argument.indexOf('=');
                argument = equals > 0 ? argument.substring(0, equals) : argument;
            } else if (at.getParent() == null) {
                what = "command";
                known.addAll(at.getSubcommands().keySet());
            } else {
                what = "place for the argument";
            }
            String hint = Names.nearest(argument, known)
                            .map(n -> "Did you mean '" + n + "'? ")
                            .orElse("")
                    + help;
            return IsobarException.of(ErrorCode.INVALID_ARGUMENT, "There is no " + what + " '" + argument + "'")
                    .resource(name)
                    .hint(hint)
                    .build();
        }
        String message = e instanceof MissingParameterException missing
                ? "Something is missing: "
                        + missing.getMissing().stream()
                                .map(a -> a instanceof OptionSpec option
                                        ? option.longestName() + " " + option.paramLabel()
                                        : a.paramLabel())
                                .collect(Collectors.joining(", "))
                : String.valueOf(e.getMessage());
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .resource(name)
                .hint(help)
                .build();
    }

    /** Before parsing, because a command line that cannot be parsed must answer in JSON as well. */
    private static boolean wantsJson(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--output=json")
                    || (args[i].equals("--output") && i + 1 < args.length && args[i + 1].equals("json"))) {
                return true;
            }
        }
        return false;
    }
}
