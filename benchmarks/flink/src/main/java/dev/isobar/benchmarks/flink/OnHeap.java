package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.CardWindows;
import dev.isobar.benchmarks.workload.Features;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** The bare loop's state object, one per key in Flink's heap state. */
public final class OnHeap extends KeyedProcessFunction<Integer, Transaction, Long> {
    private static final long serialVersionUID = 1;

    private transient ValueState<CardWindows> state;
    private transient double[] vector;
    private transient Answers answers;
    private transient long left;

    @Override
    public void open(OpenContext context) {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("windows", CardWindows.class));
        vector = new double[Features.SIZE];
        answers = Stage.get().answers;
        left = Stage.get().workload.size();
    }

    @Override
    public void processElement(Transaction t, Context context, Collector<Long> out) throws IOException {
        CardWindows card = state.value();
        if (card == null) {
            card = new CardWindows();
            // On heap the state holds the object itself.
            state.update(card);
        }
        card.evaluate(t.eventTime, vector);
        answers.take(t.id, vector);
        card.add(t.eventTime, t.cents);
        if (--left == 0) {
            Stage.get().clock.stop();
        }
    }
}
