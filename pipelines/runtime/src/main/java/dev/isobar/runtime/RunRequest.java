package dev.isobar.runtime;

import dev.isobar.pipeline.Pipeline;
import java.nio.file.Path;
import java.util.Map;

/**
 * What to run.
 *
 * @param sources source name → file, from {@code sources.NAME.path}
 * @param hyperparameters overrides from {@code training.NAME}; part of the run's identity
 * @param endpointPort from {@code endpoint.port}; 0 for any free port
 * @since 0.1
 */
public record RunRequest(
        Pipeline pipeline, Map<String, Path> sources, Map<String, String> hyperparameters, int endpointPort) {}
