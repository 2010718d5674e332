package dev.isobar.runtime.backfill;

import java.util.Arrays;

/**
 * Which ids occur more than once in a stream, by their hashes: 8 bytes an event while they are counted, next to nothing afterwards. Two ids of one hash are taken for one
 * here; whoever looks closer finds that they are two. Not thread safe while ids are added.
 */
final class Copies {
    private static final int FIRST = 1 << 12;

    private final long[][] hashes;
    private final int[] sizes;

    Copies(int streams) {
        this.hashes = new long[streams][0];
        this.sizes = new int[streams];
    }

    void add(int stream, long hash) {
        long[] all = hashes[stream];
        int n = sizes[stream];
        if (n == all.length) {
            all = Arrays.copyOf(all, Math.max(FIRST, (int) Math.min(Integer.MAX_VALUE - 8, n + (n >> 1) + 1L)));
            hashes[stream] = all;
        }
        all[n] = hash;
        sizes[stream] = n + 1;
    }

    /** All were added: keeps those that came more than once. */
    void settle() {
        for (int s = 0; s < sizes.length; s++) {
            long[] all = hashes[s];
            int n = sizes[s];
            Arrays.sort(all, 0, n);
            int kept = 0;
            for (int i = 1; i < n; i++) {
                if (all[i] == all[i - 1] && (kept == 0 || all[kept - 1] != all[i])) {
                    all[kept++] = all[i];
                }
            }
            hashes[s] = Arrays.copyOf(all, kept);
            sizes[s] = kept;
        }
    }

    /** Whether any id of a stream came more than once. */
    boolean any(int stream) {
        return sizes[stream] > 0;
    }

    /** Whether the id of this hash came more than once. */
    boolean contains(int stream, long hash) {
        return sizes[stream] > 0 && Arrays.binarySearch(hashes[stream], 0, sizes[stream], hash) >= 0;
    }
}
