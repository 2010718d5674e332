package dev.isobar.port;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that exists because Isobar made it, as {@code isobar status} lists it.
 *
 * @param kind such as {@code process}, {@code stream}, {@code table}, {@code endpoint}
 * @param name what it is called
 * @param id the provider's id
 * @param state one word
 * @param pid for a process on this machine
 * @param details anything else worth a line
 * @since 0.1
 */
public record Resource(
        String kind,
        String name,
        String id,
        String state,
        @Nullable Long pid,
        Map<String, String> details) {}
