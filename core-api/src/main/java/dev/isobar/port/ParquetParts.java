package dev.isobar.port;

import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.PartInfo;
import java.nio.file.Path;

/**
 * Parts that are made of Parquet files as they are, where a service takes a file in one piece rather than row by row. An extra of an {@link OfflineStore}: ask with
 * {@code instanceof} whether a store is one, and write rows where it is none. All methods are thread safe.
 *
 * @since 0.1
 */
public interface ParquetParts {
    /** The columns that a file for a table has: the table's, in their order and of their types, under the names that the service knows them by. */
    Schema fileSchema(String table);

    /**
     * Makes a part of a file's rows, with every value to the last bit, exactly as if they had been written one by one: the part becomes visible whole and once; of two that
     * make a part of one name the first wins, and the second gets the first one's {@link PartInfo}.
     *
     * @param table one that there is
     * @param part at most 200 of {@code [A-Za-z0-9._-]}
     * @param file on this machine, with the columns of {@link #fileSchema} as {@link ParquetFiles#write} writes them. It is not changed, and not needed any more afterwards
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if there is no such file, or it does not fit the table: nothing of the part is visible then, and
     *     its name is free
     */
    PartInfo load(String table, String part, Path file);
}
