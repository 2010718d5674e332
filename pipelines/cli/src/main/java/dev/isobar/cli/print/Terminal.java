package dev.isobar.cli.print;

import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the other side of an output stream can show. Immutable.
 *
 * @param live whether lines may be redrawn in place
 * @param colour whether escape sequences for colour are welcome
 * @param unicode whether characters beyond ASCII arrive intact
 * @param columns width in characters, at least 40
 */
public record Terminal(boolean live, boolean colour, boolean unicode, int columns) {
    /** A file or a pipe of which nothing is known. */
    public static final Terminal PLAIN = new Terminal(false, false, false, 100);

    private static final String RESET = "\u001b[0m";

    /** Keeps the width usable. */
    public Terminal {
        columns = Math.max(40, columns);
    }

    /**
     * Judges by the environment: {@code NO_COLOR}, {@code TERM=dumb}, and the character set of the locale.
     *
     * @param tty whether the stream is a terminal
     */
    public static Terminal of(boolean tty, Function<String, @Nullable String> environment, int columns) {
        boolean dumb = "dumb".equals(environment.apply("TERM"));
        @Nullable String noColour = environment.apply("NO_COLOR");
        return new Terminal(
                tty && !dumb, tty && !dumb && (noColour == null || noColour.isEmpty()), utf8(environment), columns);
    }

    private static boolean utf8(Function<String, @Nullable String> environment) {
        for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            @Nullable String value = environment.apply(name);
            if (value != null && !value.isEmpty()) {
                String lower = value.toLowerCase(Locale.ROOT);
                return lower.contains("utf-8") || lower.contains("utf8");
            }
        }
        return false;
    }

    String good(String text) {
        return paint("\u001b[32m", text);
    }

    String bad(String text) {
        return paint("\u001b[31m", text);
    }

    String warn(String text) {
        return paint("\u001b[33m", text);
    }

    String strong(String text) {
        return paint("\u001b[1m", text);
    }

    String quiet(String text) {
        return paint("\u001b[2m", text);
    }

    /** A sign for success. */
    String tick() {
        return unicode ? "✓" : "ok";
    }

    /** A sign for failure. */
    String cross() {
        return unicode ? "✗" : "FAILED";
    }

    /** Paints a word by what it usually means as a status. */
    String status(String word) {
        return switch (word.toUpperCase(Locale.ROOT)) {
            case "SUCCEEDED", "UNCHANGED", "READY", "RUNNING", "NATIVE", "OK", "ACCEPTED" -> good(word);
            case "FAILED", "REJECTED", "REFUSED", "BREACH", "DEAD", "MISSING" -> bad(word);
            case "EMULATED", "PENDING", "STARTING", "DRAINING", "WATCH", "WARNING", "INTERRUPTED" -> warn(word);
            default -> word;
        };
    }

    private String paint(String code, String text) {
        return colour ? code + text + RESET : text;
    }

    /** Replaces the few characters we use beyond ASCII where they would not arrive. */
    String plain(String text) {
        if (unicode) {
            return text;
        }
        return text.replace("·", "-")
                .replace("–", "-")
                .replace("—", "-")
                .replace("…", "...")
                .replace("→", "->")
                .replace("≤", "<=")
                .replace("≥", ">=")
                .replace("−", "-")
                .replace("✓", tick())
                .replace("✗", cross());
    }
}
