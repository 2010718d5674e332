package dev.isobar.features.window;

import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.exact.IntegerMoments;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.Times;
import dev.isobar.spec.AggregateFn;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All windows of a scan over one large log, kept up to date instead of walked: a cursor at each window's left edge and one at the common right edge, and
 * at each cursor the exact sums over everything before it. A window's sums are the difference of two cursors, so an event is added once and subtracted
 * once per window (subtract-on-evict), whatever the length of the window. As the sums are exact, cursors may go back as well as forward: a question about
 * a slightly earlier time moves them there and the next one moves them on. Minima and maxima come from one deque each for all windows.
 *
 * <p>What cannot be had this way (an event in a window that was not known yet, values beyond the fixed-point range, distinct counts, a question far back) is
 * left to {@link Scanner}: {@link #evaluate} says so and has written nothing. Not thread safe.
 */
final class WindowCursors implements EventLog.Tracker {
    /** Going back over more events than this is left to the scanner. */
    private static final int BACK = 512;

    /** After so many questions far back the cursors follow. */
    private static final int PATIENCE = 4;

    private static final int COUNT = 0;
    private static final int WIDE = 1;
    private static final int MOMENTS = 2;

    private final WindowScan scan;
    private final EventLog log;
    private final int windows;
    private final int right;
    private final int[] offsets;
    private final int width;
    private final int[] at;
    private final long[] sums;
    private final long[] difference;
    private final Extremes[] extremes;
    private boolean placed;
    private int farBack;

    /** Minima or maxima of one argument: by window, where its extreme is in the deque. */
    private static final class Extremes {
        private final int column;
        private final long flip;
        private final MonotonicDeque deque = new MonotonicDeque();
        private final int[] fronts;

        Extremes(int column, boolean minima, int windows) {
            this.column = column;
            this.flip = minima ? -1 : 0;
            this.fronts = new int[windows];
        }
    }

    private WindowCursors(WindowScan scan, EventLog log) {
        this.scan = scan;
        this.log = log;
        this.windows = scan.windows.length;
        this.right = windows;
        this.offsets = new int[scan.columns.length];
        this.at = new int[windows + 1];
        int words = 0;
        int deques = 0;
        for (int c = 0; c < offsets.length; c++) {
            offsets[c] = words;
            WindowScan.Column column = scan.columns[c];
            words += MOMENTS + (column.argument() == Argument.FLOAT ? FloatMoments.WORDS : IntegerMoments.WORDS);
            deques += Integer.bitCount(column.needs() & (Need.MIN | Need.MAX));
        }
        this.width = words;
        this.sums = new long[width * (windows + 1)];
        this.difference = new long[width];
        this.extremes = new Extremes[deques];
        int next = 0;
        for (int c = 0; c < offsets.length; c++) {
            int needs = scan.columns[c].needs();
            if ((needs & Need.MAX) != 0) {
                extremes[next++] = new Extremes(c, false, windows);
            }
            if ((needs & Need.MIN) != 0) {
                extremes[next++] = new Extremes(c, true, windows);
            }
        }
    }

    /** The cursors of a scan on a large log, made when they are first asked for; null where cursors cannot help. */
    static @Nullable WindowCursors of(WindowScan scan, EventLog log) {
        if (!scan.subtractable()) {
            return null;
        }
        EventLog.Tracker known = log.tracker(scan.number());
        if (known instanceof WindowCursors w) {
            return w;
        }
        WindowCursors made = new WindowCursors(scan, log);
        log.follow(scan.number(), made);
        return made;
    }

    // ---- what happens to the log

    @Override
    public void inserted(int position) {
        if (!placed) {
            return;
        }
        for (int c = 0; c < windows; c++) {
            if (at[c] > position) {
                step(c, position, 1);
                at[c]++;
            }
        }
        if (at[right] > position) {
            step(right, position, 1);
            at[right]++;
        }
        for (Extremes e : extremes) {
            if (position < end) {
                if (log.isNull(position, scan.columns[e.column].slot())) {
                    e.deque.makeGap(position);
                } else {
                    e.deque.insert(position, key(e, position));
                }
                Arrays.fill(e.fronts, e.deque.front());
            }
        }
        if (position < end) {
            end++;
        }
    }

    /** Up to where the deques have taken positions in; never before the right edge. */
    private int end;

    @Override
    public void freed(int start) {
        for (int c = 0; c <= windows; c++) {
            placed &= at[c] >= start;
        }
        for (Extremes e : extremes) {
            e.deque.dropBefore(start);
        }
    }

    @Override
    public void moved(int by) {
        for (int c = 0; c <= windows; c++) {
            at[c] -= by;
        }
        end -= by;
        for (Extremes e : extremes) {
            e.deque.move(by);
        }
    }

    @Override
    public void disturbed() {
        placed = false;
    }

    // ---- questions

    /** Writes every value of the scan as of t, known at k, into the frame; false if it has to be scanned for. */
    boolean evaluate(long t, long k, Frame frame) {
        if (!place(t) || !allKnown(k) || !allNarrow()) {
            return false;
        }
        for (int w = 0; w < windows; w++) {
            int from = at[w];
            int to = at[right];
            for (int i = 0; i < width; i++) {
                difference[i] = sums[right * width + i] - sums[w * width + i];
            }
            borrow(w);
            for (WindowScan.Output o : scan.outputs[w]) {
                finish(o, w, from, to, frame);
            }
        }
        return true;
    }

    private boolean place(long t) {
        long[] data = log.data();
        int times = log.eventTimes();
        int start = log.start();
        int to = log.end();
        int hi = at[right];
        if (placed && hi - BACK > start && data[times + hi - BACK - 1] >= t) {
            if (++farBack < PATIENCE) {
                return false;
            }
            placed = false;
        }
        farBack = 0;
        if (!placed) {
            hi = log.lowerBound(Times.minus(t, scan.longest()), start, to);
            Arrays.fill(at, hi);
            Arrays.fill(sums, 0);
            end = hi;
            for (Extremes e : extremes) {
                e.deque.clear();
                Arrays.fill(e.fronts, 0);
            }
            placed = true;
        }
        while (hi > start && data[times + hi - 1] >= t) {
            step(right, --hi, -1);
        }
        while (hi < to && data[times + hi] < t) {
            step(right, hi, 1);
            if (hi == end) {
                takeIn(hi);
            }
            hi++;
        }
        at[right] = hi;
        for (int w = 0; w < windows; w++) {
            long edge = Times.minus(t, scan.windows[w]);
            int lo = at[w];
            while (lo < hi && data[times + lo] < edge) {
                step(w, lo++, 1);
            }
            while (lo > start && data[times + lo - 1] >= edge) {
                step(w, --lo, -1);
            }
            at[w] = lo;
        }
        return true;
    }

    private void takeIn(int position) {
        end = position + 1;
        for (Extremes e : extremes) {
            if (!log.isNull(position, scan.columns[e.column].slot())) {
                e.deque.push(position, key(e, position));
            }
        }
    }

    private long key(Extremes e, int position) {
        WindowScan.Column column = scan.columns[e.column];
        long word = log.data()[log.words(column.slot()) + position];
        if (column.argument() == Argument.FLOAT) {
            word = ordered(word);
        }
        return word ^ e.flip;
    }

    /** Bits of a double as an integer of the same order, −0 below +0; and back. NaN never gets this far: it is wide. */
    private static long ordered(long bits) {
        return bits ^ (bits >> 63 & Long.MAX_VALUE);
    }

    /** Moves a cursor's sums over an event: 1 forward, −1 back. */
    private void step(int cursor, int position, int sign) {
        long[] data = log.data();
        for (int c = 0; c < offsets.length; c++) {
            WindowScan.Column column = scan.columns[c];
            int o = cursor * width + offsets[c];
            if (column.argument() == Argument.EVENT) {
                sums[o + COUNT] += sign;
                continue;
            }
            if (log.hasNulls() && log.isNull(position, column.slot())) {
                continue;
            }
            sums[o + COUNT] += sign;
            if ((column.needs() & ~Need.LAST) == 0) {
                continue;
            }
            long word = data[log.words(column.slot()) + position];
            boolean squares = (column.needs() & Need.SQUARES) != 0;
            if (column.argument() == Argument.FLOAT) {
                if (FloatMoments.fit(word)) {
                    FloatMoments.add(sums, o + MOMENTS, word, sign, squares);
                } else {
                    sums[o + WIDE] += sign;
                }
            } else if ((column.needs() & Need.SUM) != 0) {
                boolean fits = !squares || IntegerMoments.squareFits(word);
                if (!fits) {
                    sums[o + WIDE] += sign;
                } else if (sign > 0) {
                    IntegerMoments.add(sums, o + MOMENTS, word);
                    if (squares) {
                        IntegerMoments.addSquare(sums, o + MOMENTS, word);
                    }
                } else {
                    IntegerMoments.subtract(sums, o + MOMENTS, word);
                    if (squares) {
                        IntegerMoments.subtractSquare(sums, o + MOMENTS, word);
                    }
                }
            }
        }
    }

    private boolean allKnown(long k) {
        if (log.latestAvailable() <= k) {
            return true;
        }
        int to = at[right];
        int from = Math.max(at[windows - 1], Scanner.knownUntil(log, k, to));
        for (int i = from; i < to; i++) {
            if (log.availableTime(i) > k) {
                return false;
            }
        }
        return true;
    }

    private boolean allNarrow() {
        // The longest window holds all others.
        for (int c = 0; c < offsets.length; c++) {
            int o = offsets[c] + WIDE;
            if (sums[right * width + o] != sums[(windows - 1) * width + o]) {
                return false;
            }
        }
        return true;
    }

    // A difference of sums of several words, word by word, lacks what was borrowed between them.
    private void borrow(int w) {
        for (int c = 0; c < offsets.length; c++) {
            int o = offsets[c] + MOMENTS;
            if (scan.columns[c].argument() == Argument.FLOAT) {
                chain(w, o, 2);
                chain(w, o + 2, 4);
            } else {
                chain(w, o, 2);
                chain(w, o + 2, 2);
            }
        }
    }

    private void chain(int w, int o, int words) {
        long borrowed = 0;
        for (int i = 0; i < words; i++) {
            long a = sums[right * width + o + i];
            long b = sums[w * width + o + i];
            long d = difference[o + i];
            difference[o + i] = d - borrowed;
            borrowed = (Long.compareUnsigned(a, b) < 0 ? 1 : 0) + (Long.compareUnsigned(d, borrowed) < 0 ? 1 : 0);
        }
    }

    private void finish(WindowScan.Output o, int w, int from, int to, Frame frame) {
        int d = offsets[o.column()];
        long count = difference[d + COUNT];
        AggregateFn fn = o.fn();
        if (fn == AggregateFn.COUNT) {
            frame.aggregate(o.target(), (double) count);
            return;
        }
        if (count < (fn == AggregateFn.STDDEV ? 2 : 1)) {
            frame.aggregateNull(o.target());
            return;
        }
        WindowScan.Column column = scan.columns[o.column()];
        boolean isFloat = column.argument() == Argument.FLOAT;
        int m = d + MOMENTS;
        frame.aggregate(
                o.target(),
                switch (fn) {
                    case SUM ->
                        isFloat ? FloatMoments.mean(difference, m, 1) : IntegerMoments.sum(difference, m);
                    case MEAN, SHARE ->
                        isFloat
                                ? FloatMoments.mean(difference, m, count)
                                : IntegerMoments.mean(difference, m, count);
                    case STDDEV ->
                        isFloat
                                ? FloatMoments.deviation(difference, m, count)
                                : IntegerMoments.deviation(difference, m, count);
                    case MIN -> number(extreme(extremesOf(o.column(), -1), w, from, to) ^ -1L, isFloat);
                    case MAX -> number(extreme(extremesOf(o.column(), 0), w, from, to), isFloat);
                    case LAST -> number(last(column.slot(), to), column);
                    default -> throw new IllegalStateException(fn + " cannot be subtracted");
                });
    }

    private static double number(long key, boolean isFloat) {
        return isFloat ? Double.longBitsToDouble(ordered(key)) : (double) key;
    }

    private static double number(long word, WindowScan.Column column) {
        return column.argument() == Argument.FLOAT ? Double.longBitsToDouble(word) : (double) word;
    }

    // The window has an event whose argument is not null, so there is a last one.
    private long last(int slot, int to) {
        int i = to - 1;
        while (log.isNull(i, slot)) {
            i--;
        }
        return log.data()[log.words(slot) + i];
    }

    private Extremes extremesOf(int column, long flip) {
        for (Extremes e : extremes) {
            if (e.column == column && e.flip == flip) {
                return e;
            }
        }
        throw new IllegalStateException("no deque for column " + column);
    }

    private long extreme(Extremes e, int w, int from, int to) {
        MonotonicDeque deque = e.deque;
        int f = Math.max(deque.front(), Math.min(e.fronts[w], deque.back()));
        while (f < deque.back() && deque.position(f) < from) {
            f++;
        }
        while (f > deque.front() && deque.position(f - 1) >= from) {
            f--;
        }
        e.fronts[w] = f;
        if (f < deque.back() && deque.position(f) < to) {
            return deque.key(f);
        }
        // The right edge has gone back and what is the extreme up to the deque's end lies behind it.
        int slot = scan.columns[e.column].slot();
        long best = Long.MIN_VALUE;
        for (int i = from; i < to; i++) {
            if (!log.isNull(i, slot)) {
                best = Math.max(best, key(e, i));
            }
        }
        return best;
    }
}
