package dev.isobar.runtime.step;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.AppendResult;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.runtime.history.LogFeed;
import dev.isobar.runtime.ingest.CsvSource;
import dev.isobar.runtime.ingest.DeadLetter;
import dev.isobar.runtime.ingest.EventSorter;
import dev.isobar.runtime.result.RunResult.StreamCount;
import dev.isobar.runtime.table.EventTable;
import dev.isobar.runtime.thread.Workers;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.StreamSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ingest: each source's file is read once; its records become events of the streams it feeds, sorted by known time, admitted once by id, appended to the log and kept
 * in the lake. What is late, or no event, is kept beside with its reason. Nothing is published before the whole file was read.
 */
public final class IngestStep {
    /** Its name. */
    public static final String NAME = "ingest";

    private static final String PART = "ingest";
    private static final int BATCH = LogFeed.APPEND;
    private static final int PARTITIONS = 1;
    private static final long SORT_MEMORY = 160L << 20;
    private final RunContext run;

    /** What ingest leaves behind. */
    public record Done(List<StreamCount> streams, long events) {}

    public IngestStep(RunContext run) {
        this.run = run;
    }

    /** Does it. */
    public Done execute() {
        return run.journal().once(run.runId(), "ingest.load", Done.class, this::load);
    }

    private Done load() {
        EventStream log = run.target().eventStream();
        boolean idempotent =
                run.target().binding(Port.EVENT_STREAM).capabilities().has(Capability.IDEMPOTENT_APPEND);
        OfflineStore tables = run.target().offlineStore();
        tables.create(new TableDefinition(run.deadLetters(), DeadLetter.SCHEMA, List.of("stream", "line")));
        for (StreamSpec s : run.spec().streams()) {
            if (!idempotent) {
                // What an attempt that died has appended would be stored again, behind itself and out of order.
                log.delete(run.stream(s.name()));
            }
            log.create(run.stream(s.name()), PARTITIONS);
            tables.create(run.events(s).definition());
            tables.create(run.late(s).definition());
        }
        Map<String, List<StreamSpec>> bySource = new LinkedHashMap<>();
        run.spec()
                .streams()
                .forEach(s -> bySource.computeIfAbsent(s.source(), x -> new ArrayList<>())
                        .add(s));
        long ingestMicros = dev.isobar.event.RowText.micros(run.started());
        List<StreamCount> counts = new ArrayList<>();
        boolean[] published = {false};
        try (PartWriter dead = tables.write(run.deadLetters(), PART)) {
            DeadLetters letters = new DeadLetters(dead);
            bySource.forEach(
                    (source, streams) -> counts.addAll(source(source, streams, ingestMicros, letters, published)));
            dead.commit();
        } catch (IsobarException e) {
            if (!published[0]) {
                abandon();
            }
            throw e;
        }
        return new Done(counts, counts.stream().mapToLong(StreamCount::in).sum());
    }

    /** A file that cannot be read leaves nothing behind, not even empty streams. */
    private void abandon() {
        for (StreamSpec s : run.spec().streams()) {
            run.target().eventStream().delete(run.stream(s.name()));
            run.target().offlineStore().drop(run.events(s).table());
            run.target().offlineStore().drop(run.late(s).table());
        }
        run.target().offlineStore().drop(run.deadLetters());
    }

    private List<StreamCount> source(
            String source, List<StreamSpec> streams, long ingestMicros, DeadLetters letters, boolean[] published) {
        Path file = run.request().sources().get(source);
        if (file == null) {
            throw IsobarException.of(ErrorCode.INVALID_CONFIGURATION, "Source '" + source + "' has no file")
                    .resource("sources." + source + ".path")
                    .hint("Say where it is: --set sources." + source + ".path=FILE")
                    .build();
        }
        List<Publisher> publishers = new ArrayList<>();
        for (StreamSpec s : streams) {
            publishers.add(new Publisher(
                    s,
                    new EventSorter(run.scratch(), StreamAdmission.order(s), SORT_MEMORY / streams.size()),
                    letters));
        }
        try {
            new CsvSource(file, streams).read(ingestMicros, new CsvSource.Sink() {
                @Override
                public void event(int stream, Candidate event) {
                    publishers.get(stream).sorter.add(event);
                }

                @Override
                public void dead(int stream, DeadLetter letter) {
                    publishers.get(stream).admission.reject(letter.reason());
                    letters.add(letter);
                }

                @Override
                public void progress(long records, long bytes, long totalBytes) {
                    run.progress(NAME, "bytes read", bytes, totalBytes);
                }
            });
            published[0] = true;
            return publish(publishers);
        } finally {
            publishers.forEach(p -> p.sorter.close());
        }
    }

    /** Streams of one source are independent from here on: one thread each. */
    private List<StreamCount> publish(List<Publisher> publishers) {
        AtomicLong published = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(2, publishers.size()));
        try {
            List<Future<StreamCount>> futures = new ArrayList<>();
            for (Publisher p : publishers) {
                futures.add(threads.submit(() -> p.publish(published)));
            }
            return Workers.join(futures, "Ingest");
        } finally {
            threads.shutdownNow();
        }
    }

    /** Publishes one stream. Used by one thread at a time. */
    private final class Publisher {
        private final StreamSpec stream;
        private final EventSorter sorter;
        private final StreamAdmission admission;
        private final DeadLetters letters;
        private final String schemaId;
        private final List<Event> batch = new ArrayList<>(BATCH);
        private long sequence;

        Publisher(StreamSpec stream, EventSorter sorter, DeadLetters letters) {
            this.stream = stream;
            this.sorter = sorter;
            this.letters = letters;
            this.admission = new StreamAdmission(stream);
            this.schemaId =
                    stream.name() + "/" + SpecJson.hash(stream.columns()).substring(0, 16);
        }

        StreamCount publish(AtomicLong published) {
            OfflineStore tables = run.target().offlineStore();
            EventTable events = run.events(stream);
            EventTable.Rows rows = events.rows();
            RowCodec codec = new RowCodec(stream.schema());
            Row payload = new Row(stream.schema());
            try (PartWriter lake = tables.write(events.table(), PART);
                    PartWriter late = tables.write(run.late(stream).table(), PART)) {
                Iterator<Candidate> sorted = sorter.sorted();
                while (sorted.hasNext()) {
                    Candidate c = sorted.next();
                    switch (admission.offer(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload())) {
                        case OUT -> {
                            lake.append(rows.of(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload()));
                            batch.add(Event.insert(
                                    c.id(), c.key(), c.eventTime(), c.availableTime(), schemaId, c.payload()));
                            if (batch.size() == BATCH) {
                                flush(published);
                            }
                        }
                        case LATE ->
                            late.append(rows.of(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload()));
                        case CONFLICT -> {
                            codec.decode(c.payload(), payload);
                            letters.add(new DeadLetter(
                                    stream.name(),
                                    StreamAdmission.CONFLICTING_PAYLOAD,
                                    "another record has the id " + c.id() + " and another content",
                                    0,
                                    payload.toString().getBytes(StandardCharsets.UTF_8)));
                        }
                        case DUPLICATE -> {
                            // Counted by the admission; a copy of what is kept needs no keeping.
                        }
                    }
                }
                flush(published);
                late.commit();
                lake.commit();
            }
            return new StreamCount(
                    stream.name(),
                    admission.in(),
                    admission.out(),
                    admission.late(),
                    admission.deadLetter(),
                    admission.duplicates(),
                    admission.reasons());
        }

        private void flush(AtomicLong published) {
            if (batch.isEmpty()) {
                return;
            }
            AppendResult result = run.target()
                    .eventStream()
                    .append(new AppendRequest(
                            run.stream(stream.name()), run.runId() + "/ingest", sequence, List.copyOf(batch)));
            if (!result.failures().isEmpty()) {
                Map.Entry<Integer, String> first =
                        result.failures().entrySet().iterator().next();
                throw IsobarException.of(
                                ErrorCode.UNAVAILABLE,
                                result.failures().size() + " events of '" + stream.name()
                                        + "' could not be appended; the first, id "
                                        + batch.get(first.getKey()).id() + ": " + first.getValue())
                        .hint("Run the same command again: it goes on where it stopped.")
                        .build();
            }
            sequence += batch.size();
            run.progress(NAME, "events", published.addAndGet(batch.size()), -1);
            batch.clear();
        }
    }

    /** Writes dead letters of all streams into one part. */
    private static final class DeadLetters {
        private final PartWriter writer;
        private final Row row = new Row(DeadLetter.SCHEMA);

        DeadLetters(PartWriter writer) {
            this.writer = writer;
        }

        synchronized void add(DeadLetter letter) {
            letter.fill(row, 0);
            writer.append(row);
        }
    }
}
