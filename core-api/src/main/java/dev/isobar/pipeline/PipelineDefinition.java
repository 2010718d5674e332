package dev.isobar.pipeline;

/**
 * What a pipeline's JAR offers: found by {@link java.util.ServiceLoader}. Implementations have a public no-argument constructor.
 *
 * @since 0.1
 */
public interface PipelineDefinition {
    /** Builds the pipeline; every mistake is reported at once. */
    Pipeline pipeline();

    /** One line for {@code isobar pipelines}. */
    default String description() {
        return "";
    }
}
