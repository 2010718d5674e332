package dev.isobar.local.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP answer.
 *
 * @param headers by lower-case name; of a repeated one the last
 */
public record Reply(int status, Map<String, String> headers, byte[] body) {
    /** A header by its lower-case name. */
    public @Nullable String header(String name) {
        return headers.get(name);
    }
}
