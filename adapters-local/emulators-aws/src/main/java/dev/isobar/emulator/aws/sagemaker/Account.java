package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What the account lets SageMaker do, by the image table: roles that it may assume, instances that it may run. Thread safe. */
record Account(ImageTable table) {
    /** Refuses a role that the table does not name. The words are those of the service. */
    void assume(String role) {
        try {
            if (!table.assumable(role)) {
                throw ServiceError.validation(
                        "Could not assume role " + role + ". Please ensure that the role exists and"
                                + " allows principal 'sagemaker.amazonaws.com' to assume the role.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses instances above the quota. */
    void quota(String type, long more, String usage, long used) {
        try {
            long quota = table.quota(type);
            if (used + more > quota) {
                throw new ServiceError(
                        400,
                        "ResourceLimitExceeded",
                        "The account-level service limit '" + type + " for " + usage + "' is " + quota
                                + " Instances, with current utilization of " + used
                                + " Instances and a request delta of " + more
                                + " Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS"
                                + " Service Quotas is not available, contact AWS support to request an increase for this"
                                + " quota.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
