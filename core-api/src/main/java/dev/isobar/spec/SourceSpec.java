package dev.isobar.spec;

/**
 * Where rows come from; the target binds its path by {@code sources.<name>.path}.
 *
 * @param format {@code csv}: header line, comma, RFC 4180 quoting, UTF-8, gzip by content
 * @since 0.1
 */
public record SourceSpec(String name, String format) {}
