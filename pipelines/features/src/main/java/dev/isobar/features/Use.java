package dev.isobar.features;

import dev.isobar.event.Row;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A role in which an entity's state is read for a decision: which columns of the decision hold the key. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class Use {
    private final String name;
    private final String entity;
    private final List<String> columns;
    private final KeyReader reader;

    Use(String name, String entity, List<String> columns, KeyReader reader) {
        this.name = name;
        this.entity = entity;
        this.columns = List.copyOf(columns);
        this.reader = reader;
    }

    /** The prefix of its features. */
    public String name() {
        return name;
    }

    /** The entity whose state it reads. */
    public String entity() {
        return entity;
    }

    /** The decision's columns that hold the key. */
    public List<String> columns() {
        return columns;
    }

    /** The key whose state this use reads for a decision, in the form of {@code Event.key}; null if any of its columns is null. */
    public @Nullable String key(Row decision) {
        return reader.read(decision);
    }

    @Override
    public String toString() {
        return name + "(" + entity + " by " + columns.stream().collect(Collectors.joining(", ")) + ")";
    }
}
