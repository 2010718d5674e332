package dev.isobar.runtime.stream;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** The few things that checkpoints do to a disk, so that a test can let it run full. */
@FunctionalInterface
interface Disk {
    /** The disk of this machine. */
    Disk REAL = file -> new Output() {
        // FileOutputStream, not a channel: an interrupt must not tear a write.
        private final FileOutputStream out = new FileOutputStream(file.toFile());

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            out.write(bytes, 0, length);
        }

        @Override
        public void sync() throws IOException {
            out.getFD().sync();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    };

    /** A file being written. */
    interface Output extends AutoCloseable {
        void write(byte[] bytes, int length) throws IOException;

        void sync() throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Begins a file, over what was there. */
    Output create(Path file) throws IOException;

    /** Below so many bytes of changes a new base is not worth its while. */
    default long smallestBase() {
        return 8L << 20;
    }

    /** Gives a synced file its name, and makes that last. */
    default void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Forces a directory's entries to the disk. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows cannot open a directory; its renames are journaled by the file system.
            if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows")) {
                throw e;
            }
        }
    }
}
