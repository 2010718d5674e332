package dev.isobar.emulator.gcp.wire;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Map;

/**
 * An answer.
 *
 * @param headers a value that holds a line feed is sent as that many headers of the name
 * @param length of the body in bytes
 * @param body read and closed by the server
 */
public record HttpAnswer(int status, String contentType, Map<String, String> headers, long length, InputStream body) {
    /** An answer whose body is at hand. */
    public static HttpAnswer of(int status, String contentType, Map<String, String> headers, byte[] body) {
        return new HttpAnswer(status, contentType, headers, body.length, new ByteArrayInputStream(body));
    }
}
