package dev.isobar.server.tree;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the document of a model into flat arrays. Everything an evaluation relies on is checked here once: lengths, children in range, each node
 * reached at most once (so every walk ends), features in range.
 */
final class ModelReader {
    private final String source;

    private int[] feature = new int[64];
    private float[] value = new float[64];
    private int[] child = new int[64];
    private int size;

    ModelReader(String source) {
        this.source = source;
    }

    TreeModel model(@Nullable Object document) {
        Map<?, ?> learner = object(object(document, "document"), "learner", "");
        Map<?, ?> parameters = object(learner, "learner_model_param", "learner");
        Map<?, ?> booster = object(learner, "gradient_booster", "learner");
        String boosterName = text(booster, "name", "learner.gradient_booster");
        if (!boosterName.equals("gbtree")) {
            throw unsupported("the booster '" + boosterName + "'", "Train with booster=gbtree.");
        }
        TreeModel.Objective objective = objective(learner);
        if (integer(parameters, "num_class", "learner.learner_model_param", 0) > 1) {
            throw unsupported("a multi-class model", "Train one binary:logistic model per class.");
        }
        if (integer(parameters, "num_target", "learner.learner_model_param", 1) > 1) {
            throw unsupported("a model with several targets", "Train one model per target.");
        }
        int features = integer(parameters, "num_feature", "learner.learner_model_param", -1);
        if (features < 0) {
            throw corrupt("learner.learner_model_param.num_feature", "is missing or negative");
        }
        if (features > Forest.MOST_FEATURES) {
            throw unsupported(features + " features", "Train with at most " + Forest.MOST_FEATURES + ".");
        }
        Map<?, ?> model = object(booster, "model", "learner.gradient_booster");
        List<?> trees = list(model, "trees", "learner.gradient_booster.model");
        for (int group : model.containsKey("tree_info")
                ? ints(model, "tree_info", "learner.gradient_booster.model")
                : new int[0]) {
            if (group != 0) {
                throw unsupported("trees of several output groups", "Train one model per output.");
            }
        }
        int[] roots = new int[trees.size()];
        for (int t = 0; t < roots.length; t++) {
            String path = "trees[" + t + "]";
            roots[t] = tree(object(trees.get(t), path), path, features);
        }
        return new TreeModel(
                objective,
                features,
                names(learner, features),
                baseMargin(parameters, objective),
                roots.length,
                new Forest(
                        roots, Arrays.copyOf(feature, size), Arrays.copyOf(value, size), Arrays.copyOf(child, size)));
    }

    private TreeModel.Objective objective(Map<?, ?> learner) {
        String name = text(object(learner, "objective", "learner"), "name", "learner.objective");
        for (TreeModel.Objective o : TreeModel.Objective.values()) {
            if (o.xgboostName().equals(name)) {
                return o;
            }
        }
        throw unsupported("the objective '" + name + "'", "Train with binary:logistic or reg:squarederror.");
    }

    private float baseMargin(Map<?, ?> parameters, TreeModel.Objective objective) {
        String path = "learner.learner_model_param.base_score";
        String text = text(parameters, "base_score", "learner.learner_model_param");
        if (text.startsWith("[") && text.endsWith("]")) {
            // from 3.1 on it is a vector
            text = text.substring(1, text.length() - 1);
            if (text.contains(",")) {
                throw unsupported("a vector of base scores", "Train one model per output.");
            }
        }
        float score;
        try {
            score = Float.parseFloat(text);
        } catch (NumberFormatException e) {
            throw corrupt(path, "is '" + text + "', not a number");
        }
        if (objective != TreeModel.Objective.BINARY_LOGISTIC) {
            return score;
        }
        if (!(score > 0 && score < 1)) {
            throw corrupt(path, "is " + text + ", not a probability between 0 and 1");
        }
        return TreeModel.logit(score);
    }

    private List<String> names(Map<?, ?> learner, int features) {
        if (!learner.containsKey("feature_names")) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        for (Object o : list(learner, "feature_names", "learner")) {
            if (!(o instanceof String s)) {
                throw corrupt("learner.feature_names", "holds something that is not text");
            }
            names.add(s);
        }
        if (!names.isEmpty() && names.size() != features) {
            throw corrupt("learner.feature_names", "has " + names.size() + " names for " + features + " features");
        }
        return names;
    }

    /** Lays the nodes out again, siblings side by side; returns the root's place. */
    private int tree(Map<?, ?> tree, String path, int features) {
        Map<?, ?> parameters = object(tree, "tree_param", path);
        if (integer(parameters, "size_leaf_vector", path + ".tree_param", 1) > 1) {
            throw unsupported("leaves that hold vectors", "Train with multi_strategy=one_output_per_tree.");
        }
        int[] left = ints(tree, "left_children", path);
        int[] right = ints(tree, "right_children", path);
        int[] split = ints(tree, "split_indices", path);
        int[] defaultLeft = ints(tree, "default_left", path);
        float[] condition = floats(tree, "split_conditions", path);
        int n = left.length;
        if (n == 0) {
            throw corrupt(path + ".left_children", "is empty: a tree has at least a root");
        }
        if (right.length != n || split.length != n || defaultLeft.length != n || condition.length != n) {
            throw corrupt(
                    path,
                    "has arrays of different lengths: " + n + ", " + right.length + ", " + split.length + ", "
                            + defaultLeft.length + ", " + condition.length);
        }
        int declared = integer(parameters, "num_nodes", path + ".tree_param", n);
        if (declared != n) {
            throw corrupt(path + ".tree_param.num_nodes", "is " + declared + ", the arrays have " + n);
        }
        if (tree.containsKey("split_type")) {
            for (int type : ints(tree, "split_type", path)) {
                if (type != 0) {
                    throw unsupported("categorical splits", "Encode categories as numbers before training.");
                }
            }
        }
        int root = add();
        int[] oldOf = new int[n];
        int[] newOf = new int[n];
        boolean[] reached = new boolean[n];
        reached[0] = true;
        newOf[0] = root;
        int queued = 1;
        for (int q = 0; q < queued; q++) {
            int old = oldOf[q];
            int at = newOf[q];
            value[at] = condition[old];
            if (left[old] < 0) {
                if (right[old] >= 0) {
                    throw corrupt(path, "node " + old + " has only one child");
                }
                continue;
            }
            for (int next : new int[] {left[old], right[old]}) {
                if (next < 0 || next >= n) {
                    throw corrupt(path, "node " + old + " has a child " + next + " of " + n + " nodes");
                }
                if (reached[next]) {
                    throw corrupt(path, "node " + next + " is reached twice");
                }
                reached[next] = true;
            }
            if (split[old] < 0 || split[old] >= features) {
                throw corrupt(path, "node " + old + " asks for feature " + split[old] + " of " + features);
            }
            int first = add();
            int second = add();
            feature[at] = split[old] | (defaultLeft[old] != 0 ? Forest.MISSING_LEFT : 0);
            child[at] = first;
            oldOf[queued] = left[old];
            newOf[queued++] = first;
            oldOf[queued] = right[old];
            newOf[queued++] = second;
        }
        return root;
    }

    private int add() {
        if (size == feature.length) {
            feature = Arrays.copyOf(feature, 2 * size);
            value = Arrays.copyOf(value, 2 * size);
            child = Arrays.copyOf(child, 2 * size);
        }
        return size++;
    }

    private Map<?, ?> object(@Nullable Object o, String path) {
        if (o instanceof Map<?, ?> m) {
            return m;
        }
        throw corrupt(path, "is not an object");
    }

    private Map<?, ?> object(Map<?, ?> parent, String key, String path) {
        return object(parent.get(key), path.isEmpty() ? key : path + "." + key);
    }

    private List<?> list(Map<?, ?> parent, String key, String path) {
        if (parent.get(key) instanceof List<?> l) {
            return l;
        }
        throw corrupt(path + "." + key, parent.containsKey(key) ? "is not a list" : "is missing");
    }

    private String text(Map<?, ?> parent, String key, String path) {
        if (parent.get(key) instanceof String s) {
            return s;
        }
        throw corrupt(path + "." + key, parent.containsKey(key) ? "is not text" : "is missing");
    }

    private int integer(Map<?, ?> parent, String key, String path, int otherwise) {
        if (!parent.containsKey(key)) {
            return otherwise;
        }
        String text = text(parent, key, path);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw corrupt(path + "." + key, "is '" + text + "', not an integer");
        }
    }

    private int[] ints(Map<?, ?> parent, String key, String path) {
        Object o = parent.get(key);
        if (o instanceof int[] a) {
            return a;
        }
        double[] wide;
        if (o instanceof long[] a) {
            wide = Arrays.stream(a).asDoubleStream().toArray();
        } else if (o instanceof ModelJson.Numbers a) {
            wide = a.doubles();
        } else if (o instanceof List<?> l && l.stream().allMatch(Long.class::isInstance)) {
            wide = l.stream().mapToDouble(x -> ((Long) x).doubleValue()).toArray();
        } else if (o instanceof List<?> l && l.stream().allMatch(Boolean.class::isInstance)) {
            wide = l.stream().mapToDouble(x -> Boolean.TRUE.equals(x) ? 1 : 0).toArray();
        } else {
            throw corrupt(path + "." + key, o == null ? "is missing" : "is not a list of integers");
        }
        int[] narrow = new int[wide.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (int) wide[i];
            if (narrow[i] != wide[i]) {
                throw corrupt(path + "." + key, "holds " + wide[i] + " at " + i + ", not a 32-bit integer");
            }
        }
        return narrow;
    }

    private float[] floats(Map<?, ?> parent, String key, String path) {
        Object o = parent.get(key);
        if (o instanceof float[] a) {
            return a;
        }
        if (o instanceof ModelJson.Numbers a) {
            return a.floats();
        }
        throw corrupt(path + "." + key, o == null ? "is missing" : "is not a list of float32");
    }

    private IsobarException corrupt(String path, String what) {
        return IsobarException.of(ErrorCode.CORRUPT, "The model cannot be evaluated: " + path + " " + what)
                .resource(source)
                .hint("Compare its digest with the registry's and fetch it again.")
                .build();
    }

    private IsobarException unsupported(String what, String next) {
        return IsobarException.of(
                        ErrorCode.UNSUPPORTED, "The model has " + what + ", which the server's own trees do not cover")
                .resource(source)
                .hint(next)
                .build();
    }
}
