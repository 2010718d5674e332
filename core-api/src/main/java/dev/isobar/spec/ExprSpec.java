package dev.isobar.spec;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.isobar.event.FieldType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An expression tree. It can be hashed, shown, traced to columns, pushed down and run by every engine.
 *
 * @since 0.1
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "node")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ExprSpec.Col.class, name = "column"),
    @JsonSubTypes.Type(value = ExprSpec.Lit.class, name = "literal"),
    @JsonSubTypes.Type(value = ExprSpec.Call.class, name = "call"),
    @JsonSubTypes.Type(value = ExprSpec.Aggregate.class, name = "aggregate"),
    @JsonSubTypes.Type(value = ExprSpec.FeatureRef.class, name = "feature")
})
public sealed interface ExprSpec {
    /** A column of a stream: of the current row, or of each event inside an aggregate. */
    record Col(String stream, String column) implements ExprSpec {}

    /**
     * A constant.
     *
     * @param value in the form of {@code RowText}; null is the typed null
     */
    record Lit(FieldType type, @Nullable String value) implements ExprSpec {}

    /** A function of its arguments. */
    record Call(Fn fn, List<ExprSpec> args) implements ExprSpec {
        public Call {
            args = List.copyOf(args);
        }
    }

    /**
     * An aggregation over a window of a stream's events of one key.
     *
     * @param argument evaluated per event; null only for {@link AggregateFn#COUNT}, which then counts events
     * @param windowMicros length of the window, positive
     * @param includingCurrent whether the triggering event takes part; only over the decision's own stream
     */
    record Aggregate(
            AggregateFn fn, String stream, @Nullable ExprSpec argument, long windowMicros, boolean includingCurrent)
            implements ExprSpec {}

    /** The value of another feature in the same vector; {@code use} is the name under which its view is used. */
    record FeatureRef(String use, String feature) implements ExprSpec {}
}
