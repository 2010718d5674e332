package dev.isobar.onnx;

import static dev.isobar.onnx.OnnxGraph.Attribute.floats;
import static dev.isobar.onnx.OnnxGraph.Attribute.ints;
import static dev.isobar.onnx.OnnxGraph.Attribute.strings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The trees of an XGBoost model (its JSON) as an ONNX operation {@code TreeEnsembleRegressor}; a binary:logistic one gives probabilities. */
public final class OnnxTrees {
    private final List<Integer> treeIds = new ArrayList<>();
    private final List<Integer> nodeIds = new ArrayList<>();
    private final List<Integer> features = new ArrayList<>();
    private final List<String> modes = new ArrayList<>();
    private final List<Float> values = new ArrayList<>();
    private final List<Integer> yes = new ArrayList<>();
    private final List<Integer> no = new ArrayList<>();
    private final List<Integer> missing = new ArrayList<>();
    private final List<Integer> leafTrees = new ArrayList<>();
    private final List<Integer> leafNodes = new ArrayList<>();
    private final List<Integer> leafTargets = new ArrayList<>();
    private final List<Float> leafValues = new ArrayList<>();

    private OnnxTrees() {}

    /** Converts a model of one output. */
    public static byte[] convert(byte[] xgboostJson) throws IOException {
        JsonNode learner = new ObjectMapper().readTree(xgboostJson).get("learner");
        int width = learner.at("/learner_model_param/num_feature").asInt();
        OnnxGraph graph = new OnnxGraph().input("features", width).output("probability", 1);
        add(graph, learner, "features", "probability");
        return graph.toByteArray();
    }

    /** Adds the trees of {@code learner} to a graph. */
    public static void add(OnnxGraph graph, JsonNode learner, String input, String output) {
        OnnxTrees t = new OnnxTrees();
        int index = 0;
        for (JsonNode tree : learner.at("/gradient_booster/model/trees")) {
            t.tree(index++, tree);
        }
        boolean logistic = learner.at("/objective/name").asText().equals("binary:logistic");
        double base = Double.parseDouble(learner.at("/learner_model_param/base_score").asText());
        graph.node(
                true,
                "TreeEnsembleRegressor",
                List.of(input),
                logistic ? output + "_margin" : output,
                OnnxGraph.Attribute.of("n_targets", 1),
                floats("base_values", List.of((float) (logistic ? Math.log(base / (1 - base)) : base))),
                ints("nodes_treeids", t.treeIds),
                ints("nodes_nodeids", t.nodeIds),
                ints("nodes_featureids", t.features),
                strings("nodes_modes", t.modes),
                floats("nodes_values", t.values),
                ints("nodes_truenodeids", t.yes),
                ints("nodes_falsenodeids", t.no),
                ints("nodes_missing_value_tracks_true", t.missing),
                ints("target_treeids", t.leafTrees),
                ints("target_nodeids", t.leafNodes),
                ints("target_ids", t.leafTargets),
                floats("target_weights", t.leafValues));
        if (logistic) {
            // The runtime takes a regressor's post_transform LOGISTIC and does nothing.
            graph.node(false, "Sigmoid", List.of(output + "_margin"), output);
        }
    }

    private void tree(int index, JsonNode tree) {
        JsonNode left = tree.get("left_children");
        for (int n = 0; n < left.size(); n++) {
            boolean leaf = left.get(n).asInt() < 0;
            // From the text: by way of double it would be rounded twice.
            float condition = Float.parseFloat(tree.get("split_conditions").get(n).asText());
            treeIds.add(index);
            nodeIds.add(n);
            features.add(leaf ? 0 : tree.get("split_indices").get(n).asInt());
            modes.add(leaf ? "LEAF" : "BRANCH_LT");
            values.add(leaf ? 0f : condition);
            yes.add(leaf ? 0 : left.get(n).asInt());
            no.add(leaf ? 0 : tree.get("right_children").get(n).asInt());
            missing.add(leaf ? 0 : tree.get("default_left").get(n).asInt());
            if (leaf) {
                leafTrees.add(index);
                leafNodes.add(n);
                leafTargets.add(0);
                leafValues.add(condition);
            }
        }
    }
}
