package dev.isobar.port;

import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parquet files on this machine that belong to no table: a history that somebody exported, a training set for somebody's tools. An extra of an
 * {@link OfflineStore}: ask with {@code instanceof} whether a store is one. All methods are thread safe; writers and cursors are not.
 *
 * @since 0.1
 */
public interface ParquetFiles {
    /**
     * What a file holds.
     *
     * @throws dev.isobar.error.IsobarException {@code NOT_FOUND} if there is none, {@code INVALID_ARGUMENT} if it is not Parquet
     */
    ParquetFile look(Path file);

    /**
     * Reads rows in the file's order. Close the cursor.
     *
     * @param columns names that {@link #look} gave, each with its {@link ParquetColumn#type} or as {@code STRING}; an instant may be asked for where the file has
     *     a local time, which is then in UTC
     */
    RowCursor read(Path file, Schema columns);

    /**
     * Starts a file. Nothing has its name before {@link PartWriter#commit()}, and a writer that died leaves nothing that the next one in that folder does not remove;
     * {@code ALREADY_EXISTS} on commit if something has the name by then. The part's name is the file's.
     *
     * @param file in a folder that exists
     */
    PartWriter write(Path file, Schema schema);

    /**
     * A file.
     *
     * @param rows how many
     */
    record ParquetFile(List<ParquetColumn> columns, long rows) {
        public ParquetFile {
            columns = List.copyOf(columns);
        }
    }

    /**
     * A column of a file.
     *
     * @param fileType what the file calls its type
     * @param type the type its values have here, the same for every value; text for decimals; null if there is none
     */
    record ParquetColumn(
            String name, String fileType, @Nullable FieldType type) {}
}
