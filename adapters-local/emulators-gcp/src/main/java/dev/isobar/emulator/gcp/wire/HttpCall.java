package dev.isobar.emulator.gcp.wire;

import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as it arrives.
 *
 * @param path still percent-encoded: a slash inside of a name is told from one between names
 * @param query still percent-encoded, empty if there is none
 * @param headers by lower-case name; of several values the first
 * @param body read while it arrives, once
 */
public record HttpCall(String method, String path, String query, Map<String, String> headers, InputStream body) {
    /** A header's value, or null. */
    public @Nullable String header(String lowerCaseName) {
        return headers.get(lowerCaseName);
    }

    /** The parts of the path between its slashes, decoded; the first is behind the first slash. */
    public List<String> segments() {
        return Arrays.stream(path.substring(1).split("/", -1))
                .map(HttpCall::decoded)
                .toList();
    }

    /** The query's parameters, decoded; of several values the last. */
    public Map<String, String> parameters() {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            String[] halves = pair.split("=", 2);
            parameters.put(form(halves[0]), halves.length == 1 ? "" : form(halves[1]));
        }
        return parameters;
    }

    private static String decoded(String text) {
        return form(text.replace("+", "%2B"));
    }

    private static String form(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
