package dev.isobar.runtime.ingest;

/**
 * A record that became no event.
 *
 * @param reason few distinct ones, for counting
 * @param detail a sentence
 * @param line its first line in the source, from 1; 0 if it has no place there
 * @param original its bytes
 */
public record DeadLetter(String stream, String reason, String detail, long line, byte[] original) {}
