package dev.isobar.benchmarks.server;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.isobar.server.tree.TreeModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/** The peers' models, one vector at a time, as their documentation shows. */
final class Models {
    private Models() {}

    /** A vector's probability. Thread safe. */
    interface Model {
        float predict(float[] vector);
    }

    /**
     * {@code xgboost4j} (a DMatrix for each call) or {@code xgboost4j_inplace} (the newer call without one), a booster for each thread;
     * {@code onnx}; or {@code trees}, our own.
     */
    static Model of(String name, Path folder) throws IOException, OrtException {
        return switch (name) {
            case "trees" -> TreeModel.read(Files.readAllBytes(folder.resolve(Scene.MODEL)), Scene.MODEL)::predict;
            case "xgboost4j" -> xgboost(Files.readAllBytes(folder.resolve(Scene.MODEL)), false);
            case "xgboost4j_inplace" -> xgboost(Files.readAllBytes(folder.resolve(Scene.MODEL)), true);
            case "onnx" -> onnx(Files.readAllBytes(folder.resolve(Scene.ONNX)));
            default -> throw new IllegalArgumentException("no such model: " + name);
        };
    }

    private static Model xgboost(byte[] bytes, boolean inPlace) {
        ThreadLocal<Booster> boosters = ThreadLocal.withInitial(() -> {
            try {
                Booster booster = XGBoost.loadModel(new ByteArrayInputStream(bytes));
                booster.setParam("nthread", 1);
                return booster;
            } catch (XGBoostError | IOException e) {
                throw new IllegalStateException(e);
            }
        });
        return vector -> {
            try {
                if (inPlace) {
                    return boosters.get().inplace_predict(vector, 1, vector.length, Float.NaN)[0][0];
                }
                DMatrix matrix = new DMatrix(vector, 1, vector.length, Float.NaN);
                try {
                    return boosters.get().predict(matrix)[0][0];
                } finally {
                    matrix.dispose();
                }
            } catch (XGBoostError e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static Model onnx(byte[] bytes) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        OrtSession session = environment.createSession(bytes, options);
        return vector -> {
            try (OnnxTensor tensor = OnnxTensor.createTensor(
                            environment, FloatBuffer.wrap(vector), new long[] {1, vector.length});
                    OrtSession.Result result = session.run(Map.of("features", tensor))) {
                return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        };
    }
}
