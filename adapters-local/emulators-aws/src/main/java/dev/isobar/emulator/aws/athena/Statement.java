package dev.isobar.emulator.aws.athena;

import dev.isobar.emulator.aws.athena.Tokens.Kind;
import dev.isobar.emulator.aws.athena.Tokens.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be said to this Athena. Definitions follow Hive (names in back quotes), queries follow Trino (names in double quotes).
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/create-table.html">CREATE TABLE</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/select.html">SELECT</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/unload.html">UNLOAD</a>
 */
sealed interface Statement {
    /** The types of columns that mean the same in Hive, Trino, DuckDB and Parquet. */
    Set<String> TYPES = Set.of("string", "int", "bigint", "double", "boolean");

    /** A table's name; the database is the context's if none is said. */
    record Name(@Nullable String database, String table) {}

    record CreateDatabase(String name, boolean ifNotExists) implements Statement {}

    record DropDatabase(String name, boolean ifExists) implements Statement {}

    /** @param columns name → type */
    record CreateTable(Name name, boolean ifNotExists, Map<String, String> columns, String location)
            implements Statement {}

    record DropTable(Name name, boolean ifExists) implements Statement {}

    /**
     * A query of one table.
     *
     * @param grouping numbers of the items to group by, from 0
     */
    record Select(List<Item> items, Name from, @Nullable Condition where, List<Operand> grouping)
            implements Statement {}

    record Unload(Select query, String to) implements Statement {}

    /** A column of a result. */
    record Item(Operand operand, String label) {}

    /** Something with a value. */
    sealed interface Operand {}

    /** A column, or {@code $path}. */
    record ColumnName(String name, int at) implements Operand {}

    record TextValue(String text) implements Operand {}

    record IntegerValue(long value) implements Operand {}

    record CountAll() implements Operand {}

    /** Something that holds or not. */
    sealed interface Condition {}

    record Both(Condition left, Condition right) implements Condition {}

    record Either(Condition left, Condition right) implements Condition {}

    record Not(Condition condition) implements Condition {}

    record Constant(boolean value) implements Condition {}

    record IsNull(Operand operand) implements Condition {}

    record Compare(Operand left, String operator, Operand right, int at) implements Condition {}

    record In(Operand operand, List<Operand> values, int at) implements Condition {}

    static Statement parse(String sql) {
        Tokens tokens = new Tokens(sql);
        Statement statement;
        if (tokens.accept("CREATE")) {
            statement = create(tokens);
        } else if (tokens.accept("DROP")) {
            statement = drop(tokens);
        } else if (tokens.accept("UNLOAD")) {
            statement = unload(tokens);
        } else if (tokens.peek().is("SELECT")) {
            statement = select(tokens);
        } else {
            throw tokens.unexpected("'CREATE', 'DROP', 'SELECT', 'UNLOAD'");
        }
        tokens.end();
        return statement;
    }

    private static Statement create(Tokens tokens) {
        if (tokens.accept("DATABASE") || tokens.accept("SCHEMA")) {
            boolean ifNotExists = tokens.accept("IF", "NOT", "EXISTS");
            return new CreateDatabase(tokens.name(Kind.BACKQUOTED), ifNotExists);
        }
        tokens.expect("EXTERNAL", "TABLE");
        boolean ifNotExists = tokens.accept("IF", "NOT", "EXISTS");
        Name name = name(tokens, Kind.BACKQUOTED);
        tokens.expect("(");
        Map<String, String> columns = new LinkedHashMap<>();
        do {
            Token at = tokens.peek();
            String column = tokens.name(Kind.BACKQUOTED);
            Token type = tokens.peek();
            String typeName = tokens.name(Kind.WORD);
            if (!TYPES.contains(typeName)) {
                throw QueryFailure.syntax(type.at(), "this emulator has no type '" + typeName + "'");
            }
            if (columns.put(column, typeName) != null) {
                throw QueryFailure.syntax(at.at(), "Column '" + column + "' specified more than once");
            }
        } while (tokens.accept(","));
        tokens.expect(")", "STORED", "AS", "PARQUET", "LOCATION");
        Token at = tokens.peek();
        String location = tokens.text();
        checkLocation(location, at.at());
        return new CreateTable(name, ifNotExists, columns, location);
    }

    private static Statement drop(Tokens tokens) {
        boolean database = tokens.accept("DATABASE") || tokens.accept("SCHEMA");
        if (!database) {
            tokens.expect("TABLE");
        }
        boolean ifExists = tokens.accept("IF", "EXISTS");
        return database
                ? new DropDatabase(tokens.name(Kind.BACKQUOTED), ifExists)
                : new DropTable(name(tokens, Kind.BACKQUOTED), ifExists);
    }

    private static Statement unload(Tokens tokens) {
        tokens.expect("(");
        Select query = select(tokens);
        tokens.expect(")", "TO");
        Token at = tokens.peek();
        String to = tokens.text();
        checkLocation(to, at.at());
        tokens.expect("WITH", "(");
        Map<String, String> settings = new LinkedHashMap<>();
        do {
            String key = tokens.name(Kind.QUOTED);
            tokens.expect("=");
            settings.put(key, tokens.text().toUpperCase(Locale.ROOT));
        } while (tokens.accept(","));
        tokens.expect(")");
        String format = settings.remove("format");
        String compression = settings.remove("compression");
        if (!"PARQUET".equals(format)
                || (compression != null
                        && !Set.of("SNAPPY", "GZIP", "ZSTD", "NONE").contains(compression))
                || !settings.isEmpty()) {
            throw QueryFailure.syntax(at.at(), "this emulator unloads Parquet, with a compression and nothing else");
        }
        return new Unload(query, to);
    }

    private static Select select(Tokens tokens) {
        tokens.expect("SELECT");
        List<Item> items = new ArrayList<>();
        do {
            Operand operand = operand(tokens);
            String label = operand instanceof ColumnName column ? column.name() : "_col" + items.size();
            if (tokens.accept("AS")) {
                label = tokens.name(Kind.QUOTED);
            }
            items.add(new Item(operand, label));
        } while (tokens.accept(","));
        tokens.expect("FROM");
        Name from = name(tokens, Kind.QUOTED);
        Condition where = tokens.accept("WHERE") ? either(tokens) : null;
        List<Operand> grouping = new ArrayList<>();
        if (tokens.accept("GROUP", "BY")) {
            do {
                grouping.add(operand(tokens));
            } while (tokens.accept(","));
        }
        boolean counts = items.stream().anyMatch(i -> i.operand() instanceof CountAll);
        for (Item item : items) {
            boolean aggregated = item.operand() instanceof CountAll;
            boolean grouped = grouping.stream().anyMatch(g -> same(g, item.operand()));
            if ((counts || !grouping.isEmpty()) && !aggregated && !grouped) {
                throw QueryFailure.user(
                        "EXPRESSION_NOT_AGGREGATE",
                        "'" + item.label() + "' must be an aggregate expression or appear in GROUP BY clause");
            }
        }
        return new Select(items, from, where, grouping);
    }

    private static boolean same(Operand one, Operand other) {
        return one instanceof ColumnName a
                && other instanceof ColumnName b
                && a.name().equals(b.name());
    }

    private static Condition either(Tokens tokens) {
        Condition condition = both(tokens);
        while (tokens.accept("OR")) {
            condition = new Either(condition, both(tokens));
        }
        return condition;
    }

    private static Condition both(Tokens tokens) {
        Condition condition = single(tokens);
        while (tokens.accept("AND")) {
            condition = new Both(condition, single(tokens));
        }
        return condition;
    }

    private static Condition single(Tokens tokens) {
        if (tokens.accept("NOT")) {
            return new Not(single(tokens));
        }
        if (tokens.accept("TRUE")) {
            return new Constant(true);
        }
        if (tokens.accept("FALSE")) {
            return new Constant(false);
        }
        // At the beginning of a condition a bracket opens another one.
        if (tokens.peek().is("(")) {
            tokens.expect("(");
            Condition inner = either(tokens);
            tokens.expect(")");
            return inner;
        }
        int at = tokens.peek().at();
        Operand left = operand(tokens);
        if (tokens.accept("IS")) {
            boolean not = tokens.accept("NOT");
            tokens.expect("NULL");
            return not ? new Not(new IsNull(left)) : new IsNull(left);
        }
        if (tokens.accept("IN")) {
            tokens.expect("(");
            List<Operand> values = new ArrayList<>();
            do {
                values.add(operand(tokens));
            } while (tokens.accept(","));
            tokens.expect(")");
            return new In(left, values, at);
        }
        String operator = tokens.take().text();
        if (!Set.of("=", "<>", "!=", "<", "<=", ">", ">=").contains(operator)) {
            throw QueryFailure.syntax(at, "mismatched input '" + operator + "'. Expecting a comparison");
        }
        return new Compare(left, operator, operand(tokens), at);
    }

    private static Operand operand(Tokens tokens) {
        Token token = tokens.peek();
        if (token.kind() == Kind.TEXT) {
            return new TextValue(tokens.take().text());
        }
        if (token.is("(")) {
            tokens.expect("(");
            long value = integer(tokens);
            while (tokens.accept("-")) {
                value = Math.subtractExact(value, integer(tokens));
            }
            tokens.expect(")");
            return new IntegerValue(value);
        }
        if (token.kind() == Kind.INTEGER || token.is("-")) {
            return new IntegerValue(integer(tokens));
        }
        if (tokens.accept("count", "(", "*", ")")) {
            return new CountAll();
        }
        int at = token.at();
        String name = tokens.name(Kind.QUOTED);
        if (tokens.peek().is("(")) {
            throw QueryFailure.user(
                    "FUNCTION_NOT_FOUND", "line 1:" + (at + 1) + ": this emulator has no function " + name);
        }
        return new ColumnName(name, at);
    }

    private static long integer(Tokens tokens) {
        boolean negative = tokens.accept("-");
        Token token = tokens.take();
        if (token.kind() != Kind.INTEGER) {
            throw QueryFailure.syntax(token.at(), "mismatched input '" + token.text() + "'. Expecting: an integer");
        }
        try {
            // Trino reads the number before its sign, so that the smallest one of all cannot be written.
            long value = Long.parseLong(token.text());
            return negative ? -value : value;
        } catch (NumberFormatException e) {
            throw QueryFailure.syntax(token.at(), "Invalid numeric literal: " + token.text());
        }
    }

    private static Name name(Tokens tokens, Kind quotes) {
        String first = tokens.name(quotes);
        return tokens.accept(".") ? new Name(first, tokens.name(quotes)) : new Name(null, first);
    }

    private static void checkLocation(String location, int at) {
        if (!location.matches("s3://[a-z0-9][a-z0-9.-]+/.*")) {
            throw QueryFailure.syntax(at, "not a location in S3: " + location);
        }
    }
}
