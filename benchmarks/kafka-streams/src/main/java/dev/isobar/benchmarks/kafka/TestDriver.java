package dev.isobar.benchmarks.kafka;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.ChunkedCard;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import java.nio.ByteBuffer;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * A processor with a header and chunks of events per card in in-memory stores without changelog, driven by Kafka's own test driver: no broker, no network,
 * one thread. The driver commits after each record, a deployment does not; a broker would cost more than that.
 */
final class TestDriver implements Competitor {
    private static final long PER_MILLI = 1_000;
    private static final int BYTES = 32;

    @Override
    public String name() {
        return "kafka_streams";
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    @Override
    public String note() {
        return "Kafka Streams " + AppInfoParser.getVersion()
                + ", TopologyTestDriver, in-memory stores without changelog";
    }

    @Override
    public void pass(Workload w, Answers answers, PassClock clock) {
        Topology topology = new Topology();
        topology.addSource("transactions", "transactions");
        topology.addProcessor("features", () -> new FeatureProcessor(answers), "transactions");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore("headers"), Serdes.Integer(), Serdes.ByteArray())
                        .withLoggingDisabled(),
                "features");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("chunks"), Serdes.Long(), Serdes.ByteArray())
                        .withLoggingDisabled(),
                "features");
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "benchmark");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.IntegerSerde.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/kafka-streams");
        try (TopologyTestDriver driver = new TopologyTestDriver(topology, properties)) {
            TestInputTopic<Integer, byte[]> topic =
                    driver.createInputTopic("transactions", new IntegerSerializer(), new ByteArraySerializer());
            clock.start();
            for (int i = 0; i < w.size(); i++) {
                byte[] value = ByteBuffer.allocate(BYTES)
                        .putLong(w.id()[i])
                        .putLong(w.eventTime()[i])
                        .putLong(w.availableTime()[i])
                        .putLong(w.cents()[i])
                        .array();
                topic.pipeInput(w.card()[i], value, w.availableTime()[i] / PER_MILLI);
            }
            clock.stop();
        }
    }

    private static final class FeatureProcessor implements Processor<Integer, byte[], Void, Void> {
        private final Answers answers;
        private final ChunkedCard card = new ChunkedCard();
        private final double[] vector = new double[Features.SIZE];
        private @Nullable KeyValueStore<Integer, byte[]> headers;
        private @Nullable StoredChunks chunks;

        FeatureProcessor(Answers answers) {
            this.answers = answers;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            headers = context.getStateStore("headers");
            chunks = new StoredChunks(context.getStateStore("chunks"));
        }

        @Override
        public void process(Record<Integer, byte[]> record) {
            KeyValueStore<Integer, byte[]> store = headers;
            StoredChunks stored = chunks;
            if (store == null || stored == null) {
                throw new IllegalStateException("not initialised");
            }
            ByteBuffer value = ByteBuffer.wrap(record.value());
            long id = value.getLong();
            long eventTime = value.getLong();
            value.getLong();
            stored.card = record.key();
            card.read(store.get(record.key()));
            card.evaluate(eventTime, vector, stored);
            answers.take(id, vector);
            card.add(eventTime, value.getLong(), stored);
            store.put(record.key(), card.write());
        }
    }

    private static final class StoredChunks implements ChunkedCard.Chunks {
        private final KeyValueStore<Long, byte[]> store;
        private int card;

        StoredChunks(KeyValueStore<Long, byte[]> store) {
            this.store = store;
        }

        private long key(int chunk) {
            return (long) card << 32 | chunk;
        }

        @Override
        public byte[] get(int chunk) {
            return store.get(key(chunk));
        }

        @Override
        public void put(int chunk, byte[] bytes) {
            store.put(key(chunk), bytes);
        }

        @Override
        public void remove(int chunk) {
            store.delete(key(chunk));
        }
    }
}
