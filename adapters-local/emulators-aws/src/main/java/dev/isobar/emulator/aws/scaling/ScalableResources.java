package dev.isobar.emulator.aws.scaling;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is scaled, by resource id such as {@code endpoint/NAME/variant/VARIANT}. Thread safe. */
public interface ScalableResources {
    /**
     * A resource.
     *
     * @param settled whether it can be changed now, and nothing is under way
     * @param desired the capacity that was asked for last
     * @param failure why the last change failed, or null
     */
    record Capacity(boolean settled, int desired, @Nullable String failure) {}

    /** A resource, if there is one. */
    Optional<Capacity> find(String resource);

    /**
     * Begins to change a capacity.
     *
     * @throws dev.isobar.emulator.aws.wire.ServiceError if the resource's service refuses
     */
    void change(String resource, int capacity);
}
