package dev.isobar.emulator.gcp.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Numbers that only grow, near to microseconds since 1970, and never come twice: what a kill or a clock that is set back could repeat lies below a mark on disk.
 * Thread safe.
 */
final class Generations {
    /** How far the mark runs ahead. */
    private static final long AHEAD = 60_000_000;

    private final Path file;
    private long mark;
    private long last;

    private Generations(Path file, long mark) {
        this.file = file;
        this.mark = mark;
        this.last = mark;
    }

    static Generations open(Path file) throws IOException {
        return new Generations(file, Files.exists(file) ? Long.parseLong(Files.readString(file)) : 0);
    }

    synchronized long next() throws IOException {
        last = Math.max(last + 1, ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
        if (last > mark) {
            mark = last + AHEAD;
            Path draft = file.resolveSibling(file.getFileName() + "~");
            Files.writeString(draft, Long.toString(mark));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return last;
    }
}
