package dev.isobar.local.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One process for good: a pid alone is given out again, a pid with its start is not. Immutable.
 *
 * @param pid the system's number for it
 * @param started when it started, opaque: on Linux the boot's id with the kernel's start ticks, which no change of the clock moves; elsewhere
 *     milliseconds since 1970
 * @since 0.1
 */
public record ProcessIdentity(long pid, String started) {
    private static final Path PROC = Path.of("/proc");
    private static final @Nullable String BOOT = bootId();

    /** The live process of that pid, or empty. A zombie is dead: nobody may be left to collect it. */
    public static Optional<ProcessIdentity> of(long pid) {
        String started = BOOT == null ? startedByHandle(pid) : startedByProc(pid);
        return started == null ? Optional.empty() : Optional.of(new ProcessIdentity(pid, started));
    }

    /** The process that runs this code. */
    public static ProcessIdentity self() {
        return of(ProcessHandle.current().pid()).orElseThrow();
    }

    /** Whether exactly this process still runs. */
    public boolean alive() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** A handle to signal it with, or empty if it is gone. */
    public Optional<ProcessHandle> handle() {
        return alive() ? ProcessHandle.of(pid) : Optional.empty();
    }

    /** Whether {@code /proc} is there to look processes up in. */
    static boolean procAvailable() {
        return BOOT != null;
    }

    private static @Nullable String startedByProc(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 22);
            char state = fields[0].charAt(0);
            return state == 'Z' || state == 'X' ? null : BOOT + ":" + fields[19];
        } catch (IOException e) {
            // The file goes away with its process: that is the answer, not a failure.
            return null;
        }
    }

    private static @Nullable String startedByHandle(long pid) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .map(h -> Long.toString(
                        h.info().startInstant().map(Instant::toEpochMilli).orElse(0L)))
                .orElse(null);
    }

    private static @Nullable String bootId() {
        try {
            return Files.isReadable(PROC.resolve("self/stat"))
                    ? Files.readString(PROC.resolve("sys/kernel/random/boot_id"))
                            .strip()
                    : null;
        } catch (IOException e) {
            // Some sandboxes hide it; start ticks still tell processes of one boot apart.
            return "boot";
        }
    }
}
