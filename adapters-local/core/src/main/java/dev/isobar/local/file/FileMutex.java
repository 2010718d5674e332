package dev.isobar.local.file;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock that holds between the threads of a process and between processes. The operating system frees it when its holder dies, however it dies.
 * Thread safe. Not reentrant: taking it twice is a defect and says so.
 *
 * <p>Lock files must be used for nothing else (on POSIX, closing <em>any</em> descriptor of a file frees the process's locks on it), and are never
 * removed: a removed one could be locked by two at once.
 *
 * @since 0.1
 */
public final class FileMutex {
    /** A JVM may not lock a file twice, so its threads queue here first. Entries are few and stay. */
    private static final ConcurrentHashMap<Path, ReentrantLock> QUEUES = new ConcurrentHashMap<>();

    /** What {@link #tryHold} keeps in this JVM. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final long RETRY_NANOS = 200_000;

    private FileMutex() {}

    /** Work done while holding the lock. */
    @FunctionalInterface
    public interface Work<T> {
        /** Does it. */
        T run() throws IOException;
    }

    /** Work that wants the lock file itself, to keep a few bytes in it. */
    @FunctionalInterface
    public interface ChannelWork<T> {
        /** Does it; must not close the channel. */
        T run(FileChannel lockFile) throws IOException;
    }

    /** Waits for the lock, does the work, frees the lock. I/O failures become {@link IsobarException}; an interrupt while waiting {@code CANCELLED}. */
    public static <T> T withLock(Path lockFile, Work<T> work) {
        return withLockFile(lockFile, channel -> work.run());
    }

    /** As {@link #withLock}, handing out the locked file. */
    public static <T> T withLockFile(Path lockFile, ChannelWork<T> work) {
        Path path = lockFile.toAbsolutePath().normalize();
        ReentrantLock queue = QUEUES.computeIfAbsent(path, p -> new ReentrantLock());
        if (queue.isHeldByCurrentThread()) {
            throw IsobarException.of(ErrorCode.INTERNAL, "The lock " + path + " is taken twice by one thread")
                    .build();
        }
        queue.lock();
        try (FileChannel channel = open(path);
                FileLock lock = lock(channel, path)) {
            if (!lock.isValid()) {
                throw new IOException("the lock was lost");
            }
            return work.run(channel);
        } catch (IOException e) {
            // Lock files stand in ~locks beside what they guard.
            throw IsobarException.io("writing " + path.toString().replace("~locks/", ""), e);
        } finally {
            queue.unlock();
        }
    }

    /**
     * Takes the lock if it is free, and keeps it until closed or until the process ends. For "only one of these runs".
     *
     * @return empty if another thread or process holds it
     */
    public static Optional<Held> tryHold(Path lockFile) {
        Path path = lockFile.toAbsolutePath().normalize();
        // Asked before the file is opened: closing the loser's descriptor would free the winner's lock.
        if (!HELD.add(path)) {
            return Optional.empty();
        }
        boolean held = false;
        try {
            FileChannel channel = open(path);
            try {
                held = channel.tryLock() != null;
            } finally {
                if (!held) {
                    channel.close();
                }
            }
            return held ? Optional.of(new Held(path, channel)) : Optional.empty();
        } catch (IOException e) {
            throw IsobarException.io("locking " + path, e);
        } finally {
            if (!held) {
                HELD.remove(path);
            }
        }
    }

    /** A lock that is held until closed. Thread safe. */
    public static final class Held implements AutoCloseable {
        private final Path path;
        private final FileChannel channel;

        private Held(Path path, FileChannel channel) {
            this.path = path;
            this.channel = channel;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw IsobarException.io("freeing lock " + path, e);
            } finally {
                HELD.remove(path);
            }
        }
    }

    private static FileChannel open(Path path) throws IOException {
        Path directory = path.getParent();
        try {
            return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (java.nio.file.NoSuchFileException e) {
            if (directory == null) {
                throw e;
            }
            AtomicFiles.makeDirectories(directory);
            return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
    }

    private static FileLock lock(FileChannel channel, Path path) throws IOException {
        while (true) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                // The adapter loaded a second time, by another class loader of this JVM, has a queue of its own.
                LockSupport.parkNanos(RETRY_NANOS);
            } catch (FileLockInterruptionException | java.nio.channels.ClosedByInterruptException e) {
                Thread.currentThread().interrupt();
                throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while waiting for lock " + path)
                        .cause(e)
                        .build();
            }
        }
    }
}
