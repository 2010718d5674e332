package dev.isobar.cli.install;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Temp folders under ISOBAR_HOME, one a process and named by its id, because DuckDB and XGBoost unpack 87 MB at each start and a killed process
 * leaves them behind. Thread safe.
 */
public final class TempFolders {
    private final Path parent;

    /** The temp folders below a home. */
    public TempFolders(Path home) {
        this.parent = home.resolve("tmp");
    }

    /** Removes the folders of processes that are gone. What cannot be removed now is left for the next start. */
    public void sweep() {
        if (!Files.isDirectory(parent)) {
            return;
        }
        List<Path> folders;
        try (Stream<Path> children = Files.list(parent)) {
            folders = children.toList();
        } catch (IOException e) {
            log().debug("cannot list {}", parent, e);
            return;
        }
        for (Path folder : folders) {
            String name = String.valueOf(folder.getFileName());
            if (name.matches("[0-9]{1,18}")
                    && ProcessHandle.of(Long.parseLong(name)).isEmpty()) {
                delete(folder);
            }
        }
    }

    /** Removes this process's own folder when the JVM ends, if its temp folder is one of ours. */
    public void deleteOwnAtExit() {
        Path own = parent.resolve(Long.toString(ProcessHandle.current().pid())).toAbsolutePath();
        if (Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().equals(own)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(own), "isobar-temp-folder"));
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            log().debug("cannot remove {}; the next start tries again", folder, e);
        }
    }

    // Not a static field: a start that has nothing to say should not pay for the logging system.
    private static Logger log() {
        return LoggerFactory.getLogger(TempFolders.class);
    }
}
