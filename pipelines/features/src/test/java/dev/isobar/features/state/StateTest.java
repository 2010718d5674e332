package dev.isobar.features.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
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
    void numbersAreOrderedAsTheirPackedTextsAre() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        long[] some = {
            0,
            1,
            9,
            10,
            11,
            100,
            19,
            2,
            -1,
            -10,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            999_999_999_999_999L,
            1_000_000_000_000_000L
        };
        for (int i = 0; i < 50_000; i++) {
            long a = i % 3 == 0 ? some[random.nextInt(some.length)] : random.nextLong() >> random.nextInt(64);
            long b = i % 5 == 0 ? some[random.nextInt(some.length)] : random.nextLong() >> random.nextInt(64);
            PackedId one = new PackedId().set(Long.toString(a));
            PackedId other = new PackedId().set(Long.toString(b));
            assertThat(Integer.signum(PackedId.compareNumbers(a, b)))
                    .as("%s and %s, seed %s", a, b, seed)
                    .isEqualTo(Integer.signum(PackedId.compare(one.high(), one.low(), other.high(), other.low())));
        }
    }

    @Test
    void aTableFindsWhatAMapFinds() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        IdTable table = new IdTable();
        Map<Long, Long> map = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long id = random.nextInt(500);
            if (random.nextBoolean()) {
                table.put(id, ~id, i, -i);
                map.put(id, (long) i);
            } else if (map.containsKey(id)) {
                long at = map.get(id);
                table.remove(id, ~id, at + 1, -at);
                assertThat(table.find(id, ~id)).as("other words are left alone").isNotNegative();
                table.remove(id, ~id, at, -at);
                map.remove(id);
            }
            long other = random.nextInt(500);
            int found = table.find(other, ~other);
            assertThat(found < 0 ? null : table.first(found))
                    .as("seed %s", seed)
                    .isEqualTo(map.get(other));
            assertThat(table.size()).isEqualTo(map.size());
        }
    }

    @Test
    void anIndexFindsWhatIsWithinItsHorizonAndForgetsTheRest() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        IdentityIndex index = new IdentityIndex();
        TreeMap<Integer, Integer> hashes = new TreeMap<>();
        for (int i = 0; i < 50_000; i++) {
            int hash = random.nextInt(40) == 0 ? 7 : random.nextInt();
            index.add(hash, i, 2L * i, i);
            hashes.put(i, hash);
            if (random.nextInt(100) == 0) {
                int before = i - random.nextInt(3_000);
                index.forgetBefore(before);
                hashes.headMap(before).clear();
            }
            assertThat(index.size()).as("seed %s", seed).isLessThan(2 * hashes.size() + 10_000);
            if (!hashes.isEmpty()) {
                Integer probe = hashes.ceilingKey(hashes.firstKey() + random.nextInt(hashes.size()));
                boolean found = false;
                int wanted = hashes.get(probe);
                for (int p = index.first(wanted); p >= 0; p = index.next(wanted, p)) {
                    found |= index.key(p) == probe && index.eventTime(p) == 2L * probe;
                }
                assertThat(found).as("seed %s, entry %s", seed, probe).isTrue();
            }
        }
    }

    @Test
    void keysKeepTheirNumbersUntilTheyAreReleased() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (boolean numeric : new boolean[] {false, true}) {
            Random random = new Random(seed);
            KeyTable keys = new KeyTable(numeric);
            Map<String, Integer> map = new HashMap<>();
            for (int i = 0; i < 100_000; i++) {
                String key = numeric
                        ? Long.toString(random.nextInt(700) - 300)
                        : random.nextInt(700) + (random.nextInt(4) == 0 ? "\u00e9\ud83d\ude00" : "");
                Integer known = map.get(key);
                assertThat(keys.find(key)).as("seed %s", seed).isEqualTo(known == null ? -1 : known);
                if (known == null) {
                    int number = keys.add(key);
                    assertThat(map.containsValue(number)).isFalse();
                    assertThat(keys.name(number)).isEqualTo(key);
                    map.put(key, number);
                } else if (random.nextInt(3) == 0) {
                    keys.release(known);
                    map.remove(key);
                }
                assertThat(keys.size()).isEqualTo(map.size());
            }
        }
    }

    @Test
    void aPoolHoldsWhatPlainListsHold() {
        comparePool(new EventPool(LAYOUT), 40, 100_000);
    }

    @Test
    void aPoolHoldsItWhereverItIs() {
        MemorySpill disk = new MemorySpill();
        EventPool pool = new EventPool(LAYOUT, disk, 1L << 33, 0);
        comparePool(pool, 3_000, 60_000);
        assertThat(disk.reads()).isGreaterThan(1_000);
        assertThat(pool.bytes()).as("the budget, and what one operation uses").isLessThan(8 * 512 * 24);
    }

    @Test
    void aLargeLogIsAChainOfPages() {
        MemorySpill disk = new MemorySpill();
        comparePool(new EventPool(LAYOUT, disk, 0, 0), 12, 40_000);
        assertThat(disk.reads()).isGreaterThan(10_000);
    }

    private static final EventLayout LAYOUT = new EventLayout(true, new boolean[] {true, false}, null);

    private static void comparePool(EventPool pool, int keys, int steps) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        EventLog view = new EventLog(LAYOUT);
        List<TreeMap<Long, Long>> lists = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            lists.add(new TreeMap<>());
        }
        for (int i = 0; i < steps; i++) {
            pool.begin();
            int key = (int) Math.abs(random.nextGaussian() * keys / 5) % lists.size();
            TreeMap<Long, Long> list = lists.get(key);
            int what = random.nextInt(100);
            if (what < 70) {
                long time = i + random.nextInt(50);
                if (list.put(time, (long) i) == null) {
                    long mask = random.nextInt(400) == 0 ? 1 : 0;
                    pool.insert(
                            key, view, Long.MIN_VALUE, time, time + 1, i, 0, -i, new long[] {mask}, new long[] {i, ~i});
                } else {
                    EventLog log = Objects.requireNonNull(pool.open(key, view));
                    pool.remove(key, log, log.lowerBound(time, log.start(), log.end()));
                    pool.insert(
                            key, view, Long.MIN_VALUE, time, time + 1, i, 0, -i, new long[] {0}, new long[] {i, ~i});
                }
            } else if (what < 71) {
                list.clear();
                pool.clear(key, view);
            } else if (what < 85) {
                long from = i - random.nextInt(key % 3 == 0 ? 20_000 : 500);
                list.headMap(from).clear();
                assertThat(pool.trim(key, view, from)).isEqualTo(list.isEmpty());
            } else if (!list.isEmpty()) {
                long time = list.firstKey();
                EventLog log = Objects.requireNonNull(pool.open(key, view));
                pool.remove(key, log, log.findAt(time, list.remove(time), 0));
            }
            EventLog log = pool.open(key, view);
            assertThat(log == null ? 0 : log.size())
                    .as("seed %s, step %s", seed, i)
                    .isEqualTo(list.size());
            if (log != null) {
                int at = log.start();
                for (Map.Entry<Long, Long> e : list.entrySet()) {
                    assertThat(log.eventTime(at)).isEqualTo(e.getKey());
                    assertThat(log.idHigh(at)).isEqualTo(e.getValue());
                    assertThat(log.content(at)).isEqualTo(-e.getValue());
                    assertThat(log.argument(at, 1)).isEqualTo(~e.getValue());
                    assertThat(log.argument(at, 0)).isEqualTo(log.isNull(at, 0) ? 0 : e.getValue());
                    at++;
                }
            }
        }
        assertThat(pool.events()).isEqualTo(lists.stream().mapToLong(Map::size).sum());
    }
}
