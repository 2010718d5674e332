package dev.isobar.benchmarks.workload;

import java.util.Arrays;

/**
 * Turns delivery into event time: holds transactions back until nothing earlier can come any more, which is the allowed lateness after them. A binary
 * heap of packed (event time, position) in flat arrays.
 */
public final class EventTimeOrder {
    private long[] times = new long[1024];
    private int[] positions = new int[1024];
    private int size;

    /** Holds a transaction back. */
    public void add(long eventTime, int position) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            positions = Arrays.copyOf(positions, 2 * size);
        }
        int i = size++;
        while (i > 0) {
            int parent = (i - 1) >> 1;
            if (times[parent] <= eventTime) {
                break;
            }
            times[i] = times[parent];
            positions[i] = positions[parent];
            i = parent;
        }
        times[i] = eventTime;
        positions[i] = position;
    }

    /** Position of the earliest transaction whose event time is below the bound, which leaves; −1 if there is none. */
    public int poll(long bound) {
        if (size == 0 || times[0] >= bound) {
            return -1;
        }
        int first = positions[0];
        size--;
        long time = times[size];
        int position = positions[size];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && times[child + 1] < times[child]) {
                child++;
            }
            if (times[child] >= time) {
                break;
            }
            times[i] = times[child];
            positions[i] = positions[child];
            i = child;
        }
        times[i] = time;
        positions[i] = position;
        return first;
    }
}
