package dev.isobar.features.window;

import dev.isobar.features.exact.FloatMoments;
import dev.isobar.features.exact.IntegerMoments;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.window.WindowScan.Column;
import org.jspecify.annotations.Nullable;

/** The decision itself as an event of its own windows: its words by column. Has none where a scan does not take it in. Not thread safe. */
final class Current {
    private final Column[] columns;
    private final boolean takesPart;
    private final long[] words;
    private final boolean[] present;
    private boolean fits = true;
    private @Nullable PackedId id;

    Current(WindowScan scan) {
        this.columns = scan.columns;
        this.takesPart = scan.withCurrent();
        this.words = new long[columns.length];
        this.present = new boolean[columns.length];
    }

    /** Takes the frame's row. */
    void read(@Nullable PackedId currentId, Frame frame) {
        if (!takesPart) {
            return;
        }
        id = currentId;
        fits = true;
        for (int i = 0; i < columns.length; i++) {
            Column c = columns[i];
            ArgumentNode node = c.node();
            words[i] = node == null ? 0 : node.word(frame);
            present[i] = node == null || !frame.isNull();
            if (present[i] && c.sums()) {
                fits &= c.argument() == Argument.FLOAT
                        ? FloatMoments.fit(words[i])
                        : !c.squared() || IntegerMoments.squareFits(words[i]);
            }
            // A NaN has no place in an order.
            fits &= c.argument() != Argument.FLOAT || !Double.isNaN(Double.longBitsToDouble(words[i]));
        }
    }

    boolean has(int column) {
        return present[column];
    }

    long word(int column) {
        return words[column];
    }

    /** Whether cursors can count it. */
    boolean fits() {
        return fits;
    }

    /** The decision's id; null if it has none or takes no part. */
    @Nullable
    PackedId id() {
        return id;
    }
}
