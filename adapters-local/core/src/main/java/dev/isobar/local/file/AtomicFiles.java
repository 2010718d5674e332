package dev.isobar.local.file;

import dev.isobar.error.IsobarException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Files that appear whole or not at all, and survive power loss once the call has returned: temporary sibling, fsync, rename or link, fsync of the
 * directory. Temporary files start with {@code ~} (which no port allows in a name) and carry their writer's pid and start time, so that
 * {@link #sweep} takes those of the dead and leaves those of the living. Stateless, thread safe.
 *
 * <p>All methods throw {@link IsobarException} for I/O failures: {@code RESOURCE_EXHAUSTED} for a full disk, {@code PERMISSION_DENIED}, {@code
 * NOT_FOUND}, else {@code UNAVAILABLE}. A failed write leaves the target as it was and no temporary file behind.
 *
 * @since 0.1
 */
public final class AtomicFiles {
    private static final AtomicLong SERIAL = new AtomicLong();
    private static final String MARK = "~";
    private static final String SELF =
            ProcessHandle.current().pid() + "-" + Long.toString(startMillis(ProcessHandle.current()), 36);

    private AtomicFiles() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything; the stream is buffered by nobody and closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Puts a file there, over what was there before. Directories are made as needed. */
    public static void replace(Path target, byte[] content) {
        replace(target, out -> out.write(content));
    }

    /** Puts a file there, over what was there before. Directories are made as needed. */
    public static void replace(Path target, Content content) {
        makeDirectories(directoryOf(target));
        Path temporary = temporaryBeside(target);
        try {
            write(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncDirectory(directoryOf(target));
        } catch (IOException e) {
            throw IsobarException.io("writing " + target, e);
        } finally {
            discard(temporary);
        }
    }

    /**
     * Puts a file there if nothing is. Of several at once, in any processes, exactly one wins.
     *
     * @return whether this call made it
     */
    public static boolean createExclusively(Path target, byte[] content) {
        makeDirectories(directoryOf(target));
        Path temporary = temporaryBeside(target);
        try {
            write(temporary, out -> out.write(content));
            return publishExclusively(temporary, target);
        } catch (IOException e) {
            throw IsobarException.io("creating " + target, e);
        } finally {
            discard(temporary);
        }
    }

    /**
     * Gives a finished, fsynced temporary file its final name if nothing has that name; the temporary name stays and is the caller's to discard.
     *
     * @return whether this call made it
     */
    public static boolean publishExclusively(Path temporary, Path target) throws IOException {
        try {
            // A hard link, unlike a rename, refuses to go over an existing name.
            Files.createLink(target, temporary);
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        syncDirectory(directoryOf(target));
        return true;
    }

    /** Writes a new file and forces it to the disk. */
    public static void write(Path file, Content content) throws IOException {
        // FileOutputStream, not a channel: an interrupt must not tear a write.
        try (FileOutputStream out = new FileOutputStream(file.toFile())) {
            content.writeTo(out);
            out.getFD().sync();
        }
    }

    /** Forces a file that somebody else wrote (DuckDB, for one) to the disk. */
    public static void syncFile(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Forces a directory's entries to the disk. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows cannot open a directory; its renames are journaled by the file system.
            if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows")) {
                throw e;
            }
        }
    }

    /** Makes a directory and its parents. */
    public static void makeDirectories(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw IsobarException.io("making directory " + directory, e);
        }
    }

    /** A fresh temporary name beside a target. */
    public static Path temporaryBeside(Path target) {
        return temporaryIn(directoryOf(target), String.valueOf(target.getFileName()));
    }

    /** A fresh temporary name in a directory. */
    public static Path temporaryIn(Path directory, String hint) {
        String shortened = hint.length() <= 100 ? hint : hint.substring(0, 100);
        return directory.resolve(MARK + SELF + "-" + SERIAL.incrementAndGet() + "-" + shortened);
    }

    /** Whether a name is a temporary one, not to be listed. */
    public static boolean isTemporary(Path path) {
        return String.valueOf(path.getFileName()).startsWith(MARK);
    }

    /** Removes a temporary file, if it is still there. */
    public static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw IsobarException.io("removing " + temporary, e);
        }
    }

    /**
     * Removes temporary files and directories in a directory (not below it) whose writers are gone.
     *
     * @return how many went
     */
    public static int sweep(Path directory) {
        int gone = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, MARK + "*")) {
            for (Path entry : entries) {
                if (!writerLives(String.valueOf(entry.getFileName()))) {
                    deleteTree(entry);
                    gone++;
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return 0;
        } catch (IOException e) {
            throw IsobarException.io("sweeping " + directory, e);
        }
        return gone;
    }

    /** Removes a file or directory with everything in it; nothing there is a success, and so is somebody else removing it too. */
    public static void deleteTree(Path root) {
        if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    if (e != null && !(e instanceof NoSuchFileException)) {
                        throw e;
                    }
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw IsobarException.io("removing " + root, e);
        }
    }

    /** This process as a part of a file name: {@code PID-START}, unique on this machine for all time. */
    public static String writer() {
        return SELF;
    }

    /** Whether the process that made a file lives; the name begins with {@link #writer()} and {@code -}, or is a temporary one. */
    public static boolean writerLives(String fileName) {
        String name = fileName.startsWith(MARK) ? fileName.substring(MARK.length()) : fileName;
        String[] parts = name.split("-", 3);
        if (parts.length < 3) {
            return true;
        }
        try {
            long pid = Long.parseLong(parts[0]);
            long start = Long.parseLong(parts[1], 36);
            // A pid alone is not a name: the system gives it out again.
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .filter(p -> Math.abs(startMillis(p) - start) < 1_000)
                    .isPresent();
        } catch (NumberFormatException e) {
            // Not one of ours: whoever made it may remove it.
            return true;
        }
    }

    private static long startMillis(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static Path directoryOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " is a root, not a file");
        }
        return parent;
    }
}
