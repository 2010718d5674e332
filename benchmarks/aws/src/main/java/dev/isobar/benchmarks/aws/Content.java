package dev.isobar.benchmarks.aws;

import dev.isobar.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is sent and answered: the same in both processes, by seed. */
final class Content {
    static final int SHARDS = 8;
    static final int CALLS = 5;
    static final int BATCH = 5_000;
    static final int PART = 8 << 20;
    static final int PARTS = 8;
    static final int FILE = PART * PARTS;
    static final int OBJECT = 10 << 10;

    private static final long SEED = 20260101;
    private static final int PAYLOAD = 100;
    private static final long START = 1_700_000_000_000_000L;

    private Content() {}

    /** Events of about 180 bytes with their envelope. */
    static List<Event> events(int count, int keys, int salt) {
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
    static byte[] part(int number) {
        byte[] bytes = new byte[PART];
        new Random(SEED).nextBytes(bytes);
        bytes[0] = (byte) number;
        return bytes;
    }

    static byte[] object() {
        byte[] bytes = new byte[OBJECT];
        new Random(SEED + 1).nextBytes(bytes);
        return bytes;
    }
}
