package dev.isobar.runtime.ingest;

import dev.isobar.error.IsobarException;
import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Candidate;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sorts events into an order, such as {@link StreamAdmission#order}, in bounded memory: what does not fit is sorted in runs on disk and merged. Not thread safe. The files live
 * in a scratch folder of the caller, who removes it.
 *
 * @since 0.1
 */
public final class EventSorter implements AutoCloseable {
    private final Path scratch;
    private final Comparator<Candidate> order;
    private final long memoryBytes;
    private final List<Path> runs = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private List<Candidate> buffer = new ArrayList<>();
    private long buffered;

    /**
     * A sorter.
     *
     * @param memoryBytes how much the events in memory may take, estimated
     */
    public EventSorter(Path scratch, Comparator<Candidate> order, long memoryBytes) {
        this.scratch = scratch;
        this.order = order;
        this.memoryBytes = memoryBytes;
    }

    /** Takes an event. */
    public void add(Candidate event) {
        buffer.add(event);
        // Object headers and references weigh more than the payload: measured at about 160 bytes beside it.
        buffered += 160 + event.payload().length + event.id().length();
        if (buffered > memoryBytes) {
            spill();
        }
    }

    /** All events in order; to be called once, and read before {@link #close}. */
    public Iterator<Candidate> sorted() {
        buffer.sort(order);
        if (runs.isEmpty()) {
            List<Candidate> all = buffer;
            buffer = new ArrayList<>();
            return all.iterator();
        }
        List<Iterator<Candidate>> parts = new ArrayList<>();
        for (Path run : runs) {
            RunReader reader = new RunReader(run);
            open.add(reader);
            parts.add(reader);
        }
        parts.add(buffer.iterator());
        return new Merge(parts, order);
    }

    @Override
    public void close() {
        try {
            for (AutoCloseable c : open) {
                c.close();
            }
            for (Path run : runs) {
                Files.deleteIfExists(run);
            }
        } catch (IOException e) {
            throw IsobarException.io("removing sorted runs in " + scratch, e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void spill() {
        buffer.sort(order);
        Path run = scratch.resolve("sorted-" + System.identityHashCode(this) + "-" + runs.size());
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(run), 1 << 16))) {
            for (Candidate c : buffer) {
                text(out, c.id());
                text(out, c.key());
                out.writeLong(c.eventTime());
                out.writeLong(c.availableTime());
                out.writeInt(c.payload().length);
                out.write(c.payload());
            }
        } catch (IOException e) {
            throw IsobarException.io("sorting events in " + scratch, e);
        }
        runs.add(run);
        buffer = new ArrayList<>();
        buffered = 0;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    private static final class RunReader implements Iterator<Candidate>, AutoCloseable {
        private final Path run;
        private final DataInputStream in;
        private @Nullable Candidate next;

        RunReader(Path run) {
            this.run = run;
            try {
                this.in = new DataInputStream(new BufferedInputStream(Files.newInputStream(run), 1 << 16));
            } catch (IOException e) {
                throw IsobarException.io("reading sorted events of " + run, e);
            }
            this.next = read();
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Candidate next() {
            Candidate c = next;
            if (c == null) {
                throw new NoSuchElementException();
            }
            next = read();
            return c;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }

        private @Nullable Candidate read() {
            try {
                int length;
                try {
                    length = in.readInt();
                } catch (EOFException end) {
                    return null;
                }
                String id = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                String key = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                long eventTime = in.readLong();
                long availableTime = in.readLong();
                return new Candidate(id, key, eventTime, availableTime, in.readNBytes(in.readInt()));
            } catch (IOException e) {
                throw IsobarException.io("reading sorted events of " + run, e);
            }
        }
    }

    private static final class Merge implements Iterator<Candidate> {
        private record Head(Candidate event, Iterator<Candidate> rest) {}

        private final PriorityQueue<Head> heads;

        Merge(List<Iterator<Candidate>> parts, Comparator<Candidate> order) {
            heads = new PriorityQueue<>(Comparator.comparing(Head::event, order));
            for (Iterator<Candidate> p : parts) {
                if (p.hasNext()) {
                    heads.add(new Head(p.next(), p));
                }
            }
        }

        @Override
        public boolean hasNext() {
            return !heads.isEmpty();
        }

        @Override
        public Candidate next() {
            Head head = heads.poll();
            if (head == null) {
                throw new NoSuchElementException();
            }
            if (head.rest().hasNext()) {
                heads.add(new Head(head.rest().next(), head.rest()));
            }
            return head.event();
        }
    }
}
