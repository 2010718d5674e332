package dev.isobar.features.window;

import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.exact.IntegerMoments;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.IdFilter;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.WindowScan.Column;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All windows of a scan over one large log, kept up to date instead of walked: a cursor at each window's left edge and one at the common right edge, and
 * at each cursor the exact sums over everything before it. A window's sums are the difference of two cursors, so an event is added once and subtracted
 * once per window (subtract-on-evict), whatever the length of the window. As the sums are exact, cursors may go back as well as forward: a question about
 * a slightly earlier time moves them there and the next one moves them on. Minima and maxima come from one deque each for all windows.
 *
 * <p>Events that were not known yet are taken out again one by one; as they are late they stand near the right edge. What cannot be had this way (many such
 * events, values beyond the fixed-point range, distinct counts, a question far back) is left to {@link Scanner}: {@link #evaluate} says so and has
 * written nothing. Not thread safe.
 */
final class WindowCursors implements EventLog.Tracker {
    /** Going back over more events than this is left to the scanner. */
    private static final int BACK = 512;

    /** After so many questions far back the cursors follow. */
    private static final int PATIENCE = 4;

    /** With more events than this unknown in a window, walking is no worse. */
    private static final int MOST_UNKNOWN = 64;

    private static final int[] NOWHERE = new int[0];

    /** Of each column at each cursor: how many values were null (low half) and how many do not fit (high half), then the moments. */
    private static final int MOMENTS = 1;

    private static final long ODD = 1L << 32;

    private final WindowScan scan;
    private final EventLog log;
    // Cursor by cursor, the windows' left edges from the shortest to the longest, then the right edge: its position,
    // then
    // the words of each column.
    private final long[] words;
    private final MonotonicDeque[] extremes;
    private final @Nullable IdFilter ids;
    // Positions of the longest window that were not known yet, ascending.
    private int[] unknown = NOWHERE;
    private int unknownCount;
    private boolean placed;
    private int farBack;
    /** The positions that the deques have taken in: up to the right edge at least, but none from before the cursors were placed. */
    private int begin;

    private int end;

    private WindowCursors(WindowScan scan, EventLog log) {
        this.scan = scan;
        this.log = log;
        this.words = new long[(scan.windows.length + 1) * scan.cursorWords];
        this.extremes = new MonotonicDeque[scan.deques];
        for (int i = 0; i < extremes.length; i++) {
            extremes[i] = new MonotonicDeque();
        }
        this.ids = scan.withCurrent() ? new IdFilter() : null;
    }

    /** How many words a column takes at each cursor. */
    static int words(Argument argument, int needs) {
        if ((needs & Need.SUM) == 0) {
            return MOMENTS;
        }
        return MOMENTS + (argument == Argument.FLOAT ? FloatMoments.WORDS : IntegerMoments.WORDS);
    }

    /** The cursors of a scan on a large log, made when they are first asked for; null where cursors cannot help. */
    static @Nullable WindowCursors of(WindowScan scan, EventLog log) {
        EventLog.Tracker known = log.tracker(scan.number);
        if (known != null) {
            return (WindowCursors) known;
        }
        if (!scan.subtractable) {
            return null;
        }
        WindowCursors made = new WindowCursors(scan, log);
        log.follow(scan.number, made);
        return made;
    }

    // ---- what happens to the log

    @Override
    public void inserted(int position) {
        if (!placed) {
            return;
        }
        if (ids != null && !ids.add(log.idHigh(position), log.idLow(position))) {
            ids.reset(log);
        }
        for (int c = 0, at = 0; c <= scan.windows.length; c++, at += scan.cursorWords) {
            if (words[at] > position) {
                for (Column column : scan.columns) {
                    step(column, at + column.offset(), position, position + 1, 1);
                }
                words[at]++;
            }
        }
        if (position < begin) {
            begin++;
        }
        if (position < end) {
            end++;
            for (Column column : scan.columns) {
                boolean none = column.deques() > 0 && log.isNull(position, column.slot());
                for (int d = 0; d < column.deques(); d++) {
                    MonotonicDeque deque = extremes[column.firstDeque() + d];
                    if (none) {
                        deque.makeGap(position);
                    } else {
                        deque.insert(position, key(column, column.flip(d), position));
                    }
                }
            }
        }
    }

    @Override
    public void freed(int start) {
        for (int at = 0; at < words.length; at += scan.cursorWords) {
            placed &= words[at] >= start;
        }
        for (MonotonicDeque deque : extremes) {
            deque.dropBefore(start);
        }
    }

    @Override
    public void moved(int by) {
        for (int at = 0; at < words.length; at += scan.cursorWords) {
            words[at] -= by;
        }
        begin -= by;
        end -= by;
        for (MonotonicDeque deque : extremes) {
            deque.move(by);
        }
    }

    @Override
    public void disturbed() {
        placed = false;
    }

    // ---- questions

    /**
     * Writes every value of the scan as of t, known at k, into the frame; false if it has to be scanned for.
     *
     * @param current the decision itself, if the scan takes it in
     * @param difference working memory of one column's words
     */
    boolean evaluate(long t, long k, Current current, Frame frame, long[] difference) {
        if (!place(t) || !findUnknown(k) || !allNarrow() || !current.fits() || holds(current.id())) {
            return false;
        }
        int right = words.length - scan.cursorWords;
        int to = (int) words[right];
        if (unknownCount == 0 && !scan.withCurrent() && !log.hasNulls()) {
            for (Column column : scan.columns) {
                if (column.argument() == Argument.FLOAT) {
                    general(column, -1, right, to, current, frame, difference);
                } else {
                    plain(column, right, to, frame);
                }
            }
        } else {
            for (int c = 0; c < scan.columns.length; c++) {
                general(scan.columns[c], c, right, to, current, frame, difference);
            }
        }
        return true;
    }

    /** The common case: integers, all there and all known. */
    private void plain(Column column, int right, int to, Frame frame) {
        long[] cursors = words;
        double[] values = frame.values();
        int o = column.offset() + MOMENTS;
        boolean sums = column.words() > MOMENTS;
        long right0 = sums ? cursors[right + o] : 0;
        long right1 = sums ? cursors[right + o + 1] : 0;
        long right2 = sums ? cursors[right + o + 2] : 0;
        long right3 = sums ? cursors[right + o + 3] : 0;
        Targets[] targets = column.targets();
        for (int w = 0, left = 0; left < right; w++, left += scan.cursorWords) {
            Targets into = targets[w];
            if (!into.any()) {
                continue;
            }
            int from = (int) cursors[left];
            long count = to - from;
            if (into.count() >= 0) {
                values[into.count()] = (double) count;
            }
            if (count == 0) {
                none(into, frame);
                continue;
            }
            if (sums) {
                long left0 = cursors[left + o];
                long sum = right0 - left0;
                long sumHigh = right1 - cursors[left + o + 1] - (Long.compareUnsigned(right0, left0) < 0 ? 1 : 0);
                if (into.sum() >= 0) {
                    values[into.sum()] = IntegerMoments.sum(sum, sumHigh);
                }
                if (into.mean() >= 0) {
                    values[into.mean()] = IntegerMoments.mean(sum, sumHigh, count);
                }
                if (into.deviation() >= 0) {
                    if (count < 2) {
                        frame.setNull(into.deviation());
                    } else {
                        long left2 = cursors[left + o + 2];
                        long squaresHigh =
                                right3 - cursors[left + o + 3] - (Long.compareUnsigned(right2, left2) < 0 ? 1 : 0);
                        values[into.deviation()] =
                                IntegerMoments.deviation(sum, sumHigh, right2 - left2, squaresHigh, count);
                    }
                }
            }
            if (into.max() >= 0) {
                values[into.max()] = (double) extreme(column, 0, from, to);
            }
            if (into.min() >= 0) {
                values[into.min()] = (double) ~extreme(column, -1, from, to);
            }
            if (into.last() >= 0) {
                values[into.last()] = (double) last(column.slot(), to);
            }
        }
    }

    private static void none(Targets into, Frame frame) {
        Accumulator.none(into.deviation(), frame);
        Accumulator.none(into.sum(), frame);
        Accumulator.none(into.mean(), frame);
        Accumulator.none(into.min(), frame);
        Accumulator.none(into.max(), frame);
        Accumulator.none(into.last(), frame);
    }

    /** Any column: with nulls, doubles, the decision itself ({@code c} is its number there, −1 for without), events that were not known. */
    private void general(Column column, int c, int right, int to, Current current, Frame frame, long[] difference) {
        int o = column.offset();
        boolean with = c >= 0 && current.has(c);
        for (int w = 0, left = 0; left < right; w++, left += scan.cursorWords) {
            Targets targets = column.targets()[w];
            if (!targets.any()) {
                continue;
            }
            int from = (int) words[left];
            long count = to - from;
            if (log.hasNulls()) {
                count -= (int) (words[right + o] - words[left + o]);
            }
            if (column.words() > MOMENTS) {
                subtract(column, right + o + MOMENTS, left + o + MOMENTS, difference);
            }
            if (unknownCount > 0) {
                count -= takeOutUnknown(column, from, difference);
            }
            if (with) {
                count++;
                addCurrent(column, current.word(c), difference);
            }
            finish(column, targets, count, difference, from, to, with, with ? current.word(c) : 0, frame);
        }
    }

    /** Whether an event of the longest window has an id: then it is not to be counted beside the decision. */
    private boolean holds(@Nullable PackedId id) {
        if (ids == null || id == null || !ids.mayHold(id.high(), id.low())) {
            return false;
        }
        int right = words.length - scan.cursorWords;
        int from = (int) words[right - scan.cursorWords];
        return log.lastOf(id.high(), id.low(), from, (int) words[right]) >= from;
    }

    private static void addCurrent(Column column, long word, long[] moments) {
        if (column.words() > MOMENTS) {
            if (column.argument() == Argument.FLOAT) {
                FloatMoments.add(moments, 0, word, 1, column.squared());
            } else {
                IntegerMoments.add(moments, 0, word);
                if (column.squared()) {
                    IntegerMoments.addSquare(moments, 0, word);
                }
            }
        }
    }

    private boolean place(long t) {
        long[] data = log.data();
        int times = log.eventTimes();
        int start = log.start();
        int stop = log.end();
        int cursorWords = scan.cursorWords;
        int right = words.length - cursorWords;
        int hi = (int) words[right];
        if (placed && hi - BACK > start && data[times + hi - BACK - 1] >= t) {
            if (++farBack < PATIENCE) {
                return false;
            }
            placed = false;
        }
        if (!placed) {
            hi = log.lowerBound(Times.minus(t, scan.longest()), start, stop);
            reset(hi);
        }
        farBack = 0;
        int to = hi;
        while (to > start && data[times + to - 1] >= t) {
            to--;
        }
        while (to < stop && data[times + to] < t) {
            to++;
        }
        move(right, hi, to);
        if (to > end) {
            takeIn(to);
        }
        long[] windows = scan.windows;
        for (int w = 0, at = 0; at < right; w++, at += cursorWords) {
            long edge = Times.minus(t, windows[w]);
            int lo = (int) words[at];
            int from = lo;
            while (from < to && data[times + from] < edge) {
                from++;
            }
            while (from > start && data[times + from - 1] >= edge) {
                from--;
            }
            move(at, lo, from);
        }
        return true;
    }

    private void reset(int position) {
        Arrays.fill(words, 0);
        for (int at = 0; at < words.length; at += scan.cursorWords) {
            words[at] = position;
        }
        for (MonotonicDeque deque : extremes) {
            deque.clear();
        }
        begin = position;
        end = position;
        placed = true;
        if (ids != null) {
            ids.reset(log);
        }
    }

    /** Moves a cursor and its sums. */
    private void move(int cursor, int from, int to) {
        if (from != to) {
            words[cursor] = to;
            for (Column column : scan.columns) {
                if (from < to) {
                    step(column, cursor + column.offset(), from, to, 1);
                } else {
                    step(column, cursor + column.offset(), to, from, -1);
                }
            }
        }
    }

    /** Adds or takes out the events of {@code [from, to)}. */
    private void step(Column column, int at, int from, int to, int sign) {
        int slot = column.slot();
        if (slot < 0) {
            return;
        }
        boolean nulls = log.hasNulls();
        if (nulls) {
            for (int i = from; i < to; i++) {
                words[at] += log.isNull(i, slot) ? sign : 0;
            }
        }
        if (!column.summed()) {
            return;
        }
        long[] data = log.data();
        int values = log.words(slot);
        boolean squares = column.squared();
        if (column.argument() == Argument.FLOAT) {
            for (int i = from; i < to; i++) {
                long bits = data[values + i];
                if (nulls && log.isNull(i, slot)) {
                    continue;
                }
                if (FloatMoments.fit(bits)) {
                    if (column.words() > MOMENTS) {
                        FloatMoments.add(words, at + MOMENTS, bits, sign, squares);
                    }
                } else {
                    words[at] += sign * ODD;
                }
            }
            return;
        }
        // The word of a null is 0, which adds nothing.
        boolean fit = true;
        if (squares) {
            for (int i = from; i < to; i++) {
                fit &= IntegerMoments.squareFits(data[values + i]);
            }
        }
        if (!fit) {
            stepOneByOne(at, values, from, to, sign);
        } else if (sign > 0) {
            IntegerMoments.addAll(words, at + MOMENTS, data, values + from, values + to, squares);
        } else {
            IntegerMoments.subtractAll(words, at + MOMENTS, data, values + from, values + to, squares);
        }
    }

    // Where some squares do not fit.
    private void stepOneByOne(int at, int values, int from, int to, int sign) {
        long[] data = log.data();
        for (int i = values + from; i < values + to; i++) {
            if (!IntegerMoments.squareFits(data[i])) {
                words[at] += sign * ODD;
            } else if (sign > 0) {
                IntegerMoments.addAll(words, at + MOMENTS, data, i, i + 1, true);
            } else {
                IntegerMoments.subtractAll(words, at + MOMENTS, data, i, i + 1, true);
            }
        }
    }

    private void takeIn(int to) {
        for (Column column : scan.columns) {
            for (int d = 0; d < column.deques(); d++) {
                MonotonicDeque deque = extremes[column.firstDeque() + d];
                for (int i = end; i < to; i++) {
                    if (!log.isNull(i, column.slot())) {
                        deque.push(i, key(column, column.flip(d), i));
                    }
                }
            }
        }
        end = to;
    }

    private long key(Column column, long flip, int position) {
        return ordered(column, log.data()[log.words(column.slot()) + position]) ^ flip;
    }

    private static long ordered(Column column, long word) {
        return column.argument() == Argument.FLOAT ? ordered(word) : word;
    }

    /** Bits of a double as an integer of the same order, −0 below +0; and back. A NaN does not fit, so it is never asked for. */
    private static long ordered(long bits) {
        return bits ^ (bits >> 63 & Long.MAX_VALUE);
    }

    /** Finds the events of the longest window that were not known at k; false if there are too many. */
    private boolean findUnknown(long k) {
        unknownCount = 0;
        if (log.latestAvailable() <= k) {
            return true;
        }
        int right = words.length - scan.cursorWords;
        int to = (int) words[right];
        int from = Math.max((int) words[right - scan.cursorWords], Scanner.knownUntil(log, k, to));
        long[] data = log.data();
        int available = log.availableTimes();
        for (int i = from; i < to; i++) {
            if (data[available + i] > k) {
                if (unknownCount == MOST_UNKNOWN) {
                    return false;
                }
                if (unknown.length == 0) {
                    unknown = new int[MOST_UNKNOWN];
                }
                unknown[unknownCount++] = i;
            }
        }
        return true;
    }

    /** Takes what was unknown out of a window's moments; returns how many values that were. */
    private long takeOutUnknown(Column column, int from, long[] moments) {
        long count = 0;
        int slot = column.slot();
        for (int u = unknownCount - 1; u >= 0 && unknown[u] >= from; u--) {
            if (slot >= 0 && log.isNull(unknown[u], slot)) {
                continue;
            }
            count++;
            if (column.words() > MOMENTS) {
                long word = log.data()[log.words(slot) + unknown[u]];
                if (column.argument() == Argument.FLOAT) {
                    FloatMoments.add(moments, 0, word, -1, column.squared());
                } else {
                    IntegerMoments.subtract(moments, 0, word);
                    if (column.squared()) {
                        IntegerMoments.subtractSquare(moments, 0, word);
                    }
                }
            }
        }
        return count;
    }

    private boolean isUnknown(int position) {
        for (int u = 0; u < unknownCount; u++) {
            if (unknown[u] == position) {
                return true;
            }
        }
        return false;
    }

    private boolean allNarrow() {
        // The longest window holds all others.
        int right = words.length - scan.cursorWords;
        for (Column column : scan.columns) {
            long both = words[right + column.offset()] - words[right - scan.cursorWords + column.offset()];
            if (both - (int) both != 0) {
                return false;
            }
        }
        return true;
    }

    private void subtract(Column column, int right, int left, long[] difference) {
        if (column.argument() == Argument.FLOAT) {
            chain(right, left, 0, 2, difference);
            if (column.squared()) {
                chain(right, left, 2, 4, difference);
            }
        } else {
            chain(right, left, 0, 2, difference);
            if (column.squared()) {
                chain(right, left, 2, 2, difference);
            }
        }
    }

    private void chain(int right, int left, int from, int n, long[] difference) {
        long borrowed = 0;
        for (int i = from; i < from + n; i++) {
            long a = words[right + i];
            long b = words[left + i];
            long d = a - b;
            difference[i] = d - borrowed;
            borrowed = (Long.compareUnsigned(a, b) < 0 ? 1 : 0) + (Long.compareUnsigned(d, borrowed) < 0 ? 1 : 0);
        }
    }

    private void finish(
            Column column,
            Targets into,
            long count,
            long[] moments,
            int from,
            int to,
            boolean withCurrent,
            long current,
            Frame frame) {
        boolean isFloat = column.argument() == Argument.FLOAT;
        if (into.count() >= 0) {
            frame.set(into.count(), (double) count);
        }
        if (into.deviation() >= 0) {
            if (count < 2) {
                frame.setNull(into.deviation());
            } else {
                frame.set(
                        into.deviation(),
                        isFloat
                                ? FloatMoments.deviation(moments, 0, count)
                                : IntegerMoments.deviation(moments, 0, count));
            }
        }
        if (count == 0) {
            none(into, frame);
            return;
        }
        if (into.sum() >= 0) {
            frame.set(into.sum(), isFloat ? FloatMoments.mean(moments, 0, 1) : IntegerMoments.sum(moments, 0));
        }
        if (into.mean() >= 0) {
            frame.set(
                    into.mean(),
                    isFloat ? FloatMoments.mean(moments, 0, count) : IntegerMoments.mean(moments, 0, count));
        }
        if (into.max() >= 0) {
            long max = extreme(column, 0, from, to);
            frame.set(into.max(), number(column, withCurrent ? Math.max(max, ordered(column, current)) : max));
        }
        if (into.min() >= 0) {
            long min = ~extreme(column, -1, from, to);
            frame.set(into.min(), number(column, withCurrent ? Math.min(min, ordered(column, current)) : min));
        }
        if (into.last() >= 0) {
            long word = withCurrent ? current : last(column.slot(), to);
            frame.set(into.last(), isFloat ? Accumulator.oneNan(Double.longBitsToDouble(word)) : (double) word);
        }
    }

    private static double number(Column column, long key) {
        return column.argument() == Argument.FLOAT ? Double.longBitsToDouble(ordered(key)) : (double) key;
    }

    // The window has a known event whose argument is not null, so there is a last one.
    private long last(int slot, int to) {
        int i = to - 1;
        while (log.isNull(i, slot) || isUnknown(i)) {
            i--;
        }
        return log.data()[log.words(slot) + i];
    }

    private long extreme(Column column, long flip, int from, int to) {
        MonotonicDeque deque = extremes[column.deque(flip)];
        int place = deque.firstFrom(from);
        if (from >= begin && place >= 0 && deque.position(place) < to && !isUnknown(deque.position(place))) {
            return deque.key(place);
        }
        // The right edge has gone back and what is the extreme up to the deque's end lies behind it, or the left edge
        // has
        // and the deque does not reach so far; or it was not known.
        long best = Long.MIN_VALUE;
        for (int i = from; i < to; i++) {
            if (!log.isNull(i, column.slot()) && !isUnknown(i)) {
                best = Math.max(best, key(column, flip, i));
            }
        }
        return best;
    }
}
