package dev.isobar.features.twin;

/** Mistakes that a twin can be told to make. A judge that does not notice them could not notice the kernel's either. */
enum Fault {
    /** Windows are (t − w, t] instead of [t − w, t). */
    WINDOW_OPEN_AT_ITS_START,
    /** Windows are [t − w, t]. */
    WINDOW_CLOSED_AT_ITS_END,
    /** What is not known yet counts. */
    AVAILABLE_TIME_IGNORED,
    /** What becomes available at k exactly does not count. */
    KNOWN_TIME_EXCLUSIVE,
    /** Late events count. */
    LATE_COUNTS,
    /** What is as late as allowed is late. */
    LATENESS_EXCLUSIVE,
    /** Every copy of an event counts. */
    COPIES_COUNT,
    /** Of copies in conflict the one that arrived first counts. */
    FIRST_ARRIVAL_WINS,
    /** Of copies in conflict the later known counts. */
    LATEST_COPY_WINS,
    /** Of copies in conflict at the same times and key, the one with the smaller payload bytes counts, not the one with the smaller hash. */
    CONFLICT_BY_PAYLOAD,
    /** Hashes of copies in conflict compare as signed numbers. */
    CONFLICT_BY_SIGNED_HASH,
    /** A duplicate is known when its first copy to arrive was. */
    DUPLICATE_KEEPS_ARRIVED_TIME,
    /** Events of all keys count. */
    KEY_IGNORED,
    /** Doubles are added in the order of arrival, rounding each time. */
    SUM_ROUNDS_EACH_TIME,
    /** Doubles are added in event order with Kahan's compensation. */
    SUM_COMPENSATED,
    /** Mean is the rounded sum over n: rounded twice. */
    MEAN_ROUNDS_TWICE,
    /** A sum of negative zeros is −0. */
    SUM_KEEPS_MINUS_ZERO,
    /** ddof 0. */
    STDDEV_OF_POPULATION,
    /** Variance by the textbook formula in doubles. */
    STDDEV_IN_DOUBLES,
    /** NaN does not take part in minima and maxima. */
    EXTREMES_SKIP_NAN,
    /** −0 and +0 are equal in minima and maxima: the first stays. */
    EXTREMES_CONFUSE_ZEROS,
    /** Null counts as zero. */
    NULL_IS_ZERO,
    /** The last is the one that arrived last. */
    LAST_BY_ARRIVAL,
    /** Ties of the last are broken by the text of the id, not by its packed bytes. */
    LAST_TIE_BY_TEXT,
    /** The current event counts although the window has it. */
    CURRENT_COUNTS_TWICE,
    /** includingCurrent is ignored. */
    CURRENT_IGNORED,
    /** Integers wrap around. */
    INTEGERS_WRAP,
    /** Text compares by UTF-16 units. */
    TEXT_BY_UTF16,
    /** Null wins over false and true. */
    LOGIC_TWO_VALUED,
    /** Division by zero is IEEE's. */
    DIVISION_BY_ZERO_IS_INFINITE,
    /** −0 is distinct from +0. */
    SKETCH_DISTINGUISHES_ZEROS,
    /** Times before 1970 have negative minutes. */
    CLOCK_TRUNCATES,
    /** A feature that refers to another reads it as zero when null. */
    REFERENCE_LOSES_NULL,

    // What keeps running values can forget; the twin remembers the question before to make these.

    /** What left the window since the question before is still in the sum. */
    MISSED_SUBTRACT,
    /** What left the window since the question before is still its minimum or maximum. */
    STALE_DEQUE_FRONT,
    /** Asked further back than before, the window ends one event too late. */
    CURSOR_BACK_OFF_BY_ONE,

    // What goes wrong around a kernel; the judge makes these.

    /** A role's state is read from another partition than its key's. */
    PARTITION_MIXED_UP,
    /** After a restart the first event behind the checkpoint is not read again. */
    REDELIVERY_SKIPS_ONE,
    /** A checkpoint leaves out a key that changed. */
    CHECKPOINT_MISSES_A_KEY;

    /** Whether it takes questions that follow one another, or restarts and partitions, to show. */
    boolean needsLives() {
        return compareTo(MISSED_SUBTRACT) >= 0;
    }
}
