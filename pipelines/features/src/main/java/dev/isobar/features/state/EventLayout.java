package dev.isobar.features.state;

import org.jspecify.annotations.Nullable;

/**
 * Which words the events of a stream have: event time, available time, id, content hash, one per argument, and null masks only in logs that have nulls.
 * Immutable, thread safe.
 *
 * <p>Two words are saved where they say nothing new: a numeric id is one word, and the content hash is left out where the arguments are the whole content.
 *
 * @since 0.1
 */
public final class EventLayout {
    static final int EVENT_TIME = 0;
    static final int AVAILABLE = 1;
    static final int ID = 2;

    private final boolean numericIds;
    private final int[] contentSlots;
    private final boolean contentStored;
    private final boolean[] integers;
    private final int content;
    private final int firstSlot;

    /**
     * A layout.
     *
     * @param numericIds whether ids are integers, kept as such; else packed texts
     * @param integers per argument whether its words are small integers more often than not
     * @param contentSlots the arguments that make up the content, in the order of the content's columns; null if the content has more than arguments
     */
    public EventLayout(boolean numericIds, boolean[] integers, int @Nullable [] contentSlots) {
        this.numericIds = numericIds;
        this.integers = integers.clone();
        this.contentStored = contentSlots == null;
        this.contentSlots = contentSlots == null ? new int[0] : contentSlots.clone();
        this.content = ID + (numericIds ? 1 : 2);
        this.firstSlot = content + (contentStored ? 1 : 0);
    }

    /** Whether ids are integers. */
    public boolean numericIds() {
        return numericIds;
    }

    /** How many arguments an event has. */
    public int slots() {
        return integers.length;
    }

    boolean integer(int slot) {
        return integers[slot];
    }

    /** Whether the content's hash is kept, because arguments are not the whole content. */
    public boolean contentStored() {
        return contentStored;
    }

    int content() {
        return content;
    }

    int firstSlot() {
        return firstSlot;
    }

    int[] contentSlots() {
        return contentSlots;
    }

    int masks() {
        return firstSlot + integers.length;
    }

    int maskWords() {
        return (integers.length + 63) >> 6;
    }

    /** How many words an event has. */
    int words(boolean masked) {
        return masks() + (masked ? maskWords() : 0);
    }

    /** Compares ids by their packed bytes. */
    int compareIds(long highA, long lowA, long highB, long lowB) {
        return numericIds ? PackedId.compareNumbers(highA, highB) : PackedId.compare(highA, lowA, highB, lowB);
    }

    /** Writes what an event has beside its times and id. */
    public void write(ByteWriter out, long content, long[] masks, long[] words) {
        if (contentStored) {
            out.word(content);
        }
        for (int slot = 0; slot < integers.length; slot++) {
            if ((slot & 63) == 0) {
                out.unsigned(masks[slot >> 6]);
            }
            if ((masks[slot >> 6] >>> (slot & 63) & 1) == 0) {
                if (integers[slot]) {
                    out.signed(words[slot]);
                } else {
                    out.word(words[slot]);
                }
            }
        }
    }

    /** Reads that back; returns the content hash, 0 where it is not stored. */
    public long read(ByteReader in, long[] masks, long[] words) {
        long hash = contentStored ? in.word() : 0;
        for (int slot = 0; slot < integers.length; slot++) {
            if ((slot & 63) == 0) {
                masks[slot >> 6] = in.unsigned();
            }
            if ((masks[slot >> 6] >>> (slot & 63) & 1) != 0) {
                words[slot] = 0;
            } else {
                words[slot] = integers[slot] ? in.signed() : in.word();
            }
        }
        return hash;
    }
}
