package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.Locale;

/** Names of resources. SageMaker puts them in lower case, so that two names that differ by case only are one. */
record Arns(String region, String account) {
    /** The ARN of a resource of a kind, such as {@code endpoint-config}. */
    String of(String kind, String name) {
        return prefix() + kind + "/" + key(name);
    }

    /** What a document is filed under. */
    static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** {@code kind/key} of an ARN of this region and account. */
    String local(String arn) {
        if (!arn.startsWith(prefix())) {
            throw ServiceError.validation(
                    "Invalid ARN: " + arn + " is not of region " + region + " and account " + account);
        }
        return key(arn.substring(prefix().length()));
    }

    /** The name in {@code name}, be it a name or an ARN of that kind. */
    String name(String kind, String nameOrArn) {
        if (!nameOrArn.startsWith("arn:")) {
            return nameOrArn;
        }
        String local = local(nameOrArn);
        if (!local.startsWith(kind + "/")) {
            throw ServiceError.validation("Invalid ARN: " + nameOrArn + " is no " + kind);
        }
        return local.substring(kind.length() + 1);
    }

    private String prefix() {
        return "arn:aws:sagemaker:" + region + ":" + account + ":";
    }
}
