package dev.isobar.spec;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A whole pipeline, immutable. Its canonical JSON round-trips; the SHA-256 over its Merkle tree is its version (see {@link SpecJson}).
 *
 * @param decisions the stream whose events trigger a feature vector
 * @param features the views in the vector, in order
 * @param labels free text to text: owner, team
 * @since 0.1
 */
public record PipelineSpec(
        String name,
        Map<String, String> labels,
        List<SourceSpec> sources,
        List<StreamSpec> streams,
        List<ViewSpec.EntitySpec> entities,
        List<ViewSpec> views,
        String decisions,
        List<ViewSpec.UseSpec> features,
        @Nullable TrainingSpec training,
        @Nullable DeploySpec deploy,
        @Nullable MonitorSpec monitor) {
    public PipelineSpec {
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        sources = List.copyOf(sources);
        streams = List.copyOf(streams);
        entities = List.copyOf(entities);
        views = List.copyOf(views);
        features = List.copyOf(features);
    }

    /** The stream of that name; it exists in every spec that was built. */
    public StreamSpec stream(String stream) {
        return streams.stream()
                .filter(s -> s.name().equals(stream))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no stream '" + stream + "'"));
    }

    /** The view of that name; it exists in every spec that was built. */
    public ViewSpec view(String view) {
        return views.stream()
                .filter(v -> v.name().equals(view))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no view '" + view + "'"));
    }
}
