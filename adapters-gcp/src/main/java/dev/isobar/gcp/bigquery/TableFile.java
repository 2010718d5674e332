package dev.isobar.gcp.bigquery;

import dev.isobar.event.Field;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.port.OfflineStore.TableInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the object {@code definitions/TABLE/table.json} says.
 *
 * @param incarnation another one for every table that was made, also under a name that another had before
 * @param parts by name
 */
record TableFile(String incarnation, List<Field> columns, List<String> order, SortedMap<String, PartFile> parts) {

    /**
     * A part. From the moment that it is named here it is the one of its name; its rows are there when its stream has been committed or its load job has ended well, which
     * whoever meets it makes up for.
     *
     * @param stream the write stream that brought its rows; null if it has none
     * @param load the object from which a load job brings them; null for a stream
     * @param committed whether the rows are known to be there
     * @param rows 0 while a load job has not ended
     */
    record PartFile(@Nullable String stream, @Nullable String load, boolean committed, long rows, long bytes) {
        static PartFile streamed(@Nullable String stream, long rows, long bytes) {
            return new PartFile(stream, null, stream == null, rows, bytes);
        }

        static PartFile loaded(String object, long bytes) {
            return new PartFile(null, object, false, 0, bytes);
        }

        PartInfo info(String part) {
            return new PartInfo(part, rows, bytes);
        }

        PartFile settled() {
            return settled(rows);
        }

        PartFile settled(long counted) {
            return new PartFile(stream, load, true, counted, bytes);
        }

        /** With no more rows than that; their bytes are not counted again, but taken in proportion. */
        PartFile left(long most) {
            return most >= rows
                    ? this
                    : new PartFile(stream, load, committed, most, Math.round((double) bytes * most / rows));
        }
    }

    static TableFile of(TableDefinition table, String incarnation) {
        return new TableFile(incarnation, table.schema().fields(), table.order(), new TreeMap<>());
    }

    TableDefinition definition(String table) {
        return new TableDefinition(table, Schema.of(columns), List.copyOf(order));
    }

    TableInfo info(String table) {
        List<PartInfo> infos = new ArrayList<>();
        for (Map.Entry<String, PartFile> part : parts.entrySet()) {
            infos.add(part.getValue().info(part.getKey()));
        }
        return new TableInfo(definition(table), List.copyOf(infos));
    }

    TableFile with(String part, PartFile file) {
        return changed(more -> {
            more.put(part, file);
            return more;
        });
    }

    TableFile without(String part) {
        return changed(less -> {
            less.remove(part);
            return less;
        });
    }

    TableFile changed(UnaryOperator<SortedMap<String, PartFile>> change) {
        return new TableFile(incarnation, columns, order, change.apply(new TreeMap<>(parts)));
    }
}
