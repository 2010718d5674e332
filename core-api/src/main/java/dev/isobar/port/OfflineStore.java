package dev.isobar.port;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tables of rows for training, backfill and audit. A table is a set of <em>parts</em>; a part appears whole, once, under a name its writer
 * chose, so that a writer that died and starts again cannot leave rows twice. All methods are thread safe; writers and cursors are not.
 *
 * @since 0.1
 */
public interface OfflineStore {
    /**
     * Creates a table. Again with an equal definition is a success, with another one {@code CONFLICT}.
     *
     * @param table {@code /}-separated segments of {@code [A-Za-z0-9._-]+}, none of them {@code .} or {@code ..}
     */
    void create(TableDefinition table);

    /** The table as it is, or empty. */
    Optional<TableInfo> describe(String table);

    /** Names of tables that start with a prefix, sorted. */
    List<String> list(String prefix);

    /**
     * Starts a part. Nothing is visible before {@link PartWriter#commit()}. Several writers may work on parts of one table; of two that commit the same
     * part name the first wins, and the second gets the first one's {@link PartInfo}.
     *
     * @param part at most 200 of {@code [A-Za-z0-9._-]}
     */
    PartWriter write(String table, String part);

    /** Reads rows. Close the cursor. */
    RowCursor scan(ScanRequest request);

    /** Bytes that a store would charge for a scan, as far as it can tell before it reads anything; empty where scans are not charged by the byte. */
    default OptionalLong estimate(ScanRequest request) {
        return OptionalLong.empty();
    }

    /** Removes every row whose column of role key holds this text. Returns how many went. */
    long erase(String table, String keyColumn, String key);

    /** Removes a table and its parts. Removing what does not exist is a success. */
    void drop(String table);

    /**
     * What a table is.
     *
     * @param order columns that give the canonical order of rows; a scan with {@code ordered} follows it. Text by UTF-8 bytes, numbers by value, nulls first
     */
    record TableDefinition(String table, Schema schema, List<String> order) {
        /**
         * Checks what is to become a table, for adapters.
         *
         * @throws IsobarException {@code INVALID_ARGUMENT} if there is no column, two differ by case alone, or the order names one that is not there
         */
        public void check(String adapter) {
            Set<String> names = new HashSet<>();
            String problem = schema.size() == 0 ? "A table needs a column" : null;
            for (Field field : schema.fields()) {
                // Some stores do not tell them apart.
                if (!names.add(field.name().toLowerCase(Locale.ROOT))) {
                    problem = "The columns of " + table + " must differ by more than case: " + field.name();
                }
            }
            for (String column : order) {
                if (schema.slot(column) < 0) {
                    problem = "The table " + table + " cannot be ordered by " + column + ", which is no column of it";
                }
            }
            if (problem != null) {
                throw failure(ErrorCode.INVALID_ARGUMENT, problem, adapter, "create", table)
                        .build();
            }
        }

        /**
         * Checks that the table that is there already is this one, for adapters.
         *
         * @throws IsobarException {@code CONFLICT} if it is not
         */
        public void checkSame(String adapter, TableDefinition there) {
            if (!there.equals(this)) {
                throw failure(
                                ErrorCode.CONFLICT,
                                "The table " + table + " has another definition: " + there.schema() + " ordered by "
                                        + there.order(),
                                adapter,
                                "create",
                                table)
                        .hint("Use another name, or drop the table first.")
                        .build();
            }
        }

        /**
         * The slot of the column that rows are erased by, for adapters.
         *
         * @throws IsobarException {@code INVALID_ARGUMENT} if it is no text column
         */
        public int keySlot(String adapter, String keyColumn) {
            int slot = schema.slot(keyColumn);
            if (slot < 0 || schema.field(slot).type() != FieldType.STRING) {
                throw failure(
                                ErrorCode.INVALID_ARGUMENT,
                                "The table " + table + " has no text column " + keyColumn + " to erase by",
                                adapter,
                                "erase",
                                table)
                        .build();
            }
            return slot;
        }

        /**
         * The slot of the column that a range selects by, for adapters.
         *
         * @throws IsobarException {@code INVALID_ARGUMENT} if it holds neither whole numbers nor times
         */
        public int rangeSlot(String adapter, Range range) {
            int slot = schema.slot(range.column());
            FieldType type = slot < 0 ? null : schema.field(slot).type();
            if (type == null || !(type.isIntegral() || type.isTemporal())) {
                throw failure(
                                ErrorCode.INVALID_ARGUMENT,
                                "The table " + table + " has no whole-number or time column " + range.column()
                                        + " to select a range of",
                                adapter,
                                "scan",
                                table)
                        .build();
            }
            return slot;
        }
    }

    /** A committed part. */
    record PartInfo(String part, long rows, long bytes) {}

    /** A table and its committed parts, by part name. */
    record TableInfo(TableDefinition definition, List<PartInfo> parts) {
        /** Rows in all parts. */
        public long rows() {
            return parts.stream().mapToLong(PartInfo::rows).sum();
        }
    }

    /**
     * What to read.
     *
     * @param parts only these parts; null for all
     * @param range only rows whose column lies in a half-open range; null for all
     * @param ordered whether rows come in the table's canonical order; else in any
     */
    record ScanRequest(
            String table,
            @Nullable List<String> parts,
            @Nullable Range range,
            boolean ordered) {
        /** Every row in canonical order. */
        public static ScanRequest ordered(String table) {
            return new ScanRequest(table, null, null, true);
        }

        /**
         * Those of a table's parts, by name, that are asked for; a map of its own. For adapters.
         *
         * @throws IsobarException {@code NOT_FOUND} if one that is asked for is not there
         */
        public <P> SortedMap<String, P> select(String adapter, SortedMap<String, P> there) {
            SortedMap<String, P> selected = new TreeMap<>(there);
            if (parts != null) {
                for (String part : parts) {
                    if (!there.containsKey(part)) {
                        throw failure(
                                        ErrorCode.NOT_FOUND,
                                        "The table " + table + " has no part " + part,
                                        adapter,
                                        "scan",
                                        table)
                                .build();
                    }
                }
                selected.keySet().retainAll(new HashSet<>(parts));
            }
            return selected;
        }
    }

    /** {@code from ≤ column < to}, in the column's words (see {@link Row#word}). */
    record Range(String column, long from, long to) {}

    /** Writes one part. Not thread safe; threads may take turns at it if the caller sees to that. */
    interface PartWriter extends AutoCloseable {
        /** Adds a row; the row may be reused afterwards. Rows may be written behind the caller's back: a full disk is reported at this row, a later one or the commit. */
        void append(Row row);

        /** Makes the part visible and durable. */
        PartInfo commit();

        /** Throws away what was not committed. */
        @Override
        void close();
    }

    /** A forward cursor over rows. Not thread safe. */
    interface RowCursor extends AutoCloseable {
        /** Fills {@code into} with the next row; false at the end. */
        boolean next(Row into);

        @Override
        void close();

        /** A cursor at its end. */
        static RowCursor empty() {
            return new RowCursor() {
                @Override
                public boolean next(Row into) {
                    return false;
                }

                @Override
                public void close() {
                    // Nothing is open.
                }
            };
        }
    }

    /**
     * Checks a table's name, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if it cannot be one
     */
    static void checkTable(String adapter, String operation, String table) {
        if (!Checks.isPath(table, Checks.TABLE_SEGMENT)) {
            throw failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "'" + table + "' cannot be a table's name",
                            adapter,
                            operation,
                            table)
                    .hint("Segments of letters, digits and . _ - joined by '/', none of them '.' or '..'.")
                    .build();
        }
    }

    /**
     * Checks the name of a part to write, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if it cannot be one
     */
    static void checkPart(String adapter, String part) {
        if (!Checks.PART.matcher(part).matches()) {
            throw failure(ErrorCode.INVALID_ARGUMENT, "'" + part + "' cannot be a part's name", adapter, "write", part)
                    .hint("Letters, digits and . _ -, at most 200 characters.")
                    .build();
        }
    }

    /** What an adapter throws where a table is not there. */
    static IsobarException notFound(String adapter, String operation, String table) {
        return failure(ErrorCode.NOT_FOUND, "There is no table " + table, adapter, operation, table)
                .hint("Create it first; `isobar status` lists the tables there are.")
                .build();
    }

    private static IsobarException.Builder failure(
            ErrorCode code, String message, String adapter, String operation, String resource) {
        return Checks.failure(code, message, adapter, "OfflineStore", operation, resource);
    }
}
