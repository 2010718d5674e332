package dev.isobar.pipeline;

import java.util.ArrayList;
import java.util.List;

/**
 * What features are about: an airport, a card, a customer. An entity is mapped to a column of each stream that speaks of it. Immutable.
 *
 * @since 0.1
 */
public final class Entity {
    private final String name;
    private final List<Column<?>> columns;

    private Entity(String name, List<Column<?>> columns) {
        this.name = name;
        this.columns = columns;
    }

    /** An entity of that name. */
    public static Entity named(String name) {
        return new Entity(name, List.of());
    }

    /** The columns that hold its key, one or more of each stream. */
    public Entity keyedBy(Column<?>... more) {
        List<Column<?>> all = new ArrayList<>(columns);
        all.addAll(List.of(more));
        return new Entity(name, List.copyOf(all));
    }

    /** Its name. */
    public String name() {
        return name;
    }

    List<Column<?>> columns() {
        return columns;
    }
}
