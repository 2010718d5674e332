package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/**
 * {@code OVER (PARTITION BY card ORDER BY ts RANGE BETWEEN INTERVAL … PRECEDING AND CURRENT ROW)}. All aggregates of one query must share a window, so three
 * queries stand inside each other. The current row cannot be left out.
 */
final class SqlOver implements Competitor {
    private static final List<String> INTERVALS = List.of("'10' MINUTE", "'1' HOUR", "'24' HOUR");
    private static final long PER_MILLI = 1_000;

    @Override
    public String name() {
        return "flink_sql_over";
    }

    @Override
    public Question question() {
        return Question.EVENT_TIME_WITH_CURRENT;
    }

    @Override
    public String note() {
        return "Flink " + EnvironmentInformation.getVersion() + ", heap state, watermark 60 s behind";
    }

    @Override
    @SuppressWarnings("deprecation") // the old source interface costs the least
    public void pass(Workload workload, Answers answers, PassClock clock) throws Exception {
        Stage.set(workload, answers, clock);
        StreamExecutionEnvironment environment = FlinkJob.environment("hashmap");
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        TypeInformation<Row> type = Types.ROW_NAMED(
                new String[] {"id", "card", "millis", "cents"}, Types.LONG, Types.INT, Types.LONG, Types.LONG);
        var rows = environment
                .addSource(new TransactionSource())
                .map(t -> Row.of(t.id, t.card, t.eventTime / PER_MILLI, t.cents))
                .returns(type)
                .assignTimestampsAndWatermarks(WatermarkStrategy.<Row>noWatermarks());
        tables.createTemporaryView(
                "transactions",
                rows,
                Schema.newBuilder()
                        .column("id", DataTypes.BIGINT().notNull())
                        .column("card", DataTypes.INT().notNull())
                        .column("millis", DataTypes.BIGINT().notNull())
                        .column("cents", DataTypes.BIGINT().notNull())
                        .columnByExpression("ts", "TO_TIMESTAMP_LTZ(millis, 3)")
                        .watermark("ts", "ts - INTERVAL '60' SECOND")
                        .build());
        Table vectors = tables.sqlQuery(query());
        tables.toDataStream(vectors).map(new Taker()).returns(Types.LONG).sinkTo(new DiscardingSink<>());
        environment.execute(name());
    }

    private static String query() {
        String from = "transactions";
        StringBuilder columns = new StringBuilder("id, card, cents, ts");
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            from = "(SELECT " + columns + over("COUNT(*)", "c", w) + over("SUM(cents)", "s", w)
                    + over("AVG(CAST(cents AS DOUBLE))", "a", w) + over("MAX(cents)", "m", w)
                    + over("STDDEV_SAMP(CAST(cents AS DOUBLE))", "d", w)
                    + " FROM " + from + " WINDOW w AS (PARTITION BY card ORDER BY ts RANGE BETWEEN INTERVAL "
                    + INTERVALS.get(w) + " PRECEDING AND CURRENT ROW))";
            for (String f : List.of("c", "s", "a", "m", "d")) {
                columns.append(", ").append(f).append(w);
            }
        }
        return "SELECT " + columns.toString().replace("card, cents, ts, ", "") + " FROM " + from;
    }

    private static String over(String aggregate, String name, int w) {
        return ", " + aggregate + " OVER w AS " + name + w;
    }

    /** Hands the rows over. */
    private static final class Taker implements MapFunction<Row, Long> {
        private static final long serialVersionUID = 1;

        private final double[] vector = new double[Features.SIZE];

        @Override
        public Long map(Row row) {
            for (int i = 0; i < Features.SIZE; i++) {
                vector[i] = row.getField(i + 1) instanceof Number n ? n.doubleValue() : Double.NaN;
            }
            long id = ((Number) row.getField(0)).longValue();
            Stage.get().answers.take(id, vector);
            return id;
        }
    }
}
