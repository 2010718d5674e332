package dev.isobar.emulator.aws.wire;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as it arrived.
 *
 * @param path decoded, without the query
 * @param query raw, empty if there is none
 * @param headers by lower-case name; of several values the first
 */
public record WireRequest(String method, String path, String query, Map<String, String> headers, byte[] body) {
    /** A header's value, or null. */
    public @Nullable String header(String lowerCaseName) {
        return headers.get(lowerCaseName);
    }
}
