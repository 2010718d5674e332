import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes an SVG of what a command left on a terminal, from a recording by {@code script}: {@code java docs/tools/TerminalPicture.java RECORDING SVG
 * COMMAND [TEXT=REPLACEMENT …]}. Knows what isobar writes: colours, carriage return, erase line. Anything else stays visible, so that it is noticed.
 */
final class TerminalPicture {
    private static final double CHAR = 8.43;
    private static final int LINE = 19;
    private static final int COLUMNS = 132;

    private record Piece(String style, String text) {}

    public static void main(String[] args) throws IOException {
        String recording = Files.readString(Path.of(args[0]));
        for (int i = 3; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            recording = recording.replace(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        List<List<Piece>> lines = new ArrayList<>();
        lines.add(List.of(new Piece("d", "$ "), new Piece("b", args[2])));
        for (String raw : recording.split("\r?\n", -1)) {
            if (raw.startsWith("Script started") || raw.startsWith("Script done")) {
                continue;
            }
            int redrawn = raw.lastIndexOf("\r\u001b[2K");
            String line = redrawn < 0 ? raw : raw.substring(redrawn + 5);
            lines.add(cut(pieces(line.replace("\r", ""))));
        }
        while (lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        Files.writeString(Path.of(args[1]), svg(lines), StandardCharsets.UTF_8);
    }

    private static List<Piece> pieces(String line) {
        List<Piece> pieces = new ArrayList<>();
        String style = "n";
        int at = 0;
        while (at < line.length()) {
            int escape = line.indexOf("\u001b[", at);
            int end = escape < 0 ? line.length() : escape;
            if (end > at) {
                pieces.add(new Piece(style, line.substring(at, end)));
            }
            if (escape < 0) {
                break;
            }
            int m = line.indexOf('m', escape);
            style = switch (line.substring(escape + 2, m)) {
                case "1" -> "b";
                case "2" -> "d";
                case "31" -> "r";
                case "32" -> "g";
                case "33" -> "y";
                default -> "n";
            };
            at = m + 1;
        }
        return pieces;
    }

    /** A picture has no second line to wrap to. */
    private static List<Piece> cut(List<Piece> line) {
        List<Piece> kept = new ArrayList<>();
        int room = COLUMNS;
        for (Piece p : line) {
            if (p.text().length() > room) {
                kept.add(new Piece(p.style(), p.text().substring(0, Math.max(room - 2, 0)) + " …"));
                break;
            }
            kept.add(p);
            room -= p.text().length();
        }
        return kept;
    }

    private static String svg(List<List<Piece>> lines) {
        int longest = lines.stream().mapToInt(TerminalPicture::length).max().orElse(0);
        int width = (int) Math.ceil(longest * CHAR) + 40;
        int height = lines.size() * LINE + 56;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ").append(width).append(' ').append(height);
        svg.append("\" width=\"").append(width).append("\" height=\"").append(height).append("\">\n<style>text{font:14px ui-monospace,");
        svg.append("SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d8dee9;white-space:pre}");
        svg.append(".b{font-weight:700}.d{fill:#8f98a8}.g{fill:#8fce7d}.r{fill:#f2777a}.y{fill:#ffcc66}</style>\n");
        svg.append("<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1f2530\"/>\n");
        svg.append("<g fill=\"#4b5568\"><circle cx=\"20\" cy=\"18\" r=\"5\"/><circle cx=\"38\" cy=\"18\" r=\"5\"/><circle cx=\"56\" cy=\"18\" r=\"5\"/></g>\n");
        int y = 52;
        for (List<Piece> line : lines) {
            int column = 0;
            for (Piece p : line) {
                // Each piece has its place and length, so that columns stand under each other whatever font is there.
                if (!p.text().isBlank()) {
                    int lead = p.text().length() - p.text().stripLeading().length();
                    String text = p.text().strip();
                    svg.append(String.format(java.util.Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" class=\"%s\" textLength=\"%.1f\">",
                            20 + (column + lead) * CHAR, y, p.style(), text.length() * CHAR));
                    svg.append(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")).append("</text>\n");
                }
                column += p.text().length();
            }
            y += LINE;
        }
        return svg.append("</svg>\n").toString();
    }

    private static int length(List<Piece> line) {
        return line.stream().mapToInt(p -> p.text().length()).sum();
    }
}
