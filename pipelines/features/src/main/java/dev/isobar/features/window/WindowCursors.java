package dev.isobar.features.window;

import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.exact.IntegerMoments;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.IdFilter;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.WindowScan.Column;
import dev.isobar.features.window.WindowScan.Extreme;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All windows of a scan over one large log, kept up to date instead of walked: a cursor at each window's left edge and one at the common right edge, and
 * at each cursor the exact sums over everything before it. A window's sums are the difference of two cursors, so an event is added once and subtracted
 * once per window (subtract-on-evict), whatever the length of the window. As the sums are exact, cursors may go back as well as forward: a question about
 * a slightly earlier time moves them there and the next one moves them on. Minima and maxima come from one deque each for all windows.
 *
 * <p>Events that were not known yet are taken out again one by one; as they are late they stand near the right edge. What cannot be had this way (many such
 * events, values beyond the fixed-point range, distinct counts, a question far back) is left to {@link Scanner}: {@link #evaluate} says so, and
 * what it may have written is to be written over. Not thread safe.
 */
final class WindowCursors extends EventLog.Tracker {
    /** Going back over more events than this is left to the scanner, but where the longest window holds many more. */
    private static final int BACK = 512;

    /** Every cursor goes there and comes back again: that is still less than walking the window, if it is so small a part of it. */
    private static final int BACK_SHIFT = 4;

    /** After so many questions far back the cursors follow. */
    private static final int PATIENCE = 4;

    /** With more events than this unknown in a window, walking is no worse. */
    private static final int MOST_UNKNOWN = 64;

    private static final int[] NOWHERE = new int[0];

    /** Of each column at each cursor: how many values were null (low half) and how many do not fit (high half), then the moments, then where in the deques the
     * window's extremes stood last. */
    private static final int MOMENTS = 1;

    private static final long ODD = 1L << 32;

    private final WindowScan scan;
    private final EventLog log;
    // The positions of the cursors, the windows' left edges from the shortest to the longest, then the right edge; then
    // the words of each column at each cursor.
    private final long[] words;
    /** The number of the right edge among the cursors. */
    private final int right;

    private final MonotonicDeque[] extremes;
    private final @Nullable IdFilter ids;
    // Positions of the longest window that were not known yet, ascending.
    private int[] unknown = NOWHERE;
    private int unknownCount;
    private boolean placed;
    /** As of when the cursors stand where they do. */
    private long asOf;
    /** Whether any value that does not fit was stepped over since the cursors were placed. */
    private boolean odd;

    private int farBack;
    /** The positions that the deques have taken in: up to the right edge at least, but none from before the cursors were placed. */
    private int begin;

    private int end;

    private WindowCursors(WindowScan scan, EventLog log) {
        super(scan.number);
        this.scan = scan;
        this.log = log;
        this.words = new long[scan.cursorWords];
        this.right = scan.windows.length;
        this.extremes = new MonotonicDeque[scan.extremes.length];
        for (int i = 0; i < extremes.length; i++) {
            extremes[i] = new MonotonicDeque();
        }
        this.ids = scan.withCurrent() ? new IdFilter() : null;
    }

    /** How many words a column takes at each cursor. */
    static int words(Argument argument, int needs) {
        int moments = argument == Argument.FLOAT ? FloatMoments.WORDS : IntegerMoments.WORDS;
        return MOMENTS + ((needs & Need.SUM) != 0 ? moments : 0) + Integer.bitCount(needs & (Need.MIN | Need.MAX));
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
        log.follow(made);
        return made;
    }

    // ---- what happens to the log

    @Override
    protected void inserted(int position) {
        if (!placed) {
            return;
        }
        if (ids != null && !ids.add(log.idHigh(position), log.idLow(position))) {
            ids.reset(log);
        }
        for (int cursor = 0; cursor <= right; cursor++) {
            if (words[cursor] > position) {
                words[cursor]++;
                for (Column column : scan.columns) {
                    step(column, cursor, position, position + 1);
                }
            }
        }
        if (position < begin) {
            begin++;
        }
        if (position < end) {
            end++;
            for (int d = 0; d < extremes.length; d++) {
                Extreme e = scan.extremes[d];
                if (log.isNull(position, e.column().slot())) {
                    extremes[d].makeGap(position);
                } else {
                    extremes[d].insert(position, key(e.column(), e.flip(), position));
                }
            }
        }
    }

    @Override
    protected void freed(int start) {
        for (int cursor = 0; cursor <= right; cursor++) {
            placed &= words[cursor] >= start;
        }
        for (MonotonicDeque deque : extremes) {
            deque.dropBefore(start);
        }
    }

    @Override
    protected void moved(int by) {
        for (int cursor = 0; cursor <= right; cursor++) {
            words[cursor] -= by;
        }
        begin -= by;
        end -= by;
        for (MonotonicDeque deque : extremes) {
            deque.move(by);
        }
    }

    @Override
    protected void disturbed() {
        placed = false;
    }

    @Override
    protected long touch() {
        long seen = 0;
        for (int cursor = 0; cursor <= right; cursor++) {
            int position = (int) words[cursor];
            if (placed && position < log.end()) {
                seen += log.eventTime(position);
            }
        }
        // A line of memory is eight words.
        for (int at = right; at < words.length; at += 8) {
            seen += words[at];
        }
        for (MonotonicDeque deque : extremes) {
            seen += deque.touch();
        }
        return seen;
    }

    // ---- questions

    /**
     * Writes every value of the scan as of t, known at k, into the frame; false if it has to be scanned for.
     *
     * @param current the decision itself, if the scan takes it in
     * @param difference working memory for one column's words
     * @param was working memory for a position of each cursor
     */
    boolean evaluate(long t, long k, Current current, Frame frame, long[] difference, int[] was) {
        if (!place(t, was)) {
            return false;
        }
        unknownCount = 0;
        boolean fewUnknown = log.latestAvailable() <= k || findUnknown(k);
        boolean with = scan.withCurrent();
        boolean plain = fewUnknown && unknownCount == 0 && !with && !log.hasNulls();
        for (Column column : scan.columns) {
            if (plain && column.isPlain()) {
                plain(column, was, frame);
            } else {
                follow(column, was);
            }
        }
        if (!fewUnknown || odd && !allNarrow() || with && (!current.fits() || holds(current.id()))) {
            return false;
        }
        for (int c = 0; c < scan.columns.length; c++) {
            if (!plain || !scan.columns[c].isPlain()) {
                general(scan.columns[c], c, current, frame, difference);
            }
        }
        return true;
    }

    /** Lets a column's sums follow every cursor. */
    private void follow(Column column, int[] was) {
        for (int cursor = 0; cursor <= right; cursor++) {
            if (was[cursor] != (int) words[cursor]) {
                step(column, cursor, was[cursor], (int) words[cursor]);
            }
        }
    }

    /** Does the same and writes the values, in the common case: integers, all there and all known. */
    private void plain(Column column, int[] was, Frame frame) {
        long[] cursors = words;
        double[] values = frame.values();
        int size = column.words();
        boolean sums = column.sums();
        int to = (int) cursors[right];
        if (sums) {
            stepFew(column, right, was[right], to);
        }
        int all = column.offset() + right * size + MOMENTS;
        long right0 = sums ? cursors[all] : 0;
        long right1 = sums ? cursors[all + 1] : 0;
        boolean squares = column.squared();
        long right2 = squares ? cursors[all + 2] : 0;
        long right3 = squares ? cursors[all + 3] : 0;
        for (int w = 0, left = column.offset() + MOMENTS; w < right; w++, left += size) {
            int from = (int) cursors[w];
            if (sums) {
                stepFew(column, w, was[w], from);
            }
            Targets into = column.targets()[w];
            if (!into.any()) {
                continue;
            }
            long count = to - from;
            if (into.count() >= 0) {
                values[into.count()] = (double) count;
            }
            if (count == 0) {
                none(into, frame);
                continue;
            }
            if (sums) {
                long left0 = cursors[left];
                long sum = right0 - left0;
                long sumHigh = right1 - cursors[left + 1] - (Long.compareUnsigned(right0, left0) < 0 ? 1 : 0);
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
                        long left2 = cursors[left + 2];
                        long squaresHigh =
                                right3 - cursors[left + 3] - (Long.compareUnsigned(right2, left2) < 0 ? 1 : 0);
                        values[into.deviation()] =
                                IntegerMoments.deviation(sum, sumHigh, right2 - left2, squaresHigh, count);
                    }
                }
            }
            if (into.max() >= 0) {
                values[into.max()] = (double) extreme(column, 0, w, from, to);
            }
            if (into.min() >= 0) {
                values[into.min()] = (double) ~extreme(column, -1, w, from, to);
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

    /** Any column: with nulls, doubles, the decision itself ({@code c} is the column's number there), events that were not known. */
    private void general(Column column, int c, Current current, Frame frame, long[] difference) {
        boolean with = scan.withCurrent() && current.has(c);
        int size = column.words();
        int at = column.offset() + right * size;
        int to = (int) words[right];
        for (int w = 0, left = column.offset(); w < right; w++, left += size) {
            Targets targets = column.targets()[w];
            if (!targets.any()) {
                continue;
            }
            int from = (int) words[w];
            long count = to - from;
            if (log.hasNulls()) {
                count -= (int) (words[at] - words[left]);
            }
            if (column.sums()) {
                subtract(column, at + MOMENTS, left + MOMENTS, difference);
            }
            if (unknownCount > 0) {
                count -= takeOutUnknown(column, from, difference);
            }
            if (with) {
                count++;
                addCurrent(column, current.word(c), difference);
            }
            finish(column, w, count, difference, from, to, with, with ? current.word(c) : 0, frame);
        }
    }

    /** Whether an event of the longest window has an id: then it is not to be counted beside the decision. */
    private boolean holds(@Nullable PackedId id) {
        if (ids == null || id == null || !ids.mayHold(id.high(), id.low())) {
            return false;
        }
        int from = (int) words[right - 1];
        return log.lastOf(id.high(), id.low(), from, (int) words[right]) >= from;
    }

    private static void addCurrent(Column column, long word, long[] moments) {
        if (column.sums()) {
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

    /**
     * Moves every edge to where it belongs as of t, and notes where it was; the sums have to follow. False if that is far back, and nothing was moved.
     */
    private boolean place(long t, int[] was) {
        if (!placed || t < asOf || log.isPaged()) {
            return placeAnywhere(t, was);
        }
        // Forward only: whatever came between meanwhile is on its side of the edges already.
        asOf = t;
        long[] data = log.data(log.start());
        int stride = log.stride();
        int first = log.at(0);
        int to = (int) words[right];
        was[right] = to;
        int stop = log.end();
        while (to < stop && data[first + to * stride] < t) {
            to++;
        }
        words[right] = to;
        takeIn(to);
        for (int w = 0; w < right; w++) {
            long edge = Times.minus(t, scan.windows[w]);
            int from = (int) words[w];
            was[w] = from;
            int at = first + from * stride;
            boolean more = true;
            if (from + 2 < to) {
                // How many leave is what nobody can predict, a processor neither: the first two are counted without a
                // branch.
                int gone = data[at] < edge ? 1 : 0;
                gone += data[at + stride] < edge ? 1 : 0;
                from += gone;
                at += 2 * stride;
                more = gone == 2;
            }
            while (more && from < to && data[at] < edge) {
                from++;
                at += stride;
            }
            words[w] = from;
        }
        return true;
    }

    private boolean placeAnywhere(long t, int[] was) {
        int start = log.start();
        int stop = log.end();
        int to = (int) words[right];
        int back = Math.max(BACK, to - (int) words[right - 1] >> BACK_SHIFT);
        if (placed && t < asOf && to - back > start && log.eventTime(to - back - 1) >= t) {
            if (++farBack < PATIENCE) {
                return false;
            }
            placed = false;
        }
        if (!placed) {
            reset(log.lowerBound(Times.minus(t, scan.longest()), start, stop));
            to = (int) words[right];
        }
        farBack = 0;
        asOf = t;
        was[right] = to;
        while (to > start && log.eventTime(to - 1) >= t) {
            to--;
        }
        while (to < stop && log.eventTime(to) < t) {
            to++;
        }
        words[right] = to;
        takeIn(to);
        for (int w = 0; w < right; w++) {
            long edge = Times.minus(t, scan.windows[w]);
            int from = (int) words[w];
            was[w] = from;
            while (from < to && log.eventTime(from) < edge) {
                from++;
            }
            while (from > start && log.eventTime(from - 1) >= edge) {
                from--;
            }
            words[w] = from;
        }
        return true;
    }

    private void reset(int position) {
        Arrays.fill(words, 0);
        Arrays.fill(words, 0, right + 1, position);
        for (MonotonicDeque deque : extremes) {
            deque.clear();
        }
        begin = position;
        end = position;
        odd = false;
        placed = true;
        if (ids != null) {
            ids.reset(log);
        }
    }

    /** Lets a column's sums at a cursor follow it from one position to another. */
    private void step(Column column, int cursor, int from, int to) {
        int slot = column.slot();
        int into = column.offset() + cursor * column.words();
        int first = Math.min(from, to);
        int n = Math.abs(to - from);
        int sign = to > from ? 1 : -1;
        if (log.hasNulls() && slot >= 0) {
            for (int i = first; i < first + n; i++) {
                words[into] += log.isNull(i, slot) ? sign : 0;
            }
        }
        if (!column.summed()) {
            return;
        }
        for (int i = first; i < first + n; ) {
            int run = Math.min(first + n, log.runEnd(i));
            stepRun(column, into, i, run - i, sign);
            i = run;
        }
    }

    /** The same for positions whose records are side by side. */
    private void stepRun(Column column, int into, int first, int n, int sign) {
        long[] data = log.data(first);
        int at = log.at(first) + log.word(column.slot());
        int stride = log.stride();
        // The word of a null is 0, which adds nothing.
        int unfit = column.argument() == Argument.FLOAT
                ? stepFloats(column, into, data, at, n, sign)
                : sign > 0
                        ? IntegerMoments.addAll(words, into + MOMENTS, data, at, n, stride, column.squared())
                        : IntegerMoments.subtractAll(words, into + MOMENTS, data, at, n, stride, column.squared());
        if (unfit > 0) {
            words[into] += sign * unfit * ODD;
            odd = true;
        }
    }

    // The same for integers, and without a branch on whether it is by none, one or two positions forward.
    private void stepFew(Column column, int cursor, int from, int to) {
        int n = to - from;
        if (n >= 0 && n <= 2 && from + 2 <= log.runEnd(from)) {
            long[] data = log.data(from);
            int at = log.at(from) + log.word(column.slot());
            long first = data[at] & -n >> 31;
            long second = data[at + log.stride()] & 1 - n >> 31;
            int into = column.offset() + cursor * column.words() + MOMENTS;
            if (!column.squared()) {
                IntegerMoments.add(words, into, first);
                IntegerMoments.add(words, into, second);
                return;
            }
            if (IntegerMoments.squareFits(first) && IntegerMoments.squareFits(second)) {
                IntegerMoments.addWithSquares(words, into, first, second);
                return;
            }
        }
        if (n != 0) {
            step(column, cursor, from, to);
        }
    }

    private int stepFloats(Column column, int into, long[] data, int first, int n, int sign) {
        int unfit = 0;
        for (int i = 0, at = first; i < n; i++, at += log.stride()) {
            if (!FloatMoments.fit(data[at])) {
                unfit++;
            } else if (column.sums()) {
                FloatMoments.add(words, into + MOMENTS, data[at], sign, column.squared());
            }
        }
        return unfit;
    }

    private void takeIn(int to) {
        if (to <= end) {
            return;
        }
        for (int d = 0; d < extremes.length; d++) {
            Extreme e = scan.extremes[d];
            int slot = e.column().slot();
            for (int i = end; i < to; i++) {
                if (!log.isNull(i, slot)) {
                    extremes[d].push(i, key(e.column(), e.flip(), i));
                }
            }
        }
        end = to;
    }

    private long key(Column column, long flip, int position) {
        return ordered(column, word(column.slot(), position)) ^ flip;
    }

    private long word(int slot, int position) {
        return log.argument(position, slot);
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
        int to = (int) words[right];
        int from = Math.max((int) words[right - 1], Scanner.knownUntil(log, k, to));
        for (int i = from; i < to; i++) {
            if (log.availableTime(i) > k) {
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
            if (column.sums()) {
                long word = word(slot, unknown[u]);
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
        for (Column column : scan.columns) {
            int at = column.offset() + right * column.words();
            long both = words[at] - words[at - column.words()];
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
            int window,
            long count,
            long[] moments,
            int from,
            int to,
            boolean withCurrent,
            long current,
            Frame frame) {
        Targets into = column.targets()[window];
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
            long max = extreme(column, 0, window, from, to);
            frame.set(into.max(), number(column, withCurrent ? Math.max(max, ordered(column, current)) : max));
        }
        if (into.min() >= 0) {
            long min = ~extreme(column, -1, window, from, to);
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
        return word(slot, i);
    }

    private long extreme(Column column, long flip, int window, int from, int to) {
        MonotonicDeque deque = extremes[column.deque(flip)];
        int known = column.offset() + window * column.words() + column.place(flip);
        int place = deque.firstFrom(from, (int) words[known]);
        words[known] = place;
        return from >= begin
                        && place >= 0
                        && deque.position(place) < to
                        && (unknownCount == 0 || !isUnknown(deque.position(place)))
                ? deque.key(place)
                : largest(column, flip, from, to);
    }

    private long largest(Column column, long flip, int from, int to) {
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
