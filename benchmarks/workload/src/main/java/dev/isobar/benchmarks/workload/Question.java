package dev.isobar.benchmarks.workload;

/** What a competitor's windows mean. Speeds are compared within one question and with the same bounds only. */
public enum Question {
    /** What has arrived by now: windows as of the transaction's event time over what was delivered before it. */
    ARRIVED,
    /** Everything by event time, also what arrives after: the history as it is known in the end. */
    EVENT_TIME,
    /** The same with the transaction itself in its windows, [t − w, t]: what SQL's CURRENT ROW means. */
    EVENT_TIME_WITH_CURRENT
}
