package dev.isobar.features.window;

import dev.isobar.spec.AggregateFn;

/** What has to be accumulated of an argument, as bits. The count always is. */
final class Need {
    static final int SUM = 1;
    static final int SQUARES = 2;
    static final int MIN = 4;
    static final int MAX = 8;
    static final int LAST = 16;
    static final int DISTINCT = 32;

    private Need() {}

    static int of(AggregateFn fn) {
        return switch (fn) {
            case COUNT -> 0;
            case SUM, MEAN, SHARE -> SUM;
            case STDDEV -> SUM | SQUARES;
            case MIN -> MIN;
            case MAX -> MAX;
            case LAST -> LAST;
            case APPROX_DISTINCT -> DISTINCT;
        };
    }
}
