package dev.isobar.emulator.gcp.bigquery;

import java.util.ArrayList;
import java.util.List;

/**
 * The words of a statement of GoogleSQL.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical">lexical structure</a>
 */
final class Tokens {
    private static final String SYMBOLS = "(),.*=<>@-;";

    private final List<Token> tokens = new ArrayList<>();
    private int next;

    /** What a token is. */
    enum Kind {
        WORD,
        BACKQUOTED,
        TEXT,
        INTEGER,
        SYMBOL,
        END
    }

    /**
     * A token.
     *
     * @param text a quoted one without quotes
     * @param at offset in the statement, from 0
     */
    record Token(Kind kind, String text, int at) {
        boolean is(String word) {
            return (kind == Kind.WORD && text.equalsIgnoreCase(word)) || (kind == Kind.SYMBOL && text.equals(word));
        }
    }

    Tokens(String sql) {
        int at = 0;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'' || c == '`') {
                at = quoted(sql, at, c);
            } else if (c >= '0' && c <= '9') {
                int end = end(sql, at);
                String digits = sql.substring(at, end);
                if (!digits.chars().allMatch(d -> d >= '0' && d <= '9')) {
                    throw syntax(at, "Unexpected number \"" + digits + "\"");
                }
                tokens.add(new Token(Kind.INTEGER, digits, at));
                at = end;
            } else if (isWord(c)) {
                int end = end(sql, at);
                tokens.add(new Token(Kind.WORD, sql.substring(at, end), at));
                at = end;
            } else {
                String two = sql.substring(at, Math.min(sql.length(), at + 2));
                String symbol = List.of("<=", ">=", "<>", "!=").contains(two) ? two : String.valueOf(c);
                if (symbol.length() == 1 && SYMBOLS.indexOf(c) < 0 || two.equals("--")) {
                    throw syntax(at, "Unexpected \"" + c + "\"");
                }
                tokens.add(new Token(Kind.SYMBOL, symbol, at));
                at += symbol.length();
            }
        }
        tokens.add(new Token(Kind.END, "end of script", sql.length()));
    }

    private static boolean isWord(char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static int end(String sql, int from) {
        int end = from;
        while (end < sql.length() && isWord(sql.charAt(end))) {
            end++;
        }
        return end;
    }

    private int quoted(String sql, int from, char quote) {
        int at = sql.indexOf(quote, from + 1);
        if (at < 0) {
            throw syntax(from, "Unclosed " + (quote == '`' ? "identifier" : "string") + " literal");
        }
        String text = sql.substring(from + 1, at);
        if (text.indexOf('\\') >= 0 || text.indexOf('\n') >= 0) {
            throw syntax(from, "This emulator does not read escapes in literals; use a parameter");
        }
        tokens.add(new Token(quote == '`' ? Kind.BACKQUOTED : Kind.TEXT, text, from));
        return at + 1;
    }

    Token peek() {
        return tokens.get(next);
    }

    Token take() {
        Token token = tokens.get(next);
        if (token.kind() != Kind.END) {
            next++;
        }
        return token;
    }

    /** All of these words, or none of them. */
    boolean accept(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (next + i >= tokens.size() || !tokens.get(next + i).is(words[i])) {
                return false;
            }
        }
        next += words.length;
        return true;
    }

    void expect(String... words) {
        for (String word : words) {
            if (!accept(word)) {
                throw unexpected("\"" + word + "\"");
            }
        }
    }

    /** Where it is, for {@link #reset}. */
    int mark() {
        return next;
    }

    void reset(int mark) {
        next = mark;
    }

    /** Goes on to a word, or to the end. */
    void skipTo(String word) {
        while (peek().kind() != Kind.END && !peek().is(word)) {
            next++;
        }
    }

    void end() {
        accept(";");
        if (peek().kind() != Kind.END) {
            throw unexpected("end of input");
        }
    }

    Refusal unexpected(String expected) {
        return syntax(peek().at(), "Expected " + expected + " but got \"" + peek().text() + "\"");
    }

    static Refusal syntax(int at, String message) {
        return Refusal.invalidQuery("Syntax error: " + message + " at [1:" + (at + 1) + "]");
    }
}
