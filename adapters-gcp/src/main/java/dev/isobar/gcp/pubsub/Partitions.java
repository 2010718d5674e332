package dev.isobar.gcp.pubsub;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Which partition a key belongs to, and the ordering key of a partition: {@code p} and its number. */
final class Partitions {
    /** Most that a stream can have: an empty poll sends a message to each. */
    static final int MOST = 1_000;

    private Partitions() {}

    /** The partition of an event's key, in UTF-8: its CRC-32C as a fraction of 2³², times their number. */
    static int of(ByteBuffer key, int partitions) {
        CRC32C crc = new CRC32C();
        crc.update(key);
        return (int) (crc.getValue() * partitions >>> 32);
    }

    static String orderingKey(int partition) {
        return "p" + partition;
    }

    /** The partition of an ordering key; −1 if it is none of so many. */
    static int number(String orderingKey, int partitions) {
        int length = orderingKey.length();
        if (length < 2 || length > 5 || orderingKey.charAt(0) != 'p' || length > 2 && orderingKey.charAt(1) == '0') {
            return -1;
        }
        int number = 0;
        for (int i = 1; i < length; i++) {
            int digit = orderingKey.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number < partitions ? number : -1;
    }
}
