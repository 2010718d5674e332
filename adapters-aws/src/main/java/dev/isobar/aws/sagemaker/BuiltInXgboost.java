package dev.isobar.aws.sagemaker;

import static java.util.Map.entry;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * SageMaker's own XGBoost 1.7: where its image lies in each region, and what it takes. It reads {@code text/csv} with the label first and no header, as our trainer
 * does, and leaves {@code model/xgboost-model} in XGBoost's own format, but no metrics under {@code output/data}.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html">the algorithm</a>
 * @see <a href="https://github.com/aws/sagemaker-python-sdk/blob/02ed3cbfd8f1c519f8a829b545bb78a47a538546/src/sagemaker/image_uri_config/xgboost.json">registries</a>
 * @see <a href="https://github.com/aws/sagemaker-xgboost-container/blob/13a194f0c6e4a3264712dfa84227673eb445e8eb/src/sagemaker_xgboost_container/algorithm_mode/hyperparameter_validation.py">hyperparameters</a>
 */
final class BuiltInXgboost {
    static final String CONTENT_TYPE = "text/csv";
    /** The channels it knows and that a pipeline has; it refuses a job with any other. */
    static final Set<String> CHANNELS = Set.of("train", "validation");

    private static final String IMAGE = "sagemaker-xgboost:1.7-1";

    /** Region → account of the registry, for version 1.7-1. */
    private static final Map<String, String> REGISTRIES = Map.ofEntries(
            entry("af-south-1", "510948584623"),
            entry("ap-east-1", "651117190479"),
            entry("ap-northeast-1", "354813040037"),
            entry("ap-northeast-2", "366743142698"),
            entry("ap-northeast-3", "867004704886"),
            entry("ap-south-1", "720646828776"),
            entry("ap-south-2", "628508329040"),
            entry("ap-southeast-1", "121021644041"),
            entry("ap-southeast-2", "783357654285"),
            entry("ap-southeast-3", "951798379941"),
            entry("ap-southeast-4", "106583098589"),
            entry("ca-central-1", "341280168497"),
            entry("ca-west-1", "190319476487"),
            entry("cn-north-1", "450853457545"),
            entry("cn-northwest-1", "451049120500"),
            entry("eu-central-1", "492215442770"),
            entry("eu-central-2", "680994064768"),
            entry("eu-north-1", "662702820516"),
            entry("eu-south-1", "978288397137"),
            entry("eu-south-2", "104374241257"),
            entry("eu-west-1", "141502667606"),
            entry("eu-west-2", "764974769150"),
            entry("eu-west-3", "659782779980"),
            entry("il-central-1", "898809789911"),
            entry("me-central-1", "272398656194"),
            entry("me-south-1", "801668240914"),
            entry("sa-east-1", "737474898029"),
            entry("us-east-1", "683313688378"),
            entry("us-east-2", "257758044811"),
            entry("us-gov-east-1", "237065988967"),
            entry("us-gov-west-1", "414596584902"),
            entry("us-west-1", "746614075791"),
            entry("us-west-2", "246618743249"));

    /** What our trainer takes beyond it; none of it changes the model. */
    private static final Set<String> OURS = Set.of("feature_names", "eval_every");

    private static final Set<String> KNOWN = Set.of(
            "num_round",
            "early_stopping_rounds",
            "booster",
            "verbosity",
            "nthread",
            "eta",
            "gamma",
            "max_depth",
            "min_child_weight",
            "max_delta_step",
            "subsample",
            "colsample_bytree",
            "colsample_bylevel",
            "colsample_bynode",
            "lambda",
            "alpha",
            "tree_method",
            "scale_pos_weight",
            "grow_policy",
            "max_leaves",
            "max_bin",
            "monotone_constraints",
            "interaction_constraints",
            "objective",
            "num_class",
            "base_score",
            "eval_metric",
            "seed",
            "num_parallel_tree");

    private BuiltInXgboost() {}

    /** The image's address in a region, if it is known there. */
    static Optional<String> image(String region) {
        String suffix = region.startsWith("cn-") ? ".amazonaws.com.cn/" : ".amazonaws.com/";
        return Optional.ofNullable(REGISTRIES.get(region))
                .map(account -> account + ".dkr.ecr." + region + suffix + IMAGE);
    }

    /** The hyperparameters without those that only our trainer has. */
    static Map<String, String> hyperparameters(Map<String, String> given) {
        Map<String, String> taken = new TreeMap<>(given);
        taken.keySet().removeAll(OURS);
        return taken;
    }

    /** A hyperparameter that it does not have, if there is one. */
    static Optional<String> unknown(Map<String, String> hyperparameters) {
        return hyperparameters.keySet().stream()
                .filter(h -> !KNOWN.contains(h))
                .sorted()
                .findFirst();
    }
}
