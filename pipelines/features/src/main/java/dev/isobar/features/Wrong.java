package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;

/** The exceptions of this package, so that one thing is said in one way. */
final class Wrong {
    private Wrong() {}

    static IsobarException pipeline(String what, String hint) {
        return IsobarException.of(ErrorCode.INVALID_PIPELINE, what).hint(hint).build();
    }

    static IsobarException retention(String key, String stream, long asked, long retainedFrom) {
        return IsobarException.of(
                        ErrorCode.OUT_OF_RETENTION,
                        "A window over '" + stream + "' of key '" + key + "' would begin at " + time(asked)
                                + ", but its events are retained from " + time(retainedFrom) + " on.")
                .resource(key)
                .hint("Ask as of a later time. The lake has older vectors: they are in the run's features table.")
                .build();
    }

    private static String time(long micros) {
        return micros == Long.MIN_VALUE
                ? "the beginning of time"
                : dev.isobar.event.RowText.instant(micros).toString();
    }
}
