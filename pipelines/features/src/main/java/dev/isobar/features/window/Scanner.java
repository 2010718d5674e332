package dev.isobar.features.window;

import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import org.jspecify.annotations.Nullable;

/**
 * Walks a log from the newest event of all windows to the oldest of the longest and writes each window's values as its edge is reached. Owns the
 * working memory. Not thread safe.
 *
 * @since 0.1
 */
public final class Scanner {
    private final WindowScan scan;
    private final Accumulator[] accumulators;
    private final Current current;
    private final long[] difference = new long[FloatMoments.WORDS];
    private final int[] was;

    /** A scanner of a scan. */
    public Scanner(WindowScan scan) {
        this.scan = scan;
        this.accumulators = new Accumulator[scan.columns.length];
        this.current = new Current(scan);
        this.was = new int[scan.windows.length + 1];
        for (int i = 0; i < accumulators.length; i++) {
            WindowScan.Column c = scan.columns[i];
            accumulators[i] = new Accumulator(c.slot(), c.argument(), c.needs());
        }
    }

    /** What is scanned. */
    public WindowScan scan() {
        return scan;
    }

    /**
     * Computes all values as of t, known at k, into the frame's aggregates. Where the decision takes part, it is the frame's row.
     *
     * @param log null for no events
     * @param currentId the decision's id; null if it has none
     */
    public void run(@Nullable EventLog log, long t, long k, @Nullable PackedId currentId, Frame frame) {
        current.read(currentId, frame);
        if (log != null && log.canBeFollowed()) {
            WindowCursors cursors = WindowCursors.of(scan, log);
            if (cursors != null && cursors.evaluate(t, k, current, frame, difference, was)) {
                return;
            }
        }
        walk(log, t, k, currentId, frame);
    }

    private void walk(@Nullable EventLog log, long t, long k, @Nullable PackedId currentId, Frame frame) {
        for (Accumulator a : accumulators) {
            a.clear();
        }
        // The decision is the newest of all: everything else happened before t.
        for (int i = 0; i < accumulators.length; i++) {
            if (current.has(i)) {
                accumulators[i].add(current.word(i));
            }
        }
        int to = log == null ? 0 : firstFrom(log, t, log.end());
        // Whatever happened by k − maxDelay was available by k: no need to look at its second clock.
        int known = log == null ? 0 : knownUntil(log, k, to);
        boolean skip = scan.withCurrent() && currentId != null;
        for (int w = 0; w < scan.windows.length; w++) {
            if (log != null) {
                int from = firstFrom(log, Times.minus(t, scan.windows[w]), to);
                int part = to;
                while (skip && currentId != null && part > from) {
                    int at = log.lastOf(currentId.high(), currentId.low(), from, part);
                    add(log, at + 1, part, known, k);
                    part = at < from ? from : at;
                }
                add(log, from, part, known, k);
                to = from;
            }
            for (int c = 0; c < accumulators.length; c++) {
                accumulators[c].finish(scan.columns[c].targets()[w], frame);
            }
        }
    }

    /** The first position up to one that did not happen before a time. */
    private static int firstFrom(EventLog log, long time, int to) {
        if (log.isLarge()) {
            return log.lowerBound(time, log.start(), to);
        }
        int at = to;
        while (at > log.start() && log.eventTime(at - 1) >= time) {
            at--;
        }
        return at;
    }

    private void add(EventLog log, int from, int to, int known, long k) {
        if (from >= to) {
            return;
        }
        int middle = Math.max(from, Math.min(to, known));
        for (Accumulator a : accumulators) {
            // The newer part first: LAST takes what it meets first.
            a.addIfKnown(log, middle, to, k);
            a.addKnown(log, from, middle);
        }
    }

    /** Up to where all events of a log's first part are surely known. */
    static int knownUntil(EventLog log, long k, int to) {
        if (!log.isLarge()) {
            // A look at each is cheaper than to remember their latest.
            for (int i = log.start(); i < to; i++) {
                if (log.availableTime(i) > k) {
                    return i;
                }
            }
            return to;
        }
        if (log.latestAvailable() <= k) {
            return to;
        }
        long last = Times.minus(k, log.maxDelay());
        return last == Long.MAX_VALUE ? to : log.lowerBound(last + 1, log.start(), to);
    }
}
