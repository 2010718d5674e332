package dev.isobar.aws.athena;

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

/**
 * What the object {@code definitions/TABLE/table.json} says. A part exists once it is named in here, and is the file that is named here.
 *
 * @param incarnation another one for every table that was made, also under a name that another had before
 * @param parts by name
 */
record TableFile(String incarnation, List<Field> columns, List<String> order, SortedMap<String, PartFile> parts) {

    /**
     * A part.
     *
     * @param file the last segment of its key
     */
    record PartFile(String file, long rows, long bytes) {
        PartInfo info(String part) {
            return new PartInfo(part, rows, bytes);
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
        SortedMap<String, PartFile> more = new TreeMap<>(parts);
        more.put(part, file);
        return new TableFile(incarnation, columns, order, more);
    }
}
