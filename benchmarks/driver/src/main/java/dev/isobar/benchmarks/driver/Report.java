package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the suites found. */
final class Report {
    /** The keys that the report promises, in their order; what was not measured is listed with the reason. */
    static final List<String> RATIOS = List.of(
            "kernel_vs_loop",
            "kernel_vs_bare_loop",
            "kernel_vs_flink_heap",
            "kernel_vs_flink_nothing",
            "kernel_vs_flink_rocksdb",
            "kernel_vs_flink_sql_over",
            "kernel_vs_kafka_streams",
            "kernel_vs_beam_direct",
            "kernel_vs_beam_flink",
            "kernel_vs_duckdb",
            "kernel_threads_2_vs_1",
            "loop_threads_2_vs_1",
            "kernel_memory_vs_loop",
            "path_vs_loop",
            "path_vs_kernel",
            "path_vs_flink_rocksdb",
            "training_set_vs_duckdb_asof",
            "training_set_parquet_vs_duckdb_asof",
            "predict_vs_xgboost4j",
            "predict_vs_onnx",
            "server_vs_xgboost4j",
            "server_vs_echo",
            "kinesis_append_cpu_vs_sdk",
            "kinesis_append_alloc_vs_sdk",
            "kinesis_read_cpu_vs_sdk",
            "kinesis_read_alloc_vs_sdk",
            "s3_put_cpu_vs_sdk",
            "s3_put_alloc_vs_sdk",
            "s3_get_cpu_vs_sdk",
            "s3_get_alloc_vs_sdk",
            "pubsub_publish_cpu_vs_sdk",
            "pubsub_publish_alloc_vs_sdk",
            "pubsub_pull_cpu_vs_sdk",
            "pubsub_pull_alloc_vs_sdk",
            "storage_put_cpu_vs_sdk",
            "storage_put_alloc_vs_sdk",
            "storage_get_cpu_vs_sdk",
            "storage_get_alloc_vs_sdk");

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A suite's tables in Markdown, by the suite's name. */
    final Map<String, String> tables = new LinkedHashMap<>();

    final ArrayNode figures = JSON.createArrayNode();
    final Map<String, Double> ratios = new LinkedHashMap<>();
    final Map<String, String> notMeasured = new LinkedHashMap<>();
    final ObjectNode versions = JSON.createObjectNode();

    /** Makes the one JSON object. */
    ObjectNode json(Settings settings) {
        ObjectNode all = JSON.createObjectNode();
        all.set("machine", Machine.describe());
        all.set("versions", versions);
        all.putObject("settings")
                .put("events", settings.events())
                .put("repetitions", settings.repetitions())
                .put("jvm_options", String.join(" ", Launch.JVM));
        all.set("figures", figures);
        ObjectNode measured = all.putObject("ratios");
        ObjectNode missing = all.putObject("not_measured");
        for (String key : keys()) {
            Double ratio = ratios.get(key);
            if (ratio != null) {
                measured.put(key, ratio);
            } else {
                missing.put(key, notMeasured.getOrDefault(key, "not asked for, or no suite measures it yet"));
            }
        }
        return all;
    }

    private List<String> keys() {
        List<String> keys = new ArrayList<>(RATIOS);
        ratios.keySet().stream().filter(k -> !keys.contains(k)).forEach(keys::add);
        return keys;
    }
}
