package dev.isobar.pipeline;

import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.TrainingSpec;
import dev.isobar.spec.TrainingSpec.GateSpec;
import dev.isobar.spec.TrainingSpec.Task;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a model is trained, and when it is good enough. Immutable: every method returns a new value.
 *
 * @since 0.1
 */
public final class Training {
    final String name;
    final Task task;
    final @Nullable Expr<?> label;
    final @Nullable Column<?> joinedOn;
    final @Nullable Algorithm algorithm;
    final long trainUntil;
    final long acceptUntil;
    final List<GateSpec> gates;

    private Training(
            String name,
            Task task,
            @Nullable Expr<?> label,
            @Nullable Column<?> joinedOn,
            @Nullable Algorithm algorithm,
            long trainUntil,
            long acceptUntil,
            List<GateSpec> gates) {
        this.name = name;
        this.task = task;
        this.label = label;
        this.joinedOn = joinedOn;
        this.algorithm = algorithm;
        this.trainUntil = trainUntil;
        this.acceptUntil = acceptUntil;
        this.gates = gates;
    }

    /** Learns the probability of a condition. */
    public static Training classifier(String name) {
        return new Training(name, Task.BINARY, null, null, null, 0, 0, List.of());
    }

    /** Learns a number. */
    public static Training regressor(String name) {
        return new Training(name, Task.REGRESSION, null, null, null, 0, 0, List.of());
    }

    /** What is to be predicted, over columns of the stream on which it becomes known. */
    public Training label(Expr<?> expression) {
        return new Training(name, task, expression, joinedOn, algorithm, trainUntil, acceptUntil, gates);
    }

    /** The column of the decision that equals the id of the event that brings the label; its stream is the one that decisions are made on. */
    public Training joinedOn(Column<?> column) {
        return new Training(name, task, label, column, algorithm, trainUntil, acceptUntil, gates);
    }

    /** How it learns. */
    public Training algorithm(Algorithm value) {
        return new Training(name, task, label, joinedOn, value, trainUntil, acceptUntil, gates);
    }

    /** What is learned from, what is accepted on; everything after is live. */
    public Training split(Dsl.TrainUntil train, Dsl.AcceptUntil accept) {
        return new Training(name, task, label, joinedOn, algorithm, train.micros(), accept.micros(), gates);
    }

    /** When a candidate is good enough: all of these must hold. */
    public Training accept(GateSpec... conditions) {
        return new Training(name, task, label, joinedOn, algorithm, trainUntil, acceptUntil, List.of(conditions));
    }

    TrainingSpec declaration(String decisions) {
        ExprSpec tree = label == null ? new ExprSpec.Lit(dev.isobar.event.FieldType.BOOL, null) : label.spec();
        return new TrainingSpec(
                name,
                task,
                decisions,
                tree,
                Validation.streamOf(tree),
                joinedOn == null ? "" : joinedOn.name(),
                algorithm == null ? "" : algorithm.name,
                algorithm == null ? Map.of() : algorithm.hyperparameters,
                trainUntil,
                acceptUntil,
                gates);
    }

    /** An algorithm and its hyperparameters. Immutable. */
    public static final class Algorithm {
        private final String name;
        private final Map<String, String> hyperparameters;

        Algorithm(String name, Map<String, String> hyperparameters) {
            this.name = name;
            this.hyperparameters = hyperparameters;
        }

        /** Number of boosting rounds, at least 1. */
        public Algorithm rounds(int value) {
            return with("num_round", Integer.toString(value));
        }

        /** Depth of each tree, 1 to 30. */
        public Algorithm maxDepth(int value) {
            return with("max_depth", Integer.toString(value));
        }

        /** Shrinkage of each tree, above 0 and at most 1. */
        public Algorithm learningRate(double value) {
            return with("eta", Double.toString(value));
        }

        /** Smallest sum of hessians in a leaf, at least 0. */
        public Algorithm minChildWeight(double value) {
            return with("min_child_weight", Double.toString(value));
        }

        /** Share of rows each tree sees, above 0 and at most 1. */
        public Algorithm subsample(double value) {
            return with("subsample", Double.toString(value));
        }

        /** Seed of everything random. */
        public Algorithm seed(long value) {
            return with("seed", Long.toString(value));
        }

        private Algorithm with(String parameter, String value) {
            Map<String, String> all = new TreeMap<>(hyperparameters);
            all.put(parameter, value);
            return new Algorithm(name, Map.copyOf(all));
        }
    }
}
