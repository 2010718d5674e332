package dev.isobar.local.file;

import java.nio.file.Path;

/**
 * Where everything lies under {@code ISOBAR_HOME}. Names only; nothing is created by asking.
 *
 * @param instance the adapter instance's name in the target, for errors and labels
 * @param root {@code ISOBAR_HOME}, absolute
 * @since 0.1
 */
public record LocalHome(String instance, Path root) {
    public LocalHome {
        root = root.toAbsolutePath().normalize();
    }

    /** Event streams, one directory each. */
    public Path log() {
        return root.resolve("log");
    }

    /** What outlives a run: objects and tables. */
    public Path lake() {
        return root.resolve("lake");
    }

    /** Objects, by key. */
    public Path objects() {
        return lake().resolve("objects");
    }

    /** Tables, as folders of Parquet files. */
    public Path tables() {
        return lake().resolve("tables");
    }

    /** Online state, one directory per namespace. */
    public Path online() {
        return root.resolve("online");
    }

    /** The model registry. */
    public Path registry() {
        return root.resolve("registry");
    }

    /** Training jobs, one directory each. */
    public Path jobs() {
        return root.resolve("jobs");
    }

    /** Endpoints, one directory each. */
    public Path endpoints() {
        return root.resolve("endpoints");
    }

    /** Prometheus text files. */
    public Path metrics() {
        return root.resolve("metrics");
    }

    /** Scratch: native libraries, spilled queries. Nothing in it must survive its process. */
    public Path tmp() {
        return root.resolve("tmp");
    }
}
