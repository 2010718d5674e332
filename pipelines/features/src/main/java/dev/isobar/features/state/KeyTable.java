package dev.isobar.features.state;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for keys, from 0, given once and used everywhere else: open addressing in flat arrays. Keys are texts, or all of them integers, which then are never
 * made texts. The number of a released key is given again. Not thread safe.
 *
 * @since 0.1
 */
public final class KeyTable {
    private static final byte[] NONE = new byte[0];

    private final boolean numeric;
    // Texts: hash → number + 1.
    private int[] table = new int[32];
    // Integers: key and number + 1 side by side, so that a look-up reads one place.
    private long[] pairs;
    private boolean[] used = new boolean[16];
    private long[] numbers;
    private byte[][] texts;
    private int highest;
    private int size;
    private int[] free = new int[16];
    private int freeCount;

    /** An empty table of texts, or of integers. */
    public KeyTable(boolean numeric) {
        this.numeric = numeric;
        this.pairs = new long[numeric ? 64 : 0];
        this.numbers = new long[numeric ? 16 : 0];
        this.texts = new byte[numeric ? 0 : 16][];
    }

    /** How many keys have a number. */
    public int size() {
        return size;
    }

    /** One more than the highest number that was ever given. */
    public int highest() {
        return highest;
    }

    /** Whether a number is given. */
    public boolean has(int number) {
        return number < highest && used[number];
    }

    /** A key's number, or −1. Tables of integers only. */
    public int find(long key) {
        int mask = pairs.length - 2;
        for (int i = hash(key) << 1 & mask; pairs[i + 1] != 0; i = (i + 2) & mask) {
            if (pairs[i] == key) {
                return (int) pairs[i + 1] - 1;
            }
        }
        return -1;
    }

    /** A key's number, or −1. */
    public int find(String key) {
        if (numeric) {
            Long value = parsed(key);
            return value == null ? -1 : find(value.longValue());
        }
        int mask = table.length - 1;
        for (int i = hash(key) & mask; table[i] != 0; i = (i + 1) & mask) {
            int n = table[i] - 1;
            if (same(texts[n], key)) {
                return n;
            }
        }
        return -1;
    }

    /** A new key's number. Tables of integers only. */
    public int add(long key) {
        int number = next();
        numbers[number] = key;
        link(number);
        return number;
    }

    /**
     * A new key's number.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if keys are integers and this is not the text of one
     */
    public int add(String key) {
        if (numeric) {
            Long value = parsed(key);
            if (value == null) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "Key '" + key + "' is no integer, and the column that keys come from holds integers.")
                        .resource(key)
                        .hint("Give the column's value as text, such as 42.")
                        .build();
            }
            return add(value.longValue());
        }
        int number = next();
        texts[number] = key.getBytes(StandardCharsets.UTF_8);
        link(number);
        return number;
    }

    /** A number's key as text. */
    public String name(int number) {
        return numeric ? Long.toString(numbers[number]) : new String(texts[number], StandardCharsets.UTF_8);
    }

    /** Compares a number's key with another one by UTF-8 bytes. */
    public int compare(int number, String key) {
        return Arrays.compareUnsigned(
                numeric ? name(number).getBytes(StandardCharsets.UTF_8) : texts[number],
                key.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes a key's number back. */
    public void release(int number) {
        if (numeric) {
            unlinkPair(number);
        } else {
            unlink(number);
        }
        used[number] = false;
        if (!numeric) {
            texts[number] = NONE;
        }
        size--;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = number;
    }

    // Backward shift: no tombstones, so a long run does not grow slower.
    private void unlink(int number) {
        int mask = table.length - 1;
        int i = hash(texts[number]) & mask;
        while (table[i] != number + 1) {
            i = (i + 1) & mask;
        }
        int j = i;
        while (true) {
            table[i] = 0;
            int home;
            do {
                j = (j + 1) & mask;
                if (table[j] == 0) {
                    return;
                }
                home = hash(texts[table[j] - 1]) & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            table[i] = table[j];
            i = j;
        }
    }

    private void unlinkPair(int number) {
        int mask = pairs.length - 2;
        int i = hash(numbers[number]) << 1 & mask;
        while (pairs[i + 1] != number + 1) {
            i = (i + 2) & mask;
        }
        int j = i;
        while (true) {
            pairs[i + 1] = 0;
            int home;
            do {
                j = (j + 2) & mask;
                if (pairs[j + 1] == 0) {
                    return;
                }
                home = hash(pairs[j]) << 1 & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            pairs[i] = pairs[j];
            pairs[i + 1] = pairs[j + 1];
            i = j;
        }
    }

    private int next() {
        int number = freeCount > 0 ? free[--freeCount] : highest++;
        if (number == used.length) {
            int capacity = number + (number >> 1);
            used = Arrays.copyOf(used, capacity);
            if (numeric) {
                numbers = Arrays.copyOf(numbers, capacity);
            } else {
                texts = Arrays.copyOf(texts, capacity);
            }
        }
        used[number] = true;
        size++;
        if (numeric && 4 * size > pairs.length) {
            long[] old = pairs;
            pairs = new long[2 * old.length];
            for (int i = 0; i < old.length; i += 2) {
                if (old[i + 1] != 0) {
                    link((int) old[i + 1] - 1);
                }
            }
        } else if (!numeric && 2 * size > table.length) {
            int[] old = table;
            table = new int[2 * old.length];
            for (int entry : old) {
                if (entry != 0) {
                    link(entry - 1);
                }
            }
        }
        return number;
    }

    private void link(int number) {
        if (numeric) {
            int mask = pairs.length - 2;
            int i = hash(numbers[number]) << 1 & mask;
            while (pairs[i + 1] != 0) {
                i = (i + 2) & mask;
            }
            pairs[i] = numbers[number];
            pairs[i + 1] = number + 1L;
        } else {
            int mask = table.length - 1;
            int i = hash(texts[number]) & mask;
            while (table[i] != 0) {
                i = (i + 1) & mask;
            }
            table[i] = number + 1;
        }
    }

    private static int hash(long key) {
        long h = key * 0x9e3779b97f4a7c15L;
        return (int) (h ^ h >>> 32);
    }

    // The same for a text and its UTF-8.
    private static int hash(byte[] utf8) {
        int h = 0;
        for (byte b : utf8) {
            h = 31 * h + b;
        }
        return spread(h);
    }

    private static int hash(String key) {
        int h = 0;
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c >= 0x80) {
                return hash(key.getBytes(StandardCharsets.UTF_8));
            }
            h = 31 * h + c;
        }
        return spread(h);
    }

    private static int spread(int h) {
        int mixed = h * 0x9e3779b9;
        return mixed ^ mixed >>> 15;
    }

    private static boolean same(byte[] utf8, String key) {
        int n = key.length();
        for (int i = 0; i < n; i++) {
            char c = key.charAt(i);
            if (c >= 0x80) {
                return Arrays.equals(utf8, key.getBytes(StandardCharsets.UTF_8));
            }
            if (i >= utf8.length || utf8[i] != c) {
                return false;
            }
        }
        return utf8.length == n;
    }

    /** The integer that a text is the decimal form of; null if it is none. */
    static @Nullable Long parsed(String text) {
        try {
            long value = Long.parseLong(text);
            return Long.toString(value).equals(text) ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
