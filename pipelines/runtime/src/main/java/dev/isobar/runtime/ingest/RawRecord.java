package dev.isobar.runtime.ingest;

/**
 * A record as it stands in the file.
 *
 * @param line number of its first line, from 1
 * @param bytes without the line's end
 */
record RawRecord(long line, byte[] bytes) {}
