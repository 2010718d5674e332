package dev.isobar.gcp.monitoring;

import java.util.Locale;

/**
 * A label's value as Cloud Monitoring takes it and a filter can name it: an empty one would be no label at all, and is a single percent sign; quotes, backslashes,
 * percent signs and control characters are percent-encoded.
 */
final class LabelText {
    private static final String EMPTY = "%";

    private LabelText() {}

    static String encode(String value) {
        if (value.isEmpty()) {
            return EMPTY;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 || c == 0x7f || c == '"' || c == '\\' || c == '%') {
                text.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    static String decode(String text) {
        if (text.equals(EMPTY)) {
            return "";
        }
        StringBuilder value = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) {
                value.append(c);
            } else {
                value.append((char) (high * 16 + low));
                i += 2;
            }
        }
        return value.toString();
    }
}
