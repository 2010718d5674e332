package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.ArgumentNode;
import dev.isobar.spec.StreamSpec;
import java.util.Arrays;

/** Reads of one stream's events what is kept of them: id, times, arguments. What was read last is in its fields. Not thread safe. */
class StreamIntake {
    final StreamSpec spec;
    final KeyReader key;
    final PackedId id = new PackedId();
    final long[] masks;
    final long[] words;
    private final ArgumentNode[] arguments;
    private final int[] columns;
    private final Frame frame;
    private final boolean numericIds;
    private final int idSlot;
    private final int eventTimeSlot;
    private final int availableTimeSlot;

    StreamIntake(FeaturePlan.StreamState state) {
        this.spec = state.spec();
        this.key = state.key();
        this.arguments = state.arguments().toArray(new ArgumentNode[0]);
        this.columns = state.arguments().stream().mapToInt(ArgumentNode::column).toArray();
        this.frame = new Frame(new Row(state.schema()));
        this.masks = new long[(arguments.length + 63) >> 6];
        this.words = new long[arguments.length];
        this.numericIds = state.layout().numericIds();
        this.idSlot = state.schema().require(spec.id());
        this.eventTimeSlot = state.schema().require(spec.eventTime());
        this.availableTimeSlot =
                spec.availableTime() == null ? -1 : state.schema().require(spec.availableTime());
    }

    /** Reads an id that is given as text; {@code INVALID_ARGUMENT} if it is no integer where the column for it holds integers. */
    final void readId(String text) {
        if (!id.set(text, numericIds)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "Event '" + text + "' of '" + spec.name() + "': its id is no integer, and column '"
                                    + spec.id() + "' holds integers.")
                    .resource(text)
                    .hint("Give the column's value as text, such as 42.")
                    .build();
        }
    }

    /** Reads the id from a row that {@linkplain #checkEnvelope has} one. */
    final void readId(Row row) {
        if (numericIds) {
            id.set(row.word(idSlot));
        } else {
            String text = row.text(idSlot);
            id.set(text == null ? RowText.format(row, idSlot) : text);
        }
    }

    /** Insists that a row has its id and both its times; {@code INVALID_ARGUMENT} if not. */
    final void checkEnvelope(Row row) {
        if (availableTimeSlot < 0 || row.isNull(idSlot) || row.isNull(eventTimeSlot) || row.isNull(availableTimeSlot)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "A row of '" + spec.name() + "' without id, event time or available time: " + row + ".")
                    .hint("Dead-letter such rows before; or name the id and the times of the event.")
                    .build();
        }
    }

    final long eventTime(Row row) {
        return row.word(eventTimeSlot);
    }

    final long availableTime(Row row) {
        return row.word(availableTimeSlot);
    }

    final boolean isLate(long eventTime, long availableTime) {
        return Times.minus(availableTime, eventTime) > spec.allowedLatenessMicros();
    }

    final void readArguments(Row from) {
        Arrays.fill(masks, 0);
        frame.row(from);
        for (int i = 0; i < arguments.length; i++) {
            boolean isNull;
            if (columns[i] >= 0) {
                words[i] = from.word(columns[i]);
                isNull = from.isNull(columns[i]);
            } else {
                words[i] = arguments[i].word(frame);
                isNull = frame.isNull();
            }
            if (isNull) {
                masks[i >> 6] |= 1L << (i & 63);
            }
        }
    }
}
