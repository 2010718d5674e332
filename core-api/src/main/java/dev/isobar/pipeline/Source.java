package dev.isobar.pipeline;

import dev.isobar.spec.SourceSpec;

/**
 * Where rows come from. A pipeline only names it; the target says where it is ({@code sources.NAME.path}). One source may feed several streams.
 *
 * @param name {@code [a-z][a-z0-9-]*}
 * @param format {@code csv}
 * @since 0.1
 */
public record Source(String name, String format) {
    /** A CSV file with a header line, plain or gzip. */
    public static Source csv(String name) {
        return new Source(name, "csv");
    }

    SourceSpec declaration() {
        return new SourceSpec(name, format);
    }
}
