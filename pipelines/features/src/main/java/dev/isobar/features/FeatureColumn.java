package dev.isobar.features;

import java.util.List;

/**
 * One position of the feature vector.
 *
 * @param name {@code <use>.<feature>}, unique in the vector
 * @param use the role the view is used in
 * @param feature the feature's name in its view
 * @param version 64 hexadecimal digits: the Merkle hash of the expression, of everything it refers to and of its key; equal versions compute equal
 *     values
 * @param lineage the columns it is computed from, {@code <stream>.<column>}, sorted; columns of features it refers to among them
 * @since 0.1
 */
public record FeatureColumn(String name, String use, String feature, String version, List<String> lineage) {
    public FeatureColumn {
        lineage = List.copyOf(lineage);
    }
}
