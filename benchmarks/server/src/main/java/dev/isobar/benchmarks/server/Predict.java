package dev.isobar.benchmarks.server;

import ai.onnxruntime.OrtException;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.server.tree.TreeModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;

/** One prediction, timed one by one, the evaluators taking turns; each answer is checked. */
final class Predict {
    private static final int ROUNDS = 24;
    private static final int WARM_ROUNDS = 8;
    private static final long ROUND_NANOS = 120_000_000L;

    private Predict() {}

    static JsonLine run(Path folder) throws IOException, OrtException {
        Scene.Questions q = Scene.questions(folder);
        TreeModel trees = TreeModel.read(Files.readAllBytes(folder.resolve(Scene.MODEL)), Scene.MODEL);
        Map<String, Models.Model> models = new LinkedHashMap<>();
        models.put("isobar_trees", trees::predict);
        for (String name : new String[] {"onnx", "xgboost4j", "xgboost4j_inplace"}) {
            models.put(name, Models.of(name, folder));
        }
        Map<String, Histogram> times = new LinkedHashMap<>();
        Map<String, Double> apart = new LinkedHashMap<>();
        models.keySet().forEach(name -> times.put(name, new Histogram(3)));
        for (int round = 0; round < ROUNDS; round++) {
            for (Map.Entry<String, Models.Model> m : models.entrySet()) {
                Histogram h = Objects.requireNonNull(times.get(m.getKey()));
                if (round == WARM_ROUNDS) {
                    h.reset();
                }
                double worst = round(m.getValue(), q, h);
                apart.merge(m.getKey(), worst, Math::max);
            }
        }
        JsonLine line = new JsonLine();
        for (String name : models.keySet()) {
            Histogram h = Objects.requireNonNull(times.get(name));
            line.put(name + "_p50_ns", h.getValueAtPercentile(50))
                    .put(name + "_p99_ns", h.getValueAtPercentile(99))
                    .put(name + "_max_difference", apart.getOrDefault(name, 0.0));
        }
        return line;
    }

    private static double round(Models.Model model, Scene.Questions q, Histogram times) {
        double worst = 0;
        long end = System.nanoTime() + ROUND_NANOS;
        long now = 0;
        for (int i = 0; now < end; i = (i + 1) % Scene.CARDS) {
            float[] vector = q.vectors()[i];
            long begun = System.nanoTime();
            float p = model.predict(vector);
            now = System.nanoTime();
            times.recordValue(now - begun);
            worst = Math.max(worst, Math.abs(p - q.expected()[i]));
        }
        return worst;
    }
}
