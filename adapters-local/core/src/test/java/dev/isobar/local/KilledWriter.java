package dev.isobar.local;

import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.spi.AdapterSession;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The main class of a process that writes until it is killed, and says on standard output what was acknowledged. */
public final class KilledWriter {
    static final int BATCH = 50;

    private KilledWriter() {}

    /** Arguments: home, what to write to ({@code log} or {@code online}), producer. */
    public static void main(String[] args) {
        try (AdapterSession session = new LocalPlatform(Path.of(args[0])).open()) {
            if (args[1].equals("log")) {
                for (int batch = 0; ; batch++) {
                    append(session.eventStream(), args[2], batch);
                    System.out.println(batch);
                }
            }
            OnlineStore store = session.onlineStore();
            long token = store.acquire("n", args[2]);
            while (true) {
                System.out.println(putBoth(store, token));
            }
        }
    }

    static int append(EventStream stream, String producer, int batch) {
        List<Event> events = new ArrayList<>();
        for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
            events.add(Event.insert(producer + ":" + i, "key" + i % 7, i, i, "s", new byte[100]));
        }
        return stream.append(new AppendRequest("s", producer, (long) batch * BATCH, events))
                .stored();
    }

    /** Raises two keys together; they must never differ. */
    static long putBoth(OnlineStore store, long token) {
        List<StatePut> puts = new ArrayList<>();
        long version = 0;
        for (String key : List.of("a", "b")) {
            version = store.get("n", key).map(KeyState::version).orElse(0L);
            puts.add(new StatePut(
                    key,
                    version,
                    ByteBuffer.allocate(100_000).putLong(version + 1).array()));
        }
        store.putAll("n", token, puts);
        return version + 1;
    }
}
