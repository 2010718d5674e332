package dev.isobar.emulator.gcp.storage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The body of a multipart upload: what is said of the object, then its content.
 *
 * @param contentType of the content; null if it says none
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/how-tos/multipart-upload">multipart uploads</a>
 */
record Multipart(byte[] metadata, @Nullable String contentType, byte[] content) {
    private static final Pattern BOUNDARY = Pattern.compile("multipart/related\\s*;.*boundary=\"?([^\";]+)\"?.*");
    private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};

    private record Part(@Nullable String contentType, byte[] content, int next) {}

    static Multipart parse(@Nullable String contentType, byte[] body) {
        Matcher matcher = BOUNDARY.matcher(contentType == null ? "" : contentType);
        if (!matcher.matches()) {
            throw StorageError.invalid(
                    "Failed to parse multipart request: the content type is no multipart/related with a boundary.");
        }
        byte[] delimiter = ("--" + matcher.group(1)).getBytes(StandardCharsets.ISO_8859_1);
        int first = indexOf(body, delimiter, 0);
        if (first != 0) {
            throw malformed();
        }
        Part metadata = part(body, delimiter, delimiter.length);
        Part content = part(body, delimiter, metadata.next());
        if (!startsWith(body, content.next(), "--")) {
            throw malformed();
        }
        return new Multipart(metadata.content(), content.contentType(), content.content());
    }

    private static Part part(byte[] body, byte[] delimiter, int from) {
        int headers = indexOf(body, END_OF_HEADERS, from);
        byte[] end = new byte[delimiter.length + 2];
        end[0] = '\r';
        end[1] = '\n';
        System.arraycopy(delimiter, 0, end, 2, delimiter.length);
        int stop = headers < 0 ? -1 : indexOf(body, end, headers + 2);
        if (stop < 0 || !startsWith(body, from, "\r\n")) {
            throw malformed();
        }
        int start = Math.min(headers + END_OF_HEADERS.length, stop);
        String text = new String(body, from, headers - from, StandardCharsets.ISO_8859_1);
        String type = null;
        for (String line : text.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-type:")) {
                type = line.substring("content-type:".length()).trim();
            }
        }
        return new Part(type, Arrays.copyOfRange(body, start, stop), stop + end.length);
    }

    private static StorageError malformed() {
        return StorageError.invalid("Malformed multipart body.");
    }

    private static boolean startsWith(byte[] body, int from, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        return body.length >= from + wanted.length
                && Arrays.equals(body, from, from + wanted.length, wanted, 0, wanted.length);
    }

    private static int indexOf(byte[] body, byte[] wanted, int from) {
        for (int i = from; i + wanted.length <= body.length; i++) {
            if (body[i] == wanted[0] && Arrays.equals(body, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }
}
