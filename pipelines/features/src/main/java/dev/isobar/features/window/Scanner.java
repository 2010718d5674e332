package dev.isobar.features.window;

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

    /** A scanner of a scan. */
    public Scanner(WindowScan scan) {
        this.scan = scan;
        this.accumulators = new Accumulator[scan.columns.length];
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
        for (Accumulator a : accumulators) {
            a.clear();
        }
        if (scan.withCurrent()) {
            // The decision is the newest of all: everything else happened before t.
            for (int i = 0; i < accumulators.length; i++) {
                ArgumentNode node = scan.columns[i].node();
                if (node == null) {
                    accumulators[i].add(0);
                } else {
                    long word = node.word(frame);
                    if (!frame.isNull()) {
                        accumulators[i].add(word);
                    }
                }
            }
        }
        int to = log == null ? 0 : log.lowerBound(t, log.start(), log.end());
        // Whatever happened by k − maxDelay was available by k: no need to look at its second clock.
        int known = log == null || log.size() == 0 ? 0 : knownUntil(log, k, to);
        boolean skip = scan.withCurrent() && currentId != null;
        for (int w = 0; w < scan.windows.length; w++) {
            if (log != null) {
                int from = log.lowerBound(Times.minus(t, scan.windows[w]), log.start(), to);
                int part = to;
                while (skip && currentId != null && part > from) {
                    int at = lastOf(log, currentId, from, part);
                    add(log, at + 1, part, known, k);
                    part = at < from ? from : at;
                }
                add(log, from, part, known, k);
                to = from;
            }
            for (WindowScan.Output o : scan.outputs[w]) {
                accumulators[o.column()].finish(o.fn(), frame, o.target());
            }
        }
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

    private static int knownUntil(EventLog log, long k, int to) {
        long last = Times.minus(k, log.maxDelay());
        return last == Long.MAX_VALUE ? to : log.lowerBound(last + 1, log.start(), to);
    }

    private static int lastOf(EventLog log, PackedId id, int from, int to) {
        long[] high = log.idsHigh();
        long[] low = log.idsLow();
        for (int i = to - 1; i >= from; i--) {
            if (high[i] == id.high() && low[i] == id.low()) {
                return i;
            }
        }
        return from - 1;
    }
}
