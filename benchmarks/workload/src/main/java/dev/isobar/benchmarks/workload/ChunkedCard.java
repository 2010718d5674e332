package dev.isobar.benchmarks.workload;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The same windows for stores that hold bytes: a header with sums, window starts and the deque, which is read and written for every event, and the
 * events in chunks of which only the newest and those at which a window starts are touched. A store that got {@link CardWindows} as one value would have
 * to write a whole day of a busy card for each event.
 *
 * <p>Reusable: {@link #read} a header, {@link #evaluate}, {@link #add}, {@link #write}. Late data as in {@link CardWindows}. Not thread safe.
 */
public final class ChunkedCard {
    /** Events per chunk. */
    public static final int CHUNK = 64;

    /** Where the chunks of the present card are. */
    public interface Chunks {
        /** A chunk's bytes, or null. */
        byte @Nullable [] get(int chunk);

        /** Writes a chunk. */
        void put(int chunk, byte[] bytes);

        /** Removes a chunk that no window needs any more. */
        void remove(int chunk);
    }

    private static final int WORDS = 2 + Features.WINDOW_COUNT * 4;

    private long now;
    private int end;
    private final int[] starts = new int[Features.WINDOW_COUNT];
    // The time of the event at which a window starts: most events evict nothing, and then no old chunk is read.
    private final long[] startTimes = new long[Features.WINDOW_COUNT];
    private final long[] sums = new long[Features.WINDOW_COUNT];
    private final long[] squares = new long[Features.WINDOW_COUNT];
    private int[] deque = new int[16];
    private long[] dequeCents = new long[16];
    private int dequeSize;
    private final long[] newest = new long[2 * CHUNK];

    /** Takes a header in; null is a card never seen. */
    public void read(byte @Nullable [] header) {
        if (header == null) {
            now = Long.MIN_VALUE;
            end = 0;
            dequeSize = 0;
            for (int w = 0; w < Features.WINDOW_COUNT; w++) {
                starts[w] = 0;
                startTimes[w] = 0;
                sums[w] = 0;
                squares[w] = 0;
            }
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(header);
        now = in.getLong();
        end = in.getInt();
        dequeSize = in.getInt();
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            starts[w] = (int) in.getLong();
            startTimes[w] = in.getLong();
            sums[w] = in.getLong();
            squares[w] = in.getLong();
        }
        room();
        for (int i = 0; i < dequeSize; i++) {
            deque[i] = in.getInt();
            dequeCents[i] = in.getLong();
        }
        // The newest chunk travels in the header while it is not full.
        for (int i = 0; i < 2 * (end % CHUNK); i++) {
            newest[i] = in.getLong();
        }
    }

    /** The header after the changes. */
    public byte[] write() {
        int open = end % CHUNK;
        ByteBuffer out = ByteBuffer.allocate(8 * WORDS + 12 * dequeSize + 16 * open);
        out.putLong(now).putInt(end).putInt(dequeSize);
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            out.putLong(starts[w]).putLong(startTimes[w]).putLong(sums[w]).putLong(squares[w]);
        }
        for (int i = 0; i < dequeSize; i++) {
            out.putInt(deque[i]).putLong(dequeCents[i]);
        }
        for (int i = 0; i < 2 * open; i++) {
            out.putLong(newest[i]);
        }
        return out.array();
    }

    /** Writes the vector as of a time. */
    public void evaluate(long asOf, double[] into, Chunks chunks) {
        long t = Math.max(asOf, now);
        now = t;
        int kept = starts[Features.WINDOW_COUNT - 1];
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            long from = t - Features.window(w);
            if (starts[w] < end && startTimes[w] < from) {
                evict(w, from, chunks);
            }
        }
        int last = starts[Features.WINDOW_COUNT - 1];
        for (int c = kept / CHUNK; c < last / CHUNK; c++) {
            chunks.remove(c);
        }
        int dropped = 0;
        while (dropped < dequeSize && deque[dropped] < last) {
            dropped++;
        }
        if (dropped > 0) {
            dequeSize -= dropped;
            System.arraycopy(deque, dropped, deque, 0, dequeSize);
            System.arraycopy(dequeCents, dropped, dequeCents, 0, dequeSize);
        }
        int d = 0;
        for (int w = Features.WINDOW_COUNT - 1; w >= 0; w--) {
            while (d < dequeSize && deque[d] < starts[w]) {
                d++;
            }
            Features.put(into, w, end - starts[w], sums[w], squares[w], d < dequeSize ? dequeCents[d] : 0);
        }
    }

    private void evict(int w, long from, Chunks chunks) {
        int s = starts[w];
        ByteBuffer chunk = null;
        int chunkNumber = -1;
        while (s < end) {
            long time;
            long x;
            if (s / CHUNK == end / CHUNK) {
                time = newest[2 * (s % CHUNK)];
                x = newest[2 * (s % CHUNK) + 1];
            } else {
                if (chunk == null || chunkNumber != s / CHUNK) {
                    chunkNumber = s / CHUNK;
                    byte[] bytes = chunks.get(chunkNumber);
                    if (bytes == null) {
                        throw new IllegalStateException("chunk " + chunkNumber + " is gone; it starts window " + w);
                    }
                    chunk = ByteBuffer.wrap(bytes);
                }
                time = chunk.getLong(16 * (s % CHUNK));
                x = chunk.getLong(16 * (s % CHUNK) + 8);
            }
            if (time >= from) {
                startTimes[w] = time;
                break;
            }
            sums[w] -= x;
            squares[w] -= x * x;
            s++;
        }
        starts[w] = s;
    }

    /** Adds an event. */
    public void add(long time, long x, Chunks chunks) {
        now = Math.max(now, time);
        int open = end % CHUNK;
        newest[2 * open] = now;
        newest[2 * open + 1] = x;
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            if (starts[w] == end) {
                startTimes[w] = now;
            }
            sums[w] += x;
            squares[w] += x * x;
        }
        while (dequeSize > 0 && dequeCents[dequeSize - 1] <= x) {
            dequeSize--;
        }
        dequeSize++;
        room();
        deque[dequeSize - 1] = end;
        dequeCents[dequeSize - 1] = x;
        end++;
        if (open == CHUNK - 1) {
            ByteBuffer full = ByteBuffer.allocate(16 * CHUNK);
            for (long word : newest) {
                full.putLong(word);
            }
            chunks.put((end - 1) / CHUNK, full.array());
        }
    }

    private void room() {
        if (dequeSize > deque.length) {
            deque = Arrays.copyOf(deque, 2 * dequeSize);
            dequeCents = Arrays.copyOf(dequeCents, 2 * dequeSize);
        }
    }
}
