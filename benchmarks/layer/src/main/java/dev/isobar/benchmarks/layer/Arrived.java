package dev.isobar.benchmarks.layer;

import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

/** A digest of what arrived: of events in the order of their key, of objects and parts by name. One thread. */
public final class Arrived {
    private static final long PRIME = 1_000_003;

    private final Map<String, long[]> keys = new HashMap<>();
    private final CRC32 crc = new CRC32();
    private long count;
    private long objects;
    private long sum;

    /** An event in its form, within that range of some bytes. */
    public void event(String key, byte[] data, int from, int to) {
        crc.reset();
        crc.update(data, from, Form.CRC_AT);
        crc.update(data, from + Form.CRC_END, to - from - Form.CRC_END);
        long[] chain = keys.computeIfAbsent(key, k -> new long[1]);
        chain[0] = chain[0] * PRIME + crc.getValue() + 1;
        count++;
    }

    /** An object, or a part of one. */
    public void object(String name, long length, long checksum) {
        sum += (name.hashCode() * PRIME + length) * PRIME + checksum;
        objects++;
    }

    /** All since the last time. */
    public String take() {
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
