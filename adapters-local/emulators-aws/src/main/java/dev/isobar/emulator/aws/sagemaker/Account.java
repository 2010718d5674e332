package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What the account lets SageMaker do, by the image table: {@code roles} that it may assume (without a word all), {@code quotas} of instances per type that it may
 * run (without a word 0 for accelerators, 20 for others). Thread safe.
 */
record Account(ImageTable table) {
    private static final int USUAL_QUOTA = 20;

    /** Refuses a role that the table does not name. The words are those of the service. */
    void assume(String role) {
        try {
            if (!assumable(role)) {
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
            long quota = quota(type);
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

    private long quota(String instanceType) throws IOException {
        JsonNode quota = table.section("quotas").path(instanceType);
        if (quota.isNumber()) {
            return quota.asLong();
        }
        return instanceType.matches("ml\\.(p|g|trn|inf|dl)\\d.*") ? 0 : USUAL_QUOTA;
    }

    private boolean assumable(String role) throws IOException {
        JsonNode roles = table.section("roles");
        if (roles.isMissingNode()) {
            return true;
        }
        for (JsonNode known : roles) {
            if (known.asText().equals(role)) {
                return true;
            }
        }
        return false;
    }
}
