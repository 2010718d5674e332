package dev.isobar.aws.client;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who an adapter instance is and where it goes. Nothing of it is shared with another instance, and nothing is taken from system properties of this JVM.
 *
 * @param profile a profile of the shared configuration files; null for none
 * @param accessKeyId with {@code secretAccessKey} a static identity; null for none
 * @param roleArn a role to assume with that identity; null for none
 * @param externalId the external id that the role's trust policy asks for; null for none
 * @param endpoints overrides; a service without one is asked at its regional address
 */
public record AwsIdentity(
        String instance,
        String region,
        @Nullable String profile,
        @Nullable String accessKeyId,
        @Nullable String secretAccessKey,
        @Nullable String roleArn,
        @Nullable String externalId,
        Map<AwsService, URI> endpoints) {
    /** Makes the map its own. */
    public AwsIdentity {
        endpoints = Map.copyOf(endpoints);
    }

    /** Keeps the secret out of logs and messages. */
    @Override
    public String toString() {
        return "AwsIdentity[" + instance + ", " + region + (profile == null ? "" : ", profile " + profile)
                + (accessKeyId == null ? "" : ", key " + accessKeyId) + (roleArn == null ? "" : ", role " + roleArn)
                + "]";
    }
}
