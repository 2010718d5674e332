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

    /** Integers from 0 up to this one have a place of their own; there are few enough of them. */
    private static final int DENSE = 1 << 22;

    private final boolean numeric;
    // hash → number + 1
    private int[] table = new int[32];
    // Small integers are not in the table: number + 1 by key, which takes less and reads one place.
    private int[] dense = new int[0];
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
        this.numbers = new long[numeric ? 16 : 0];
        this.texts = new byte[numeric ? 0 : 16][];
    }

    /** Whether keys are integers. */
    public boolean isNumeric() {
        return numeric;
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
        if (key >= 0 && key < DENSE) {
            return key < dense.length ? dense[(int) key] - 1 : -1;
        }
        int mask = table.length - 1;
        for (int i = hash(key) & mask; table[i] != 0; i = (i + 1) & mask) {
            int n = table[i] - 1;
            if (numbers[n] == key) {
                return n;
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
        if (isDense(number)) {
            dense[(int) numbers[number]] = 0;
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

    private boolean isDense(int number) {
        return numeric && numbers[number] >= 0 && numbers[number] < DENSE;
    }

    // Backward shift: no tombstones, so a long run does not grow slower.
    private void unlink(int number) {
        int mask = table.length - 1;
        int i = home(number) & mask;
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
                home = home(table[j] - 1) & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            table[i] = table[j];
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
        return number;
    }

    private void link(int number) {
        if (isDense(number)) {
            int key = (int) numbers[number];
            if (key >= dense.length) {
                dense = Arrays.copyOf(dense, Math.min(DENSE, Math.max(64, key + (key >> 1) + 1)));
            }
            dense[key] = number + 1;
            return;
        }
        // Those in the table are at most all: a little too large where many are small integers.
        if (2 * size > table.length) {
            int[] old = table;
            table = new int[2 * old.length];
            for (int entry : old) {
                if (entry != 0) {
                    enter(entry - 1);
                }
            }
        }
        enter(number);
    }

    private void enter(int number) {
        int mask = table.length - 1;
        int i = home(number) & mask;
        while (table[i] != 0) {
            i = (i + 1) & mask;
        }
        table[i] = number + 1;
    }

    private int home(int number) {
        return numeric ? hash(numbers[number]) : hash(texts[number]);
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
