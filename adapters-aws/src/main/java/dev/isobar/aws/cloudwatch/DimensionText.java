package dev.isobar.aws.cloudwatch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A label's value as a dimension's: CloudWatch takes printable ASCII, no colon at the beginning, and not nothing. What it does not take is percent-encoded
 * UTF-8; an empty value is a single percent sign.
 */
final class DimensionText {
    private static final String EMPTY = "%";

    private DimensionText() {}

    static String encode(String value) {
        if (value.isEmpty()) {
            return EMPTY;
        }
        StringBuilder text = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b > 0x20 && b < 0x7f && b != '%' && (b != ':' || !text.isEmpty());
            boolean inner = b == ' ' && !text.isEmpty();
            if (plain || inner) {
                text.append((char) b);
            } else {
                text.append(String.format(Locale.ROOT, "%%%02X", b & 0xff));
            }
        }
        return text.toString();
    }

    static String decode(String text) {
        if (text.equals(EMPTY)) {
            return "";
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) {
                bytes.write(c);
            } else {
                bytes.write(high * 16 + low);
                i += 2;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
