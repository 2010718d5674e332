package dev.isobar.aws.kinesis;

import dev.isobar.event.Position;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a shard: a record's sequence number and, in a record that holds several events, which of them. As a token {@code SEQUENCE} or
 * {@code SEQUENCE:INDEX}; index 0 is not written.
 *
 * @param sequence decimal digits without leading zeros; numbers of up to 129 digits, so a shorter one is a smaller one
 * @param index from 0
 */
record Place(String sequence, int index) implements Comparable<Place> {
    // Kinesis API, StartingSequenceNumber of GetShardIterator.
    private static final Pattern TOKEN = Pattern.compile("(0|[1-9][0-9]{0,128})(?::([1-9][0-9]{0,8}))?");
    private static final Pattern SORTABLE = Pattern.compile("[0-9]{3}-([0-9]+):([0-9]{9})");

    /** The place that a token names; empty if it is none of ours. */
    static Optional<Place> parse(Position position) {
        Matcher m = TOKEN.matcher(position.token());
        return m.matches()
                ? Optional.of(new Place(m.group(1), m.group(2) == null ? 0 : Integer.parseInt(m.group(2))))
                : Optional.empty();
    }

    /** The place that a sortable text names; empty if it is none of ours. */
    static Optional<Place> ofSortable(String text) {
        Matcher m = SORTABLE.matcher(text);
        return m.matches() ? Optional.of(new Place(m.group(1), Integer.parseInt(m.group(2)))) : Optional.empty();
    }

    /** A text that sorts, byte by byte, as the places do: the number of digits stands before them. */
    String sortable() {
        return "%03d-%s:%09d".formatted(sequence.length(), sequence, index);
    }

    Position position() {
        return new Position(index == 0 ? sequence : sequence + ":" + index);
    }

    /** Compares sequence numbers, which are too long for a word. */
    static int compareSequences(String a, String b) {
        return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
    }

    @Override
    public int compareTo(Place other) {
        int bySequence = compareSequences(sequence, other.sequence);
        return bySequence != 0 ? bySequence : Integer.compare(index, other.index);
    }
}
