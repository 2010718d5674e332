package dev.isobar.gcp.bigquery;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.cloud.bigquery.BigQueryError;
import com.google.cloud.bigquery.FieldValueList;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.Schema;
import dev.isobar.gcp.bigquery.TableFile.PartFile;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.ParquetParts;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Tables in BigQuery.
 *
 * <p>The object {@code definitions/TABLE/table.json} says what a table is and which parts it has, and is written by compare-and-set. <b>A part</b> goes to a PENDING stream of
 * the Storage Write API. When that is finished, the object names the stream: from then on it is the part of its name, and no other will be. Then the stream is committed, which makes
 * all its rows appear at once, and the object says so. A writer that is killed between the two leaves a part whose stream is named but not committed: whoever reads the object
 * next commits it, which anybody can, any number of times. So rows that no part owns never appear.
 *
 * <p><b>A part that is a file</b> becomes an object, and the rows of a load job, by the same steps: the object {@code table.json} names the file's, then the job is started whose
 * id follows from that name. Whoever reads in between starts it again, which is the same job.
 *
 * <p><b>A scan</b> is a query; the order is made by BigQuery, and every number comes as text from which it is read to the last bit.
 *
 * <p><b>Round trip.</b> Every value comes back with the same bits but one: a NaN comes back as the canonical NaN, whatever its payload was. Times are those of the years 1 to 9999.
 *
 * @since 0.1
 */
public final class BigQueryOfflineStore implements OfflineStore, ParquetParts {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DEFINITIONS = "definitions/";
    private static final String DEFINITION = "/table.json";
    private static final String LOAD = "load";
    private static final int PAGE = 1_000;

    /** Objects that load jobs read: {@code loads/BIGQUERY'S TABLE/ONE OF ITS OWN/isobar_part=PART/rows.parquet}. */
    private static final String LOADS = "loads/";

    private static final String FOLDER = BigQueryTable.PART + "=";
    private static final String FILE = "/rows.parquet";

    /** The name of a folder that BigQuery takes for null. */
    private static final String NULL = "__HIVE_DEFAULT_PARTITION__";

    /** How often a change of a table's definition is tried while others change it too. */
    private static final int ATTEMPTS = 100;

    private final BigQueryDataset dataset;
    private final ObjectStore objects;
    private final UnaryOperator<String> uris;
    private final String prefix;
    private final Set<String> declared = ConcurrentHashMap.newKeySet();

    /**
     * The tables of a dataset whose names begin with a prefix. Nothing is called before it is needed.
     *
     * @param objects what says which parts there are
     * @param uris where BigQuery finds an object of that key
     * @param prefix of the names of BigQuery's tables
     */
    public BigQueryOfflineStore(
            BigQueryDataset dataset, ObjectStore objects, UnaryOperator<String> uris, String prefix) {
        this.dataset = dataset;
        this.objects = objects;
        this.uris = uris;
        this.prefix = prefix;
    }

    @Override
    public void create(TableDefinition table) {
        checkTable(table.table(), "create");
        table.check(dataset.instance());
        TableFile file = TableFile.of(table, UUID.randomUUID().toString().replace("-", ""));
        try {
            objects.put(key(table.table()), bytes(file), Precondition.absent());
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
            file = require(table.table(), "create");
            table.checkSame(dataset.instance(), file.definition(table.table()));
        }
        declare(bigQuery(table.table(), file), table.table(), "create");
    }

    /**
     * Gives a table more columns; its rows have null there. Again is a success. Not part of the port: nothing else can be changed of a table.
     *
     * @param table the table as it is, with columns that may be null behind the ones that it has
     * @throws IsobarException {@code CONFLICT} if something else differs
     */
    public void extend(TableDefinition table) {
        checkTable(table.table(), "extend");
        table.check(dataset.instance());
        TableFile file = require(table.table(), "extend");
        List<Field> there = file.columns();
        List<Field> wanted = table.schema().fields();
        boolean additive = table.order().equals(file.order())
                && wanted.size() >= there.size()
                && wanted.subList(0, there.size()).equals(there)
                && wanted.subList(there.size(), wanted.size()).stream().allMatch(Field::nullable);
        if (!additive) {
            throw error(
                            ErrorCode.CONFLICT,
                            "The table " + table.table() + " cannot become " + table.schema() + " ordered by "
                                    + table.order() + ": it is " + Schema.of(there) + " ordered by " + file.order(),
                            "extend",
                            table.table())
                    .hint(
                            "A table can only get more columns, behind the last, that may be null. For anything else make another table.")
                    .build();
        }
        BigQueryTable before = bigQuery(table.table(), file);
        declare(before, table.table(), "extend");
        TableFile longer = new TableFile(file.incarnation(), wanted, file.order(), file.parts());
        // BigQuery first: a definition must not name columns that are not there.
        dataset.extend(before.id(), bigQuery(table.table(), longer).columns(), "extend", table.table());
        change(
                table.table(),
                file.incarnation(),
                "extend",
                now -> now.columns().equals(there) && !wanted.equals(there)
                        ? new TableFile(now.incarnation(), wanted, now.order(), now.parts())
                        : now);
    }

    @Override
    public Optional<TableInfo> describe(String table) {
        checkTable(table, "describe");
        return objects.get(key(table))
                .map(o -> settle(table, parse(table, o), "describe").info(table));
    }

    @Override
    public List<String> list(String prefix) {
        if (!prefix.isEmpty() && !Pattern.matches("[A-Za-z0-9._/-]*", prefix)) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        String last = null;
        List<ObjectInfo> page;
        do {
            page = objects.list(DEFINITIONS + prefix, last, PAGE);
            for (ObjectInfo object : page) {
                last = object.key();
                if (last.endsWith(DEFINITION)) {
                    found.add(last.substring(DEFINITIONS.length(), last.length() - DEFINITION.length()));
                }
            }
        } while (page.size() == PAGE);
        return found.stream().sorted().toList();
    }

    @Override
    public PartWriter write(String table, String part) {
        checkTable(table, "write");
        OfflineStore.checkPart(dataset.instance(), part);
        TableFile file = require(table, "write");
        BigQueryTable bigQuery = bigQuery(table, file);
        if (file.parts().isEmpty()) {
            declare(bigQuery, table, "write");
        }
        return new StreamPartWriter(dataset, bigQuery, table, part, (stream, rows, bytes) -> {
            PartFile made = PartFile.streamed(stream, rows, bytes);
            TableFile now = change(
                    table,
                    file.incarnation(),
                    "write",
                    before -> before.parts().containsKey(part) ? before : before.with(part, made));
            // Of two writers of one name the other's stream may be the part; then ours is never committed, and BigQuery
            // forgets it.
            TableFile settled = settle(table, now, part, "write");
            PartFile there = settled.parts().get(part);
            if (there == null) {
                throw gone(table, part, "write");
            }
            return there.info(part);
        });
    }

    @Override
    public Schema fileSchema(String table) {
        checkTable(table, LOAD);
        return bigQuery(table, require(table, LOAD)).fileSchema();
    }

    @Override
    public PartInfo load(String table, String part, Path file) {
        checkTable(table, LOAD);
        OfflineStore.checkPart(dataset.instance(), part);
        if (part.equals(NULL)) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + part + "' cannot be the name of a loaded part", LOAD, table)
                    .hint("BigQuery takes a folder of that name for null: use another one.")
                    .build();
        }
        TableFile there = require(table, LOAD);
        BigQueryTable bigQuery = bigQuery(table, there);
        boolean named = false;
        if (!there.parts().containsKey(part)) {
            if (!Files.isRegularFile(file)) {
                throw error(ErrorCode.INVALID_ARGUMENT, "There is no file " + file + " to load", LOAD, table)
                        .build();
            }
            declare(bigQuery, table, LOAD);
            String object = LOADS + bigQuery.id().getTable() + "/" + UUID.randomUUID() + "/" + FOLDER + part + FILE;
            PartFile made = PartFile.loaded(
                    object, objects.putFile(object, file, Precondition.absent()).bytes());
            there = change(
                    table,
                    there.incarnation(),
                    LOAD,
                    now -> now.parts().containsKey(part) ? now : now.with(part, made));
            named = made.equals(there.parts().get(part));
            if (!named) {
                objects.delete(object, Precondition.none());
            }
        }
        TableFile after = named
                ? settleLoad(
                        table, there, part, Objects.requireNonNull(there.parts().get(part)), true, LOAD)
                : settle(table, there, part, LOAD);
        PartFile settled = after.parts().get(part);
        if (settled == null) {
            throw gone(table, part, LOAD);
        }
        return settled.info(part);
    }

    private IsobarException gone(String table, String part, String operation) {
        return error(
                        ErrorCode.UNAVAILABLE,
                        "BigQuery has forgotten the rows of part " + part + " of " + table
                                + " before they were committed",
                        operation,
                        table)
                .hint("Run the same command again.")
                .build();
    }

    @Override
    public RowCursor scan(ScanRequest request) {
        String table = request.table();
        checkTable(table, "scan");
        TableFile file = settle(table, require(table, "scan"), "scan");
        SortedMap<String, PartFile> wanted = request.select(dataset.instance(), file.parts());
        TableDefinition definition = file.definition(table);
        BigQueryTable.Query query = query(request, definition, bigQuery(table, file), wanted);
        if (wanted.isEmpty()) {
            return RowCursor.empty();
        }
        return new QueryRows(dataset.errors(), table, definition.schema(), dataset.query(query, "scan", table));
    }

    /** BigQuery's own estimate: the query as a dry run, which costs nothing. Clusters may save some of it. */
    @Override
    public OptionalLong estimate(ScanRequest request) {
        String table = request.table();
        checkTable(table, "scan");
        TableFile file = require(table, "scan");
        SortedMap<String, PartFile> wanted = request.select(dataset.instance(), file.parts());
        BigQueryTable.Query query = query(request, file.definition(table), bigQuery(table, file), wanted);
        return OptionalLong.of(wanted.isEmpty() ? 0 : dataset.estimate(query, "scan", table));
    }

    private BigQueryTable.Query query(
            ScanRequest request,
            TableDefinition definition,
            BigQueryTable bigQuery,
            SortedMap<String, PartFile> wanted) {
        Range range = request.range();
        Integer slot = range == null ? null : definition.rangeSlot(dataset.instance(), range);
        wanted.values().removeIf(p -> p.rows() == 0);
        return bigQuery.scan(
                List.copyOf(wanted.keySet()),
                slot,
                range == null ? 0 : range.from(),
                range == null ? 0 : range.to(),
                request.ordered());
    }

    @Override
    public long erase(String table, String keyColumn, String key) {
        checkTable(table, "erase");
        TableFile file = settle(table, require(table, "erase"), "erase");
        int slot = file.definition(table).keySlot(dataset.instance(), keyColumn);
        BigQueryTable bigQuery = bigQuery(table, file);
        deleteFiles(bigQuery);
        if (file.parts().isEmpty()) {
            return 0;
        }
        long erased = dataset.change(bigQuery.erasure(slot, key), "erase", table);
        // Counted anew also where nothing was erased: a process that erased may have died before it came to this.
        Map<String, Long> left = new HashMap<>();
        for (FieldValueList row :
                dataset.query(bigQuery.counts(), "erase", table).iterateAll()) {
            left.put(row.get(0).getStringValue(), row.get(1).getLongValue());
        }
        // A part stays, empty if need be: its writer, started again, must not bring the rows back.
        change(table, file.incarnation(), "erase", before -> {
            TableFile after = before.changed(parts -> {
                // Only what was there before the count.
                file.parts()
                        .keySet()
                        .forEach(part ->
                                parts.computeIfPresent(part, (name, there) -> there.left(left.getOrDefault(name, 0L))));
                return parts;
            });
            return after.equals(before) ? before : after;
        });
        return erased;
    }

    @Override
    public void drop(String table) {
        checkTable(table, "drop");
        Optional<StoredObject> there = objects.get(key(table));
        if (there.isEmpty()) {
            return;
        }
        // BigQuery's table first: with the definition gone nobody knows its name.
        BigQueryTable bigQuery = bigQuery(table, parse(table, there.get()));
        dataset.delete(bigQuery.id(), "drop", table);
        declared.remove(bigQuery.path());
        deleteFiles(bigQuery);
        objects.delete(key(table), Precondition.none());
    }

    /** Files that wait for a load job, or that somebody left who was killed before they were a part's. A load that has just begun fails, and can be begun again. */
    private void deleteFiles(BigQueryTable bigQuery) {
        String prefix = LOADS + bigQuery.id().getTable() + "/";
        for (List<ObjectInfo> left = objects.list(prefix, null, PAGE);
                !left.isEmpty();
                left = objects.list(prefix, null, PAGE)) {
            left.forEach(object -> objects.delete(object.key(), Precondition.none()));
        }
    }

    /** The tables, as a status lists them. */
    public List<Resource> resources() {
        return list("").stream()
                .flatMap(name -> objects.get(key(name)).stream().map(o -> {
                    String id = bigQuery(name, parse(name, o)).id().getTable();
                    return new Resource(
                            "table",
                            name,
                            dataset.project() + "." + dataset.name() + "." + id,
                            "ready",
                            null,
                            Map.of());
                }))
                .toList();
    }

    /** Sees to it that BigQuery has the table: whoever made the definition may have died before. */
    private void declare(BigQueryTable bigQuery, String table, String operation) {
        if (!declared.contains(bigQuery.path())) {
            dataset.create(bigQuery.info(dataset.labels()), operation, table);
            declared.add(bigQuery.path());
        }
    }

    /** Sees to it that the rows of every part are there. */
    private TableFile settle(String table, TableFile file, String operation) {
        TableFile now = file;
        while (true) {
            Optional<String> pending = now.parts().entrySet().stream()
                    .filter(part -> !part.getValue().committed())
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (pending.isEmpty()) {
                return now;
            }
            now = settle(table, now, pending.get(), operation);
        }
    }

    /** Commits the stream of a part that is not known to be committed, and says so. */
    private TableFile settle(String table, TableFile file, String part, String operation) {
        PartFile pending = file.parts().get(part);
        if (pending == null || pending.committed()) {
            return file;
        }
        if (pending.load() != null) {
            return settleLoad(table, file, part, pending, false, operation);
        }
        BigQueryTable bigQuery = bigQuery(table, file);
        boolean there = dataset.commit(bigQuery, Objects.requireNonNull(pending.stream()), table)
                || isThere(bigQuery, part, table, operation);
        return change(table, file.incarnation(), operation, before -> {
            if (!pending.equals(before.parts().get(part))) {
                return before;
            }
            return there ? before.with(part, pending.settled()) : before.without(part);
        });
    }

    /**
     * Runs the load job of a part, which is one job whoever runs it, and says how it ended. A job that failed has left nothing, and its id will never do anything again: the
     * part's name is free, and only who made the part is told why.
     */
    private TableFile settleLoad(
            String table, TableFile file, String part, PartFile pending, boolean isNew, String operation) {
        BigQueryTable bigQuery = bigQuery(table, file);
        String object = Objects.requireNonNull(pending.load());
        String uri = uris.apply(object);
        String job = "isobar_load_" + BigQueryTable.digest(uri);
        long rows = 0;
        BigQueryError error = null;
        // BigQuery forgets jobs half a year after, and would run this one again: then the rows themselves tell.
        if (!isNew && !dataset.knowsJob(job, operation, table)) {
            rows = count(bigQuery, part, table, operation);
        }
        if (rows == 0) {
            String prefix = uri.substring(0, uri.length() - (FOLDER + part + FILE).length());
            BigQueryDataset.Loaded ended = dataset.load(job, bigQuery, uri, prefix, operation, table);
            error = ended.error();
            rows = ended.rows() >= 0 ? ended.rows() : count(bigQuery, part, table, operation);
        }
        boolean failed = error != null;
        PartFile settled = pending.settled(rows);
        TableFile after = change(table, file.incarnation(), operation, before -> {
            if (!pending.equals(before.parts().get(part))) {
                return before;
            }
            return failed ? before.without(part) : before.with(part, settled);
        });
        objects.delete(object, Precondition.none());
        if (error != null && operation.equals(LOAD)) {
            throw dataset.errors().failed(error, operation, table);
        }
        return after;
    }

    /** BigQuery forgets streams some days after: then the rows themselves tell whether one was committed. */
    private boolean isThere(BigQueryTable bigQuery, String part, String table, String operation) {
        return count(bigQuery, part, table, operation) > 0;
    }

    private long count(BigQueryTable bigQuery, String part, String table, String operation) {
        for (FieldValueList row :
                dataset.query(bigQuery.counts(), operation, table).iterateAll()) {
            if (row.get(0).getStringValue().equals(part)) {
                return row.get(1).getLongValue();
            }
        }
        return 0;
    }

    /** Changes a table's definition by compare-and-set; returns what it is then. */
    private TableFile change(String table, String incarnation, String operation, UnaryOperator<TableFile> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            StoredObject before = objects.get(key(table)).orElseThrow(() -> notFound(table, operation));
            TableFile file = parse(table, before);
            if (!file.incarnation().equals(incarnation)) {
                throw notFound(table, operation);
            }
            TableFile after = change.apply(file);
            if (after == file) {
                return file;
            }
            try {
                objects.put(
                        key(table),
                        bytes(after),
                        Precondition.version(before.info().version()));
                return after;
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.CONFLICT) {
                    throw e;
                }
            }
        }
        throw error(
                        ErrorCode.UNAVAILABLE,
                        "Others changed the table " + table + " during each of " + ATTEMPTS + " attempts",
                        operation,
                        table)
                .hint("Run the same command again.")
                .build();
    }

    private BigQueryTable bigQuery(String table, TableFile file) {
        return new BigQueryTable(dataset.project(), dataset.name(), prefix, file.definition(table), file.incarnation());
    }

    private static String key(String table) {
        return DEFINITIONS + table + DEFINITION;
    }

    private TableFile require(String table, String operation) {
        return objects.get(key(table)).map(o -> parse(table, o)).orElseThrow(() -> notFound(table, operation));
    }

    private IsobarException notFound(String table, String operation) {
        return OfflineStore.notFound(dataset.instance(), operation, table);
    }

    private TableFile parse(String table, StoredObject object) {
        try {
            return JSON.readValue(object.content(), TableFile.class);
        } catch (IOException e) {
            throw error(
                            ErrorCode.CORRUPT,
                            "The definition of " + table + " is not the JSON it should be",
                            "describe",
                            table)
                    .hint("Restore the object " + key(table)
                            + " beside the lake, or remove it and make the table again.")
                    .cause(e)
                    .build();
        }
    }

    private static byte[] bytes(TableFile file) {
        try {
            return JSON.writeValueAsString(file).getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw IsobarException.of(ErrorCode.INTERNAL, "A table's definition has no JSON form")
                    .cause(e)
                    .build();
        }
    }

    private void checkTable(String table, String operation) {
        OfflineStore.checkTable(dataset.instance(), operation, table);
        // The object store's keys have 900 characters, of which ours take some.
        if (table.length() > 500) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + table + "' cannot be a table's name", operation, table)
                    .hint("At most 500 characters.")
                    .build();
        }
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String table) {
        return dataset.errors().error(code, message, operation, table);
    }
}
