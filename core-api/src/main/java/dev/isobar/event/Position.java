package dev.isobar.event;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A place in a partition of a stream, meaningful only to the adapter that made it. Equal tokens are the same place. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class Position {
    private final long major;
    private final long minor;
    // A text, or who makes it. Made when it is asked for: a reader gives out millions of positions of which a few are
    // kept.
    private @Nullable Object token;

    /** The place that an opaque token names. */
    public Position(String token) {
        this.token = token;
        this.major = 0;
        this.minor = 0;
    }

    private Position(Supplier<String> token) {
        this.token = token;
        this.major = 0;
        this.minor = 0;
    }

    private Position(long major, long minor) {
        this.major = major;
        this.minor = minor;
    }

    /** The place whose token is {@code major:minor}. */
    public static Position of(long major, long minor) {
        return new Position(major, minor);
    }

    /**
     * The place whose token is made when it is asked for.
     *
     * @param token immutable, and gives the same each time
     */
    public static Position of(Supplier<String> token) {
        return new Position(token);
    }

    /** Opaque. */
    public String token() {
        Object known = token;
        if (known instanceof String made) {
            return made;
        }
        String made = known instanceof Supplier<?> maker ? (String) maker.get() : major + ":" + minor;
        token = made;
        return made;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Position other && token().equals(other.token());
    }

    @Override
    public int hashCode() {
        return token().hashCode();
    }

    @Override
    public String toString() {
        return "Position[token=" + token() + "]";
    }
}
