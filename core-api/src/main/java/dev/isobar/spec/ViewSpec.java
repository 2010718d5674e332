package dev.isobar.spec;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A feature view: features of one entity, or computed on demand from the request.
 *
 * @param entity the entity whose key its windows are over; null for an on-demand view
 * @since 0.1
 */
public record ViewSpec(String name, @Nullable String entity, List<FeatureSpec> features) {
    public ViewSpec {
        features = List.copyOf(features);
    }

    /** One feature. */
    public record FeatureSpec(String name, ExprSpec expression) {}

    /**
     * An entity.
     *
     * @param keys stream → the columns that hold this entity's key there
     */
    public record EntitySpec(String name, Map<String, List<String>> keys) {
        public EntitySpec {
            Map<String, List<String>> sorted = new TreeMap<>();
            keys.forEach((stream, columns) -> sorted.put(stream, List.copyOf(columns)));
            keys = Collections.unmodifiableMap(sorted);
        }
    }

    /**
     * A view taken into the vector, in a role.
     *
     * @param name prefix of its features in the vector, unique
     * @param key the decision's columns that hold the key; empty for an on-demand view
     */
    public record UseSpec(String name, String view, List<String> key) {
        public UseSpec {
            key = List.copyOf(key);
        }
    }
}
