package dev.isobar.features.state;

import java.util.HashMap;
import java.util.Map;

/** A disk that is none. */
public final class MemorySpill implements Spill {
    private final Map<Long, long[]> blocks = new HashMap<>();
    private long reads;

    /** How many blocks were read back. */
    public long reads() {
        return reads;
    }

    @Override
    public void write(long number, long[] words) {
        blocks.put(number, words.clone());
    }

    @Override
    public void read(long number, long[] into) {
        reads++;
        long[] words = blocks.get(number);
        if (words == null || words.length != into.length) {
            throw new IllegalStateException("block " + number + " was never written like this");
        }
        System.arraycopy(words, 0, into, 0, into.length);
    }

    @Override
    public void drop(long number) {
        blocks.remove(number);
    }
}
