package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Workload;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;

/**
 * Delivers the workload from memory, by the old interface: it costs the least. The clock starts anew with the first transaction: starting a job is not what is compared.
 */
@SuppressWarnings("deprecation")
public final class TransactionSource implements SourceFunction<Transaction> {
    private static final long serialVersionUID = 1;

    @Override
    public void run(SourceContext<Transaction> context) {
        Workload w = Stage.get().workload;
        Stage.get().clock.start();
        Transaction t = new Transaction();
        for (int i = 0; i < w.size(); i++) {
            t.id = w.id()[i];
            t.card = w.card()[i];
            t.eventTime = w.eventTime()[i];
            t.availableTime = w.availableTime()[i];
            t.cents = w.cents()[i];
            context.collect(t);
        }
    }

    @Override
    public void cancel() {}
}
