package dev.isobar.features.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StateTest {
    @Test
    void shortIdsArePackedAsTheyAreAndLongOnesHashed() {
        PackedId id = new PackedId();
        assertThat(id.set("ab").high()).isEqualTo(0x6162_0000_0000_0000L);
        assertThat(id.low()).isEqualTo(2);
        assertThat(id.set("123456789012345").low()).isEqualTo(0x3930_3132_3334_350fL);
        // SHA-256 of "1234567890123456" begins 7a51d064a1a216a692f753fcdab276
        assertThat(id.set("1234567890123456").high()).isEqualTo(0x7a51d064a1a216a6L);
        assertThat(id.low() & 0xff).isEqualTo(0xff);
        assertThat(id.set("\u00e9").high()).isEqualTo(0xc3a9_0000_0000_0000L);
        assertThat(id.low()).isEqualTo("\u00e9".getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void anIndexFindsWhatAMapFinds() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        IdentityIndex index = new IdentityIndex();
        Map<Long, Long> map = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long id = random.nextInt(500);
            if (random.nextBoolean()) {
                index.put(id, ~id, (int) id, i, -i);
                map.put(id, (long) i);
            } else if (map.containsKey(id)) {
                long at = map.get(id);
                index.remove(id, ~id, (int) id, at + 1, -at);
                assertThat(index.find(id, ~id))
                        .as("another place is left alone")
                        .isNotNegative();
                index.remove(id, ~id, (int) id, at, -at);
                map.remove(id);
            }
            long other = random.nextInt(500);
            int found = index.find(other, ~other);
            assertThat(found < 0 ? null : index.eventTime(found))
                    .as("seed %s", seed)
                    .isEqualTo(map.get(other));
            assertThat(index.size()).isEqualTo(map.size());
        }
    }

    @Test
    void payloadsAreKeptUntilTheFrontierPasses() {
        PayloadArena arena = new PayloadArena();
        for (int i = 0; i < 10_000; i++) {
            byte[] payload = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            arena.put(i, i, i, payload, 0, payload.length, i - 50);
            for (int j = Math.max(0, i - 50); j <= i; j += 7) {
                assertThat(arena.get(j, j)).asString(StandardCharsets.UTF_8).isEqualTo(Integer.toString(j));
            }
        }
        assertThat(arena.size()).isLessThan(200);
        assertThat(arena.compare(9_999, 9_999, "a".getBytes(StandardCharsets.UTF_8), 0, 1))
                .isEqualTo(-1);
        assertThat(arena.compare(1, 1, new byte[0], 0, 0)).isEqualTo(2);
        arena.forget(9_999, 9_999);
        assertThat(arena.get(9_999, 9_999)).isEmpty();
    }
}
