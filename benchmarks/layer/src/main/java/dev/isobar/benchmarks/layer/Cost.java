package dev.isobar.benchmarks.layer;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * What this process used since it was made: CPU time with the collector's, wall time, and what all threads allocated. Threads that end in between are not
 * counted; those of the SDK outlast a pass.
 */
final class Cost {
    private static final OperatingSystemMXBean OS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Map<Long, Long> allocated = allocated();
    private final long wall = System.nanoTime();
    private final long cpu = OS.getProcessCpuTime();

    /** Nanoseconds and bytes. */
    record Used(long cpuNanos, long wallNanos, long bytes) {}

    Used used() {
        long cpuNow = OS.getProcessCpuTime();
        long wallNow = System.nanoTime();
        long bytes = 0;
        for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
            bytes += thread.getValue() - allocated.getOrDefault(thread.getKey(), 0L);
        }
        return new Used(cpuNow - cpu, wallNow - wall, bytes);
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
