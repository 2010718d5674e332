package dev.isobar.benchmarks.driver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A page whose tables stand between {@code <!-- benchmarks:NAME -->} and {@code <!-- benchmarks:end -->}. */
final class Page {
    private static final String END = "<!-- benchmarks:end -->";

    private Page() {}

    /**
     * Replaces the tables that the page has markers for.
     *
     * @throws IllegalArgumentException if a table has no place in the page
     */
    static void write(Path page, Map<String, String> tables) throws IOException {
        String text = Files.readString(page, StandardCharsets.UTF_8);
        for (Map.Entry<String, String> table : tables.entrySet()) {
            text = replaced(page, text, table.getKey(), table.getValue());
        }
        Files.writeString(page, text, StandardCharsets.UTF_8);
    }

    static String replaced(Path page, String text, String name, String table) {
        String begin = "<!-- benchmarks:" + name + " -->";
        int from = text.indexOf(begin);
        int to = text.indexOf(END, Math.max(from, 0));
        if (from < 0 || to < 0) {
            throw new IllegalArgumentException(
                    page + " has no " + begin + " … " + END + "; add both lines where the table goes");
        }
        return text.substring(0, from + begin.length()) + "\n" + table.strip() + "\n" + text.substring(to);
    }
}
