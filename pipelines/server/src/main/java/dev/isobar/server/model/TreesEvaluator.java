package dev.isobar.server.model;

import dev.isobar.server.tree.TreeModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Our own evaluator. A batch is as fast as its rows one by one. */
record TreesEvaluator(TreeModel model) implements Evaluator {
    @Override
    public String name() {
        return ISOBAR_TREES;
    }

    @Override
    public @Nullable String reason() {
        return null;
    }

    @Override
    public int featureCount() {
        return model.featureCount();
    }

    @Override
    public List<String> featureNames() {
        return model.featureNames();
    }

    @Override
    public boolean prefersBatches() {
        return false;
    }

    @Override
    public float predict(float[] features) {
        return model.predict(features);
    }

    @Override
    public void predict(float[] rows, int count, float[] scores) {
        float[] row = new float[model.featureCount()];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows, i * row.length, row, 0, row.length);
            scores[i] = model.predict(row);
        }
    }

    @Override
    public void close() {}
}
