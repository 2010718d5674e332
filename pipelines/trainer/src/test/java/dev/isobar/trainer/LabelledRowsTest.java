package dev.isobar.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelledRowsTest {
    @TempDir
    Path folder;

    @Test
    void everyFloatThatFloatToStringWritesIsReadBackBitForBit() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int rows = 20_000;
        float[] written = new float[rows * 3];
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            csv.append(i % 2);
            for (int j = 0; j < 3; j++) {
                float f;
                do {
                    f = switch (j) {
                        case 0 -> Float.intBitsToFloat(random.nextInt());
                        case 1 -> random.nextInt(100_000) / 100f;
                        default -> (float) random.nextGaussian();
                    };
                } while (!Float.isFinite(f));
                written[i * 3 + j] = f;
                csv.append(',').append(f);
            }
            csv.append('\n');
        }
        Files.writeString(folder.resolve("a.csv"), csv);
        float[] read = LabelledRows.read(folder, "train").values();
        assertThat(read).hasSameSizeAs(written);
        for (int i = 0; i < read.length; i++) {
            assertThat(Float.floatToRawIntBits(read[i])).isEqualTo(Float.floatToRawIntBits(written[i]));
        }
    }

    @Test
    void decimalsOfAnyLengthRoundAsTheJdkRoundsThem() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String[] texts = new String[5_000];
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < texts.length; i++) {
            // decimals right between two floats are the ones that rounding twice gets wrong
            float f = Float.intBitsToFloat(0x3f000000 + random.nextInt(0x02000000));
            double middle = ((double) f + Math.nextUp(f)) / 2;
            texts[i] = switch (i % 4) {
                case 0 -> new java.math.BigDecimal(middle).toPlainString();
                case 1 -> Double.toString(Math.nextUp(middle));
                case 2 -> Double.toString(random.nextDouble());
                default -> random.nextInt(1000) + "e" + (random.nextInt(60) - 40);
            };
            csv.append("0,").append(texts[i]).append("\r\n");
        }
        Files.writeString(folder.resolve("a.csv"), csv);
        float[] read = LabelledRows.read(folder, "train").values();
        for (int i = 0; i < texts.length; i++) {
            assertThat(read[i]).as(texts[i]).isEqualTo(Float.parseFloat(texts[i]));
        }
    }

    @Test
    void filesAreReadInOrderOfNameAndAnEmptyFieldIsMissing() throws IOException {
        Files.writeString(folder.resolve("part-2.csv"), "1,,4");
        Files.writeString(folder.resolve("part-1.csv"), "0,-0,\n1,0.0,NaN\n");
        Files.writeString(folder.resolve("readme.txt"), "not rows");
        LabelledRows rows = LabelledRows.read(folder, "train");
        assertThat(rows.labels()).containsExactly(0f, 1f, 1f);
        assertThat(rows.values()).containsExactly(-0f, Float.NaN, 0f, Float.NaN, Float.NaN, 4f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'label,a\\n1,2\\n'| a.csv:1| label",
                "'1,2\\n0,abc\\n'| a.csv:2| abc",
                "'1,2\\n0\\n'| a.csv:2| 1 fields",
                "'1,2\\n0,1,2\\n'| a.csv:2| 3 fields",
                "'1,2\\n,1\\n'| a.csv:2| label is missing",
                "'1,2\\n\\n1,2\\n'| a.csv:2| label is missing",
                "'1,2\\n1,Infinity\\n'| a.csv:2| infinite",
                "'1,2\\n1,1e999\\n'| a.csv:2| infinite",
                "'1,2\\n1,0x1p3\\n'| a.csv:2| not a number",
                "'1,2\\n1, 3\\n'| a.csv:2| not a number",
                "'1,2\\n1,3f\\n'| a.csv:2| not a number",
                "'1,2\\n1,1.2.3\\n'| a.csv:2| not a number",
                "'1,2\\n1,-\\n'| a.csv:2| not a number",
                "'1,2\\n1,1e\\n'| a.csv:2| not a number",
                "'1\\n0\\n'| a.csv:1| no feature",
            })
    void whatIsNotNumbersInEqualColumnsIsRefusedByFileAndLine(String csv, String where, String what)
            throws IOException {
        Files.writeString(folder.resolve("a.csv"), csv.replace("\\n", "\n"));
        assertThatThrownBy(() -> LabelledRows.read(folder, "train"))
                .isInstanceOf(TrainingFailure.class)
                .hasMessageContaining(where)
                .hasMessageContaining(what);
    }

    @Test
    void randomBytesAreRefusedOrReadAndNothingElse() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        byte[] alphabet = "0123456789,,,\n\n.-eEN\r\0\u00ff\"".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        int refused = 0;
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = alphabet[random.nextInt(alphabet.length)];
            }
            Files.write(folder.resolve("a.csv"), bytes);
            try {
                LabelledRows.read(folder, "train");
            } catch (TrainingFailure e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void aLineWithoutEndIsRefusedWithoutFillingTheHeap() throws IOException {
        Files.write(folder.resolve("a.csv"), new byte[3 << 20]);
        assertThatThrownBy(() -> LabelledRows.read(folder, "train"))
                .isInstanceOf(TrainingFailure.class)
                .hasMessageContaining("a.csv:1");
    }
}
