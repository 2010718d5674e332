package dev.isobar.aws.athena;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.aws.athena.TableFile.PartFile;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.parquet.DuckDb;
import dev.isobar.parquet.Layout;
import dev.isobar.parquet.ParquetCursor;
import dev.isobar.parquet.ParquetPartWriter;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.athena.AthenaClient;

/**
 * Tables as Parquet files in S3, and external tables of Athena over them.
 *
 * <p>Under the store's prefix: {@code definitions/TABLE/table.json} says what the table is and which parts it has, and is written by compare-and-set, so a part appears
 * whole, once, and the first one of its name stays; {@code parts/TABLE/INCARNATION/part=NAME.ID.parquet} are the parts, and what writers left that died; {@code
 * scratch/} holds what Athena writes for a scan until it has been read.
 *
 * <p><b>A scan</b> is a query: Athena selects the rows of the parts by {@code "$path"} and the range by the column, and unloads them as Parquet, whose bits are exact; the
 * order is made here. Where the text of one query does not hold the names of all parts, there are several. The external table is made when it is first asked for.
 *
 * <p><b>Round trip.</b> Every value comes back with the same bits but one: a NaN comes back as the canonical NaN, whatever its payload was.
 *
 * @since 0.1
 */
public final class AthenaOfflineStore implements OfflineStore, AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DEFINITIONS = "definitions/";
    private static final String DEFINITION = "/table.json";
    private static final String PARTS = "parts/";
    private static final String SCRATCH = "scratch/";
    private static final int PAGE = 1_000;

    private static final long HOURS_OF_SCRATCH = 24;

    /** How often a change of a table's definition is tried while others change it too. */
    private static final int ATTEMPTS = 100;

    /** What a query's text needs beside the names of parts. Bytes. */
    private static final int REST_OF_STATEMENT = 64 << 10;

    private final String instance;
    private final ObjectStore objects;
    private final String uri;
    private final AthenaQueries queries;
    private final String database;
    private final Scratch scratch;
    private final DuckDb duck;
    private final Set<String> declared = ConcurrentHashMap.newKeySet();

    /**
     * What can be set.
     *
     * @param instance the adapter instance's name, in errors
     * @param uri the store's prefix for Athena, {@code s3://BUCKET/PREFIX/}
     * @param workgroup of Athena; must exist
     * @param database of Athena; made when first needed
     * @param memoryMegabytes for sorting rows here
     * @param threads for sorting rows here
     */
    public record Settings(
            String instance, String uri, String workgroup, String database, int memoryMegabytes, int threads) {}

    /**
     * The tables under a prefix. Nothing is called before it is needed. The client stays its owner's to close.
     *
     * @param objects what lies under the prefix
     * @param home of Isobar on this machine, for files on their way
     */
    public AthenaOfflineStore(AthenaClient athena, ObjectStore objects, Path home, Settings settings) {
        this.instance = settings.instance();
        this.objects = objects;
        this.uri = settings.uri();
        this.queries = new AthenaQueries(athena, instance, settings.workgroup());
        this.database = settings.database();
        this.scratch = new Scratch(home);
        this.duck = new DuckDb(new DuckDb.Settings(
                instance,
                scratch.disk(),
                () -> scratch.fresh("duckdb"),
                settings.memoryMegabytes(),
                settings.threads()));
    }

    @Override
    public void create(TableDefinition table) {
        checkTable(table.table(), "create");
        table.check(instance);
        TableFile file = TableFile.of(table, UUID.randomUUID().toString().replace("-", ""));
        try {
            objects.put(key(table.table()), bytes(file), Precondition.absent());
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
            table.checkSame(instance, require(table.table(), "create").definition(table.table()));
        }
    }

    @Override
    public Optional<TableInfo> describe(String table) {
        checkTable(table, "describe");
        return objects.get(key(table)).map(o -> parse(table, o).info(table));
    }

    @Override
    public List<String> list(String prefix) {
        if (!prefix.isEmpty() && !Pattern.matches("[A-Za-z0-9._/-]*", prefix)) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        for (String key : keys(DEFINITIONS + prefix)) {
            if (key.endsWith(DEFINITION)) {
                found.add(key.substring(DEFINITIONS.length(), key.length() - DEFINITION.length()));
            }
        }
        return found.stream().sorted().toList();
    }

    @Override
    public PartWriter write(String table, String part) {
        checkTable(table, "write");
        OfflineStore.checkPart(instance, part);
        TableFile file = require(table, "write");
        return new ParquetPartWriter(
                duck, athena(table, file).layout(), table, part, scratch.fresh(part + ".parquet"), (whole, rows) -> {
                    PartFile made = upload(table, file, part, whole, rows);
                    TableFile now = change(
                            table,
                            file.incarnation(),
                            "write",
                            before -> before.parts().containsKey(part) ? before : before.with(part, made));
                    PartFile there = Objects.requireNonNull(now.parts().get(part));
                    if (!there.equals(made)) {
                        objects.delete(parts(table, file) + made.file(), Precondition.none());
                    }
                    return there.info(part);
                });
    }

    private PartFile upload(String table, TableFile file, String part, Path whole, long rows) throws IOException {
        // A name of its own: of two writers of one part each has a file, until one of them is the part.
        String name = "part=" + part + "." + UUID.randomUUID().toString().replace("-", "") + ".parquet";
        ObjectInfo info = objects.putFile(parts(table, file) + name, whole, Precondition.none());
        return new PartFile(name, rows, info.bytes());
    }

    @Override
    public RowCursor scan(ScanRequest request) {
        String table = request.table();
        checkTable(table, "scan");
        TableFile file = require(table, "scan");
        AthenaTable athena = athena(table, file);
        SortedMap<String, PartFile> wanted = request.select(instance, file.parts());
        String condition = request.range() == null ? null : condition(athena, file.definition(table), request.range());
        wanted.values().removeIf(p -> p.rows() == 0);
        if (wanted.isEmpty()) {
            return RowCursor.empty();
        }
        declare(table, athena);
        Path folder = scratch.fresh("scan");
        try {
            List<Path> files = unload(table, athena, paths(athena, wanted), condition, folder);
            return files.isEmpty() ? RowCursor.empty() : cursor(request, file.definition(table), athena, files, folder);
        } catch (RuntimeException e) {
            // Perhaps somebody took the table out of Athena's catalog: the next scan makes it again.
            declared.clear();
            Scratch.remove(folder);
            throw e;
        }
    }

    private RowCursor cursor(
            ScanRequest request, TableDefinition definition, AthenaTable athena, List<Path> files, Path folder) {
        Layout layout = athena.layout();
        StringBuilder sql = new StringBuilder("SELECT ")
                .append(layout.selection())
                .append(" FROM ")
                .append(files.stream()
                        .map(f -> DuckDb.literal(f.toString()))
                        .collect(Collectors.joining(", ", "read_parquet([", "])")));
        if (request.ordered() && !definition.order().isEmpty()) {
            sql.append(definition.order().stream()
                    .map(c -> DuckDb.identifier(
                                    layout.names().get(definition.schema().require(c)))
                            + " ASC NULLS FIRST")
                    .collect(Collectors.joining(", ", " ORDER BY ", "")));
        }
        return new Rows(new ParquetCursor(duck, definition.table(), definition.schema(), sql.toString()), folder);
    }

    /** Lets Athena write the rows to S3, and brings them here. */
    private List<Path> unload(
            String table, AthenaTable athena, List<String> paths, @Nullable String condition, Path folder) {
        String prefix = freshScratch();
        List<Path> files = new ArrayList<>();
        try {
            int statement = 0;
            for (List<String> some : statements(paths)) {
                String rows = prefix + "rows-" + statement++ + "/";
                queries.run(athena.unload(some, condition, uri + rows), uri + prefix + "query/", "scan", table);
                for (String key : keys(rows)) {
                    Path file = folder.resolve(files.size() + ".parquet");
                    objects.getFile(key, file);
                    files.add(file);
                }
            }
            return files;
        } finally {
            removeAll(prefix);
        }
    }

    /** The names of parts, as many together as one statement holds. */
    static List<List<String>> statements(List<String> paths) {
        List<List<String>> statements = new ArrayList<>();
        List<String> some = new ArrayList<>();
        int bytes = 0;
        for (String path : paths) {
            int more = path.length() + 4;
            if (bytes + more > AthenaQueries.MAX_STATEMENT - REST_OF_STATEMENT) {
                statements.add(some);
                some = new ArrayList<>();
                bytes = 0;
            }
            some.add(path);
            bytes += more;
        }
        statements.add(some);
        return statements;
    }

    @Override
    public long erase(String table, String keyColumn, String key) {
        checkTable(table, "erase");
        TableFile file = require(table, "erase");
        int slot = file.definition(table).keySlot(instance, keyColumn);
        if (file.parts().isEmpty()) {
            return 0;
        }
        AthenaTable athena = athena(table, file);
        declare(table, athena);
        Map<String, Long> occurrences = occurrences(table, athena, paths(athena, file.parts()), slot, key);
        long erased = 0;
        for (Map.Entry<String, PartFile> part : file.parts().entrySet()) {
            Long matching = occurrences.get(athena.path(part.getValue().file()));
            if (matching != null) {
                erased += rewrite(table, file, athena, part.getKey(), part.getValue(), slot, key, matching);
            }
        }
        return erased;
    }

    private Map<String, Long> occurrences(String table, AthenaTable athena, List<String> paths, int slot, String key) {
        Map<String, Long> found = new TreeMap<>();
        String prefix = freshScratch();
        try {
            for (List<String> some : statements(paths)) {
                String id = queries.run(athena.occurrences(some, slot, key), uri + prefix, "erase", table);
                queries.rows(id, "erase", table).forEach(row -> found.put(row.get(0), Long.parseLong(row.get(1))));
            }
            return found;
        } finally {
            removeAll(prefix);
        }
    }

    /** A part stays, empty if need be: its writer, started again, must not bring the rows back. */
    private long rewrite(
            String table,
            TableFile file,
            AthenaTable athena,
            String part,
            PartFile old,
            int slot,
            String key,
            long matching) {
        Path folder = scratch.fresh("erase");
        try (DuckDBConnection connection = duck.connect()) {
            Path before = folder.resolve("before.parquet");
            Path after = folder.resolve("after.parquet");
            objects.getFile(parts(table, file) + old.file(), before);
            long rows = ParquetPartWriter.copy(
                    connection,
                    "SELECT * FROM read_parquet(" + DuckDb.literal(before.toString()) + ") WHERE "
                            + DuckDb.identifier(athena.layout().names().get(slot)) + " IS DISTINCT FROM "
                            + DuckDb.literal(key),
                    after);
            if (rows != old.rows() - matching) {
                throw error(
                                ErrorCode.INTERNAL,
                                "Athena counts " + matching + " rows to erase in part " + part + " of " + table
                                        + ", but " + (old.rows() - rows) + " were found",
                                "erase",
                                table)
                        .build();
            }
            PartFile made = upload(table, file, part, after, rows);
            TableFile now = change(
                    table,
                    file.incarnation(),
                    "erase",
                    current -> old.equals(current.parts().get(part)) ? current.with(part, made) : current);
            boolean replaced = made.equals(now.parts().get(part));
            objects.delete(parts(table, file) + (replaced ? old : made).file(), Precondition.none());
            if (!replaced) {
                throw error(
                                ErrorCode.CONFLICT,
                                "Somebody else erases from part " + part + " of " + table,
                                "erase",
                                table)
                        .hint("Run the same command again.")
                        .build();
            }
            return matching;
        } catch (SQLException e) {
            throw duck.failure("erasing from part " + part + " of " + table, e, ErrorCode.CORRUPT);
        } catch (IOException e) {
            throw IsobarException.io("erasing from part " + part + " of " + table, e);
        } finally {
            Scratch.remove(folder);
        }
    }

    @Override
    public void drop(String table) {
        checkTable(table, "drop");
        Optional<StoredObject> there = objects.get(key(table));
        if (there.isEmpty()) {
            return;
        }
        TableFile file = parse(table, there.get());
        AthenaTable athena = athena(table, file);
        // Athena's table first: with the definition gone nobody knows its name.
        declareDatabase(table);
        runInScratch(athena.dropTable(), "drop", table);
        declared.remove(athena.name());
        objects.delete(key(table), Precondition.none());
        removeAll(parts(table, file));
    }

    /** The tables, as a status lists them. */
    public List<Resource> resources() {
        return list("").stream()
                .map(name -> new Resource("table", name, uri + DEFINITIONS + name, "ready", null, Map.of()))
                .toList();
    }

    @Override
    public void close() {
        duck.close();
        scratch.close();
    }

    /** Sees to it that Athena knows the table. */
    private void declare(String table, AthenaTable athena) {
        declareDatabase(table);
        if (!declared.contains(athena.name())) {
            runInScratch(athena.createTable(), "scan", table);
            declared.add(athena.name());
        }
    }

    private void declareDatabase(String table) {
        String mark = "database " + database;
        if (!declared.contains(mark)) {
            sweep();
            runInScratch("CREATE DATABASE IF NOT EXISTS `" + database + "`", "scan", table);
            declared.add(mark);
        }
    }

    private void runInScratch(String sql, String operation, String table) {
        String prefix = freshScratch();
        try {
            queries.run(sql, uri + prefix, operation, table);
        } finally {
            removeAll(prefix);
        }
    }

    /** A prefix for one query; its name begins with the hour, so that what a process that died left there can be told. */
    private static String freshScratch() {
        return SCRATCH + hour() + "-" + UUID.randomUUID() + "/";
    }

    private static long hour() {
        return Instant.now().getEpochSecond() / 3_600;
    }

    /** Removes what processes left that died: no query runs for a day. */
    private void sweep() {
        for (String key : keys(SCRATCH)) {
            String name = key.substring(SCRATCH.length());
            if (Long.parseLong(name.substring(0, name.indexOf('-'))) < hour() - HOURS_OF_SCRATCH) {
                objects.delete(key, Precondition.none());
            }
        }
    }

    /** Changes a table's definition by compare-and-set; returns what it is then. */
    private TableFile change(
            String table, String incarnation, String operation, Function<TableFile, TableFile> change) {
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

    private List<String> paths(AthenaTable athena, SortedMap<String, PartFile> parts) {
        return parts.values().stream().map(p -> athena.path(p.file())).toList();
    }

    private List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        List<ObjectInfo> page;
        do {
            page = objects.list(prefix, keys.isEmpty() ? null : keys.get(keys.size() - 1), PAGE);
            page.forEach(o -> keys.add(o.key()));
        } while (page.size() == PAGE);
        return keys;
    }

    private void removeAll(String prefix) {
        keys(prefix).forEach(key -> objects.delete(key, Precondition.none()));
    }

    private AthenaTable athena(String table, TableFile file) {
        return new AthenaTable(
                database, table, file.definition(table).schema(), file.incarnation(), uri + parts(table, file));
    }

    private static String key(String table) {
        return DEFINITIONS + table + DEFINITION;
    }

    private static String parts(String table, TableFile file) {
        return PARTS + table + "/" + file.incarnation() + "/";
    }

    private TableFile require(String table, String operation) {
        return objects.get(key(table)).map(o -> parse(table, o)).orElseThrow(() -> notFound(table, operation));
    }

    private IsobarException notFound(String table, String operation) {
        return OfflineStore.notFound(instance, operation, table);
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
                    .hint("Restore " + uri + key(table) + ", or remove it and make the table again.")
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

    private String condition(AthenaTable athena, TableDefinition definition, Range range) {
        return athena.range(definition.rangeSlot(instance, range), range.from(), range.to());
    }

    private void checkTable(String table, String operation) {
        OfflineStore.checkTable(instance, operation, table);
        // The object store's keys have 900 characters, of which a part's name and ours take some.
        if (table.length() > 500) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + table + "' cannot be a table's name", operation, table)
                    .hint("At most 500 characters.")
                    .build();
        }
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at("OfflineStore", operation)
                .resource(resource);
    }

    /** Rows from files that go with the cursor. */
    private record Rows(ParquetCursor cursor, Path folder) implements RowCursor {
        @Override
        public boolean next(Row into) {
            return cursor.next(into);
        }

        @Override
        public void close() {
            cursor.close();
            Scratch.remove(folder);
        }
    }
}
