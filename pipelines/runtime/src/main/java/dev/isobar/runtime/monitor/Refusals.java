package dev.isobar.runtime.monitor;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;

/** The one way in which this package says that it was called wrongly. */
final class Refusals {
    private Refusals() {}

    static IsobarException argument(String message, String hint) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .hint(hint)
                .build();
    }
}
