package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A keyed process function on a local Flink. */
final class FlinkJob implements Competitor {
    private final String name;
    private final String backend;
    private final KeyedProcessFunction<Integer, Transaction, Long> function;

    FlinkJob(String name, String backend, KeyedProcessFunction<Integer, Transaction, Long> function) {
        this.name = name;
        this.backend = backend;
        this.function = function;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    @Override
    public String note() {
        return "Flink " + EnvironmentInformation.getVersion() + ", state backend " + backend;
    }

    static StreamExecutionEnvironment environment(String backend) {
        Configuration c = new Configuration();
        c.setString("state.backend.type", backend);
        c.setString("pipeline.object-reuse", "true");
        c.setString("state.backend.rocksdb.localdir", System.getProperty("java.io.tmpdir"));
        // What a task manager of that size would give to RocksDB; the local default is a few megabytes.
        c.setString("taskmanager.memory.managed.size", "1g");
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, c);
        environment.setRuntimeMode(RuntimeExecutionMode.STREAMING);
        return environment;
    }

    @Override
    @SuppressWarnings("deprecation") // the old source interface costs the least
    public void pass(Workload workload, Answers answers, PassClock clock) throws Exception {
        Stage.set(workload, answers, clock);
        StreamExecutionEnvironment environment = environment(backend);
        environment
                .addSource(new TransactionSource())
                .keyBy(t -> t.card)
                .process(function)
                .sinkTo(new DiscardingSink<>());
        environment.execute(name);
    }
}
