package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.ChunkedCard;
import dev.isobar.benchmarks.workload.Features;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.FlinkRuntimeException;

/** A header and chunks of events per key: RocksDB serializes what it is given, so that it must be little. */
public final class OnRocksDb extends KeyedProcessFunction<Integer, Transaction, Long> {
    private static final long serialVersionUID = 1;

    private transient ValueState<byte[]> header;
    private transient ChunkedCard.Chunks chunks;
    private transient ChunkedCard card;
    private transient double[] vector;
    private transient Answers answers;
    private transient long left;

    @Override
    public void open(OpenContext context) {
        header = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("header", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        chunks = new InMapState(getRuntimeContext()
                .getMapState(new MapStateDescriptor<>(
                        "chunks", BasicTypeInfo.INT_TYPE_INFO, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)));
        card = new ChunkedCard();
        vector = new double[Features.SIZE];
        answers = Stage.get().answers;
        left = Stage.get().workload.size();
    }

    @Override
    public void processElement(Transaction t, Context context, Collector<Long> out) throws Exception {
        card.read(header.value());
        card.evaluate(t.eventTime, vector, chunks);
        answers.take(t.id, vector);
        card.add(t.eventTime, t.cents, chunks);
        header.update(card.write());
        if (--left == 0) {
            Stage.get().clock.stop();
        }
    }

    private record InMapState(MapState<Integer, byte[]> state) implements ChunkedCard.Chunks {
        @Override
        public byte[] get(int chunk) {
            try {
                return state.get(chunk);
            } catch (Exception e) {
                throw new FlinkRuntimeException("cannot read chunk " + chunk, e);
            }
        }

        @Override
        public void put(int chunk, byte[] bytes) {
            try {
                state.put(chunk, bytes);
            } catch (Exception e) {
                throw new FlinkRuntimeException("cannot write chunk " + chunk, e);
            }
        }

        @Override
        public void remove(int chunk) {
            try {
                state.remove(chunk);
            } catch (Exception e) {
                throw new FlinkRuntimeException("cannot remove chunk " + chunk, e);
            }
        }
    }
}
