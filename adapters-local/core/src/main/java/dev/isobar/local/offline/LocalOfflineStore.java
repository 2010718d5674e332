package dev.isobar.local.offline;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.Schema;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import dev.isobar.parquet.DuckDb;
import dev.isobar.parquet.Layout;
import dev.isobar.parquet.ParquetCursor;
import dev.isobar.parquet.ParquetPartWriter;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;

/**
 * Tables as folders: {@code lake/tables/TABLE/table.json} and one {@code part-NAME.parquet} per part, which any Parquet tool opens. An instant is a
 * Parquet timestamp adjusted to UTC, a local time one that is not, both in microseconds.
 *
 * <p><b>Round trip.</b> Every value comes back with the same bits but one: a NaN comes back as the canonical NaN, whatever its payload was.
 * {@code INVALID_ARGUMENT}: times of ±9,223,372,036,854,775,807 and −9,223,372,036,854,775,808 microseconds, which DuckDB keeps for infinities.
 *
 * @since 0.1
 */
public final class LocalOfflineStore implements OfflineStore, ParquetFiles, AutoCloseable {
    private static final String DEFINITION = "table.json";
    private static final String PREFIX = "part-";
    private static final String SUFFIX = ".parquet";

    private final LocalHome home;
    private final DuckDb duck;
    private final ConcurrentHashMap<CountedFile, Long> counts = new ConcurrentHashMap<>();

    /** The tables of a home; nothing native is loaded before a row is written or read. */
    public LocalOfflineStore(LocalHome home, long memoryMegabytes, int threads) {
        this.home = home;
        this.duck = new DuckDb(new DuckDb.Settings(
                home.instance(),
                home.root(),
                () -> {
                    AtomicFiles.makeDirectories(home.tmp());
                    AtomicFiles.sweep(home.tmp());
                    return AtomicFiles.temporaryIn(home.tmp(), "duckdb");
                },
                memoryMegabytes,
                threads));
    }

    /** What {@code table.json} says. */
    record TableFile(List<Field> columns, List<String> order) {}

    /** A file as it was when its rows were counted. */
    private record CountedFile(Path file, long bytes, long modified) {}

    @Override
    public void create(TableDefinition table) {
        checkTable(table.table(), "create");
        table.check(home.instance());
        TableFile document = new TableFile(table.schema().fields(), table.order());
        if (!AtomicFiles.createExclusively(directory(table.table()).resolve(DEFINITION), Json.bytes(document))) {
            table.checkSame(home.instance(), definition(table.table(), "create"));
        }
    }

    @Override
    public Optional<TableInfo> describe(String table) {
        checkTable(table, "describe");
        Optional<TableDefinition> definition = find(table);
        if (definition.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new TableInfo(definition.get(), infos(table, parts(table))));
    }

    @Override
    public List<String> list(String prefix) {
        try (Stream<Path> files = Files.walk(home.tables())) {
            return files.filter(f -> String.valueOf(f.getFileName()).equals(DEFINITION))
                    .map(f -> home.tables().relativize(f.getParent()).toString().replace('\\', '/'))
                    .filter(name -> name.startsWith(prefix) && !name.contains("~"))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw IsobarException.io("listing " + home.tables(), new IOException(e));
        } catch (IOException e) {
            throw IsobarException.io("listing " + home.tables(), e);
        }
    }

    @Override
    public PartWriter write(String table, String part) {
        checkTable(table, "write");
        OfflineStore.checkPart(home.instance(), part);
        TableDefinition definition = definition(table, "write");
        AtomicFiles.sweep(directory(table));
        Path target = file(table, part);
        return writer(
                definition.schema(),
                table,
                part,
                target,
                () -> infos(table, Map.of(part, target)).get(0));
    }

    @Override
    public RowCursor scan(ScanRequest request) {
        String table = request.table();
        checkTable(table, "scan");
        TableDefinition definition = definition(table, "scan");
        SortedMap<String, Path> parts = request.select(home.instance(), parts(table));
        String where = request.range() == null ? "" : condition(definition, request.range());
        if (parts.isEmpty()) {
            return RowCursor.empty();
        }
        StringBuilder sql = new StringBuilder("SELECT ")
                .append(Layout.plain(definition.schema()).selection())
                .append(" FROM ")
                .append(from(parts.values()))
                .append(where);
        if (request.ordered() && !definition.order().isEmpty()) {
            sql.append(definition.order().stream()
                    .map(c -> DuckDb.identifier(c) + " ASC NULLS FIRST")
                    .collect(Collectors.joining(", ", " ORDER BY ", "")));
        }
        return new ParquetCursor(duck, table, definition.schema(), sql.toString());
    }

    @Override
    public long erase(String table, String keyColumn, String key) {
        checkTable(table, "erase");
        definition(table, "erase").keySlot(home.instance(), keyColumn);
        // A part stays, empty if need be: its writer, started again, must not bring the rows back.
        String column = DuckDb.identifier(keyColumn);
        return FileMutex.withLock(lock(table), () -> {
            long erased = 0;
            try (DuckDBConnection connection = duck.connect();
                    Statement statement = connection.createStatement()) {
                for (Path file : parts(table).values()) {
                    String from = from(List.of(file));
                    long matching;
                    try (ResultSet count = statement.executeQuery(
                            "SELECT count(*) FROM " + from + " WHERE " + column + " = " + DuckDb.literal(key))) {
                        matching = count.next() ? count.getLong(1) : 0;
                    }
                    if (matching > 0) {
                        Path temporary = AtomicFiles.temporaryBeside(file);
                        try {
                            ParquetPartWriter.copy(
                                    connection,
                                    "SELECT * FROM " + from + " WHERE " + column + " IS DISTINCT FROM "
                                            + DuckDb.literal(key),
                                    temporary);
                            AtomicFiles.syncFile(temporary);
                            Files.move(
                                    temporary,
                                    file,
                                    StandardCopyOption.ATOMIC_MOVE,
                                    StandardCopyOption.REPLACE_EXISTING);
                            AtomicFiles.syncDirectory(directory(table));
                        } finally {
                            AtomicFiles.discard(temporary);
                        }
                        erased += matching;
                    }
                }
            } catch (SQLException e) {
                throw duck.failure("erasing from table " + table, e, ErrorCode.CORRUPT);
            }
            return erased;
        });
    }

    @Override
    public void drop(String table) {
        checkTable(table, "drop");
        Path directory = directory(table);
        FileMutex.withLock(lock(table), () -> {
            // The definition first: without it there is no table, whatever happens next.
            Files.deleteIfExists(directory.resolve(DEFINITION));
            for (Path part : parts(table).values()) {
                Files.deleteIfExists(part);
            }
            AtomicFiles.sweep(directory);
            for (Path p = directory; p != null && !p.equals(home.tables()); p = p.getParent()) {
                try (Stream<Path> children = Files.list(p)) {
                    if (children.findAny().isPresent()) {
                        return 0;
                    }
                } catch (NoSuchFileException e) {
                    continue;
                }
                Files.deleteIfExists(p);
            }
            return 0;
        });
    }

    /** The tables, as a status lists them. Opens no file. */
    public List<Resource> resources() {
        return list("").stream()
                .map(name -> new Resource("table", name, directory(name).toString(), "ready", null, Map.of()))
                .toList();
    }

    @Override
    public ParquetFile look(Path file) {
        if (!Files.isRegularFile(file)) {
            throw error(ErrorCode.NOT_FOUND, "There is no file " + file, "look", file.toString())
                    .build();
        }
        List<ParquetColumn> columns = new ArrayList<>();
        try (DuckDBConnection connection = duck.connect();
                Statement statement = connection.createStatement();
                ResultSet described = statement.executeQuery("DESCRIBE SELECT * FROM " + from(List.of(file)))) {
            while (described.next()) {
                String type = described.getString(2);
                columns.add(new ParquetColumn(described.getString(1), type, Layout.fieldType(type)));
            }
        } catch (SQLException e) {
            IsobarException why = duck.failure("looking at " + file, e, ErrorCode.INVALID_ARGUMENT);
            if (why.code() != ErrorCode.INVALID_ARGUMENT) {
                throw why;
            }
            throw error(ErrorCode.INVALID_ARGUMENT, "The file " + file + " is not Parquet", "look", file.toString())
                    .hint("Give a whole Parquet file, or name it .csv if it is CSV.")
                    .cause(e)
                    .build();
        }
        return new ParquetFile(columns, count(file));
    }

    @Override
    public RowCursor read(Path file, Schema columns) {
        return new ParquetCursor(
                duck,
                file.toString(),
                columns,
                "SELECT " + Layout.plain(columns).selection() + " FROM " + from(List.of(file)));
    }

    @Override
    public PartWriter write(Path file, Schema schema) {
        new TableDefinition(file.toString(), schema, List.of()).check(home.instance());
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            AtomicFiles.sweep(folder);
        }
        String name = String.valueOf(file.getFileName());
        return writer(schema, file.toString(), name, file, () -> {
            throw error(ErrorCode.ALREADY_EXISTS, "Something else made " + file, "write", file.toString())
                    .hint("Remove it or choose another name, then run the same command again.")
                    .build();
        });
    }

    /** A writer whose part appears as a file, or is the one that exists by then. */
    private ParquetPartWriter writer(
            Schema schema, String table, String part, Path target, Supplier<PartInfo> existing) {
        return new ParquetPartWriter(
                duck, Layout.plain(schema), table, part, AtomicFiles.temporaryBeside(target), (whole, rows) -> {
                    AtomicFiles.syncFile(whole);
                    return AtomicFiles.publishExclusively(whole, target)
                            ? new PartInfo(part, rows, Files.size(target))
                            : existing.get();
                });
    }

    @Override
    public void close() {
        duck.close();
    }

    private String condition(TableDefinition definition, Range range) {
        int slot = definition.rangeSlot(home.instance(), range);
        String column = DuckDb.identifier(range.column());
        boolean temporal = definition.schema().field(slot).type().isTemporal();
        Layout layout = Layout.plain(definition.schema());
        // A bound that a column's type cannot hold is none.
        String from = layout.storable(slot, range.from()) ? column + " >= " + layout.word(slot, range.from()) : "TRUE";
        String to = layout.storable(slot, range.to()) ? column + " < " + layout.word(slot, range.to()) : "TRUE";
        if (temporal && range.to() <= -Long.MAX_VALUE) {
            to = "FALSE";
        }
        if (temporal && range.from() == Long.MAX_VALUE) {
            from = "FALSE";
        }
        return " WHERE " + column + " IS NOT NULL AND " + from + " AND " + to;
    }

    private static String from(Iterable<Path> files) {
        StringBuilder list = new StringBuilder("read_parquet([");
        String separator = "";
        for (Path file : files) {
            list.append(separator).append(DuckDb.literal(file.toString()));
            separator = ", ";
        }
        return list.append("])").toString();
    }

    private List<PartInfo> infos(String table, Map<String, Path> parts) {
        List<PartInfo> found = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> part : parts.entrySet()) {
                Path file = part.getValue();
                CountedFile counted = new CountedFile(
                        file, Files.size(file), Files.getLastModifiedTime(file).toMillis());
                Long rows = counts.get(counted);
                if (rows == null) {
                    rows = count(file);
                    counts.put(counted, rows);
                }
                found.add(new PartInfo(part.getKey(), rows, counted.bytes()));
            }
        } catch (IOException e) {
            throw IsobarException.io("looking at the parts of table " + table, e);
        }
        return List.copyOf(found);
    }

    private long count(Path file) {
        try (DuckDBConnection connection = duck.connect();
                Statement statement = connection.createStatement();
                ResultSet metadata = statement.executeQuery(
                        "SELECT num_rows FROM parquet_file_metadata(" + DuckDb.literal(file.toString()) + ")")) {
            return metadata.next() ? metadata.getLong(1) : 0;
        } catch (SQLException e) {
            throw duck.failure("counting the rows of " + file, e, ErrorCode.CORRUPT);
        }
    }

    private SortedMap<String, Path> parts(String table) {
        TreeMap<String, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(table), PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                found.put(name.substring(PREFIX.length(), name.length() - SUFFIX.length()), file);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return found;
        } catch (IOException e) {
            throw IsobarException.io("listing table " + table, e);
        }
        return found;
    }

    private Optional<TableDefinition> find(String table) {
        return Json.read(directory(table).resolve(DEFINITION), TableFile.class)
                .map(t -> new TableDefinition(table, Schema.of(t.columns()), List.copyOf(t.order())));
    }

    private TableDefinition definition(String table, String operation) {
        return find(table).orElseThrow(() -> OfflineStore.notFound(home.instance(), operation, table));
    }

    private void checkTable(String table, String operation) {
        OfflineStore.checkTable(home.instance(), operation, table);
        // A table is a folder, inside perhaps another table's.
        boolean valid = table.length() <= 900;
        for (String segment : table.split("/", -1)) {
            valid &= segment.length() <= 200
                    && !segment.equals(DEFINITION)
                    && !(segment.startsWith(PREFIX) && segment.endsWith(SUFFIX));
        }
        if (!valid) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + table + "' cannot be a table's name", operation, table)
                    .hint(
                            "At most 900 characters in all and 200 between two '/', and nothing that is a file's name of ours.")
                    .build();
        }
    }

    private Path directory(String table) {
        return home.tables().resolve(table);
    }

    private Path file(String table, String part) {
        return directory(table).resolve(PREFIX + part + SUFFIX);
    }

    private Path lock(String table) {
        return home.tables().resolve("~locks").resolve(table.replace('/', '~'));
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("OfflineStore", operation)
                .resource(resource);
    }
}
