package dev.isobar.benchmarks.beam;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Instant;

/** The workload from memory, keyed by card, into a stateful function. */
final class BeamPipeline implements Competitor {
    private static final long PER_MILLI = 1_000;

    private final String name;
    private final List<String> options;

    BeamPipeline(String name, List<String> options) {
        this.name = name;
        this.options = options;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Question question() {
        return Question.EVENT_TIME;
    }

    @Override
    public String note() {
        return "Beam " + ReleaseInfo.getReleaseInfo().getVersion() + " " + String.join(" ", options);
    }

    @Override
    public void pass(Workload workload, Answers answers, PassClock clock) {
        Stage.set(workload, answers, clock);
        Pipeline pipeline = Pipeline.create(
                PipelineOptionsFactory.fromArgs(options.toArray(new String[0])).create());
        pipeline.apply("transactions", GenerateSequence.from(0).to(workload.size()))
                .apply("read", ParDo.of(new ReadFn()))
                .setCoder(KvCoder.of(VarIntCoder.of(), new Transaction.Coder()))
                .apply("features", ParDo.of(new FeatureFn()));
        pipeline.run().waitUntilFinish();
    }

    /** From a position to the transaction under its card. */
    public static final class ReadFn extends DoFn<Long, KV<Integer, Transaction>> {
        private static final long serialVersionUID = 1;

        /** One position. */
        @ProcessElement
        public void process(@Element Long position, OutputReceiver<KV<Integer, Transaction>> out) {
            Stage.get().first();
            Workload w = Stage.get().workload;
            int i = Math.toIntExact(position);
            out.outputWithTimestamp(
                    KV.of(
                            w.card()[i],
                            new Transaction(w.id()[i], w.eventTime()[i], w.availableTime()[i], w.cents()[i])),
                    Instant.ofEpochMilli(w.eventTime()[i] / PER_MILLI));
        }
    }
}
