package dev.isobar.emulator.aws.athena;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A statement's tokens, one after the other. Not thread safe. */
final class Tokens {
    private static final String SYMBOLS = "(),.=<>*-;";

    private final List<Token> tokens = new ArrayList<>();
    private int next;

    /** What a token is. */
    enum Kind {
        WORD,
        QUOTED,
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
     * @param at offset in the statement
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
            } else if (c == '\'' || c == '"' || c == '`') {
                at = quoted(sql, at, c);
            } else if (Character.isDigit(c)) {
                int end = at;
                while (end < sql.length() && Character.isDigit(sql.charAt(end))) {
                    end++;
                }
                if (end < sql.length() && (Character.isLetter(sql.charAt(end)) || sql.charAt(end) == '.')) {
                    throw QueryFailure.syntax(end, "mismatched input '" + sql.charAt(end) + "'");
                }
                tokens.add(new Token(Kind.INTEGER, sql.substring(at, end), at));
                at = end;
            } else if (Character.isLetter(c) || c == '_') {
                int end = at;
                while (end < sql.length() && (Character.isLetterOrDigit(sql.charAt(end)) || sql.charAt(end) == '_')) {
                    end++;
                }
                tokens.add(new Token(Kind.WORD, sql.substring(at, end), at));
                at = end;
            } else {
                String two = sql.substring(at, Math.min(sql.length(), at + 2));
                String symbol = List.of("<=", ">=", "<>", "!=").contains(two) ? two : String.valueOf(c);
                if (symbol.length() == 1 && SYMBOLS.indexOf(c) < 0) {
                    throw QueryFailure.syntax(at, "mismatched input '" + c + "'");
                }
                tokens.add(new Token(Kind.SYMBOL, symbol, at));
                at += symbol.length();
            }
        }
        // One at the end is allowed.
        if (!tokens.isEmpty() && tokens.get(tokens.size() - 1).is(";")) {
            tokens.remove(tokens.size() - 1);
        }
        tokens.add(new Token(Kind.END, "<EOF>", sql.length()));
    }

    private int quoted(String sql, int from, char quote) {
        StringBuilder text = new StringBuilder();
        int at = from + 1;
        while (true) {
            if (at >= sql.length()) {
                throw QueryFailure.syntax(from, "a quote is not closed");
            }
            char c = sql.charAt(at++);
            if (c != quote) {
                text.append(c);
            } else if (at < sql.length() && sql.charAt(at) == quote) {
                text.append(c);
                at++;
            } else {
                break;
            }
        }
        Kind kind = quote == '\'' ? Kind.TEXT : quote == '"' ? Kind.QUOTED : Kind.BACKQUOTED;
        tokens.add(new Token(kind, text.toString(), from));
        return at;
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

    boolean accept(String word) {
        if (peek().is(word)) {
            next++;
            return true;
        }
        return false;
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
                throw unexpected("'" + word + "'");
            }
        }
    }

    String text() {
        if (peek().kind() != Kind.TEXT) {
            throw unexpected("a string");
        }
        return take().text();
    }

    void end() {
        if (peek().kind() != Kind.END) {
            throw unexpected("<EOF>");
        }
    }

    /** A name: bare, or in the quotes of the dialect. Names have no case. */
    String name(Kind quotes) {
        Token token = peek();
        if (token.kind() != Kind.WORD && token.kind() != quotes) {
            throw unexpected("an identifier");
        }
        next++;
        return token.text().toLowerCase(Locale.ROOT);
    }

    QueryFailure unexpected(String expected) {
        return QueryFailure.syntax(peek().at(), "mismatched input '" + peek().text() + "'. Expecting: " + expected);
    }
}
