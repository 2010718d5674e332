package dev.isobar.port;

import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.List;
import java.util.Optional;
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
     * @param table {@code /}-separated segments of {@code [A-Za-z0-9._-]+}
     */
    void create(TableDefinition table);

    /** The table as it is, or empty. */
    Optional<TableInfo> describe(String table);

    /** Names of tables that start with a prefix, sorted. */
    List<String> list(String prefix);

    /**
     * Starts a part. Nothing is visible before {@link PartWriter#commit()}. Several writers may work on parts of one table; of two that commit the same
     * part name the first wins, and the second gets the first one's {@link PartInfo}.
     */
    PartWriter write(String table, String part);

    /** Reads rows. Close the cursor. */
    RowCursor scan(ScanRequest request);

    /** Removes every row whose column of role key holds this text. Returns how many went. */
    long erase(String table, String keyColumn, String key);

    /** Removes a table and its parts. Removing what does not exist is a success. */
    void drop(String table);

    /**
     * What a table is.
     *
     * @param order columns that give the canonical order of rows; a scan with {@code ordered} follows it. Text by UTF-8 bytes, numbers by value, nulls first
     */
    record TableDefinition(String table, Schema schema, List<String> order) {}

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
    }
}
