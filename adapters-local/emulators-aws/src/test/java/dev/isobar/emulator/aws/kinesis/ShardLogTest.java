package dev.isobar.emulator.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.kinesis.ShardLog.Appended;
import dev.isobar.emulator.aws.kinesis.ShardLog.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A shard's log")
class ShardLogTest {
    private static final int SEGMENT = 64 << 10;

    @TempDir
    Path folder;

    /** What was appended, as a list. */
    private record Kept(long millis, String key, byte[] data) {}

    @Test
    @DisplayName("gives what a list would: from any index, from any time, over many files, opened again too")
    void asAList() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Kept> twin = new ArrayList<>();
        ShardLog log = ShardLog.open(folder, SEGMENT);
        long now = 1_000;
        for (int batch = 0; batch < 300; batch++) {
            now += random.nextInt(4) - 1;
            List<Entry> entries = new ArrayList<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                byte[] data = new byte[random.nextInt(50) == 0 ? random.nextInt(100_000) : random.nextInt(300)];
                random.nextBytes(data);
                entries.add(new Entry(("k" + random.nextInt(9)).getBytes(StandardCharsets.UTF_8), data));
            }
            Appended appended = log.append(entries, now);
            assertThat(appended.first()).isEqualTo(twin.size());
            for (Entry e : entries) {
                twin.add(new Kept(appended.millis(), new String(e.key(), StandardCharsets.UTF_8), e.data()));
            }
            if (batch % 100 == 99) {
                log.close();
                log = ShardLog.open(folder, SEGMENT);
            }
        }
        assertThat(files()).hasSizeGreaterThan(3);
        assertThat(log.next()).isEqualTo(twin.size());
        for (int i = 0; i < 200; i++) {
            int from = random.nextInt(twin.size() + 1);
            same(read(log, from), twin.subList(from, twin.size()));
            long time = 995 + random.nextInt((int) (now - 990));
            assertThat(log.at(time))
                    .isEqualTo(twin.stream().filter(k -> k.millis() < time).count());
        }
        long cut = twin.get(twin.size() / 2).millis();
        log.trim(cut);
        assertThat(log.first())
                .isPositive()
                .isLessThanOrEqualTo(twin.stream().filter(k -> k.millis() < cut).count());
        same(read(log, 0), twin.subList((int) log.first(), twin.size()));
        log.trim(Long.MAX_VALUE);
        assertThat(read(log, 0)).isEmpty();
        log.close();
        ShardLog again = ShardLog.open(folder, SEGMENT);
        assertThat(again.append(List.of(new Entry(new byte[1], new byte[1])), now)
                        .first())
                .isEqualTo(twin.size());
        again.close();
    }

    @Test
    @DisplayName("cut off anywhere keeps the whole records before the cut, and goes on behind them")
    void torn() throws IOException {
        ShardLog log = ShardLog.open(folder, SEGMENT);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            entries.add(new Entry(new byte[] {'k'}, new byte[] {(byte) i, 2, 3, 4, 5}));
        }
        log.append(entries, 7);
        log.close();
        Path file = files().get(0);
        byte[] whole = Files.readAllBytes(file);
        int record = whole.length / 4;
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            ShardLog cut = ShardLog.open(folder, SEGMENT);
            assertThat(read(cut, 0)).as("cut at %s", length).hasSize(length / record);
            assertThat(cut.append(entries.subList(0, 1), 8).first()).isEqualTo(length / record);
            cut.close();
            ShardLog after = ShardLog.open(folder, SEGMENT);
            assertThat(read(after, 0)).hasSize(length / record + 1);
            after.close();
        }
    }

    @Test
    @DisplayName("says that a byte was changed rather than giving it away")
    void corrupt() throws IOException {
        ShardLog log = ShardLog.open(folder, SEGMENT);
        log.append(List.of(new Entry(new byte[] {'k'}, new byte[100])), 7);
        Path file = files().get(0);
        byte[] whole = Files.readAllBytes(file);
        whole[60] ^= 1;
        Files.write(file, whole);
        assertThatThrownBy(() -> read(log, 0)).isInstanceOf(IOException.class).hasMessageContaining("corrupt");
        log.close();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static List<Kept> read(ShardLog log, long from) throws IOException {
        List<Kept> all = new ArrayList<>();
        log.read(
                from,
                (index, millis, bytes, key, keyLength, data, dataLength) -> all.add(new Kept(
                        millis,
                        new String(bytes, key, keyLength, StandardCharsets.UTF_8),
                        Arrays.copyOfRange(bytes, data, data + dataLength))));
        return all;
    }

    private static void same(List<Kept> got, List<Kept> expected) {
        assertThat(got).hasSameSizeAs(expected);
        for (int i = 0; i < got.size(); i++) {
            Kept a = got.get(i);
            Kept b = expected.get(i);
            if (a.millis() != b.millis() || !a.key().equals(b.key()) || !Arrays.equals(a.data(), b.data())) {
                throw new AssertionError("record " + i + " differs: " + a + " and " + b);
            }
        }
    }
}
