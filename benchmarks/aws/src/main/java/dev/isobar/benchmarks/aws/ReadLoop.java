package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.event.Event;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** GetRecords as one would write it with care: a call in flight for each shard while the last answer is looked at, an event for each record. */
final class ReadLoop {
    private static final int LIMIT = 10_000;

    private final KinesisAsyncClient client;
    private final String stream;
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

    ReadLoop(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
    }

    private record Answer(
            int shard,
            @Nullable GetRecordsResponse response,
            @Nullable Throwable thrown) {}

    /** Shows shard and event until there were so many. */
    void read(int count, BiConsumer<Integer, Event> into) throws Exception {
        for (int i = 0; i < Content.PARTITIONS; i++) {
            int shard = i;
            client.getShardIterator(g -> g.streamName(stream)
                            .shardId(KinesisAnswers.shardId(shard))
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .thenAccept(r -> ask(shard, r.shardIterator()));
        }
        int shown = 0;
        while (shown < count) {
            Answer answer = answers.take();
            if (answer.response() == null) {
                throw new IllegalStateException(answer.thrown());
            }
            if (answer.response().millisBehindLatest() > 0) {
                ask(answer.shard(), answer.response().nextShardIterator());
            }
            for (Record record : answer.response().records()) {
                into.accept(answer.shard(), Form.decode(record.data().asByteArrayUnsafe(), 0));
                shown++;
            }
        }
    }

    private void ask(int shard, String iterator) {
        client.getRecords(g -> g.shardIterator(iterator).limit(LIMIT))
                .whenComplete((response, thrown) -> answers.add(new Answer(shard, response, thrown)));
    }
}
