package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.EventStream;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The durable append log: {@code log/STREAM/pNNNN/OFFSET.log}. Any number of processes append and read at once.
 *
 * <p><b>Durability.</b> With {@code log.fsync=always} (the default) each request is one write and one fsync per partition it touches (one per 8 MiB
 * of a larger one), before {@code append} returns. With {@code os} nothing is forced: what was accepted survives {@code kill -9} but not power loss.
 * A torn tail is cut off by the next writer and invisible to readers; damage in the middle is {@code CORRUPT}, with file and byte.
 *
 * <p><b>Partition</b> of a key: CRC32C of its UTF-8 bytes, unsigned, modulo the number of partitions.
 *
 * @since 0.1
 */
public final class LocalEventStream implements EventStream, AutoCloseable {
    /** Largest event, envelope included: one hostile line must not fill a disk. */
    public static final long MAX_EVENT_BYTES = 16L << 20;

    /** Most events of one append. */
    public static final int MAX_BATCH_EVENTS = 100_000;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,119}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,119}");
    private static final int MAX_PARTITIONS = 1024;

    private final LocalHome home;
    private final boolean fsync;
    private final ConcurrentHashMap<String, PartitionLog> logs = new ConcurrentHashMap<>();

    /** The streams of a home. */
    public LocalEventStream(LocalHome home, boolean fsync) {
        this.home = home;
        this.fsync = fsync;
    }

    /** What {@code stream.json} says. */
    record Definition(int partitions) {}

    @Override
    public void create(String stream, int partitions) {
        checkName(stream, "create");
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "A stream cannot have " + partitions + " partitions; 1 to " + MAX_PARTITIONS
                                    + " are possible",
                            "create",
                            stream)
                    .build();
        }
        Path target = directory(stream);
        if (!Files.exists(target)) {
            AtomicFiles.makeDirectories(home.log());
            AtomicFiles.sweep(home.log());
            Path temporary = AtomicFiles.temporaryBeside(target);
            try {
                for (int i = 0; i < partitions; i++) {
                    AtomicFiles.createExclusively(new Segments(temporary.resolve(partitionName(i))).at(0), new byte[0]);
                }
                AtomicFiles.replace(temporary.resolve("stream.json"), Json.bytes(new Definition(partitions)));
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
                AtomicFiles.syncDirectory(home.log());
                return;
            } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
                // Somebody else was faster; whether they made the same is looked at below.
                AtomicFiles.deleteTree(temporary);
            } catch (IOException e) {
                AtomicFiles.deleteTree(temporary);
                if (!Files.exists(target)) {
                    throw IsobarException.io("creating stream " + stream, e);
                }
            } catch (IsobarException e) {
                AtomicFiles.deleteTree(temporary);
                throw e;
            }
        }
        int existing = definition(stream, "create").partitions();
        if (existing != partitions) {
            throw error(
                            ErrorCode.CONFLICT,
                            "The stream " + stream + " has " + existing + " partitions, not " + partitions,
                            "create",
                            stream)
                    .hint("Use the number it has, or delete the stream first.")
                    .build();
        }
    }

    @Override
    public Optional<StreamInfo> describe(String stream) {
        checkName(stream, "describe");
        Optional<Definition> definition = Json.read(directory(stream).resolve("stream.json"), Definition.class);
        if (definition.isEmpty()) {
            return Optional.empty();
        }
        long events = 0;
        long bytes = 0;
        try {
            for (int i = 0; i < definition.get().partitions(); i++) {
                PartitionLog.Stored stored = log(stream, i).stored();
                events += stored.events();
                bytes += stored.bytes();
            }
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(new StreamInfo(stream, definition.get().partitions(), events, bytes));
    }

    @Override
    public List<String> list(String prefix) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(home.log())) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!AtomicFiles.isTemporary(entry) && name.startsWith(prefix)) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("listing " + home.log(), e);
        }
        names.sort(null);
        return List.copyOf(names);
    }

    @Override
    public AppendResult append(AppendRequest request) {
        String stream = request.stream();
        Definition definition = definition(stream, "append");
        List<Event> events = request.events();
        check(request);
        int partitions = definition.partitions();
        int[] counts = new int[partitions];
        int[] where = new int[events.size()];
        CRC32C crc = new CRC32C();
        for (int i = 0; i < where.length; i++) {
            where[i] = partitions == 1 ? 0 : partition(crc, events.get(i).key(), partitions);
            counts[where[i]]++;
        }
        int stored = 0;
        for (int p = 0; p < partitions; p++) {
            if (counts[p] > 0) {
                int[] indices = new int[counts[p]];
                int n = 0;
                for (int i = 0; i < where.length; i++) {
                    if (where[i] == p) {
                        indices[n++] = i;
                    }
                }
                stored += log(stream, p).append(request.producer(), request.firstSequence(), events, indices, n);
            }
        }
        return new AppendResult(events.size(), stored, Map.of());
    }

    @Override
    public EventReader read(ReadRequest request) {
        String stream = request.stream();
        Definition definition = definition(stream, "read");
        checkGroup(request.group(), "read");
        Map<Integer, Position> after = Map.of();
        long from = PartitionCursor.NO_TIME;
        if (request.start() instanceof Start.Committed) {
            after = committed(stream, request.group());
        } else if (request.start() instanceof Start.After start) {
            after = start.positions();
        } else if (request.start() instanceof Start.AvailableFrom start) {
            from = start.micros();
        }
        for (int partition : after.keySet()) {
            checkPartition(stream, definition, partition, "read");
        }
        List<PartitionCursor> cursors = new ArrayList<>();
        try {
            for (int i = 0; i < definition.partitions(); i++) {
                Position position = after.get(i);
                LogPosition start = position == null ? LogPosition.BEFORE_ALL : LogPosition.parse(position);
                cursors.add(new PartitionCursor(directory(stream).resolve(partitionName(i)), i, start, from));
            }
        } catch (IOException e) {
            new LogReader(stream, cursors).close();
            throw IsobarException.io("opening stream " + stream, e);
        } catch (IsobarException e) {
            new LogReader(stream, cursors).close();
            throw e;
        }
        return new LogReader(stream, cursors);
    }

    @Override
    public void commit(String stream, String group, int partition, Position upTo) {
        Definition definition = definition(stream, "commit");
        checkGroup(group, "commit");
        checkPartition(stream, definition, partition, "commit");
        LogPosition position = LogPosition.parse(upTo);
        long end = log(stream, partition).force();
        if (position.frame() >= end) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "The position " + upTo.token() + " lies behind the end of partition " + partition + " of "
                                    + stream,
                            "commit",
                            stream)
                    .hint("Commit a position that a reader of this stream gave.")
                    .build();
        }
        Path file = commits(stream, group).resolve(partitionName(partition));
        FileMutex.withLock(locks(stream).resolve("commits"), () -> {
            Optional<LogPosition> before = readCommit(file);
            // Deleted in between: a commit must not bring a part of the stream back.
            if (Files.exists(directory(stream).resolve("stream.json"))
                    && (before.isEmpty() || before.get().compareTo(position) < 0)) {
                AtomicFiles.replace(file, upTo.token().getBytes(StandardCharsets.UTF_8));
            }
            return 0;
        });
    }

    @Override
    public Map<Integer, Position> committed(String stream, String group) {
        Definition definition = definition(stream, "committed");
        checkGroup(group, "committed");
        Map<Integer, Position> found = new TreeMap<>();
        for (int i = 0; i < definition.partitions(); i++) {
            Optional<LogPosition> position = readCommit(commits(stream, group).resolve(partitionName(i)));
            if (position.isPresent()) {
                found.put(i, position.get().toPosition());
            }
        }
        return found;
    }

    @Override
    public long erase(String stream, String key) {
        Definition definition = definition(stream, "erase");
        return log(stream, partition(new CRC32C(), key, definition.partitions()))
                .erase(key);
    }

    @Override
    public void delete(String stream) {
        checkName(stream, "delete");
        Path target = directory(stream);
        Optional<Definition> definition = Json.read(target.resolve("stream.json"), Definition.class);
        if (definition.isEmpty()) {
            return;
        }
        Path away = AtomicFiles.temporaryBeside(target);
        withAllLocks(stream, definition.get().partitions() - 1, () -> {
            try {
                Files.move(target, away, StandardCopyOption.ATOMIC_MOVE);
                AtomicFiles.syncDirectory(home.log());
            } catch (NoSuchFileException e) {
                return;
            }
        });
        AtomicFiles.deleteTree(away);
        for (int i = 0; i < definition.get().partitions(); i++) {
            PartitionLog log = logs.remove(stream + "/" + i);
            if (log != null) {
                log.close();
            }
        }
    }

    /** The streams, as a status lists them. Reads no log. */
    public List<Resource> resources() {
        return list("").stream()
                .map(name -> new Resource("stream", name, directory(name).toString(), "ready", null, Map.of()))
                .toList();
    }

    @Override
    public void close() {
        logs.values().forEach(PartitionLog::close);
        logs.clear();
    }

    /** The partition of a key. */
    static int partition(CRC32C crc, String key, int partitions) {
        crc.reset();
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        crc.update(bytes, 0, bytes.length);
        return (int) (crc.getValue() % partitions);
    }

    private void withAllLocks(String stream, int partition, ThrowingRunnable work) {
        // Nested from the highest partition to the lowest; appends take one at a time, so no order can deadlock.
        FileMutex.withLock(lock(stream, partition), () -> {
            if (partition > 0) {
                withAllLocks(stream, partition - 1, work);
            } else {
                work.run();
            }
            return 0;
        });
    }

    /** Work that may fail with an I/O error. */
    @FunctionalInterface
    private interface ThrowingRunnable {
        void run() throws IOException;
    }

    private Optional<LogPosition> readCommit(Path file) {
        try {
            return Optional.of(LogPosition.parse(new Position(Files.readString(file))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw IsobarException.io("reading commit " + file, e);
        }
    }

    private void check(AppendRequest request) {
        List<Event> events = request.events();
        if (request.firstSequence() < 0 || request.producer().isEmpty()) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "An append needs a producer's name and a sequence from 0; got '" + request.producer()
                                    + "' and " + request.firstSequence(),
                            "append",
                            request.stream())
                    .build();
        }
        if (events.size() > MAX_BATCH_EVENTS) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            events.size() + " events are more than one append takes (" + MAX_BATCH_EVENTS + ")",
                            "append",
                            request.stream())
                    .hint("Append them in smaller batches.")
                    .build();
        }
        for (Event event : events) {
            long size = 64L + event.payload().length + utf8(event.id()) + utf8(event.key()) + utf8(event.schemaId());
            for (Map.Entry<String, String> header : event.headers().entrySet()) {
                size += 8L + utf8(header.getKey()) + utf8(header.getValue());
            }
            if (size > MAX_EVENT_BYTES) {
                throw error(
                                ErrorCode.INVALID_ARGUMENT,
                                "An event of " + size + " bytes is larger than " + MAX_EVENT_BYTES,
                                "append",
                                request.stream())
                        .hint(
                                "Put the large value into the lake and its key into the event. Nothing of this batch was stored.")
                        .build();
            }
        }
    }

    /** Bytes in UTF-8; exact where it can matter. */
    private static long utf8(String text) {
        return text.length() < 1024 ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    }

    private Definition definition(String stream, String operation) {
        checkName(stream, operation);
        return Json.read(directory(stream).resolve("stream.json"), Definition.class)
                .orElseThrow(() -> error(ErrorCode.NOT_FOUND, "There is no stream " + stream, operation, stream)
                        .hint("Create it first; `isobar status` lists the streams there are.")
                        .build());
    }

    private void checkName(String stream, String operation) {
        if (!NAME.matcher(stream).matches()) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + stream + "' cannot be a stream's name", operation, stream)
                    .hint(
                            "Lower-case letters, digits, '.' and '-', at most 120 characters, beginning with a letter or digit.")
                    .build();
        }
    }

    private void checkGroup(String group, String operation) {
        if (!GROUP.matcher(group).matches()) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + group + "' cannot be a group's name", operation, group)
                    .hint("Letters, digits, '.', '_' and '-', at most 120 characters.")
                    .build();
        }
    }

    private void checkPartition(String stream, Definition definition, int partition, String operation) {
        if (partition < 0 || partition >= definition.partitions()) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "The stream " + stream + " has no partition " + partition + ", only 0 to "
                                    + (definition.partitions() - 1),
                            operation,
                            stream)
                    .build();
        }
    }

    private PartitionLog log(String stream, int partition) {
        return logs.computeIfAbsent(
                stream + "/" + partition,
                k -> new PartitionLog(
                        directory(stream).resolve(partitionName(partition)), lock(stream, partition), fsync));
    }

    private Path directory(String stream) {
        return home.log().resolve(stream);
    }

    private Path commits(String stream, String group) {
        return directory(stream).resolve("commits").resolve(group);
    }

    /** Beside the streams, not in them: a lock must outlive what it guards. */
    private Path locks(String stream) {
        return home.log().resolve("~locks").resolve(stream);
    }

    private Path lock(String stream, int partition) {
        return locks(stream).resolve(partitionName(partition));
    }

    private static String partitionName(int partition) {
        return "p%04d".formatted(partition);
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("EventStream", operation)
                .resource(resource);
    }
}
