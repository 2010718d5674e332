package dev.isobar.benchmarks.workload;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** CPU time of the whole process, so garbage collection and native threads included, and wall time. Not thread safe but for its last start and stop. */
public final class PassClock {
    private static final OperatingSystemMXBean OS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private volatile long cpu;
    private volatile long wall;
    private volatile long cpuAtStop = -1;
    private volatile long wallAtStop = -1;

    /** Starts, or starts anew. */
    public void start() {
        cpuAtStop = -1;
        wallAtStop = -1;
        wall = System.nanoTime();
        cpu = OS.getProcessCpuTime();
    }

    /** Stops; the first stop after a start counts. */
    public void stop() {
        if (cpuAtStop < 0) {
            cpuAtStop = OS.getProcessCpuTime();
            wallAtStop = System.nanoTime();
        }
    }

    /** CPU nanoseconds between start and stop. */
    public long cpuNanos() {
        return cpuAtStop - cpu;
    }

    /** Wall nanoseconds between start and stop. */
    public long wallNanos() {
        return wallAtStop - wall;
    }
}
