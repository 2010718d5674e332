package dev.isobar.benchmarks.server;

import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import dev.isobar.onnx.OnnxTrees;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.workload.ServingDescriptor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * What every process of this comparison shares, in files: cards with a day of transactions as kernel state, a model of 100 trees of depth 6 over the workload's 15
 * features, one question about each card, and what the answer must be by XGBoost's own library.
 */
final class Scene {
    static final int CARDS = 4_096;
    static final int WIDTH = 15;
    static final String NAMESPACE = "cards.states";
    static final String PREDICTIONS = "cards.predictions";
    static final String SPEC = "spec.json";
    static final String MODEL = "model.ubj";
    static final String MODEL_JSON = "model.json";
    static final String ONNX = "model.onnx";
    static final String DESCRIPTOR = "descriptor.json";
    static final String DESCRIPTOR_DIGEST = "descriptor.digest";
    static final String STATES = "states.bin";
    static final String QUESTIONS = "questions.bin";

    private static final long SEED = 20260301;
    private static final long NOON = RowText.micros(Instant.parse("2026-03-01T12:00:00Z"));
    private static final long DAY = 86_400_000_000L;
    private static final int TREES = 100;
    private static final int DEPTH = 6;

    /** One question about each card. */
    record Questions(String[] bodies, float[][] vectors, float[] expected) {}

    private Scene() {}

    /** Writes all of it. */
    static void prepare(Path folder) throws IOException, XGBoostError {
        Files.createDirectories(folder);
        PipelineSpec spec = CardPipeline.spec(false);
        FeaturePlan plan = FeaturePlan.compile(spec);
        FeatureKernel kernel = new FeatureKernel(plan, Retention.ofMicros(Features.LATENESS));
        Random random = new Random(SEED);
        List<long[]> events = events(random);
        Row row = new Row(plan.decisionSchema());
        long id = 0;
        for (long[] e : events) {
            fill(row, id, e[0], e[1], e[2]);
            kernel.accept(0, Long.toString(id++), Long.toString(e[0]), e[1], e[1], row);
        }
        kernel.advance(0, NOON);

        float[][] vectors = new float[CARDS][WIDTH];
        String[] bodies = new String[CARDS];
        FeatureVector vector = new FeatureVector(plan);
        for (int card = 0; card < CARDS; card++) {
            long at = NOON - random.nextInt(60) * 1_000_000L - 1_000L * random.nextInt(1_000);
            long cents = 100 + random.nextInt(100_000);
            fill(row, id + card, card, at, cents);
            kernel.evaluate(row, null, at, at, vector);
            vector.copyTo(vectors[card], 0);
            bodies[card] = "{\"transaction_id\":" + (id + card) + ",\"card\":" + card + ",\"event_time\":\""
                    + RowText.instant(at) + "\",\"amount_cents\":" + cents + "}";
        }
        Booster booster = train(random, vectors);
        Files.write(folder.resolve(MODEL), booster.toByteArray("ubj"));
        Files.write(folder.resolve(MODEL_JSON), booster.toByteArray("json"));
        Files.write(folder.resolve(ONNX), OnnxTrees.convert(booster.toByteArray("json")));
        Files.write(folder.resolve(SPEC), SpecJson.write(spec).getBytes(StandardCharsets.UTF_8));
        byte[] descriptor = new ServingDescriptor(
                        "cards",
                        "cards-v1",
                        "benchmark",
                        SPEC,
                        SpecJson.version(spec),
                        MODEL,
                        ServingDescriptor.digest(Files.readAllBytes(folder.resolve(MODEL))),
                        1,
                        NAMESPACE,
                        PREDICTIONS)
                .toJson();
        Files.write(folder.resolve(DESCRIPTOR), descriptor);
        // Whoever starts a server says what its descriptor must be.
        Files.writeString(folder.resolve(DESCRIPTOR_DIGEST), ServingDescriptor.digest(descriptor));
        writeStates(folder, kernel);
        writeQuestions(folder, bodies, vectors, expected(booster, vectors));
    }

    private static List<long[]> events(Random random) {
        List<long[]> events = new ArrayList<>();
        for (int card = 0; card < CARDS; card++) {
            int count = 2 + (int) Math.min(60, Math.abs(random.nextGaussian()) * 15);
            for (int i = 0; i < count; i++) {
                // Most of a card's day is recent, so that the short windows hold something.
                double back = random.nextDouble();
                long at = NOON - 120_000_000L - (long) (back * back * back * (DAY - 240_000_000L));
                events.add(new long[] {card, at, 100 + (long) Math.exp(3 + 2 * Math.abs(random.nextGaussian()))});
            }
        }
        events.sort((a, b) -> Long.compare(a[1], b[1]));
        return events;
    }

    private static void fill(Row row, long id, long card, long at, long cents) {
        row.setWord(row.schema().require("transaction_id"), id)
                .setWord(row.schema().require("card"), card)
                .setWord(row.schema().require("event_time"), at)
                .setWord(row.schema().require("available_time"), at)
                .setWord(row.schema().require("amount_cents"), cents);
    }

    /** Rows like those that are asked, and labels that make every tree deep. */
    private static Booster train(Random random, float[][] vectors) throws XGBoostError {
        int rows = 40_000;
        float[] flat = new float[rows * WIDTH];
        float[] labels = new float[rows];
        for (int r = 0; r < rows; r++) {
            float[] from = vectors[random.nextInt(vectors.length)];
            double sum = 0;
            for (int f = 0; f < WIDTH; f++) {
                float x = from[f] * (float) Math.exp(0.3 * random.nextGaussian());
                flat[r * WIDTH + f] = x;
                sum += Float.isNaN(x) ? 0 : Math.sin(f + Math.log1p(Math.abs(x)));
            }
            labels[r] = sum + random.nextGaussian() > 0 ? 1 : 0;
        }
        DMatrix matrix = new DMatrix(flat, rows, WIDTH, Float.NaN);
        matrix.setLabel(labels);
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("objective", "binary:logistic");
        parameters.put("max_depth", DEPTH);
        parameters.put("min_child_weight", 0);
        parameters.put("eta", 0.1);
        parameters.put("base_score", 0.25);
        parameters.put("tree_method", "hist");
        parameters.put("nthread", 1);
        parameters.put("seed", 1);
        return XGBoost.train(matrix, parameters, TREES, Map.of(), null, null);
    }

    private static float[] expected(Booster booster, float[][] vectors) throws XGBoostError {
        float[] flat = new float[vectors.length * WIDTH];
        for (int i = 0; i < vectors.length; i++) {
            System.arraycopy(vectors[i], 0, flat, i * WIDTH, WIDTH);
        }
        float[][] answers = booster.predict(new DMatrix(flat, vectors.length, WIDTH, Float.NaN));
        float[] expected = new float[vectors.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = answers[i][0];
        }
        return expected;
    }

    private static void writeStates(Path folder, FeatureKernel kernel) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve(STATES))))) {
            List<String> keys = new ArrayList<>(kernel.drainDirtyKeys());
            out.writeInt(keys.size() + 1);
            for (String key : keys) {
                write(out, ServingDescriptor.stateKey(key), kernel.snapshot(key));
            }
            write(out, ServingDescriptor.PARTITION_KEY, kernel.partitionState());
        }
    }

    private static void write(DataOutputStream out, String key, byte[] state) throws IOException {
        out.writeUTF(key);
        out.writeInt(state.length);
        out.write(state);
    }

    /** Encoded states by key of the online store. */
    static Map<String, byte[]> states(Path folder) throws IOException {
        Map<String, byte[]> states = new HashMap<>();
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(folder.resolve(STATES))))) {
            for (int n = in.readInt(); n > 0; n--) {
                String key = in.readUTF();
                states.put(key, in.readNBytes(in.readInt()));
            }
        }
        return states;
    }

    private static void writeQuestions(Path folder, String[] bodies, float[][] vectors, float[] expected)
            throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve(QUESTIONS))))) {
            for (int i = 0; i < CARDS; i++) {
                out.writeUTF(bodies[i]);
                out.writeFloat(expected[i]);
                for (float x : vectors[i]) {
                    out.writeFloat(x);
                }
            }
        }
    }

    static Questions questions(Path folder) throws IOException {
        Questions q = new Questions(new String[CARDS], new float[CARDS][WIDTH], new float[CARDS]);
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(folder.resolve(QUESTIONS))))) {
            for (int i = 0; i < CARDS; i++) {
                q.bodies[i] = in.readUTF();
                q.expected[i] = in.readFloat();
                for (int f = 0; f < WIDTH; f++) {
                    q.vectors[i][f] = in.readFloat();
                }
            }
        }
        return q;
    }
}
