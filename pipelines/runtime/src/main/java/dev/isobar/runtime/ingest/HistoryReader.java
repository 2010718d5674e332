package dev.isobar.runtime.ingest;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.port.ParquetFiles;
import dev.isobar.runtime.ingest.HistoryFile.Batch;
import dev.isobar.runtime.ingest.StreamParser.Parsed;
import dev.isobar.runtime.thread.Workers;
import dev.isobar.spec.StreamSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history from files, each of them once however many streams it feeds: one thread at a time takes records off a file, all of them parse, and one at a time hands
 * events over. Events come in no particular order. Not thread safe.
 *
 * @since 0.1
 */
public final class HistoryReader {
    private final List<StreamSpec> streams;
    private final Map<Path, List<Integer>> files = new LinkedHashMap<>();
    private final @Nullable ParquetFiles parquet;
    private final int threads;
    private final long totalBytes;

    /** Where events and dead letters go; called from one thread at a time. */
    public interface Sink {
        /** An event of the i-th stream; it is reused. */
        void event(int stream, FileEvent event);

        /** A record that became no event of the i-th stream. */
        void dead(int stream, Path file, DeadLetter letter);

        /** How far all files are read, in bytes. */
        void progress(long bytes, long totalBytes);
    }

    /** An event from a file. Texts are made when asked for. */
    public static final class FileEvent {
        private final StreamParser parser;
        private final Row row;
        private long idHash;
        private @Nullable Parsed wrong;

        FileEvent(StreamParser parser) {
            this.parser = parser;
            this.row = new Row(parser.schema());
        }

        /** Its payload. */
        public Row row() {
            return row;
        }

        /** A hash of its id. */
        public long idHash() {
            return idHash;
        }

        /** Its id. */
        public String id() {
            return parser.id(row);
        }

        /** Its key. */
        public String key() {
            return parser.key(row);
        }

        /** Its event time, microseconds. */
        public long eventTime() {
            return parser.eventTime(row);
        }

        /** When it became available, microseconds; the given time if its stream has no column for that. */
        public long availableTime(long otherwise) {
            return parser.availableTime(row, otherwise);
        }
    }

    /**
     * A reader of these streams.
     *
     * @param files the files of the i-th stream; one file may feed several
     * @param parquet null if Parquet cannot be read here
     * @throws IsobarException {@code INVALID_ARGUMENT} if a file does not exist, cannot be read or has a name that does not say its format
     */
    public HistoryReader(
            List<StreamSpec> streams, List<List<Path>> files, @Nullable ParquetFiles parquet, int threads) {
        this.streams = List.copyOf(streams);
        this.parquet = parquet;
        this.threads = threads;
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            for (Path file : files.get(i)) {
                check(file);
                this.files.computeIfAbsent(file, f -> new ArrayList<>()).add(i);
            }
        }
        for (Path file : this.files.keySet()) {
            bytes += file.toFile().length();
        }
        this.totalBytes = bytes;
    }

    /** Whether a file's name says that it can be read here. */
    public static boolean isHistory(Path file) {
        return HistoryFile.isNamed(file);
    }

    /** The columns of a file with their types; those of CSV are guessed from its first thousand records. */
    public static Map<String, FieldType> columns(Path file, @Nullable ParquetFiles parquet) {
        check(file);
        return HistoryFile.columns(file, parquet);
    }

    private static void check(Path file) {
        HistoryFile.isParquet(file);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            String trouble =
                    Files.isDirectory(file) ? "is a folder" : Files.exists(file) ? "cannot be read" : "does not exist";
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The file " + file + " " + trouble)
                    .resource(file.toString())
                    .hint("Give the path of a file that can be read.")
                    .build();
        }
    }

    /**
     * Reads all files.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if a file lacks columns or has them in a type that cannot be read, {@code CORRUPT} if one is damaged
     */
    public void read(Sink sink) {
        try (Opened opened = new Opened()) {
            if (threads == 1) {
                new Worker(opened, sink).run();
                return;
            }
            ExecutorService pool = Executors.newFixedThreadPool(threads);
            try {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    all.add(pool.submit(new Worker(opened, sink)));
                }
                Workers.join(all, "Reading");
            } finally {
                opened.stop();
                pool.shutdownNow();
            }
        }
    }

    /** A batch and where it is from. */
    private record Taken(HistoryFile from, List<Integer> feeds, Batch batch) {}

    /** The file whose turn it is. Thread safe. */
    private final class Opened implements AutoCloseable {
        private final Iterator<Map.Entry<Path, List<Integer>>> rest =
                files.entrySet().iterator();
        private @Nullable HistoryFile open;
        private List<Integer> feeds = List.of();
        private long before;
        private long position;
        private boolean stopped;

        synchronized @Nullable Taken next(@Nullable Batch used) {
            while (!stopped) {
                HistoryFile from = open;
                if (from == null) {
                    if (!rest.hasNext()) {
                        return null;
                    }
                    Map.Entry<Path, List<Integer>> file = rest.next();
                    feeds = file.getValue();
                    open = HistoryFile.open(
                            file.getKey(), feeds.stream().map(streams::get).toList(), parquet);
                    continue;
                }
                Batch batch = from.next(used);
                position = before + from.bytesRead();
                if (batch != null) {
                    return new Taken(from, feeds, batch);
                }
                before += from.file.toFile().length();
                close();
            }
            return null;
        }

        synchronized long position() {
            return position;
        }

        synchronized void stop() {
            stopped = true;
        }

        @Override
        public synchronized void close() {
            HistoryFile was = open;
            open = null;
            if (was != null) {
                was.close();
            }
        }
    }

    private final class Worker implements Runnable {
        private final Opened opened;
        private final Sink sink;
        private @Nullable HistoryFile file;
        private FileEvent[][] events = new FileEvent[0][];

        Worker(Opened opened, Sink sink) {
            this.opened = opened;
            this.sink = sink;
        }

        @Override
        public void run() {
            try {
                for (Taken t = opened.next(null); t != null; t = opened.next(t.batch())) {
                    if (file != t.from()) {
                        file = t.from();
                        prepare(t.from(), t.feeds());
                    }
                    parse(t.batch());
                    synchronized (sink) {
                        hand(t);
                    }
                }
            } catch (RuntimeException | Error e) {
                // The others need not go on.
                opened.stop();
                throw e;
            }
        }

        private void prepare(HistoryFile from, List<Integer> feeds) {
            events = new FileEvent[feeds.size()][HistoryFile.BATCH];
            for (int s = 0; s < feeds.size(); s++) {
                StreamParser parser = new StreamParser(streams.get(feeds.get(s)), from.header(), from.file.toString());
                for (int i = 0; i < HistoryFile.BATCH; i++) {
                    events[s][i] = new FileEvent(parser);
                }
            }
        }

        private void parse(Batch batch) {
            for (int i = 0; i < batch.size(); i++) {
                for (FileEvent[] ofStream : events) {
                    FileEvent e = ofStream[i];
                    e.wrong = batch.parse(i, e.parser, e.row);
                    if (e.wrong == null) {
                        e.idHash = e.parser.idHash(e.row);
                    }
                }
            }
        }

        private void hand(Taken t) {
            for (int s = 0; s < events.length; s++) {
                int stream = t.feeds().get(s);
                for (int i = 0; i < t.batch().size(); i++) {
                    FileEvent e = events[s][i];
                    Parsed wrong = e.wrong;
                    if (wrong == null) {
                        sink.event(stream, e);
                    } else {
                        sink.dead(
                                stream,
                                t.from().file,
                                new DeadLetter(
                                        streams.get(stream).name(),
                                        wrong.reason(),
                                        wrong.detail(),
                                        t.batch().line(i),
                                        t.batch().original(i)));
                    }
                }
            }
            sink.progress(opened.position(), totalBytes);
        }
    }
}
