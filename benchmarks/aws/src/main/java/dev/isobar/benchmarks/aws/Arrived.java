package dev.isobar.benchmarks.aws;

import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

/** A digest of what arrived: of records in the order of their key, of objects and parts by name. One thread. */
final class Arrived {
    private static final byte[] AGGREGATE = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int MD5 = 16;
    private static final long PRIME = 1_000_003;

    private final Map<String, long[]> keys = new HashMap<>();
    private final CRC32 crc = new CRC32();
    private long count;
    private long objects;
    private long sum;

    void record(String key, byte[] data) {
        boolean aggregate = data.length > AGGREGATE.length + MD5;
        for (int i = 0; aggregate && i < AGGREGATE.length; i++) {
            aggregate = data[i] == AGGREGATE[i];
        }
        if (!aggregate) {
            event(key, data, 0, data.length);
            return;
        }
        // The Kinesis Producer Library's form: field 3 holds records, and field 3 of those their data.
        int[] at = {AGGREGATE.length};
        while (at[0] < data.length - MD5) {
            int tag = varint(data, at);
            int end = varint(data, at);
            end += at[0];
            while (tag == 26 && at[0] < end) {
                int inner = varint(data, at);
                int value = varint(data, at);
                if (inner == 26) {
                    event(key, data, at[0], at[0] + value);
                    at[0] += value;
                }
            }
            at[0] = end;
        }
    }

    private static int varint(byte[] data, int[] at) {
        int value = 0;
        int shift = 0;
        byte b;
        do {
            b = data[at[0]++];
            value |= (b & 0x7F) << shift;
            shift += 7;
        } while (b < 0);
        return value;
    }

    private void event(String key, byte[] data, int from, int to) {
        crc.reset();
        crc.update(data, from, Form.CRC_AT);
        crc.update(data, from + Form.CRC_END, to - from - Form.CRC_END);
        long[] chain = keys.computeIfAbsent(key, k -> new long[1]);
        chain[0] = chain[0] * PRIME + crc.getValue() + 1;
        count++;
    }

    void object(String name, long length, long checksum) {
        sum += (name.hashCode() * PRIME + length) * PRIME + checksum;
        objects++;
    }

    /** All since the last time. */
    String take() {
        long all = sum;
        for (Map.Entry<String, long[]> key : keys.entrySet()) {
            all += key.getKey().hashCode() * PRIME ^ key.getValue()[0] * 0x9E3779B97F4A7C15L;
        }
        String text =
                count + " events of " + keys.size() + " keys, " + objects + " objects, digest " + Long.toHexString(all);
        keys.clear();
        count = 0;
        objects = 0;
        sum = 0;
        return text;
    }
}
