package dev.isobar.port;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Versions of models in groups, with digests and aliases such as {@code champion}. All methods are thread safe.
 *
 * @since 0.1
 */
public interface ModelRegistry {
    /**
     * Registers a model. A digest that the group already holds returns the version it has: registering twice is one version.
     */
    ModelVersion register(ModelPackage model);

    /** One version, or empty. */
    Optional<ModelVersion> get(String group, int version);

    /** All versions, oldest first; empty for an unknown group. */
    List<ModelVersion> list(String group);

    /** Names of groups, sorted. */
    List<String> groups();

    /** What an alias points at, or empty. */
    Optional<Alias> alias(String group, String alias);

    /**
     * Points an alias at a version; {@code CONFLICT} or {@code ALREADY_EXISTS} if the precondition does not hold, {@code NOT_FOUND} for an unknown version.
     */
    Alias setAlias(String group, String alias, int version, Precondition precondition);

    /** Removes a group with its versions and aliases; the artifacts in the lake stay. */
    void delete(String group);

    /**
     * A model to register.
     *
     * @param digest {@code sha256:…} of the model's bytes
     * @param artifact lake key of the model's bytes
     * @param manifest lake key of its manifest
     * @param properties metrics, spec version, lineage: text to text
     */
    record ModelPackage(
            String group, String digest, String artifact, String manifest, Map<String, String> properties) {}

    /** A registered model. Versions count from 1. */
    record ModelVersion(int version, ModelPackage model) {}

    /** An alias; {@code token} is its opaque version, for {@link Precondition#version}. */
    record Alias(String alias, int version, String token) {}
}
