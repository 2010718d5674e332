package dev.isobar.features.state;

import java.util.Arrays;

/**
 * Which of some numbered things was used least recently: a doubly linked list in flat arrays. Numbers are from 0 and not too far apart. Not thread safe.
 */
final class Recency {
    private static final int NONE = -1;

    // Of each number, its neighbours towards the most and the least recently used.
    private int[] newer = new int[0];
    private int[] older = new int[0];
    private boolean[] listed = new boolean[0];
    private long[] used = new long[0];
    private int newest = NONE;
    private int oldest = NONE;

    /** Something is used in an operation; operations ascend. */
    void use(int number, long operation) {
        if (number >= listed.length) {
            int capacity = Math.max(64, number + (number >> 1) + 1);
            newer = Arrays.copyOf(newer, capacity);
            older = Arrays.copyOf(older, capacity);
            listed = Arrays.copyOf(listed, capacity);
            used = Arrays.copyOf(used, capacity);
        }
        used[number] = operation;
        if (newest == number) {
            return;
        }
        forget(number);
        listed[number] = true;
        newer[number] = NONE;
        older[number] = newest;
        if (newest != NONE) {
            newer[newest] = number;
        } else {
            oldest = number;
        }
        newest = number;
    }

    /** Something is not there any more. */
    void forget(int number) {
        if (number >= listed.length || !listed[number]) {
            return;
        }
        listed[number] = false;
        if (newer[number] != NONE) {
            older[newer[number]] = older[number];
        } else {
            newest = older[number];
        }
        if (older[number] != NONE) {
            newer[older[number]] = newer[number];
        } else {
            oldest = newer[number];
        }
    }

    /** What was used least recently, but not in this operation; −1 if there is nothing. */
    int oldestBefore(long operation) {
        return oldest != NONE && used[oldest] < operation ? oldest : NONE;
    }
}
