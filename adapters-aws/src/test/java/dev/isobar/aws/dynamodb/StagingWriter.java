package dev.isobar.aws.dynamodb;

import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The main class of a process that raises all keys together and waits, before one of its requests, for whoever kills it. */
public final class StagingWriter {
    static final int KEYS = 12;
    static final int GROUP = 5;

    private StagingWriter() {}

    /** Arguments: endpoint, namespace, before which request of the write to wait. */
    public static void main(String[] args) throws Exception {
        int[] left = {Integer.MAX_VALUE};
        int last = Integer.parseInt(args[2]);
        DynamoDbClient client = Intercepted.client(Clients.plain(URI.create(args[0])), (request, real) -> {
            if (left[0]-- == 0) {
                System.out.println("waiting");
                LockSupport.park();
            }
            return real.get();
        });
        OnlineStore store = Clients.store(client, GROUP);
        long token = store.acquire(args[1], "killed");
        List<StatePut> puts = raised(store, args[1]);
        store.putAll(args[1], token, puts.subList(0, 1));
        puts = raised(store, args[1]);
        left[0] = last;
        store.putAll(args[1], token, puts);
        System.out.println("done");
        LockSupport.park();
    }

    static List<String> keys() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add("key" + i);
        }
        return keys;
    }

    /** Each key's next version, with the version in its bytes. */
    static List<StatePut> raised(OnlineStore store, String namespace) {
        List<StatePut> puts = new ArrayList<>();
        List<String> keys = keys();
        List<@Nullable KeyState> states = store.getAll(namespace, keys);
        for (int i = 0; i < keys.size(); i++) {
            KeyState state = states.get(i);
            long version = state == null ? 0 : state.version();
            puts.add(new StatePut(
                    keys.get(i),
                    version,
                    ByteBuffer.allocate(8).putLong(version + 1).array()));
        }
        return puts;
    }
}
