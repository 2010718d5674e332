package dev.isobar.features.state;

import java.util.Arrays;

/**
 * The pages of one large log where a page may be on disk: records by position, so many to a page. The event time at which each page begins stays in
 * memory: to find a time costs one page. Not thread safe.
 */
final class Chain {
    private final Pages pages;
    private final int stride;
    /** How many records a page holds. */
    final int perPage;

    private int[] numbers = new int[4];
    private long[] firstTimes = new long[4];
    private int count;

    /** An empty chain for records of so many words. */
    Chain(Pages pages, int stride) {
        this.pages = pages;
        this.stride = stride;
        this.perPage = pages.words() / stride;
    }

    /** How many records it has room for. */
    int capacity() {
        return count * perPage;
    }

    /** Adds room for a page of records. */
    void grow() {
        int number = pages.add();
        if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * count);
            firstTimes = Arrays.copyOf(firstTimes, 2 * count);
        }
        numbers[count++] = number;
    }

    /** The page in which a position is, to be read until the next operation. */
    long[] get(int position) {
        return pages.get(numbers[position / perPage]);
    }

    /** The same, to be written. */
    long[] change(int position) {
        return pages.change(numbers[position / perPage]);
    }

    /** The position at which the page of another one begins. */
    int begin(int position) {
        return position / perPage * perPage;
    }

    /** Notes the event time of the record that was written at a position. */
    void wrote(int position, long eventTime) {
        if (position % perPage == 0) {
            firstTimes[position / perPage] = eventTime;
        }
    }

    /** Where the last page of {@code [from, to)} begins that begins before a time; where the first one begins, if there is none. */
    int lastBefore(long time, int from, int to) {
        int lo = from / perPage;
        int hi = (to - 1) / perPage;
        while (lo < hi) {
            int mid = (lo + hi + 1) >>> 1;
            if (firstTimes[mid] < time) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return lo * perPage;
    }

    /** Moves the records of {@code [from, end)} up by one; there must be room. */
    void makeGap(int from, int end) {
        int first = from / perPage;
        int last = end / perPage;
        // All are there before anything moves, so that nothing is half moved if one cannot be read.
        for (int p = first; p <= last; p++) {
            pages.change(numbers[p]);
        }
        for (int p = last; p >= first; p--) {
            long[] page = pages.get(numbers[p]);
            int low = p == first ? from - first * perPage : 0;
            int high = p == last ? end - last * perPage : perPage - 1;
            System.arraycopy(page, low * stride, page, (low + 1) * stride, (high - low) * stride);
            if (p > first) {
                System.arraycopy(pages.get(numbers[p - 1]), (perPage - 1) * stride, page, 0, stride);
                firstTimes[p] = page[0];
            }
        }
    }

    /** Takes the record at a position out of {@code [0, end)} and moves down by one what is behind it. */
    void closeGap(int at, int end) {
        int first = at / perPage;
        int last = (end - 1) / perPage;
        for (int p = first; p <= last; p++) {
            pages.change(numbers[p]);
        }
        for (int p = first; p <= last; p++) {
            long[] page = pages.get(numbers[p]);
            int low = p == first ? at - first * perPage : 0;
            int high = p == last ? end - 1 - last * perPage : perPage - 1;
            System.arraycopy(page, (low + 1) * stride, page, low * stride, (high - low) * stride);
            if (p < last) {
                System.arraycopy(pages.get(numbers[p + 1]), 0, page, high * stride, stride);
            } else {
                Arrays.fill(page, high * stride, (high + 1) * stride, 0);
            }
            firstTimes[p] = page[0];
        }
    }

    /** Gives up the pages that end before a position; returns by how much positions have become smaller. */
    int dropBefore(int position) {
        int dropped = position / perPage;
        for (int p = 0; p < dropped; p++) {
            pages.release(numbers[p]);
        }
        count -= dropped;
        System.arraycopy(numbers, dropped, numbers, 0, count);
        System.arraycopy(firstTimes, dropped, firstTimes, 0, count);
        return dropped * perPage;
    }

    /** Gives up every page. */
    void release() {
        dropBefore(capacity());
    }

    /** Overwrites every page and gives it up. */
    void erase() {
        while (count > 0) {
            pages.erase(numbers[--count]);
        }
    }
}
