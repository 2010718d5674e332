package dev.isobar.benchmarks.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The benchmark driver")
class DriverTest {
    @TempDir
    static Path folder;

    private static Path sample(String name, double... values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(16 * 8);
        bytes.putLong(997);
        for (int i = 0; i < 15; i++) {
            bytes.putDouble(i < values.length ? values[i] : 1.0);
        }
        return Files.write(folder.resolve(name), bytes.array());
    }

    @Test
    void callsEqualBitsExact() throws IOException {
        Judge.Verdict v = Judge.compare(sample("a", 3.5, Double.NaN), sample("b", 3.5, Double.NaN));

        assertThat(v.exact()).isTrue();
        assertThat(v.values()).isEqualTo(15);
    }

    @Test
    void tellsRoundingFromWrongValues() throws IOException {
        Path ours = sample("ours", 3.0, 2.0);

        Judge.Verdict rounded = Judge.compare(ours, sample("rounded", Math.nextUp(3.0), 2.0));
        Judge.Verdict wrong = Judge.compare(ours, sample("wrong", 3.0, 2.1));

        assertThat(rounded.exact()).isFalse();
        assertThat(rounded.close()).isTrue();
        assertThat(wrong.close()).isFalse();
        assertThat(wrong.apart()).isEqualTo(1);
    }

    @Test
    void takesNullWhereThereIsAValueForWrong() throws IOException {
        Judge.Verdict v = Judge.compare(sample("value", 3.0), sample("null", Double.NaN));

        assertThat(v.close()).isFalse();
        assertThat(v.maxRelativeError()).isInfinite();
    }

    @Test
    void takesMissingRowsForWrong() throws IOException {
        Path none = Files.write(folder.resolve("none"), new byte[0]);

        assertThat(Judge.compare(sample("one"), none).close()).isFalse();
    }

    @Test
    void namesEveryPromisedRatioThatItDidNotMeasure() {
        Report report = new Report();
        report.ratios.put("kernel_vs_loop", 0.5);
        report.notMeasured.put("kernel_vs_duckdb", "benchmarks/duckdb was not built");

        JsonNode json = report.json(Settings.parse(folder, folder, new String[] {"kernel", "--quick"}));

        assertThat(json.get("ratios").get("kernel_vs_loop").asDouble()).isEqualTo(0.5);
        assertThat(json.get("ratios").size()).isEqualTo(1);
        assertThat(json.get("not_measured").get("kernel_vs_duckdb").asText()).contains("not built");
        assertThat(json.get("not_measured").size()).isEqualTo(Report.RATIOS.size() - 1);
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> Settings.parse(folder, folder, new String[] {"kernels"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kernels")
                .hasMessageContaining("backfill");
        assertThatThrownBy(() -> Settings.parse(folder, folder, new String[] {"--events", "many"}))
                .hasMessageContaining("many");
    }

    @Test
    void runsEverySuiteForAll() {
        Settings s = Settings.parse(folder, folder, new String[] {"all", "--only", "kernel,loop", "--events", "1_000"});

        assertThat(s.suites()).isEqualTo(List.of("kernel", "scale", "path", "backfill", "server", "aws", "gcp"));
        assertThat(s.events()).isEqualTo(1_000);
        assertThat(s.wants("loop")).isTrue();
        assertThat(s.wants("duckdb")).isFalse();
    }

    @Test
    void replacesTheTableBetweenItsMarkersOnly() {
        String page = "before\n<!-- benchmarks:kernel -->\nold\n<!-- benchmarks:end -->\nafter\n";

        assertThat(Page.replaced(folder, page, "kernel", "| new |\n"))
                .isEqualTo("before\n<!-- benchmarks:kernel -->\n| new |\n<!-- benchmarks:end -->\nafter\n");
        assertThatThrownBy(() -> Page.replaced(folder, page, "server", "x"))
                .hasMessageContaining("<!-- benchmarks:server -->");
    }
}
