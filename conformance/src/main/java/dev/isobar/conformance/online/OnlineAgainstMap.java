package dev.isobar.conformance.online;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.StatePut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/** One owner of a namespace whose requests fail, beside a map: it asks again when it is told that it may, and then nothing is missing, doubled or refused. */
public final class OnlineAgainstMap {
    private OnlineAgainstMap() {}

    /** What a caller does whose answer was lost: asks again. */
    public static <T> T untilKnown(Supplier<T> call) {
        while (true) {
            try {
                return call.get();
            } catch (IsobarException e) {
                assertThat(e.retryable()).as(e.toString()).isTrue();
            }
        }
    }

    /**
     * Asserts that they agree, at every read and at the end.
     *
     * @param rounds writes, reads, erasures and changes of owner, drawn
     * @param calm ends the failures
     */
    public static void agree(OnlineStore store, String namespace, long seed, int rounds, Runnable calm) {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Map<String, String> model = new TreeMap<>();
        Map<String, Long> versions = new TreeMap<>();
        long token = untilKnown(() -> store.acquire(namespace, "o"));
        for (int i = 0; i < rounds; i++) {
            int what = random.nextInt(10);
            String key = "k" + random.nextInt(12);
            if (what < 6) {
                List<StatePut> puts = new ArrayList<>();
                int most = random.nextInt(12) + 1;
                for (int k = 0; k < most; k++) {
                    String each = "k" + k;
                    puts.add(new StatePut(
                            each, versions.getOrDefault(each, 0L), (i + "-" + k).getBytes(StandardCharsets.UTF_8)));
                }
                long current = token;
                untilKnown(() -> store.putAll(namespace, current, puts));
                puts.forEach(p -> {
                    model.put(p.key(), new String(p.bytes(), StandardCharsets.UTF_8));
                    versions.merge(p.key(), 1L, Long::sum);
                });
            } else if (what == 6) {
                token = untilKnown(() -> store.acquire(namespace, "o"));
            } else if (what == 7) {
                untilKnown(() -> store.erase(namespace, key));
                model.remove(key);
                versions.remove(key);
            } else {
                List<String> keys = List.copyOf(model.keySet());
                assertThat(untilKnown(() -> store.getAll(namespace, keys)).stream()
                                .map(s ->
                                        s == null ? null : s.version() + new String(s.bytes(), StandardCharsets.UTF_8))
                                .toList())
                        .isEqualTo(keys.stream()
                                .map(k -> versions.get(k) + model.get(k))
                                .toList());
            }
        }
        calm.run();
        assertThat(store.keys(namespace, null, 100)).isEqualTo(List.copyOf(model.keySet()));
    }
}
