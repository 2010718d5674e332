package dev.isobar.emulator.aws.logs;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Log groups, their streams and events: in memory, and one file of JSON lines per stream. Thread safe. */
public final class LogStore implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** CloudWatch's limit of one event. */
    private static final int MAX_EVENT = 1_048_576 - 26;

    private final Path folder;
    private final NavigableMap<String, Group> groups = new TreeMap<>();

    /** A group as it is listed. */
    record Group(String name, long created, NavigableMap<String, Stored> streams) {}

    /** A stream as it is listed; its events are guarded by the store. */
    record Stored(String name, long created, List<LogEvent> events, BufferedWriter file) {}

    private LogStore(Path folder) {
        this.folder = folder;
    }

    /** Reads what an earlier process left there. */
    public static LogStore open(Path folder) throws IOException {
        LogStore store = new LogStore(Files.createDirectories(folder));
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(folder)) {
            for (Path group : groups) {
                store.read(group);
            }
        }
        return store;
    }

    /** Adds an event, with its group and stream if there are none yet. */
    public synchronized void append(String group, String stream, long timestamp, String message) {
        Group to = groups.get(group);
        if (to == null) {
            createGroup(group);
            to = groups.get(group);
        }
        if (to != null && !to.streams().containsKey(stream)) {
            createStream(group, stream);
        }
        Stored stored = to == null ? null : to.streams().get(stream);
        if (stored == null || message.isEmpty()) {
            return; // CloudWatch Logs has no empty events
        }
        String kept = message.length() > MAX_EVENT ? message.substring(0, MAX_EVENT) : message;
        LogEvent event = new LogEvent(timestamp, System.currentTimeMillis(), kept);
        try {
            stored.file().write(JSON.writeValueAsString(event));
            stored.file().write('\n');
            stored.file().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        stored.events().add(event);
    }

    @Override
    public synchronized void close() throws IOException {
        for (Group group : groups.values()) {
            for (Stored stream : group.streams().values()) {
                stream.file().close();
            }
        }
    }

    synchronized boolean createGroup(String name) {
        if (groups.containsKey(name)) {
            return false;
        }
        try {
            Files.createDirectories(folder.resolve(encoded(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        groups.put(name, new Group(name, System.currentTimeMillis(), new TreeMap<>()));
        return true;
    }

    synchronized boolean createStream(String groupName, String name) {
        Group group = groups.get(groupName);
        if (group == null || group.streams().containsKey(name)) {
            return false;
        }
        group.streams().put(name, stored(name, System.currentTimeMillis(), new ArrayList<>(), file(groupName, name)));
        return true;
    }

    synchronized boolean deleteGroup(String name) {
        Group group = groups.remove(name);
        if (group == null) {
            return false;
        }
        try {
            for (String stream : group.streams().keySet()) {
                delete(name, group, stream);
            }
            Files.delete(folder.resolve(encoded(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return true;
    }

    synchronized boolean deleteStream(String groupName, String name) {
        Group group = groups.get(groupName);
        if (group == null || !group.streams().containsKey(name)) {
            return false;
        }
        try {
            delete(groupName, group, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        group.streams().remove(name);
        return true;
    }

    /** Names and times of the groups, by name; their streams are not to be touched. */
    synchronized List<Group> groups() {
        return List.copyOf(groups.values());
    }

    /** A group's streams by name, with their events as they are now. */
    synchronized Optional<List<Stored>> streams(String group) {
        return Optional.ofNullable(groups.get(group))
                .map(found -> found.streams().values().stream()
                        .map(stream -> new Stored(
                                stream.name(), stream.created(), List.copyOf(stream.events()), stream.file()))
                        .toList());
    }

    /** A stream's events as they are now. */
    synchronized Optional<List<LogEvent>> events(String group, String stream) {
        return Optional.ofNullable(groups.get(group))
                .map(found -> found.streams().get(stream))
                .map(found -> List.copyOf(found.events()));
    }

    private void delete(String groupName, Group group, String name) throws IOException {
        Stored stream = group.streams().get(name);
        if (stream != null) {
            stream.file().close();
        }
        Files.deleteIfExists(file(groupName, name));
    }

    private void read(Path path) throws IOException {
        String group = decoded(path);
        long created = Files.getLastModifiedTime(path).toMillis();
        Group read = new Group(group, created, new TreeMap<>());
        try (DirectoryStream<Path> streams = Files.newDirectoryStream(path)) {
            for (Path stream : streams) {
                List<LogEvent> events = events(stream);
                long since = events.isEmpty() ? created : events.get(0).ingested();
                read.streams().put(decoded(stream), stored(decoded(stream), since, events, stream));
            }
        }
        groups.put(group, read);
    }

    private static List<LogEvent> events(Path file) throws IOException {
        dropCutOffLine(file);
        List<LogEvent> events = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            for (String line : (Iterable<String>) lines::iterator) {
                events.add(JSON.readValue(line, LogEvent.class));
            }
        }
        return events;
    }

    /** An emulator that was killed may have left half a line; what comes next must not be appended to it. */
    private static void dropCutOffLine(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long end = bytes.length();
            while (end > 0) {
                bytes.seek(end - 1);
                if (bytes.read() == '\n') {
                    break;
                }
                end--;
            }
            bytes.setLength(end);
        }
    }

    private static Stored stored(String name, long created, List<LogEvent> events, Path file) {
        try {
            return new Stored(
                    name,
                    created,
                    events,
                    Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String group, String stream) {
        return folder.resolve(encoded(group)).resolve(encoded(stream));
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8);
    }

    private static String decoded(Path path) {
        return URLDecoder.decode(String.valueOf(path.getFileName()), StandardCharsets.UTF_8);
    }
}
