package dev.isobar.benchmarks.layer;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What this process used since it was made: CPU time with the collector's and without the compiler's, wall time, and what all threads allocated. Threads that end in
 * between are not counted; those of the SDK outlast a pass.
 *
 * <p>CPU time is Linux's count for each thread, in nanoseconds: the JVM's own count of a process goes in steps of 10 ms, a tenth of some passes.
 */
final class Cost {
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final String COMPILER = "CompilerThre";
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Map<Long, Long> allocated = allocated();
    private final long wall = System.nanoTime();
    private final Map<String, Long> cpu = cpu();

    /** Nanoseconds and bytes. */
    record Used(long cpuNanos, long wallNanos, long bytes) {}

    Used used() {
        long wallNow = System.nanoTime();
        long nanos = 0;
        for (Map.Entry<String, Long> thread : cpu().entrySet()) {
            nanos += thread.getValue() - cpu.getOrDefault(thread.getKey(), 0L);
        }
        long bytes = 0;
        for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
            bytes += thread.getValue() - allocated.getOrDefault(thread.getKey(), 0L);
        }
        return new Used(nanos, wallNow - wall, bytes);
    }

    /** Nanoseconds of each thread. */
    private static Map<String, Long> cpu() {
        Map<String, Long> all = new HashMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                try {
                    if (!Files.readString(task.resolve("comm")).contains(COMPILER)) {
                        String on = Files.readString(task.resolve("schedstat"));
                        all.put(task.getFileName().toString(), Long.parseLong(on.substring(0, on.indexOf(' '))));
                    }
                } catch (IOException e) {
                    // It has ended since it was listed, before its file was opened or while it was read.
                    if (Files.exists(task)) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The threads' CPU time is read from " + TASKS, e);
        }
        return all;
    }

    private static Map<Long, Long> allocated() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        Map<Long, Long> all = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (bytes[i] > 0) {
                all.put(ids[i], bytes[i]);
            }
        }
        return all;
    }
}
