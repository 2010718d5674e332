package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Position;

/**
 * A place in a partition: the frame's offset in the log and the event's index in the frame. Ordered as the log is.
 */
record LogPosition(long frame, int index) implements Comparable<LogPosition> {
    static final LogPosition BEFORE_ALL = new LogPosition(0, -1);

    static LogPosition parse(Position position) {
        String token = position.token();
        int colon = token.indexOf(':');
        try {
            if (colon > 0) {
                long frame = Long.parseLong(token.substring(0, colon));
                int index = Integer.parseInt(token.substring(colon + 1));
                if (frame >= 0 && index >= 0) {
                    return new LogPosition(frame, index);
                }
            }
        } catch (NumberFormatException e) {
            throw malformed(token, e);
        }
        throw malformed(token, new NumberFormatException(token));
    }

    Position toPosition() {
        return Position.of(frame, index);
    }

    @Override
    public int compareTo(LogPosition other) {
        int byFrame = Long.compare(frame, other.frame);
        return byFrame != 0 ? byFrame : Integer.compare(index, other.index);
    }

    private static IsobarException malformed(String token, NumberFormatException cause) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, "'" + token + "' is not a position of the local log")
                .hint("A position is opaque: pass back what a reader gave, to the adapter that gave it.")
                .cause(cause)
                .build();
    }
}
