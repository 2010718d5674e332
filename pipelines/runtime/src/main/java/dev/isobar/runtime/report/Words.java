package dev.isobar.runtime.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Text, numbers and dates as the report writes them. The only place where text becomes markup. */
final class Words {
    static final String NONE = "–";

    private static final DateTimeFormatter DAY = utc("d MMM");
    private static final DateTimeFormatter DATE = utc("d MMM yyyy");
    private static final DateTimeFormatter TIME = utc("d MMM yyyy, HH:mm:ss 'UTC'");

    private Words() {}

    /** Text for an element or a quoted attribute; control characters, which HTML forbids, become a replacement sign. */
    static String esc(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '\n', '\t' -> out.append(' ');
                default -> out.append(Character.isISOControl(c) ? '\uFFFD' : c);
            }
        }
        return out.toString();
    }

    static String fixed(@Nullable Double value, int digits) {
        return value == null
                ? NONE
                : String.format(Locale.ROOT, "%." + digits + "f", value).replace('-', '−');
    }

    /** Four significant digits or so. */
    static String number(@Nullable Double value) {
        if (value == null) {
            return NONE;
        }
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e15) {
            return String.format(Locale.ROOT, "%,d", value.longValue()).replace('-', '−');
        }
        return size >= 1e6 || size < 1e-3
                ? String.format(Locale.ROOT, "%.2e", value).replace('-', '−')
                : fixed(value, size >= 100 ? 1 : size >= 1 ? 2 : 3);
    }

    static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n).replace('-', '−');
    }

    static String percent(@Nullable Double share) {
        return share == null ? NONE : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    static String pValue(@Nullable Double p) {
        return p == null ? NONE : p < 0.001 ? "< 0.001" : fixed(p, 3);
    }

    static String millis(@Nullable Double ms) {
        return ms == null ? NONE : fixed(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0) + " ms";
    }

    static String seconds(double s) {
        return s < 60 ? fixed(s, s < 10 ? 1 : 0) + " s" : (long) s / 60 + " min " + Math.round(s % 60) + " s";
    }

    static String day(long micros) {
        return DAY.format(instant(micros));
    }

    static String date(long micros) {
        return DATE.format(instant(micros));
    }

    static String time(long micros) {
        return TIME.format(instant(micros));
    }

    /** The first twelve digits of a digest; the whole is in the title. */
    static String digest(String hex) {
        String shown = hex.length() > 16 ? hex.substring(0, 12) + "…" : hex;
        return "<code title=\"" + esc(hex) + "\">" + esc(shown) + "</code>";
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
    }

    private static DateTimeFormatter utc(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneOffset.UTC);
    }
}
