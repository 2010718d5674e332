package dev.isobar.features.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pages of words by number. With a {@link Spill}, those that were not used for long are written there when memory is used up, and read back when they are asked
 * for; what is used within one {@linkplain #begin operation} stays. Numbers are from 0, and used again. Not thread safe.
 */
final class Pages {
    private final int words;
    private final @Nullable Spill spill;
    private final long firstNumber;
    private final long most;

    private long[][] pages = new long[4][];
    // Which differ from what was written of them.
    private boolean[] changed = new boolean[4];
    private int count;
    private int[] released = new int[4];
    private int releasedCount;

    private long resident;
    private long operation = 1;
    private final Recency recency = new Recency();
    // The array of a page that was written away, for the next one that comes.
    private long @Nullable [] spare;

    /**
     * No pages yet.
     *
     * @param words how many each has
     * @param spill where to put what is beyond the budget; null for nowhere
     * @param firstNumber the number of page 0 there
     * @param bytes how much may be in memory; two pages may in any case
     */
    Pages(int words, @Nullable Spill spill, long firstNumber, long bytes) {
        this.words = words;
        this.spill = spill;
        this.firstNumber = firstNumber;
        this.most = Math.max(2, bytes / 8 / words);
    }

    /** How many words a page has. */
    int words() {
        return words;
    }

    /** Whether a page may be elsewhere than in memory. */
    boolean spills() {
        return spill != null;
    }

    /** Bytes of the pages that are in memory. */
    long bytes() {
        return 8 * resident * words;
    }

    /** Begins an operation: what was used before need not stay in memory any more. */
    void begin() {
        operation++;
        if (resident > most) {
            makeRoom(0);
        }
    }

    /** A page, to be read until the next operation. */
    long[] get(int number) {
        long[] page = pages[number];
        if (spill != null) {
            if (page == null) {
                page = readBack(number, spill);
            }
            recency.use(number, operation);
        }
        return page;
    }

    /** A page, to be written until the next operation. */
    long[] change(int number) {
        long[] page = get(number);
        changed[number] = true;
        return page;
    }

    /** A new page of zeros. */
    int add() {
        makeRoom(1);
        int number = releasedCount > 0 ? released[--releasedCount] : count++;
        if (number == pages.length) {
            pages = Arrays.copyOf(pages, 2 * number);
            changed = Arrays.copyOf(changed, 2 * number);
        }
        long[] page = room();
        Arrays.fill(page, 0);
        pages[number] = page;
        changed[number] = true;
        resident++;
        if (spill != null) {
            recency.use(number, operation);
        }
        return number;
    }

    /** Forgets a page. */
    void release(int number) {
        if (pages[number] != null) {
            pages[number] = null;
            resident--;
        }
        if (spill != null) {
            recency.forget(number);
            spill.drop(firstNumber + number);
        }
        if (releasedCount == released.length) {
            released = Arrays.copyOf(released, 2 * releasedCount);
        }
        released[releasedCount++] = number;
    }

    /** Overwrites a page, wherever it is, and forgets it. */
    void erase(int number) {
        long[] page = change(number);
        Arrays.fill(page, 0);
        if (spill != null) {
            spill.write(firstNumber + number, page);
        }
        release(number);
    }

    private long[] room() {
        long[] room = spare == null ? new long[words] : spare;
        spare = null;
        return room;
    }

    private long[] readBack(int number, Spill from) {
        makeRoom(1);
        long[] page = room();
        from.read(firstNumber + number, page);
        pages[number] = page;
        changed[number] = false;
        resident++;
        return page;
    }

    private void makeRoom(int wanted) {
        while (resident + wanted > most) {
            int victim = recency.oldestBefore(operation);
            if (victim < 0) {
                return;
            }
            long[] page = pages[victim];
            if (changed[victim] && spill != null) {
                spill.write(firstNumber + victim, page);
            }
            spare = page;
            pages[victim] = null;
            resident--;
            recency.forget(victim);
        }
    }
}
