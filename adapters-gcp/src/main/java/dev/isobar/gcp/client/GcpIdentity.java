package dev.isobar.gcp.client;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who an adapter instance is and where it goes. Nothing of it is shared with another instance.
 *
 * @param project the project's id, such as {@code my-project}
 * @param location a region such as {@code europe-west3}
 * @param keyFile a service account's key; null for none
 * @param federationFile a credential configuration of workload identity federation; null for none. Without both: Application Default Credentials
 * @param impersonated the service account to act as with that identity; null for none
 * @param delegates service accounts through which that is allowed, the nearest first; the SDK's chain of delegation
 * @param endpoints overrides; a service without one is asked at its public address
 */
public record GcpIdentity(
        String instance,
        String project,
        String location,
        @Nullable Path keyFile,
        @Nullable Path federationFile,
        @Nullable String impersonated,
        List<String> delegates,
        Map<GcpService, URI> endpoints) {
    /** Makes the collections its own. */
    public GcpIdentity {
        delegates = List.copyOf(delegates);
        endpoints = Map.copyOf(endpoints);
    }
}
