package dev.isobar.runtime.stream;

/**
 * What became of the events since the job first began, restarts included: {@code events = admitted + duplicates + late + dead letters + behind + without key}.
 *
 * @param vectors rows written to the feature table
 * @since 0.1
 */
public record StreamCounts(
        long events,
        long admitted,
        long duplicates,
        long late,
        long deadLetters,
        long behind,
        long withoutKey,
        long vectors) {
    static final StreamCounts NONE = new StreamCounts(0, 0, 0, 0, 0, 0, 0, 0);
}
