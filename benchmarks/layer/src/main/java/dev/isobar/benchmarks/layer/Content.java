package dev.isobar.benchmarks.layer;

import dev.isobar.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is sent and answered: the same in both processes, by seed. */
public final class Content {
    /** Of a stream that is read. */
    public static final int PARTITIONS = 8;
    /** Batches of a partition. */
    public static final int CALLS = 5;
    /** Events of a batch. */
    public static final int BATCH = 5_000;
    /** Bytes of a part of the large file. */
    public static final int PART = 8 << 20;
    /** Of the large file. */
    public static final int PARTS = 8;
    /** Bytes of the large file. */
    public static final int FILE = PART * PARTS;
    /** Bytes of a small object. */
    public static final int OBJECT = 10 << 10;

    private static final long SEED = 20260101;
    private static final int PAYLOAD = 100;
    private static final long START = 1_700_000_000_000_000L;

    private Content() {}

    /** Events of about 180 bytes with their envelope. */
    public static List<Event> events(int count, int keys, int salt) {
        Random random = new Random(SEED + salt);
        List<Event> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[PAYLOAD];
            random.nextBytes(payload);
            events.add(Event.insert(
                    "t-" + salt + "-" + (10_000_000 + i),
                    "card-" + (100_000 + random.nextInt(keys)),
                    START + i,
                    START + i + random.nextInt(60_000_000),
                    "transactions",
                    payload));
        }
        return events;
    }

    /** A part of the large file; its number, from 1, stands at its start. */
    public static byte[] part(int number) {
        byte[] bytes = new byte[PART];
        new Random(SEED).nextBytes(bytes);
        bytes[0] = (byte) number;
        return bytes;
    }

    /** A small object. */
    public static byte[] object() {
        byte[] bytes = new byte[OBJECT];
        new Random(SEED + 1).nextBytes(bytes);
        return bytes;
    }
}
