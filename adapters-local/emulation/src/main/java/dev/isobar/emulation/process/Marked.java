package dev.isobar.emulation.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds processes by a mark in their environment, which children inherit: so that one that left its parent is found too. Where there is no
 * {@code /proc}, it finds none.
 */
final class Marked {
    /** The variable that carries the mark. */
    static final String VARIABLE = "ISOBAR_EMULATED_CONTAINER";

    private static final Logger LOG = LoggerFactory.getLogger(Marked.class);
    private static final Path PROC = Path.of("/proc");

    private Marked() {}

    static void kill(String mark) {
        if (!Files.isDirectory(PROC)) {
            return;
        }
        String entry = "\0" + VARIABLE + "=" + mark;
        long self = ProcessHandle.current().pid();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                if (pid != self && environment(process).contains(entry)) {
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
        } catch (IOException e) {
            LOG.warn("Cannot look for what {} left behind", mark, e);
        }
    }

    private static String environment(Path process) {
        try {
            return "\0" + new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it ended, or is another user's
        }
    }
}
