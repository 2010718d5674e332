package dev.isobar.runtime.spill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSpillTest {
    @TempDir
    Path folder;

    @Test
    void blocksComeBackAsTheyWere() throws IOException {
        long seed = System.nanoTime();
        System.out.println("FileSpillTest seed " + seed);
        Random random = new Random(seed);
        try (FileSpill spill = new FileSpill(folder)) {
            Map<Long, long[]> expected = new HashMap<>();
            for (int i = 0; i < 3_000; i++) {
                long number = random.nextInt(40) + (random.nextBoolean() ? 1L << 40 : 0);
                switch (random.nextInt(5)) {
                    case 0 -> {
                        spill.drop(number);
                        expected.remove(number);
                    }
                    case 1, 2 -> {
                        long[] words = new long[1 + random.nextInt(random.nextInt(20) == 0 ? 80_000 : 2_000)];
                        for (int w = 0; w < words.length; w++) {
                            words[w] = random.nextLong();
                        }
                        spill.write(number, words);
                        expected.put(number, words.clone());
                    }
                    default -> {
                        long[] words = expected.get(number);
                        if (words != null) {
                            long[] read = new long[words.length];
                            spill.read(number, read);
                            assertThat(read)
                                    .as("seed %s, block %s", seed, number)
                                    .isEqualTo(words);
                        }
                    }
                }
            }
            assertThat(spill.bytes()).isLessThan(200L << 20);
            assertThatThrownBy(() -> spill.read(77, new long[1])).isInstanceOf(IsobarException.class);
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }
}
