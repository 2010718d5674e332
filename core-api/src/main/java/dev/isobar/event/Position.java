package dev.isobar.event;

/**
 * A place in a partition of a stream, meaningful only to the adapter that made it.
 *
 * @param token opaque; equal tokens are the same place
 * @since 0.1
 */
public record Position(String token) {}
