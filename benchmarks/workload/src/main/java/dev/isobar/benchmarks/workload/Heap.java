package dev.isobar.benchmarks.workload;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** What state takes. */
public final class Heap {
    private Heap() {}

    /** Bytes that live on the heap and in direct buffers once nothing else does. */
    public static long afterCollection() {
        long used = Long.MAX_VALUE;
        // The parallel collector lets dead objects lie at the bottom of the heap but for every fourth collection.
        for (int i = 0; i < 5; i++) {
            System.gc();
            used = Math.min(
                    used,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            used += pool.getMemoryUsed();
        }
        return used;
    }
}
