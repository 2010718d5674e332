package dev.isobar.local.log;

import dev.isobar.local.file.AtomicFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files of a partition. A segment's name is its offset in the log, so the next one's name is where this one ends. */
record Segments(Path directory) {
    /** A segment is closed when it has reached this many bytes. */
    static final long ROLL_AT = 64L << 20;

    Path at(long base) {
        return directory.resolve("%020d.log".formatted(base));
    }

    /** What tells a file from another that took its name. */
    static @Nullable Object identity(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.fileKey();
    }

    /** Offset → file, ascending. */
    TreeMap<Long, Path> list() throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.log")) {
            for (Path file : files) {
                if (!AtomicFiles.isTemporary(file)) {
                    String name = String.valueOf(file.getFileName());
                    found.put(Long.parseLong(name.substring(0, name.length() - 4)), file);
                }
            }
        }
        return found;
    }
}
