package dev.isobar.server.model;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.server.tree.TreeModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads models and chooses who evaluates them. */
public final class Models {
    private static final Logger LOG = LoggerFactory.getLogger(Models.class);

    private Models() {}

    /**
     * Loads a model as XGBoost's {@code save_model} writes it (UBJ or JSON), or an ONNX model. Verify the digest first.
     *
     * @param source names the bytes in messages; a name that ends in {@code .onnx} is ONNX
     * @throws IsobarException {@code CORRUPT} if it cannot be read; {@code UNSUPPORTED} if nobody here evaluates it, or the library that would is not on
     *     this machine
     */
    public static Evaluator load(byte[] bytes, String source) {
        Evaluator evaluator = choose(bytes, source);
        if (evaluator.name().equals(Evaluator.XGBOOST4J)) {
            // Right, but a hundred times slower.
            LOG.warn("Model {} is evaluated by {}: {}", source, evaluator.name(), evaluator.reason());
        } else {
            LOG.info("Model {} is evaluated by {}", source, evaluator.name());
        }
        return evaluator;
    }

    private static Evaluator choose(byte[] bytes, String source) {
        if (source.endsWith(".onnx")) {
            return library(Evaluator.ONNXRUNTIME, source, () -> OnnxEvaluator.load(bytes, source));
        }
        try {
            return new TreesEvaluator(TreeModel.read(bytes, source));
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.UNSUPPORTED) {
                throw e;
            }
            String reason = String.valueOf(e.getMessage());
            return library(Evaluator.XGBOOST4J, source, () -> XgboostEvaluator.load(bytes, source, reason));
        }
    }

    private interface Loading {
        Evaluator load();
    }

    private static Evaluator library(String name, String source, Loading loading) {
        try {
            return loading.load();
        } catch (LinkageError e) {
            // also NoClassDefFoundError, UnsatisfiedLinkError and whatever a static initializer made of them
            throw IsobarException.of(
                            ErrorCode.UNSUPPORTED,
                            "The model needs " + name + ", which cannot be loaded on this machine: " + e)
                    .resource(source)
                    .hint("Add its jar to the server's class path (XGBoost also wants libgomp), or train a model of"
                            + " trees with binary:logistic or reg:squarederror, which needs no library.")
                    .cause(e)
                    .build();
        }
    }
}
