package dev.isobar.server.model;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.jspecify.annotations.Nullable;

/**
 * XGBoost's own library, for what our evaluator does not do. A call costs far more than a row in it, so it prefers batches; calls take turns, because a
 * booster's predictions share a buffer.
 */
final class XgboostEvaluator implements Evaluator {
    private final Booster booster;
    private final String source;
    private final String reason;
    private final int features;
    private final List<String> names;
    private final int columns;
    private boolean closed;

    private XgboostEvaluator(Booster booster, String source, String reason) throws XGBoostError {
        this.booster = booster;
        this.source = source;
        this.reason = reason;
        // One request is one row or few: threads would cost more than they bring.
        booster.setParam("nthread", 1);
        this.features = Math.toIntExact(booster.getNumFeature());
        String[] given = booster.getFeatureNames();
        // A model without names gives an array of nulls.
        this.names = given == null || Arrays.asList(given).contains(null) ? List.of() : List.of(given);
        this.columns = raw(new float[features], 1)[0].length;
    }

    static XgboostEvaluator load(byte[] bytes, String source, String reason) {
        XgboostEvaluator evaluator;
        try {
            evaluator = new XgboostEvaluator(XGBoost.loadModel(new ByteArrayInputStream(bytes)), source, reason);
        } catch (XGBoostError | IOException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, "XGBoost cannot load the model: " + firstLine(e))
                    .resource(source)
                    .hint("Compare its digest with the registry's and fetch it again.")
                    .cause(e)
                    .build();
        }
        if (evaluator.columns > 2) {
            evaluator.close();
            throw IsobarException.of(
                            ErrorCode.UNSUPPORTED,
                            "The model gives " + evaluator.columns + " numbers for each row; the server answers one")
                    .resource(source)
                    .hint("Train with multi:softmax, which gives the class, or one binary:logistic model per class.")
                    .build();
        }
        return evaluator;
    }

    @Override
    public String name() {
        return XGBOOST4J;
    }

    @Override
    public @Nullable String reason() {
        return reason;
    }

    @Override
    public int featureCount() {
        return features;
    }

    @Override
    public List<String> featureNames() {
        return names;
    }

    @Override
    public void predict(float[] rows, int count, float[] scores) {
        if (rows.length < count * features) {
            throw new IllegalArgumentException("the model has " + features + " features, " + count
                    + " vectors of them have more than " + rows.length + " values");
        }
        try {
            float[][] raw = raw(rows, count);
            for (int i = 0; i < count; i++) {
                // Of two classes the second is the positive one.
                scores[i] = raw[i][columns - 1];
            }
        } catch (XGBoostError e) {
            throw IsobarException.of(ErrorCode.INTERNAL, "XGBoost failed: " + firstLine(e))
                    .resource(source)
                    .hint("XGBoost takes no infinite feature values.")
                    .cause(e)
                    .build();
        }
    }

    private synchronized float[][] raw(float[] rows, int count) throws XGBoostError {
        if (closed) {
            // Its handle would be null, and native code does not ask.
            throw IsobarException.of(ErrorCode.UNAVAILABLE, "The model is closed: the server is stopping.")
                    .hint("Ask another replica.")
                    .build();
        }
        float[] exact = rows.length == count * features ? rows : Arrays.copyOf(rows, count * features);
        DMatrix matrix = new DMatrix(exact, count, features, Float.NaN);
        try {
            return booster.predict(matrix);
        } finally {
            matrix.dispose();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        booster.dispose();
    }

    /** Its messages go on with a native stack. */
    private static String firstLine(Exception e) {
        String text = String.valueOf(e.getMessage()).strip();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
