package dev.isobar.benchmarks.workload;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where vectors go. In the judged pass those of every 997th id are kept and all go into a digest that does not depend on their order; in measured passes
 * they only go into a sum, so that no compiler can leave their computation out. One instance per thread; {@link #merge} brings them together.
 */
public final class Answers {
    /** Every transaction whose id divides by this is sampled. */
    public static final int EVERY = 997;

    private final boolean judged;
    private final List<long[]> sample = Collections.synchronizedList(new ArrayList<>());
    private long count;
    private long digest;
    private long sink;

    /** New answers; {@code judged} keeps the sample and the digest. */
    public Answers(boolean judged) {
        this.judged = judged;
    }

    /** Answers of the same kind for another thread. */
    public Answers fork() {
        return new Answers(judged);
    }

    /** Takes in what another thread's answers hold. */
    public synchronized void merge(Answers other) {
        sample.addAll(other.sample);
        count += other.count;
        digest += other.digest;
        sink += other.sink;
    }

    /** Takes the vector of a transaction; the array is not kept. NaN is null. */
    public void take(long id, double[] vector) {
        count++;
        if (judged) {
            judge(id, vector);
            return;
        }
        long s = id;
        for (int i = 0; i < Features.SIZE; i++) {
            s ^= Double.doubleToRawLongBits(vector[i]);
        }
        sink += s;
    }

    private void judge(long id, double[] vector) {
        long h = id * 0x9e3779b97f4a7c15L;
        for (int i = 0; i < Features.SIZE; i++) {
            h = (h ^ Double.doubleToLongBits(vector[i])) * 0xbf58476d1ce4e5b9L;
            h ^= h >>> 29;
        }
        digest += h;
        if (id % EVERY == 0) {
            long[] row = new long[1 + Features.SIZE];
            row[0] = id;
            for (int i = 0; i < Features.SIZE; i++) {
                row[i + 1] = Double.doubleToLongBits(vector[i]);
            }
            sample.add(row);
        }
    }

    /** How many vectors came. */
    public long count() {
        return count;
    }

    /** Sum over all vectors of a hash of id and bits. */
    public long digest() {
        return digest;
    }

    /** Means nothing, and must be shown somewhere. */
    public long sink() {
        return sink;
    }

    /** Writes the sample: per row the id and the bits of the values, as big-endian longs, ordered by id. */
    public void write(Path file) {
        List<long[]> rows = new ArrayList<>(sample);
        rows.sort((a, b) -> Long.compare(a[0], b[0]));
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            for (long[] row : rows) {
                for (long word : row) {
                    out.writeLong(word);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the sample " + file, e);
        }
    }
}
