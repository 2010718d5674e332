package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitorResultJsonTest {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    @Test
    void theShapeIsTheOneThatTheRunPromises() throws Exception {
        JsonNode root = JSON.readTree(JSON.writeValueAsString(result(true)));
        assertThat(names(root)).containsExactly("features", "performance", "quality", "latency", "verdicts");
        assertThat(names(root.get("features").get(0)))
                .containsExactly(
                        "name",
                        "psi",
                        "p_value",
                        "ks",
                        "ks_p_value",
                        "js",
                        "wasserstein",
                        "null_rate_reference",
                        "null_rate_current",
                        "mean_reference",
                        "mean_current",
                        "n_reference",
                        "n_current");
        assertThat(names(root.get("performance")))
                .containsExactly(
                        "auc",
                        "auc_standard_error",
                        "log_loss",
                        "brier",
                        "rows",
                        "unlabelled",
                        "base_rate",
                        "note",
                        "windows",
                        "calibration",
                        "roc");
        assertThat(names(root.at("/performance/windows/0")))
                .containsExactly(
                        "from_micros",
                        "to_micros",
                        "auc",
                        "auc_standard_error",
                        "log_loss",
                        "rows",
                        "base_rate",
                        "mean_prediction",
                        "note");
        assertThat(names(root.get("quality"))).containsExactly("rows", "columns", "dead_letters");
        assertThat(names(root.at("/quality/columns/0")))
                .containsExactly(
                        "name",
                        "rows",
                        "nulls",
                        "unparsable",
                        "out_of_range",
                        "null_rate",
                        "null_rate_reference",
                        "null_rate_p_value",
                        "min",
                        "max");
        assertThat(names(root.get("latency")))
                .containsExactly("p50_ms", "p95_ms", "p99_ms", "max_ms", "requests", "buckets");
        assertThat(names(root.at("/verdicts/0")))
                .containsExactly(
                        "subject",
                        "kind",
                        "state",
                        "from_micros",
                        "to_micros",
                        "value",
                        "p_value",
                        "threshold",
                        "sentence");
    }

    @Test
    void itReadsBackEqual() throws Exception {
        MonitorResult result = result(true);
        assertThat(JSON.readValue(JSON.writeValueAsString(result), MonitorResult.class))
                .isEqualTo(result);
    }

    @Test
    void withoutRowsThereAreNullsAndNeverNaN() throws Exception {
        String json = JSON.writeValueAsString(result(false));
        assertThat(json).doesNotContain("NaN").doesNotContain("Infinity").contains("\"auc\":null");
    }

    @Test
    void breachesComeFirst() {
        assertThat(result(true).verdicts()).extracting(Verdict::state).isSortedAccordingTo((a, b) -> b.compareTo(a));
        assertThat(result(true).verdicts().get(0).state()).isEqualTo(Verdict.State.BREACH);
    }

    private static MonitorResult result(boolean rows) {
        DriftMonitor drift = new DriftMonitor(List.of("a", "b"), DriftPolicy.ofDefaults());
        QualityMonitor quality = new QualityMonitor(List.of(QualityMonitor.Rule.any("a")));
        PerformanceMonitor performance = new PerformanceMonitor();
        LatencyMonitor latency = new LatencyMonitor();
        if (rows) {
            for (int i = 0; i < 2_000; i++) {
                drift.addReference(new double[] {i, i % 3});
                quality.addReference(new double[] {i});
            }
            for (int i = 0; i < 2_000; i++) {
                long micros = i / 1_000 * 7 * 86_400_000_000L;
                drift.add(micros, new double[] {i / 4.0, i % 3});
                quality.add(micros, new double[] {i});
                performance.add(micros, i / 2_000.0, i % 7 > 3);
                latency.addNanos(1_000_000 + i);
            }
        }
        PerformanceResult scored = performance.result(TimeWindows.days(7));
        return MonitorResult.of(
                drift.result(),
                scored,
                new PerformancePolicy(0.4, Persistence.ofDefaults()),
                quality,
                latency.result());
    }

    private static List<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
