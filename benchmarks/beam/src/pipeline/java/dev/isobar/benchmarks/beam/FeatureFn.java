package dev.isobar.benchmarks.beam;

import dev.isobar.benchmarks.workload.ChunkedCard;
import dev.isobar.benchmarks.workload.Features;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.jspecify.annotations.Nullable;

/** A header and chunks of events per card. Beam promises no order to a stateful function but sorted by event time. */
public final class FeatureFn extends DoFn<KV<Integer, Transaction>, Long> {
    private static final long serialVersionUID = 1;

    @StateId("header")
    private final StateSpec<ValueState<byte[]>> headerSpec = StateSpecs.value(ByteArrayCoder.of());

    @StateId("chunks")
    private final StateSpec<MapState<Integer, byte[]>> chunksSpec =
            StateSpecs.map(VarIntCoder.of(), ByteArrayCoder.of());

    private transient @Nullable ChunkedCard card;
    private transient double @Nullable [] vector;

    /** Makes what is used again for every element. */
    @Setup
    public void setup() {
        card = new ChunkedCard();
        vector = new double[Features.SIZE];
    }

    /** One transaction. */
    @RequiresTimeSortedInput
    @ProcessElement
    public void process(
            @Element KV<Integer, Transaction> element,
            @StateId("header") ValueState<byte[]> header,
            @StateId("chunks") MapState<Integer, byte[]> chunks) {
        ChunkedCard c = card;
        double[] v = vector;
        if (c == null || v == null) {
            throw new IllegalStateException("not set up");
        }
        Transaction t = element.getValue();
        InMapState stored = new InMapState(chunks);
        c.read(header.read());
        c.evaluate(t.eventTime(), v, stored);
        Stage.get().take(t.id(), v);
        c.add(t.eventTime(), t.cents(), stored);
        header.write(c.write());
    }

    private record InMapState(MapState<Integer, byte[]> state) implements ChunkedCard.Chunks {
        @Override
        public byte @Nullable [] get(int chunk) {
            return state.get(chunk).read();
        }

        @Override
        public void put(int chunk, byte[] bytes) {
            state.put(chunk, bytes);
        }

        @Override
        public void remove(int chunk) {
            state.remove(chunk);
        }
    }
}
