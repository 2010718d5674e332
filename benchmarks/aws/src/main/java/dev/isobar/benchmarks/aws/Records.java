package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Arrived;

/** The events in a record of Kinesis, which holds one or is an aggregate in the Kinesis Producer Library's form. */
final class Records {
    private static final byte[] AGGREGATE = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int MD5 = 16;

    private Records() {}

    /** Notes a record's events. */
    static void note(String key, byte[] data, Arrived arrived) {
        boolean aggregate = data.length > AGGREGATE.length + MD5;
        for (int i = 0; aggregate && i < AGGREGATE.length; i++) {
            aggregate = data[i] == AGGREGATE[i];
        }
        if (!aggregate) {
            arrived.event(key, data, 0, data.length);
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
                    arrived.event(key, data, at[0], at[0] + value);
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
}
