package dev.isobar.cli.print;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Aligned columns of text: numbers to the right, the rest to the left. Not thread safe. */
final class Table {
    private static final Pattern ESCAPES = Pattern.compile("\u001b\\[[0-9;]*m");
    private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9][0-9,.]*( ?(s|ms|%|rows))?");

    private final Terminal terminal;
    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    Table(Terminal terminal, String... header) {
        this.terminal = terminal;
        this.columns = header.length;
        List<String> first = new ArrayList<>();
        for (String name : header) {
            first.add(terminal.quiet(name));
        }
        rows.add(first);
    }

    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    boolean isEmpty() {
        return rows.size() == 1;
    }

    String text() {
        int[] width = new int[columns];
        boolean[] right = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            boolean numbers = rows.size() > 1;
            for (int r = 0; r < rows.size(); r++) {
                String cell = visible(cell(r, c));
                width[c] = Math.max(width[c], cell.length());
                numbers &= r == 0
                        || cell.isEmpty()
                        || cell.equals("-")
                        || NUMBER.matcher(cell).matches();
            }
            right[c] = numbers;
        }
        StringBuilder out = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String cell = cell(r, c);
                String space = " ".repeat(width[c] - visible(cell).length());
                line.append(c == 0 ? "" : "  ").append(right[c] ? space + cell : cell + space);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }

    private String cell(int row, int column) {
        List<String> cells = rows.get(row);
        return column < cells.size() ? terminal.plain(cells.get(column)) : "";
    }

    private static String visible(String cell) {
        return ESCAPES.matcher(cell).replaceAll("");
    }
}
