package dev.isobar.features.state;

/**
 * Where a kernel's state goes that memory has no room for: blocks of words by number. What is written is read back once or more before it is replaced or dropped.
 * Errors are thrown as {@link dev.isobar.error.IsobarException}; what could not be written stays in memory. One kernel uses one; not thread safe.
 *
 * @since 0.1
 */
public interface Spill {
    /** Keeps a block, in place of the former one of this number. The array is not kept. */
    void write(long number, long[] words);

    /** Reads a block back into an array of its length. */
    void read(long number, long[] into);

    /** Forgets a block. */
    void drop(long number);
}
