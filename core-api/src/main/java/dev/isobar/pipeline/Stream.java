package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.StreamSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events and its columns. Declare it and its columns as {@code static final} constants; a pipeline that ingests it freezes what is
 * declared by then. Not thread safe while it is being declared.
 *
 * <pre>{@code
 * static final Stream departures = Stream.named("departures").from(Source.csv("flights"));
 * static final Column<Long> flight = departures.int64("event_id").id();
 * static final Column<String> origin = departures.string("origin").key();
 * static final Column<Instant> departure = departures.timestamp("event_time").eventTime();
 * }</pre>
 *
 * @since 0.1
 */
public final class Stream {
    private final String name;
    private final List<Column<?>> columns = new ArrayList<>();
    private final List<String> key = new ArrayList<>();
    private final List<String> mistakes = new ArrayList<>();
    private @Nullable Source source;
    private @Nullable String id;
    private @Nullable String eventTime;
    private @Nullable String availableTime;
    private Duration allowedLateness = Duration.ZERO;
    private Duration dedupHorizon = Duration.ofDays(7);

    private Stream(String name) {
        this.name = name;
    }

    /** A stream of that name: {@code [a-z][a-z0-9-]*}. */
    public static Stream named(String name) {
        return new Stream(name);
    }

    /** The source that feeds it; the target binds where that is. */
    public Stream from(Source value) {
        this.source = value;
        return this;
    }

    /** An event known later than this after it happened is late and goes to the side output. Zero unless said. */
    public Stream allowedLateness(Duration value) {
        this.allowedLateness = value;
        return this;
    }

    /** How far apart in available time two copies of one event may be and still be recognised. Seven days unless said. */
    public Stream dedupHorizon(Duration value) {
        this.dedupHorizon = value;
        return this;
    }

    /** A text column. */
    public Column<String> string(String column) {
        return add(new Column<>(this, column, FieldType.STRING));
    }

    /** A 32-bit integer column. */
    public NumberColumn<Integer> int32(String column) {
        return add(new NumberColumn<>(this, column, FieldType.INT32));
    }

    /** A 64-bit integer column. */
    public NumberColumn<Long> int64(String column) {
        return add(new NumberColumn<>(this, column, FieldType.INT64));
    }

    /** A binary64 column. */
    public NumberColumn<Double> float64(String column) {
        return add(new NumberColumn<>(this, column, FieldType.FLOAT64));
    }

    /** A true-or-false column. */
    public Column<Boolean> bool(String column) {
        return add(new Column<>(this, column, FieldType.BOOL));
    }

    /** An instant with microseconds. */
    public Column<Instant> timestamp(String column) {
        return add(new Column<>(this, column, FieldType.TIMESTAMP));
    }

    /** A wall-clock reading without a zone, with microseconds. */
    public Column<LocalDateTime> localTimestamp(String column) {
        return add(new Column<>(this, column, FieldType.LOCAL_TIMESTAMP));
    }

    /** A column by name that is declared elsewhere; {@code build()} checks that it exists and has this type. */
    public Expr<?> column(String column, FieldType type) {
        return type.isNumeric()
                ? new Node.Num<>(type, new ExprSpec.Col(name, column))
                : new Node<>(type, new ExprSpec.Col(name, column));
    }

    /** Its name. */
    public String name() {
        return name;
    }

    @Nullable
    Source source() {
        return source;
    }

    List<String> mistakes() {
        return mistakes;
    }

    void markKey(String column) {
        key.add(column);
    }

    void markId(String column) {
        id = mark("id", id, column);
    }

    void markEventTime(String column) {
        eventTime = mark("event time", eventTime, column);
    }

    void markAvailableTime(String column) {
        availableTime = mark("available time", availableTime, column);
    }

    private String mark(String role, @Nullable String before, String column) {
        if (before != null && !before.equals(column)) {
            mistakes.add("ingest: stream '" + name + "': both '" + before + "' and '" + column + "' are marked as its "
                    + role + "; only one can be");
        }
        return column;
    }

    /** What is declared so far; an undeclared id or event time is the empty text, which validation reports. */
    StreamSpec declaration() {
        return new StreamSpec(
                name,
                source == null ? "" : source.name(),
                columns.stream().map(Column::declaration).toList(),
                id == null ? "" : id,
                key,
                eventTime == null ? "" : eventTime,
                availableTime,
                Dsl.micros(allowedLateness),
                Dsl.micros(dedupHorizon));
    }

    private <C extends Column<?>> C add(C column) {
        columns.add(column);
        return column;
    }
}
