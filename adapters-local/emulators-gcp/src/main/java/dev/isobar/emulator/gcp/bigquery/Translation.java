package dev.isobar.emulator.gcp.bigquery;

import dev.isobar.emulator.gcp.bigquery.Catalog.Name;
import dev.isobar.emulator.gcp.bigquery.Catalog.Table;
import dev.isobar.emulator.gcp.bigquery.Parameters.Parameter;
import dev.isobar.emulator.gcp.bigquery.Tokens.Kind;
import dev.isobar.emulator.gcp.bigquery.Tokens.Token;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Reads a statement of GoogleSQL and writes anew, for DuckDB, what it has understood; everything else is {@code invalidQuery}, and so is what does not mean the same
 * in both.
 *
 * <p>{@code SELECT} of one table with {@code WHERE}, {@code GROUP BY}, {@code ORDER BY}, {@code LIMIT}; {@code DELETE}; comparisons of equal types that are not {@code
 * FLOAT64}; {@code AND}, {@code OR}, {@code NOT}, {@code IS [NOT] NULL}, {@code IN UNNEST(@array)}; {@code COUNT}, {@code MIN}, {@code MAX}; {@code UNIX_MICROS},
 * {@code TIMESTAMP_MICROS}, {@code TIMESTAMP} and {@code DATETIME} in UTC; {@code FORMAT('%.16e', x)}.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax">query syntax</a>
 */
final class Translation {
    /** What was understood. */
    record Statement(boolean isDelete, Table table, String sql, List<Column> result, List<Column> read) {}

    /** Finds a table. */
    interface Tables {
        Table find(Name name) throws SQLException;
    }

    /** An expression in DuckDB's words. */
    private record Typed(String sql, ColumnType type, boolean isAggregate) {}

    private final Tokens tokens;
    private final Parameters parameters;
    private final String project;
    private final @Nullable String defaultDataset;
    private final Tables tables;
    private final Set<Column> read = new LinkedHashSet<>();
    private final Set<String> aliases = new LinkedHashSet<>();
    private @Nullable Table table;
    private String alias = "";

    private Translation(
            String sql, Parameters parameters, String project, @Nullable String defaultDataset, Tables tables) {
        this.tokens = new Tokens(sql);
        this.parameters = parameters;
        this.project = project;
        this.defaultDataset = defaultDataset;
        this.tables = tables;
    }

    /**
     * Reads a statement.
     *
     * @param project of tables that are named without one
     */
    static Statement of(
            String sql, Parameters parameters, String project, @Nullable String defaultDataset, Tables tables)
            throws SQLException {
        Translation translation = new Translation(sql, parameters, project, defaultDataset, tables);
        if (translation.tokens.accept("SELECT")) {
            return translation.select();
        }
        if (translation.tokens.accept("DELETE", "FROM")) {
            return translation.delete();
        }
        throw translation.tokens.unexpected("keyword SELECT or keywords DELETE FROM");
    }

    private Statement delete() throws SQLException {
        from();
        // GoogleSQL wants a condition.
        tokens.expect("WHERE");
        String where = condition();
        tokens.end();
        return new Statement(
                true, theTable(), "DELETE FROM " + theTable().quoted() + " AS t WHERE " + where, List.of(), all());
    }

    private List<Column> all() {
        // A change reads every column of what it rewrites.
        return theTable().columns();
    }

    private Statement select() throws SQLException {
        // What the names before FROM mean is only known behind it.
        int items = tokens.mark();
        tokens.skipTo("FROM");
        tokens.expect("FROM");
        from();
        int rest = tokens.mark();
        tokens.reset(items);
        List<Column> result = new ArrayList<>();
        StringJoiner selected = new StringJoiner(", ");
        boolean aggregates = false;
        List<String> plain = new ArrayList<>();
        do {
            Token first = tokens.peek();
            Typed item = expression();
            String name;
            if (tokens.accept("AS")) {
                name = identifier();
                aliases.add(name.toLowerCase(Locale.ROOT));
            } else {
                Column column = theTable().column(first.text());
                name = column != null && item.sql().endsWith("." + column.quoted())
                        ? column.name()
                        : "f" + result.size() + "_";
            }
            selected.add(item.sql() + " AS c" + result.size());
            result.add(new Column(name, item.type(), false));
            aggregates |= item.isAggregate();
            if (!item.isAggregate()) {
                plain.add(item.sql());
            }
        } while (tokens.accept(","));
        if (!tokens.peek().is("FROM")) {
            throw tokens.unexpected("\",\" or keyword FROM");
        }
        tokens.reset(rest);
        StringBuilder sql = new StringBuilder("SELECT ")
                .append(selected)
                .append(" FROM ")
                .append(theTable().quoted())
                .append(" AS t");
        if (tokens.accept("WHERE")) {
            sql.append(" WHERE ").append(condition());
        }
        List<String> groups = new ArrayList<>();
        if (tokens.accept("GROUP", "BY")) {
            do {
                groups.add(grouped());
            } while (tokens.accept(","));
            sql.append(" GROUP BY ").append(String.join(", ", groups));
        }
        if ((aggregates || !groups.isEmpty()) && !groups.containsAll(plain)) {
            throw Refusal.invalidQuery(
                    "SELECT list expression references a column which is neither grouped nor aggregated");
        }
        if (tokens.accept("ORDER", "BY")) {
            if (aggregates || !groups.isEmpty()) {
                throw Refusal.notHere("an order of groups");
            }
            StringJoiner order = new StringJoiner(", ");
            do {
                order.add(ordered());
            } while (tokens.accept(","));
            sql.append(" ORDER BY ").append(order);
        }
        if (tokens.accept("LIMIT")) {
            sql.append(" LIMIT ").append(integer());
        }
        tokens.end();
        return new Statement(false, theTable(), sql.toString(), result, List.copyOf(read));
    }

    private String grouped() {
        Typed by = expression();
        if (by.type() == ColumnType.FLOAT64) {
            throw Refusal.invalidQuery("Grouping by expressions of type FLOAT64 is not part of this emulator");
        }
        return by.sql();
    }

    /** In GoogleSQL null comes first, then NaN, then the numbers. */
    private String ordered() {
        Token first = tokens.peek();
        Typed by = expression();
        if (first.kind() != Kind.SYMBOL && aliases.contains(first.text().toLowerCase(Locale.ROOT))) {
            throw Refusal.notHere("an order by a name that the answer's columns have too");
        }
        boolean down = tokens.accept("DESC");
        if (!down) {
            tokens.accept("ASC");
        }
        boolean nullsLast = down;
        if (tokens.accept("NULLS", "FIRST")) {
            nullsLast = false;
        } else if (tokens.accept("NULLS", "LAST")) {
            nullsLast = true;
        }
        String end = (down ? " DESC" : " ASC") + (nullsLast ? " NULLS LAST" : " NULLS FIRST");
        String nan = by.type() == ColumnType.FLOAT64 ? "NOT isnan(" + by.sql() + ")" + end + ", " : "";
        return nan + by.sql() + end;
    }

    private void from() throws SQLException {
        StringBuilder path = new StringBuilder();
        do {
            Token token = tokens.take();
            if (token.kind() != Kind.BACKQUOTED && token.kind() != Kind.WORD) {
                throw Tokens.syntax(token.at(), "Unexpected \"" + token.text() + "\"");
            }
            path.append(path.length() == 0 ? "" : ".").append(token.text());
        } while (tokens.accept("."));
        String[] parts = path.toString().split("\\.", -1);
        if (parts.length == 3) {
            table = tables.find(new Name(parts[0], parts[1], parts[2]));
        } else if (parts.length == 2) {
            table = tables.find(new Name(project, parts[0], parts[1]));
        } else if (parts.length == 1 && defaultDataset != null) {
            table = tables.find(new Name(project, defaultDataset, parts[0]));
        } else {
            throw Refusal.invalidQuery("Table \"" + path + "\" must be qualified with a dataset (e.g. dataset.table).");
        }
        if (tokens.accept("AS")) {
            alias = identifier();
        }
    }

    private Table theTable() {
        if (table == null) {
            throw new IllegalStateException("no table yet");
        }
        return table;
    }

    private String identifier() {
        Token token = tokens.take();
        if (token.kind() != Kind.WORD && token.kind() != Kind.BACKQUOTED) {
            throw Tokens.syntax(token.at(), "Expected identifier but got \"" + token.text() + "\"");
        }
        return token.text();
    }

    private long integer() {
        Token token = tokens.take();
        if (token.kind() != Kind.INTEGER) {
            throw Tokens.syntax(token.at(), "Expected integer but got \"" + token.text() + "\"");
        }
        return parse(token.text());
    }

    private static long parse(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw Refusal.invalidQuery("Invalid integer literal: " + digits);
        }
    }

    private String condition() {
        Typed condition = expression();
        if (condition.type() != ColumnType.BOOL || condition.isAggregate()) {
            throw Refusal.invalidQuery("WHERE clause should return type BOOL, but returns type " + condition.type());
        }
        return condition.sql();
    }

    private Typed expression() {
        Typed left = conjunction();
        while (tokens.accept("OR")) {
            left = both(left, "OR", conjunction());
        }
        return left;
    }

    private Typed conjunction() {
        Typed left = negation();
        while (tokens.accept("AND")) {
            left = both(left, "AND", negation());
        }
        return left;
    }

    private static Typed both(Typed left, String operator, Typed right) {
        if (left.type() != ColumnType.BOOL || right.type() != ColumnType.BOOL) {
            throw noSignature("operator " + operator, left, right);
        }
        return scalar("(" + left.sql() + " " + operator + " " + right.sql() + ")", ColumnType.BOOL);
    }

    private Typed negation() {
        if (!tokens.accept("NOT")) {
            return comparison();
        }
        Typed operand = negation();
        if (operand.type() != ColumnType.BOOL) {
            throw noSignature("operator NOT", operand);
        }
        return scalar("(NOT " + operand.sql() + ")", ColumnType.BOOL);
    }

    private Typed comparison() {
        Typed left = primary();
        if (tokens.accept("IS")) {
            boolean not = tokens.accept("NOT");
            tokens.expect("NULL");
            return scalar("(" + left.sql() + (not ? " IS NOT NULL)" : " IS NULL)"), ColumnType.BOOL);
        }
        if (tokens.accept("IN")) {
            tokens.expect("UNNEST", "(", "@");
            Parameter array = parameter(true);
            tokens.expect(")");
            if (array.type() != left.type()) {
                throw Refusal.invalidQuery("No matching signature for operator IN UNNEST for argument types "
                        + left.type() + " and ARRAY<" + array.type() + ">");
            }
            StringJoiner values = new StringJoiner(", ");
            array.values().forEach(v -> values.add(literal(array.type(), v)));
            return scalar(
                    array.values().isEmpty() ? "FALSE" : "(" + left.sql() + " IN (" + values + "))", ColumnType.BOOL);
        }
        for (String operator : List.of("=", "<>", "!=", "<=", ">=", "<", ">")) {
            if (tokens.accept(operator)) {
                Typed right = primary();
                if (left.type() != right.type()) {
                    throw noSignature("operator " + operator, left, right);
                }
                if (left.type() == ColumnType.FLOAT64 || left.type() == ColumnType.BYTES) {
                    throw Refusal.notHere("comparisons of " + left.type());
                }
                return scalar("(" + left.sql() + " " + operator + " " + right.sql() + ")", ColumnType.BOOL);
            }
        }
        return left;
    }

    private Typed primary() {
        Token token = tokens.take();
        if (token.is("(")) {
            Typed inner = expression();
            tokens.expect(")");
            return inner;
        }
        if (token.is("@")) {
            Parameter parameter = parameter(false);
            return scalar(literal(parameter.type(), parameter.values().get(0)), parameter.type());
        }
        if (token.is("-")) {
            Token digits = tokens.take();
            if (digits.kind() == Kind.INTEGER) {
                return scalar("(-" + parse(digits.text()) + ")", ColumnType.INT64);
            }
            throw Tokens.syntax(digits.at(), "Unexpected \"" + digits.text() + "\"");
        }
        return switch (token.kind()) {
            case INTEGER -> scalar(Long.toString(parse(token.text())), ColumnType.INT64);
            case TEXT -> scalar(literal(ColumnType.STRING, token.text()), ColumnType.STRING);
            case BACKQUOTED -> name(token);
            case WORD -> {
                if (token.is("TRUE") || token.is("FALSE")) {
                    yield scalar(token.text().toUpperCase(Locale.ROOT), ColumnType.BOOL);
                }
                yield tokens.accept("(") ? call(token) : name(token);
            }
            case SYMBOL, END -> throw Tokens.syntax(token.at(), "Unexpected \"" + token.text() + "\"");
        };
    }

    private Typed name(Token first) {
        String name = first.text();
        if (tokens.accept(".")) {
            if (alias.isEmpty() || !name.equalsIgnoreCase(alias)) {
                throw Refusal.invalidQuery("Unrecognized name: " + name + " at [1:" + (first.at() + 1) + "]");
            }
            name = identifier();
        }
        Column column = theTable().column(name);
        if (column == null) {
            throw Refusal.invalidQuery("Unrecognized name: " + name + " at [1:" + (first.at() + 1) + "]");
        }
        read.add(column);
        return scalar("t." + column.quoted(), column.type());
    }

    private Typed call(Token function) {
        String name = function.text().toUpperCase(Locale.ROOT);
        if (name.equals("COUNT") && tokens.accept("*", ")")) {
            return new Typed("count(*)", ColumnType.INT64, true);
        }
        List<Typed> arguments = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        if (!tokens.accept(")")) {
            do {
                Token token = tokens.peek();
                texts.add(token.kind() == Kind.TEXT ? token.text() : "");
                arguments.add(expression());
            } while (tokens.accept(","));
            tokens.expect(")");
        }
        if (arguments.stream().anyMatch(Typed::isAggregate)) {
            throw Refusal.invalidQuery("Aggregations of aggregations are not allowed");
        }
        String types =
                String.join(",", arguments.stream().map(a -> a.type().name()).toList());
        String only = arguments.isEmpty() ? "" : arguments.get(0).sql();
        boolean utc = texts.size() == 2 && texts.get(1).equals("UTC");
        return switch (name + "(" + types + ")") {
            case "UNIX_MICROS(TIMESTAMP)" -> scalar(only, ColumnType.INT64);
            case "TIMESTAMP_MICROS(INT64)" -> scalar(inRange(only), ColumnType.TIMESTAMP);
            case "TIMESTAMP(DATETIME,STRING)" -> scalar(inUtc(utc, only), ColumnType.TIMESTAMP);
            case "DATETIME(TIMESTAMP,STRING)" -> scalar(inUtc(utc, only), ColumnType.DATETIME);
            case "IS_NAN(FLOAT64)" -> scalar("isnan(" + only + ")", ColumnType.BOOL);
            case "FORMAT(STRING,FLOAT64)" ->
                scalar(format(texts.get(0), arguments.get(1).sql()), ColumnType.STRING);
            case "MIN(INT64)", "MIN(TIMESTAMP)", "MIN(STRING)" ->
                new Typed("min(" + only + ")", arguments.get(0).type(), true);
            case "MAX(INT64)", "MAX(TIMESTAMP)", "MAX(STRING)" ->
                new Typed("max(" + only + ")", arguments.get(0).type(), true);
            default ->
                throw Refusal.invalidQuery("Function not found or no matching signature: " + name + "(" + types + ")");
        };
    }

    private static String inUtc(boolean utc, String sql) {
        if (!utc) {
            throw Refusal.notHere("time zones beside 'UTC'");
        }
        return sql;
    }

    private static String inRange(String micros) {
        return "(CASE WHEN " + micros + " BETWEEN " + ColumnType.EARLIEST + " AND " + ColumnType.LATEST + " THEN "
                + micros
                + " ELSE error('TIMESTAMP value is out of allowed range: from 0001-01-01 00:00:00.000000+00 to 9999-12-31 23:59:59.999999+00.') END)";
    }

    /** The rules of C's printf are those of both; NaN has no sign in GoogleSQL. */
    private static String format(String pattern, String value) {
        if (!pattern.equals("%.16e")) {
            throw Refusal.notHere("FORMAT with '" + pattern + "'");
        }
        return "(CASE WHEN isnan(" + value + ") THEN 'nan' ELSE printf('%.16e', " + value + ") END)";
    }

    private Parameter parameter(boolean array) {
        String name = identifier();
        Parameter parameter = parameters.byName().get(name.toLowerCase(Locale.ROOT));
        if (parameter == null) {
            throw Refusal.invalidQuery("Query parameter '" + name + "' not found");
        }
        if (parameter.isArray() != array) {
            throw Refusal.invalidQuery("Query parameter '" + name + "' is " + (array ? "no" : "an") + " array");
        }
        return parameter;
    }

    private static String literal(ColumnType type, String value) {
        return switch (type) {
            case INT64 -> number(value);
            case BOOL -> Boolean.toString(Boolean.parseBoolean(value));
            // Every character, whatever DuckDB's own rules for quotes are.
            case STRING ->
                "decode(from_hex('" + HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8)) + "'))";
            default -> throw Refusal.notHere("values of type " + type);
        };
    }

    private static String number(String value) {
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Refusal.invalid("Invalid value for type INT64: " + value);
        }
        return number == Long.MIN_VALUE ? "(-9223372036854775807 - 1)" : "(" + number + ")";
    }

    private static Typed scalar(String sql, ColumnType type) {
        return new Typed(sql, type, false);
    }

    private static Refusal noSignature(String what, Typed... operands) {
        StringJoiner types = new StringJoiner(", ");
        for (Typed operand : operands) {
            types.add(operand.type().name());
        }
        return Refusal.invalidQuery("No matching signature for " + what + " for argument types: " + types);
    }
}
