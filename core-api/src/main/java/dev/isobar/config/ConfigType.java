package dev.isobar.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the text of a key is read. */
public enum ConfigType {
    TEXT,
    INTEGER,
    /** 0 to 65,535. */
    PORT,
    BOOLEAN,
    /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d} or ISO-8601. */
    DURATION,
    PATH;

    /** What is wrong with the text, or null. */
    @Nullable
    String check(String value) {
        try {
            switch (this) {
                case TEXT -> {}
                case INTEGER -> Long.parseLong(value);
                case PORT -> {
                    int port = Integer.parseInt(value);
                    if (port < 0 || port > 65_535) {
                        return "is not a port between 0 and 65535";
                    }
                }
                case BOOLEAN -> {
                    if (!value.equals("true") && !value.equals("false")) {
                        return "is neither true nor false";
                    }
                }
                case DURATION -> {
                    Duration checked = duration(value);
                    return checked.isNegative() ? "is negative" : null;
                }
                case PATH -> {
                    Path checked = Path.of(value);
                    return checked.toString().isEmpty() ? "is empty" : null;
                }
            }
            return null;
        } catch (NumberFormatException e) {
            return "is not a whole number";
        } catch (DateTimeParseException e) {
            return "is not a duration such as 30s, 5m or 2h";
        } catch (ArithmeticException e) {
            return "is too long";
        } catch (InvalidPathException e) {
            return "is not a path";
        }
    }

    static Duration duration(String value) {
        String v = value.trim().toLowerCase(Locale.ROOT);
        int unit = 0;
        while (unit < v.length() && Character.isDigit(v.charAt(unit))) {
            unit++;
        }
        if (unit == 0) {
            return Duration.parse(value.trim());
        }
        long n = Long.parseLong(v.substring(0, unit));
        return switch (v.substring(unit)) {
            case "ms" -> Duration.ofMillis(n);
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            case "d" -> Duration.ofDays(n);
            default -> throw new DateTimeParseException("unknown unit", value, unit);
        };
    }
}
