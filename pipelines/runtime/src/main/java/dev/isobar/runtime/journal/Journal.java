package dev.isobar.runtime.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A durable record of what runs intended and did. Every effect is written as an intent before it acts and as done with its result afterwards, so that
 * after {@code kill -9} the next command knows what may have happened and asks again under the same deterministic name.
 *
 * <p>One process at a time holds the journal of a pipeline on a target; a second one gets {@code IN_USE}. Not thread safe.
 *
 * @since 0.1
 */
public final class Journal implements AutoCloseable {
    private static final ObjectMapper MAPPER = JsonMapper.builder().build();

    /** Lock files held by this process: closing any other channel on one would free it, so nobody here opens one twice. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path lockPath;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final Connection connection;
    private final Boundary boundary;

    /** Is called around every effect; tests die here. */
    public interface Boundary {
        /** The usual one: nothing happens. */
        Boundary NONE = (effect, moment) -> {};

        /** Before the intent is written, before the act, after the act and before its result is written, or after that. */
        enum Moment {
            BEFORE_INTENT,
            BEFORE_ACT,
            AFTER_ACT,
            AFTER_DONE
        }

        /** May throw to simulate death. */
        void at(String effect, Moment moment);
    }

    /** A run on record. */
    public record Run(String id, boolean resumed, Instant started) {}

    private Journal(Path lockPath, FileChannel lockFile, FileLock lock, Connection connection, Boundary boundary) {
        this.lockPath = lockPath;
        this.lockFile = lockFile;
        this.lock = lock;
        this.connection = connection;
        this.boundary = boundary;
    }

    /**
     * Opens the journal, creating it if need be.
     *
     * @param folder where it lives
     * @param name of the pipeline and target it belongs to
     */
    public static Journal open(Path folder, String name, Boundary boundary) {
        Path lockPath = lockPath(folder, name);
        if (!HELD.add(lockPath)) {
            throw inUse(name, " (process " + ProcessHandle.current().pid() + ")");
        }
        FileChannel channel = null;
        boolean opened = false;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(
                    lockPath, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = holder(channel);
                throw inUse(name, holder);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)), 0);
            Path db = folder.resolve(name).toAbsolutePath();
            // WRITE_DELAY=0: a commit is on disk when it returns. The lock above already excludes other processes.
            Connection c = DriverManager.getConnection(
                    "jdbc:h2:" + db + ";WRITE_DELAY=0;FILE_LOCK=NO;DB_CLOSE_ON_EXIT=FALSE", "isobar", "");
            try (Statement s = c.createStatement()) {
                s.execute(
                        "create table if not exists run(id varchar primary key, identity varchar, started varchar, finished varchar)");
                s.execute(
                        "create table if not exists effect(run varchar, name varchar, state varchar, result clob, at varchar, primary key(run, name))");
            }
            opened = true;
            return new Journal(lockPath, channel, lock, c, boundary);
        } catch (IOException e) {
            throw IsobarException.io("opening the run journal in " + folder, e);
        } catch (SQLException e) {
            throw sql("opening the run journal in " + folder, e);
        } finally {
            if (!opened) {
                closeQuietly(channel);
                HELD.remove(lockPath);
            }
        }
    }

    /** Whether some live process holds the journal now. */
    public static boolean isHeld(Path folder, String name) {
        return holder(folder, name).isPresent();
    }

    /** The pid of the live process that holds the journal now; empty if none does. */
    public static OptionalLong holder(Path folder, String name) {
        Path lockPath = lockPath(folder, name);
        if (HELD.contains(lockPath)) {
            return OptionalLong.of(ProcessHandle.current().pid());
        }
        if (!Files.exists(lockPath)) {
            return OptionalLong.empty();
        }
        try (FileChannel channel = FileChannel.open(lockPath, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String pid = content(channel);
                // It has the lock and has not written its pid yet.
                return OptionalLong.of(pid.isEmpty() ? 0 : Long.parseLong(pid));
            }
            lock.release();
            return OptionalLong.empty();
        } catch (IOException e) {
            throw IsobarException.io("looking at " + lockPath, e);
        }
    }

    /** Takes up the unfinished run of this identity, or begins a new one under the id offered, or one like it if that is taken. */
    public Run begin(String identity, Supplier<String> newId) {
        try {
            try (PreparedStatement q = connection.prepareStatement(
                    "select id, started from run where identity = ? and finished is null order by started desc")) {
                q.setString(1, identity);
                try (ResultSet r = q.executeQuery()) {
                    if (r.next()) {
                        return new Run(r.getString(1), true, Instant.parse(r.getString(2)));
                    }
                }
            }
            Instant now = Instant.now();
            String id = unused(newId.get());
            try (PreparedStatement u =
                    connection.prepareStatement("insert into run(id, identity, started) values(?, ?, ?)")) {
                u.setString(1, id);
                u.setString(2, identity);
                u.setString(3, now.toString());
                u.executeUpdate();
            }
            return new Run(id, false, now);
        } catch (SQLException e) {
            throw sql("beginning a run", e);
        }
    }

    /** The run is over, well or not; the next command of the same identity begins a new one. */
    public void finish(String run) {
        try (PreparedStatement u = connection.prepareStatement("update run set finished = ? where id = ?")) {
            u.setString(1, Instant.now().toString());
            u.setString(2, run);
            u.executeUpdate();
        } catch (SQLException e) {
            throw sql("ending run " + run, e);
        }
    }

    /**
     * Does something once. If the journal says it is done, its recorded result is returned and nothing happens; else the intent is written, the act done,
     * and its result written. After a death in between the act happens again: it must be idempotent under its name.
     *
     * @param type of the result, readable and writable by Jackson
     */
    public <T> T once(String run, String effect, Class<T> type, Supplier<T> act) {
        Optional<T> done = result(run, effect, type);
        if (done.isPresent()) {
            return done.get();
        }
        boundary.at(effect, Boundary.Moment.BEFORE_INTENT);
        put(run, effect, "INTENT", null);
        boundary.at(effect, Boundary.Moment.BEFORE_ACT);
        T result = act.get();
        boundary.at(effect, Boundary.Moment.AFTER_ACT);
        put(run, effect, "DONE", write(result));
        boundary.at(effect, Boundary.Moment.AFTER_DONE);
        return result;
    }

    /** Like {@link #once} for an act without a result. */
    public void once(String run, String effect, Runnable act) {
        once(run, effect, Boolean.class, () -> {
            act.run();
            return Boolean.TRUE;
        });
    }

    /** The recorded result of an effect, if it is done. */
    public <T> Optional<T> result(String run, String effect, Class<T> type) {
        try (PreparedStatement q = connection.prepareStatement(
                "select result from effect where run = ? and name = ? and state = 'DONE'")) {
            q.setString(1, run);
            q.setString(2, effect);
            try (ResultSet r = q.executeQuery()) {
                return r.next() ? Optional.of(MAPPER.readValue(r.getString(1), type)) : Optional.empty();
            }
        } catch (SQLException e) {
            throw sql("reading effect " + effect, e);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("effect " + effect + " was written by another version", e);
        }
    }

    /** Records a milestone that moves on, such as how far a replay is. */
    public void milestone(String run, String name, Object value) {
        boundary.at(name, Boundary.Moment.BEFORE_INTENT);
        put(run, name, "DONE", write(value));
        boundary.at(name, Boundary.Moment.AFTER_DONE);
    }

    @Override
    public void close() {
        try (lockFile;
                lock;
                connection) {
            // Closing is all there is to do, in reverse order: database, lock, file.
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("the run journal did not close", e);
        } finally {
            HELD.remove(lockPath);
        }
    }

    /** Ids carry the second in which they begin, and a run that is refused early takes less. */
    private String unused(String id) throws SQLException {
        String candidate = id;
        for (int n = 2; ; n++) {
            try (PreparedStatement q = connection.prepareStatement("select 1 from run where id = ?")) {
                q.setString(1, candidate);
                try (ResultSet r = q.executeQuery()) {
                    if (!r.next()) {
                        return candidate;
                    }
                }
            }
            candidate = id + "-" + n;
        }
    }

    private static Path lockPath(Path folder, String name) {
        return folder.toAbsolutePath().normalize().resolve(name + ".lock");
    }

    private static IsobarException inUse(String name, String holder) {
        return IsobarException.of(ErrorCode.IN_USE, "Another run of '" + name + "' is active" + holder)
                .resource(name)
                .hint("Wait for it to end, or stop that process; then run the same command again.")
                .build();
    }

    private void put(String run, String effect, String state, @Nullable String result) {
        try (PreparedStatement u = connection.prepareStatement(
                "merge into effect(run, name, state, result, at) key(run, name) values(?, ?, ?, ?, ?)")) {
            u.setString(1, run);
            u.setString(2, effect);
            u.setString(3, state);
            u.setString(4, result);
            u.setString(5, Instant.now().toString());
            u.executeUpdate();
        } catch (SQLException e) {
            throw sql("writing effect " + effect, e);
        }
    }

    private static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("results are records", e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(1L << 40, 1, false);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        String pid = content(channel);
        return pid.isEmpty() ? "" : " (process " + pid + ")";
    }

    private static String content(FileChannel channel) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(32);
        channel.read(b, 0);
        return new String(b.array(), 0, b.position(), StandardCharsets.UTF_8).trim();
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a lock file did not close", e);
            }
        }
    }

    private static IsobarException sql(String doing, SQLException e) {
        String text = String.valueOf(e.getMessage()).toLowerCase(java.util.Locale.ROOT);
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
            text += " " + String.valueOf(root.getMessage()).toLowerCase(java.util.Locale.ROOT);
        }
        if (text.contains("no space left") || text.contains("quota")) {
            return IsobarException.of(ErrorCode.RESOURCE_EXHAUSTED, "The disk is full while " + doing)
                    .hint(
                            "Free some space or set ISOBAR_HOME to a larger disk, then run the same command again: it resumes.")
                    .cause(e)
                    .build();
        }
        return IsobarException.of(ErrorCode.INTERNAL, "The run journal failed while " + doing + ": " + e.getMessage())
                .cause(e)
                .build();
    }
}
