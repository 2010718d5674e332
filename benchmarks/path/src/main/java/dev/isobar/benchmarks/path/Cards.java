package dev.isobar.benchmarks.path;

import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.config.Configuration;
import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.FeaturePlan;
import dev.isobar.local.LocalAdapter;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.runtime.stream.StreamJob;
import dev.isobar.runtime.stream.StreamSettings;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The workload as a pipeline on the local adapter. */
final class Cards {
    private static final String STREAM = CardPipeline.TRANSACTIONS;
    private static final int APPEND = 10_000;
    static final PipelineSpec SPEC = CardPipeline.spec(false);
    static final FeaturePlan PLAN = FeaturePlan.compile(SPEC);

    private Cards() {}

    static AdapterSession open(Path home) {
        LocalAdapter adapter = new LocalAdapter();
        return adapter.open(new AdapterContext("local", Configuration.of("", adapter.configuration(), Map.of()), home));
    }

    /** Writes the workload to a log of one partition, in batches of ten thousand. */
    static void write(EventStream log, Workload w) {
        log.create(STREAM, 1);
        Row row = new Row(SPEC.stream(STREAM).schema());
        RowCodec codec = new RowCodec(row.schema());
        List<Event> batch = new ArrayList<>(APPEND);
        for (int i = 0; i < w.size(); i++) {
            row.setWord(0, w.id()[i])
                    .setWord(1, w.card()[i])
                    .setWord(2, w.eventTime()[i])
                    .setWord(3, w.availableTime()[i])
                    .setWord(4, w.cents()[i]);
            batch.add(Event.insert(
                    Long.toString(w.id()[i]),
                    Integer.toString(w.card()[i]),
                    w.eventTime()[i],
                    w.availableTime()[i],
                    "transactions/1",
                    codec.encode(row)));
            if (batch.size() == APPEND || i == w.size() - 1) {
                log.append(new AppendRequest(STREAM, "workload", i + 1L - batch.size(), batch));
                batch.clear();
            }
        }
    }

    static StreamJob job(AdapterSession session, Path home, String name) {
        return StreamJob.open(
                SPEC,
                PLAN,
                new StreamJob.Ports(session.eventStream(), session.offlineStore(), session.onlineStore()),
                new StreamSettings(
                        Map.of(STREAM, STREAM),
                        name,
                        name,
                        "benchmark",
                        home.resolve("checkpoints").resolve(name),
                        StreamSettings.CHECKPOINT_EVENTS,
                        StreamSettings.ONLINE_EVERY,
                        StreamSettings.ALL_IN_MEMORY),
                rejected -> {
                    throw new IllegalStateException("the workload has nothing to reject: " + rejected);
                });
    }
}
