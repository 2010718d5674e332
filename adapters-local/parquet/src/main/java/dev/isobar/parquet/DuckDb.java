package dev.isobar.parquet;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBDriver;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionBuilder;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.jspecify.annotations.Nullable;

/**
 * One DuckDB in memory per session, started at the first use (its native library takes 0.7 s to unpack) and spilling into a folder of its own.
 * Every writer and cursor has a connection of its own. Thread safe.
 *
 * @since 0.1
 */
public final class DuckDb implements AutoCloseable {
    /** DuckDB does not always say why a write failed; a disk with less than this is why. Bytes. */
    private static final long NEARLY_FULL = 1 << 20;

    /** The table function that hands out the rows of the feed with this number. */
    static final String ROWS = "isobar_rows";

    private final ConcurrentHashMap<Long, RowFeed> feeds = new ConcurrentHashMap<>();
    private final AtomicLong lastFeed = new AtomicLong();
    private final Settings settings;
    private @Nullable DuckDBConnection root;
    private @Nullable Path spill;
    private boolean closed;

    /**
     * What it may use.
     *
     * @param instance of the adapter, for errors
     * @param disk a folder on the disk that files and spilled queries lie on
     * @param spill names a folder that nobody else uses; asked once, at the first use. It is made when needed and removed in the end
     */
    public record Settings(String instance, Path disk, Supplier<Path> spill, long memoryMegabytes, int threads) {}

    /** Nothing native is loaded before the first connection. */
    public DuckDb(Settings settings) {
        this.settings = settings;
    }

    /** A connection of its own, in UTC; close it. */
    public synchronized DuckDBConnection connect() {
        try {
            if (closed) {
                throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The offline store is closed")
                        .adapter(settings.instance())
                        .build();
            }
            if (root == null) {
                spill = settings.spill().get();
                Properties properties = new Properties();
                properties.setProperty("threads", Integer.toString(settings.threads()));
                properties.setProperty("memory_limit", settings.memoryMegabytes() + "MB");
                properties.setProperty("temp_directory", spill.toString());
                properties.setProperty("autoinstall_known_extensions", "false");
                // Rows flow as they are asked for, instead of all into memory first.
                properties.setProperty("jdbc_stream_results", "true");
                java.sql.Connection opened = new DuckDBDriver().connect("jdbc:duckdb:", properties);
                if (opened == null) {
                    throw new SQLException("the driver does not know its own URL");
                }
                root = opened.unwrap(DuckDBConnection.class);
                registerRows(root);
            }
            DuckDBConnection connection = root.duplicate();
            try (Statement statement = connection.createStatement()) {
                // Files of others may hold times without a zone where we write instants: they are UTC, wherever we run.
                statement.execute("SET TimeZone = 'UTC'");
            }
            return connection;
        } catch (SQLException e) {
            throw failure("starting DuckDB", e, ErrorCode.UNAVAILABLE);
        } catch (LinkageError e) {
            throw unloadable(e);
        }
    }

    private void registerRows(DuckDBConnection connection) throws SQLException {
        try (DuckDBTableFunctionBuilder builder = DuckDBFunctions.tableFunction()) {
            builder.withName(ROWS)
                    .withParameter(DuckDBColumnType.BIGINT)
                    .withFunction(new Rows())
                    .register(connection);
        }
    }

    /** Lets a query ask for these rows; returns the number to ask with. */
    long offer(RowFeed feed) {
        long number = lastFeed.incrementAndGet();
        feeds.put(number, feed);
        return number;
    }

    /** They are not to be asked for any more. */
    void withdraw(long number) {
        feeds.remove(number);
    }

    /** A query's rows, in one thread and in their order. */
    private final class Rows implements DuckDBTableFunction<RowFeed, RowFeed, Object> {
        @Override
        public RowFeed bind(DuckDBTableFunctionBindInfo info) {
            long number = info.getParameter(0).getLong();
            RowFeed feed = feeds.get(number);
            if (feed == null) {
                throw new IllegalArgumentException("nothing offers the rows " + number);
            }
            feed.describe(info);
            return feed;
        }

        @Override
        public RowFeed init(DuckDBTableFunctionInitInfo info) {
            info.setMaxThreads(1);
            return info.getBindData();
        }

        @Override
        public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter output) {
            RowFeed feed = info.getBindData();
            return feed.fill(output);
        }
    }

    /** The driver unpacks 72 MB of native library when its class is initialised, and wraps what goes wrong into errors. */
    private static IsobarException unloadable(LinkageError e) {
        String folder = System.getProperty("java.io.tmpdir");
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io) {
                return IsobarException.io("unpacking DuckDB's native library into " + folder, io);
            }
        }
        return IsobarException.of(ErrorCode.UNAVAILABLE, "DuckDB's native library cannot be loaded: " + e.getMessage())
                .at("OfflineStore", "open")
                .resource(folder)
                .hint(
                        "It exists for Linux, macOS and Windows on x86_64 and aarch64; its folder must allow execution. `isobar doctor` tells more.")
                .cause(e)
                .build();
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            if (root != null) {
                root.close();
            }
        } catch (SQLException e) {
            throw failure("closing DuckDB", e, ErrorCode.INTERNAL);
        } finally {
            root = null;
            remove(spill);
        }
    }

    private static void remove(@Nullable Path spill) {
        if (spill == null || !Files.exists(spill)) {
            return;
        }
        try (Stream<Path> files = Files.walk(spill)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw IsobarException.io("removing " + spill, e);
        }
    }

    /** The one place where DuckDB's errors become ours; they carry no codes, so its words must do. */
    public IsobarException failure(String doing, SQLException e, ErrorCode otherwise) {
        String message = String.valueOf(e.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        ErrorCode code = otherwise;
        String hint = null;
        if (lower.contains("no space left")
                || lower.contains("disk quota")
                || lower.contains("disk is full")
                || lower.contains("could not write all bytes")
                || lower.contains("could not write file")
                        && settings.disk().toFile().getUsableSpace() < NEARLY_FULL) {
            code = ErrorCode.RESOURCE_EXHAUSTED;
            hint =
                    "The disk is full. Free some space or set ISOBAR_HOME to a larger disk, then run the same command again.";
        } else if (lower.contains("out of memory")) {
            code = ErrorCode.RESOURCE_EXHAUSTED;
            hint = "Raise offline.memory-mb of this adapter.";
        } else if (lower.contains("permission denied")) {
            code = ErrorCode.PERMISSION_DENIED;
            hint = "Check the owner and mode of that path.";
        } else if (code == ErrorCode.CORRUPT) {
            hint = "A Parquet file was altered or damaged. Restore it, or drop the table and make it again.";
        }
        IsobarException.Builder failure = IsobarException.of(code, "DuckDB failed while " + doing + ": " + message)
                .adapter(settings.instance())
                .cause(e);
        return (hint == null ? failure : failure.hint(hint)).build();
    }

    /** A name, quoted. */
    public static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A text, quoted. */
    public static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }
}
