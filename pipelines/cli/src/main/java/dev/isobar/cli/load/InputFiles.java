package dev.isobar.cli.load;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.ingest.HistoryReader;
import dev.isobar.spec.PipelineSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** Finds files that a command line names: one, all of a folder, or those of a pattern. Immutable. */
public final class InputFiles {
    private static final Pattern GLOB = Pattern.compile("[*?\\[{]");
    private static final Pattern NAMED = Pattern.compile("([A-Za-z0-9_-]+)=(.+)");

    private final Path cwd;

    /** Relative paths begin at this folder. */
    public InputFiles(Path cwd) {
        this.cwd = cwd;
    }

    /** Files by stream or source, from {@code NAME=FILES}, or {@code FILES} for a pipeline of one source. */
    public Map<String, List<Path>> named(List<String> arguments, PipelineSpec spec) {
        Map<String, List<Path>> files = new LinkedHashMap<>();
        for (String argument : arguments) {
            var named = NAMED.matcher(argument);
            String name;
            String where;
            if (named.matches()) {
                name = named.group(1);
                where = named.group(2);
            } else if (spec.sources().size() == 1) {
                name = spec.sources().get(0).name();
                where = argument;
            } else {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "'" + argument + "' does not say which of the pipeline's streams or sources it is for")
                        .resource("--from " + argument)
                        .hint("Write --from NAME=FILES, with one of: "
                                + String.join(
                                        ", ",
                                        Stream.concat(
                                                        spec.streams().stream().map(s -> s.name()),
                                                        spec.sources().stream().map(s -> s.name()))
                                                .distinct()
                                                .sorted()
                                                .toList())
                                + ".")
                        .build();
            }
            files.computeIfAbsent(name, n -> new ArrayList<>()).addAll(find("--from", where));
        }
        return files;
    }

    /**
     * The files that a path or pattern names, by name.
     *
     * @param option what the text was given to, for messages
     */
    public List<Path> find(String option, String text) {
        Path given = cwd.resolve(text).normalize();
        if (Files.isRegularFile(given)) {
            return List.of(given);
        }
        boolean folder = Files.isDirectory(given);
        if (!folder && !GLOB.matcher(text).find()) {
            throw missing(option, text, "The file " + given + " does not exist");
        }
        // What exists is no pattern, whatever characters its name has.
        Path base = given;
        for (Path p = given; !Files.isDirectory(base) && p != null; p = p.getParent()) {
            base = p;
        }
        int depth = folder ? 1 : text.contains("**") ? Integer.MAX_VALUE : given.getNameCount() - base.getNameCount();
        Path from = base;
        PathMatcher matcher = folder ? f -> true : matcher(option, text, base.relativize(given));
        List<Path> found;
        try (Stream<Path> all = Files.walk(base, depth)) {
            found = all.filter(Files::isRegularFile)
                    .filter(f -> folder ? isData(f) : matcher.matches(from.relativize(f)))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw IsobarException.io("looking for " + given, new IOException(e));
        } catch (IOException e) {
            throw IsobarException.io("looking for " + given, e);
        }
        if (found.isEmpty()) {
            throw missing(
                    option,
                    text,
                    folder
                            ? "The folder " + given + " has no file that ends in .csv, .csv.gz, .parquet or .pq"
                            : "No file fits " + given);
        }
        return found;
    }

    private static PathMatcher matcher(String option, String text, Path pattern) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw missing(option, text, "'" + pattern + "' is neither a file nor a pattern: " + e.getDescription());
        }
    }

    private static boolean isData(Path file) {
        String name = String.valueOf(file.getFileName());
        // What begins so is nobody's data: hidden, temporary, or a marker of a job.
        boolean aside = name.startsWith(".") || name.startsWith("~") || name.startsWith("_");
        return !aside && HistoryReader.isHistory(file);
    }

    private static IsobarException missing(String option, String text, String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .resource(option + " " + text)
                .hint("Give a file, a folder, or a pattern in quotes such as 'data/*.parquet'.")
                .build();
    }
}
