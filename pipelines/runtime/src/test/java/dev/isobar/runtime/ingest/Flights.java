package dev.isobar.runtime.ingest;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ColumnSpec.RangeSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.StreamSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stream as the tests of ingest read it: {@code id,at,origin,delay}, and two columns computed from the delay. */
final class Flights {
    static final String HEADER = "id,at,origin,delay";

    private Flights() {}

    static StreamSpec stream() {
        return new StreamSpec(
                "flights",
                "file",
                List.of(
                        read("id", FieldType.INT64, false, null),
                        read("at", FieldType.TIMESTAMP, false, null),
                        read("origin", FieldType.STRING, false, null),
                        read("delay", FieldType.INT32, true, new RangeSpec("-120", "2000")),
                        // Before what it is computed from: the order of evaluation is the parser's affair.
                        halved("quarter", "half"),
                        halved("half", "delay")),
                "id",
                List.of("origin"),
                "at",
                "at",
                0,
                0);
    }

    private static ColumnSpec read(String name, FieldType type, boolean nullable, @Nullable RangeSpec expect) {
        return new ColumnSpec(name, type, nullable, name, null, expect, null);
    }

    private static ColumnSpec halved(String name, String column) {
        ExprSpec expression = new ExprSpec.Call(
                Fn.DIV, List.of(new ExprSpec.Col("flights", column), new ExprSpec.Lit(FieldType.INT64, "2")));
        return new ColumnSpec(name, FieldType.INT64, true, null, expression, null, null);
    }
}
