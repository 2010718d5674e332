package dev.isobar.runtime.history;

import dev.isobar.event.Row;

/**
 * An event as recorded, decoded.
 *
 * @param row its payload; owned by the holder
 * @since 0.1
 */
public record Recorded(String id, String key, long eventTime, long availableTime, Row row) {}
