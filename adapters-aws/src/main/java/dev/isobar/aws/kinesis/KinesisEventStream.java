package dev.isobar.aws.kinesis;

import dev.isobar.aws.lease.LeaseTable;
import dev.isobar.aws.lease.LeaseTable.Lease;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import dev.isobar.port.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.waiters.WaiterOverrideConfiguration;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerDescription;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.ListStreamsRequest;
import software.amazon.awssdk.services.kinesis.model.ListStreamsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.Tag;
import software.amazon.awssdk.services.kinesis.waiters.KinesisAsyncWaiter;

/**
 * Streams on Kinesis Data Streams. At least once: a repeated call can store a record twice, readers drop it by id. What is stored is described at
 * {@link EventEnvelope}; the commits at {@link LeaseTable}.
 *
 * <p><b>Partitions</b> are shards by number. A split or merge adds partitions and ends others; {@link StreamInfo#partitions} counts ended ones too, so
 * that a number is always below it. Sequence numbers are {@linkplain Place places}.
 *
 * <p><b>Ownership.</b> Opening a reader that starts {@link Start.Committed} takes the group for this session. A session that had the group before is
 * fenced: its commits fail with {@code FENCED}, and so nothing can be passed over that the new owner has not dealt with. Commits of a session that never
 * took the group only never move backwards.
 *
 * @since 0.1
 */
public final class KinesisEventStream implements EventStream {
    /** Largest event, envelope included: a record takes 1 MiB, of which its key has at most 1 KiB. */
    public static final long MAX_EVENT_BYTES = Appending.MAX_RECORD_BYTES - (1 << 10);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long KNOWN_NANOS = Duration.ofSeconds(5).toNanos();
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final int LOOKS = 3_000;
    private static final String PARTITIONS_TAG = "isobar:partitions";

    private final Kinesis kinesis;
    private final KinesisAsyncClient client;
    private final StreamNames names;
    private final LeaseTable leases;
    private final Settings settings;
    private final String owner;
    private final Written written = new Written();
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Map<String, Lease> taken = new ConcurrentHashMap<>();

    /**
     * What can be set.
     *
     * @param instance the adapter instance's name, in errors and tags
     * @param prefix of the names in Kinesis
     * @param aggregate whether events of one key that are appended together share a record
     * @param fanOut whether readers subscribe with throughput of their own instead of polling
     * @param retention how long new streams keep their records, in whole hours from 24 to 8,760
     */
    public record Settings(String instance, String prefix, boolean aggregate, boolean fanOut, Duration retention) {}

    /** Streams of that client. The client stays its owner's to close. */
    public KinesisEventStream(KinesisAsyncClient client, LeaseTable leases, Settings settings) {
        this.kinesis = new Kinesis(settings.instance(), client);
        this.client = client;
        this.names = new StreamNames(settings.instance(), settings.prefix());
        this.leases = leases;
        this.settings = settings;
        this.owner = settings.instance() + "/" + UUID.randomUUID();
    }

    /** What was lately found out about a stream. */
    private record Known(String arn, String generation, List<Shard> shards, long at) {}

    @Override
    public void create(String stream, int partitions) {
        String physical = names.physical(stream, "create");
        if (partitions < 1) {
            throw kinesis.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "A stream cannot have " + partitions + " partitions, only 1 or more",
                            "create",
                            stream)
                    .build();
        }
        known.remove(stream);
        StreamDescriptionSummary existing = summary(stream, physical, "create");
        if (existing != null && existing.streamStatus() == StreamStatus.DELETING) {
            awaitGone(stream, physical);
            existing = null;
        }
        if (existing == null) {
            try {
                kinesis.call(
                        "create",
                        stream,
                        c -> c.createStream(r -> r.streamName(physical)
                                .shardCount(partitions)
                                .streamModeDetails(m -> m.streamMode(StreamMode.PROVISIONED))
                                .tags(Map.of(
                                        "isobar:instance",
                                        settings.instance(),
                                        PARTITIONS_TAG,
                                        Integer.toString(partitions)))));
                written.forget(physical);
            } catch (IsobarException e) {
                // Somebody else was faster; whether they made the same is looked at below.
                if (e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
            }
        }
        awaitActive(stream, physical);
        keep(stream, physical);
        long has = Partitions.open(kinesis.shards(physical, "create", stream));
        if (has != partitions && !madeWith(stream, physical, partitions)) {
            throw kinesis.error(
                            ErrorCode.CONFLICT,
                            "The stream " + stream + " has " + has + " partitions, not " + partitions,
                            "create",
                            stream)
                    .hint("Use the number it has, or delete the stream first.")
                    .build();
        }
    }

    /** Makes the stream keep its records as long as is set; never shortens what somebody else lengthened. */
    private void keep(String stream, String physical) {
        StreamDescriptionSummary made = summary(stream, physical, "create");
        int hours = Math.toIntExact(settings.retention().toHours());
        if (made != null && made.retentionPeriodHours() < hours) {
            kinesis.call(
                    "create",
                    stream,
                    c -> c.increaseStreamRetentionPeriod(
                            r -> r.streamName(physical).retentionPeriodHours(hours)));
            awaitActive(stream, physical);
        }
    }

    /** Whether the stream had that many shards before it was resharded. */
    private boolean madeWith(String stream, String physical, int partitions) {
        List<Tag> tags = kinesis.call("create", stream, c -> c.listTagsForStream(t -> t.streamName(physical)))
                .tags();
        return tags.stream()
                .anyMatch(t -> t.key().equals(PARTITIONS_TAG) && t.value().equals(Integer.toString(partitions)));
    }

    @Override
    public Optional<StreamInfo> describe(String stream) {
        String physical = names.physical(stream, "describe");
        known.remove(stream);
        StreamDescriptionSummary summary = summary(stream, physical, "describe");
        if (summary == null || summary.streamStatus() == StreamStatus.DELETING) {
            return Optional.empty();
        }
        List<Shard> shards = kinesis.shards(physical, "describe", stream);
        return Optional.of(new StreamInfo(stream, Partitions.count(shards), -1, -1));
    }

    @Override
    public List<String> list(String prefix) {
        List<String> found = new ArrayList<>();
        String last = null;
        boolean more = true;
        while (more) {
            // By name and not by token: moto gives no tokens, and the service takes both.
            String behind = last;
            ListStreamsResponse page = kinesis.call(
                    "list",
                    prefix,
                    c -> c.listStreams(ListStreamsRequest.builder()
                            .exclusiveStartStreamName(behind)
                            .build()));
            for (String physical : page.streamNames()) {
                names.stream(physical).filter(n -> n.startsWith(prefix)).ifPresent(found::add);
                last = physical;
            }
            more = Boolean.TRUE.equals(page.hasMoreStreams())
                    && !page.streamNames().isEmpty();
        }
        found.sort(null);
        return List.copyOf(found);
    }

    @Override
    public AppendResult append(AppendRequest request) {
        String physical = names.physical(request.stream(), "append");
        List<Event> events = request.events();
        if (request.firstSequence() < 0 || request.producer().isEmpty()) {
            throw kinesis.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "An append needs a producer's name and a sequence from 0; got '" + request.producer()
                                    + "' and " + request.firstSequence(),
                            "append",
                            request.stream())
                    .build();
        }
        if (events.isEmpty()) {
            known(request.stream(), physical, "append");
            return new AppendResult(0, 0, Map.of());
        }
        try {
            EventEnvelope.requireAtMost(MAX_EVENT_BYTES, events);
        } catch (IsobarException e) {
            throw e.located(kinesis.instance(), "EventStream", "append", request.stream());
        }
        return new Appending(kinesis, request.stream(), physical, settings.aggregate(), PATIENCE, written, events)
                .run();
    }

    @Override
    public EventReader read(ReadRequest request) {
        String stream = request.stream();
        String physical = names.physical(stream, "read");
        names.checkGroup(request.group(), "read");
        Known now = look(stream, physical, "read");
        Map<Integer, Place> after = new HashMap<>();
        Long from = null;
        if (request.start() instanceof Start.Committed) {
            String row = row(stream, now);
            taken.put(row + "/" + request.group(), leases.take(row, request.group(), owner));
            after = places(leases.committed(row, request.group()));
        } else if (request.start() instanceof Start.After start) {
            for (Map.Entry<Integer, Position> entry : start.positions().entrySet()) {
                after.put(entry.getKey(), place(stream, now, entry.getKey(), entry.getValue(), "read"));
            }
        } else if (request.start() instanceof Start.AvailableFrom start) {
            from = start.micros();
        }
        return new KinesisReader(
                kinesis,
                stream,
                physical,
                now.shards(),
                after,
                from,
                settings.fanOut(),
                feeds(stream, now, request.group()),
                written);
    }

    private Function<Runnable, Function<ShardStart, ShardFeed>> feeds(String stream, Known now, String group) {
        if (!settings.fanOut()) {
            return wake -> start -> new PollingFeed(kinesis, start, wake);
        }
        String consumer = consumer(stream, now, group);
        return wake -> start -> new FanOutFeed(kinesis, start, consumer, wake);
    }

    /** The group's registered consumer. It stays when a reader is closed, so that the next one starts at once, and goes with the stream. */
    private String consumer(String stream, Known now, String group) {
        String name = settings.prefix() + "_" + group;
        try {
            kinesis.call(
                    "read",
                    stream,
                    c -> c.registerStreamConsumer(r -> r.streamARN(now.arn()).consumerName(name)));
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
        }
        for (int look = 0; look < LOOKS; look++) {
            ConsumerDescription found = kinesis.call(
                            "read",
                            stream,
                            c -> c.describeStreamConsumer(
                                    d -> d.streamARN(now.arn()).consumerName(name)))
                    .consumerDescription();
            if (found.consumerStatus() == ConsumerStatus.ACTIVE) {
                return found.consumerARN();
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
        throw kinesis.error(ErrorCode.TIMEOUT, "The consumer " + name + " did not become active", "read", stream)
                .build();
    }

    @Override
    public void commit(String stream, String group, int partition, Position upTo) {
        String physical = names.physical(stream, "commit");
        names.checkGroup(group, "commit");
        Known now = known(stream, physical, "commit");
        if (partition >= Partitions.count(now.shards())) {
            now = look(stream, physical, "commit");
        }
        Place place = place(stream, now, partition, upTo, "commit");
        String row = row(stream, now);
        leases.commit(row, group, partition, place.sortable(), taken.get(row + "/" + group));
    }

    @Override
    public Map<Integer, Position> committed(String stream, String group) {
        String physical = names.physical(stream, "committed");
        names.checkGroup(group, "committed");
        Map<Integer, Position> found = new TreeMap<>();
        places(leases.committed(row(stream, look(stream, physical, "committed")), group))
                .forEach((partition, place) -> found.put(partition, place.position()));
        return found;
    }

    @Override
    public long erase(String stream, String key) {
        throw kinesis.error(
                        ErrorCode.UNSUPPORTED, "Kinesis cannot remove single records from a stream", "erase", stream)
                .hint("Records leave with the stream's retention time; shorten it, or delete the stream.")
                .build();
    }

    @Override
    public void delete(String stream) {
        String physical = names.physical(stream, "delete");
        StreamDescriptionSummary summary = summary(stream, physical, "delete");
        known.remove(stream);
        if (summary == null) {
            return;
        }
        String row = row(stream, generation(summary));
        leases.forget(row);
        if (summary.streamStatus() != StreamStatus.DELETING) {
            kinesis.find(
                    "delete",
                    stream,
                    c -> c.deleteStream(d -> d.streamName(physical).enforceConsumerDeletion(true)));
        }
        awaitGone(stream, physical);
        // Once more: a reader may have committed while the stream went.
        leases.forget(row);
        written.forget(physical);
        taken.keySet().removeIf(k -> k.startsWith(row + "/"));
        known.remove(stream);
    }

    /** The streams and the table of commits, as a status lists them. */
    public List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        for (String name : list("")) {
            String physical = names.physical(name, "list");
            StreamDescriptionSummary summary = summary(name, physical, "list");
            if (summary != null) {
                all.add(new Resource(
                        "stream",
                        name,
                        summary.streamARN(),
                        summary.streamStatusAsString().toLowerCase(Locale.ROOT),
                        null,
                        Map.of("shards", String.valueOf(summary.openShardCount()))));
            }
        }
        if (leases.exists()) {
            all.add(new Resource("table", leases.name(), leases.name(), "ready", null, Map.of("holds", "commits")));
        }
        return List.copyOf(all);
    }

    private @Nullable StreamDescriptionSummary summary(String stream, String physical, String operation) {
        DescribeStreamSummaryResponse found =
                kinesis.find(operation, stream, c -> c.describeStreamSummary(d -> d.streamName(physical)));
        return found == null ? null : found.streamDescriptionSummary();
    }

    /** What is known of a stream, a few seconds old at most; {@code NOT_FOUND} if there is none. */
    private Known known(String stream, String physical, String operation) {
        Known last = known.get(stream);
        return last != null && System.nanoTime() - last.at() < KNOWN_NANOS ? last : look(stream, physical, operation);
    }

    private Known look(String stream, String physical, String operation) {
        StreamDescriptionSummary summary = summary(stream, physical, operation);
        if (summary == null || summary.streamStatus() == StreamStatus.DELETING) {
            known.remove(stream);
            throw kinesis.error(ErrorCode.NOT_FOUND, "There is no stream " + stream, operation, stream)
                    .hint("Create it first; `isobar status` lists the streams there are.")
                    .build();
        }
        Known now = new Known(
                summary.streamARN(),
                generation(summary),
                kinesis.shards(physical, operation, stream),
                System.nanoTime());
        known.put(stream, now);
        return now;
    }

    /** A stream that is made again has commits of its own, even if the old one's were left behind. */
    private static String generation(StreamDescriptionSummary summary) {
        return Long.toString(summary.streamCreationTimestamp().toEpochMilli());
    }

    private String row(String stream, Known now) {
        return row(stream, now.generation());
    }

    private String row(String stream, String generation) {
        return settings.prefix() + "_" + stream + "@" + generation;
    }

    private Place place(String stream, Known now, int partition, Position position, String operation) {
        if (partition < 0 || partition >= Partitions.count(now.shards())) {
            throw kinesis.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "The stream " + stream + " has no partition " + partition + ", only 0 to "
                                    + (Partitions.count(now.shards()) - 1),
                            operation,
                            stream)
                    .build();
        }
        Optional<Place> place = Place.parse(position);
        // A shard that retention has removed cannot be asked any more what it held.
        boolean inside = place.isPresent()
                && Partitions.find(now.shards(), partition)
                        .map(s -> holds(s, place.get().sequence()))
                        .orElse(true);
        if (!inside) {
            throw kinesis.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "'" + position.token() + "' is no place in partition " + partition + " of " + stream,
                            operation,
                            stream)
                    .hint("Use a position that a reader of this stream gave.")
                    .build();
        }
        return place.get();
    }

    /** Only whether the shard began before: the end that a closed shard is said to have is not its last record's place. */
    private static boolean holds(Shard shard, String sequence) {
        return Place.compareSequences(sequence, shard.sequenceNumberRange().startingSequenceNumber()) >= 0;
    }

    private static Map<Integer, Place> places(Map<Integer, String> sortable) {
        Map<Integer, Place> places = new TreeMap<>();
        sortable.forEach((partition, text) -> Place.ofSortable(text).ifPresent(place -> places.put(partition, place)));
        return places;
    }

    private void awaitActive(String stream, String physical) {
        try (KinesisAsyncWaiter waiter = client.waiter()) {
            kinesis.call(
                    "create",
                    stream,
                    c -> waiter.waitUntilStreamExists(d -> d.streamName(physical), KinesisEventStream::often));
        }
    }

    private void awaitGone(String stream, String physical) {
        try (KinesisAsyncWaiter waiter = client.waiter()) {
            kinesis.call(
                    "delete",
                    stream,
                    c -> waiter.waitUntilStreamNotExists(d -> d.streamName(physical), KinesisEventStream::often));
        }
    }

    /** As often and as long as is looked for a consumer; the SDK's waiters would look every ten seconds. */
    private static void often(WaiterOverrideConfiguration.Builder waiter) {
        waiter.maxAttempts(LOOKS).backoffStrategyV2(BackoffStrategy.fixedDelay(LOOK_AGAIN));
    }
}
