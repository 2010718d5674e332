package dev.isobar.emulator.aws.logs;

/**
 * A line.
 *
 * @param timestamp epoch milliseconds of the event
 * @param ingested epoch milliseconds when it came
 */
record LogEvent(long timestamp, long ingested, String message) {}
