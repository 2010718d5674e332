package dev.isobar.emulator.gcp.pubsub;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A subscription's filter over attributes, as cloud.google.com/pubsub/docs/subscription-message-filter describes its language: {@code attributes:key},
 * {@code attributes.key = "v"}, {@code !=}, {@code hasPrefix(attributes.key, "v")}, {@code NOT} or {@code -}, {@code AND}, {@code OR}, parentheses; AND and OR
 * do not mix without parentheses. Immutable.
 */
final class Filter {
    private static final int MAX_BYTES = 256;

    private final Predicate<Map<String, String>> test;

    private Filter(Predicate<Map<String, String>> test) {
        this.test = test;
    }

    /** Reads a filter; the empty text lets everything pass. */
    static Filter parse(String text) {
        if (text.isEmpty()) {
            return new Filter(a -> true);
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw Refused.invalid("The filter is longer than " + MAX_BYTES + " bytes.");
        }
        Parser parser = new Parser(text);
        Predicate<Map<String, String>> test = parser.expression();
        parser.end();
        return new Filter(test);
    }

    /** Whether a message with these attributes is delivered. */
    boolean passes(Map<String, String> attributes) {
        return test.test(attributes);
    }

    /** Goes through the text once. */
    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        Predicate<Map<String, String>> expression() {
            Predicate<Map<String, String>> left = factor();
            String joined = "";
            while (true) {
                String operator = word("AND") ? "AND" : word("OR") ? "OR" : "";
                if (operator.isEmpty()) {
                    return left;
                }
                if (!joined.isEmpty() && !joined.equals(operator)) {
                    throw wrong("AND and OR need parentheses to be combined");
                }
                joined = operator;
                Predicate<Map<String, String>> right = factor();
                left = operator.equals("AND") ? left.and(right) : left.or(right);
            }
        }

        private Predicate<Map<String, String>> factor() {
            if (word("NOT") || symbol("-")) {
                return factor().negate();
            }
            if (symbol("(")) {
                Predicate<Map<String, String>> inner = expression();
                expect(")");
                return inner;
            }
            if (word("hasPrefix")) {
                expect("(");
                expectWord();
                expect(".");
                String key = key();
                expect(",");
                String prefix = quoted();
                expect(")");
                return a -> {
                    String value = a.get(key);
                    return value != null && value.startsWith(prefix);
                };
            }
            expectWord();
            if (symbol(":")) {
                String key = key();
                return a -> a.containsKey(key);
            }
            expect(".");
            String key = key();
            boolean not = symbol("!=");
            if (!not) {
                expect("=");
            }
            String value = quoted();
            return a -> value.equals(a.get(key)) != not;
        }

        void end() {
            space();
            if (at < text.length()) {
                throw wrong("nothing may follow");
            }
        }

        private void expectWord() {
            if (!word("attributes")) {
                throw wrong("'attributes' was expected");
            }
        }

        private String key() {
            space();
            if (at < text.length() && text.charAt(at) == '"') {
                return quoted();
            }
            int from = at;
            while (at < text.length()
                    && (Character.isLetterOrDigit(text.charAt(at)) || "_-".indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            if (at == from) {
                throw wrong("an attribute's key was expected");
            }
            return text.substring(from, at);
        }

        private String quoted() {
            expect("\"");
            StringBuilder value = new StringBuilder();
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at++));
            }
            if (at >= text.length()) {
                throw wrong("a text does not end");
            }
            at++;
            return value.toString();
        }

        private boolean word(String word) {
            space();
            int end = at + word.length();
            boolean ends =
                    end >= text.length() || !Character.isLetterOrDigit(text.charAt(end)) && text.charAt(end) != '_';
            if (text.startsWith(word, at) && ends) {
                at = end;
                return true;
            }
            return false;
        }

        private boolean symbol(String symbol) {
            space();
            if (text.startsWith(symbol, at)) {
                at += symbol.length();
                return true;
            }
            return false;
        }

        private void expect(String symbol) {
            if (!symbol(symbol)) {
                throw wrong("'" + symbol + "' was expected");
            }
        }

        private void space() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private RuntimeException wrong(String why) {
            return Refused.invalid("Invalid filter at character " + at + ": " + why + " (filter=" + text + ").");
        }
    }
}
