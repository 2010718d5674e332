package dev.isobar.emulator.aws.wire;

import java.util.Map;

/** An answer. */
public record WireResponse(int status, String contentType, Map<String, String> headers, byte[] body) {
    /** An answer without further headers. */
    public static WireResponse of(int status, String contentType, byte[] body) {
        return new WireResponse(status, contentType, Map.of(), body);
    }
}
