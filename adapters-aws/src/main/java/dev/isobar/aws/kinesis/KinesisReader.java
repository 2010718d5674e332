package dev.isobar.aws.kinesis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.EventSink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Reads all shards of a stream, a parent to its end before its children, so that a key's order outlives a split and a merge.
 *
 * <p>A poll returns nothing only if every shard answered, to a question asked after the poll began, that there was nothing; what this session appended
 * before counts as there. So an empty poll means the same as on a local log. Asking respects the service's limit of calls, so an empty poll can take a
 * fifth of a second whatever it was told to wait. Not thread safe.
 */
final class KinesisReader implements EventReader {
    private static final long RELIST_NANOS = Duration.ofMillis(250).toNanos();
    private static final long CLOSED_NANOS = Duration.ofSeconds(2).toNanos();

    private final Kinesis kinesis;
    private final String stream;
    private final String physical;
    private final Map<Integer, Place> after;
    private final @Nullable Long availableFrom;
    private final boolean pushed;
    private final Function<ShardStart, ShardFeed> feeds;
    private final Written written;
    private final Map<String, Lane> lanes = new LinkedHashMap<>();
    private final List<Lane> active = new ArrayList<>();
    private final Set<String> awaited = new HashSet<>();
    private final Semaphore woken = new Semaphore(0);
    private final RecordView view = new RecordView();
    private long listed;
    private int turn;
    private boolean closed;

    /**
     * Starts nothing yet.
     *
     * @param after what is not wanted again, by partition
     * @param availableFrom where in known time to begin, microseconds; null for no such bound
     * @param pushed whether feeds are pushed to, so that shards are to be looked at now and then
     * @param feeds makes the feed of a shard, given what wakes this reader
     */
    KinesisReader(
            Kinesis kinesis,
            String stream,
            String physical,
            List<Shard> shards,
            Map<Integer, Place> after,
            @Nullable Long availableFrom,
            boolean pushed,
            Function<Runnable, Function<ShardStart, ShardFeed>> feeds,
            Written written) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.physical = physical;
        this.after = after;
        this.availableFrom = availableFrom;
        this.pushed = pushed;
        this.feeds = feeds.apply(woken::release);
        this.written = written;
        add(shards);
    }

    /** One shard and how far it is shown. */
    private static final class Lane {
        private final Shard shard;
        private final int partition;
        private @Nullable Place after;
        private boolean seeking;
        private @Nullable ShardFeed feed;
        private boolean done;
        /** When the shard was first listed as closed; 0 if it is open. */
        private long closedAt;

        private int record;
        private @Nullable List<Aggregate.Part> parts;
        private int part;

        Lane(Shard shard, @Nullable Place after) {
            this.shard = shard;
            this.partition = Partitions.number(shard.shardId());
            this.after = after;
        }
    }

    @Override
    public List<Delivery> poll(int max, Duration wait) {
        List<Delivery> out = new ArrayList<>(Math.min(Math.max(max, 0), 4096));
        poll(max, wait, e -> out.add(new Delivery(e.event(), e.partition(), e.position())));
        return out;
    }

    @Override
    public int poll(int max, Duration wait, EventSink into) {
        if (max < 1) {
            throw invalid("A poll wants " + max + " events; it must want at least 1");
        }
        if (closed) {
            throw invalid("The reader of stream " + stream + " is closed");
        }
        long began = System.nanoTime();
        long patience = wait.toNanos();
        while (true) {
            woken.drainPermits();
            long again = pump();
            int shown = show(max, into);
            if (shown > 0) {
                return shown;
            }
            if (follow()) {
                continue;
            }
            long left = patience - (System.nanoTime() - began);
            if (left <= 0 && drained(began)) {
                return 0;
            }
            await(left > 0 ? Math.min(again, left) : again);
        }
    }

    private long pump() {
        long again = ShardFeed.NEVER;
        for (Lane lane : active) {
            if (lane.feed != null) {
                again = Math.min(again, lane.feed.pump());
            }
        }
        return awaited.isEmpty() ? again : Math.min(again, RELIST_NANOS);
    }

    private void await(long nanos) {
        try {
            boolean early = woken.tryAcquire(Math.max(1, nanos), TimeUnit.NANOSECONDS);
            if (early) {
                woken.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw kinesis.cancelled("poll", stream);
        }
    }

    private boolean drained(long since) {
        if (!awaited.isEmpty()) {
            return false;
        }
        Map<String, String> recent = written.recent(physical);
        if (!lanes.keySet().containsAll(recent.keySet())) {
            // A child that was written to; its parent's end has not shown yet.
            return false;
        }
        for (Lane lane : lanes.values()) {
            if (!lane.done && (lane.feed == null || !lane.feed.drained(since, recent.get(lane.shard.shardId())))) {
                return false;
            }
        }
        return true;
    }

    private int show(int max, EventSink into) {
        int shown = 0;
        for (int i = 0; i < active.size() && shown < max; i++) {
            turn = (turn + 1) % active.size();
            shown += show(active.get(turn), max - shown, into);
        }
        return shown;
    }

    private int show(Lane lane, int max, EventSink into) {
        int shown = 0;
        ShardFeed feed = lane.feed;
        while (feed != null && shown < max) {
            List<Record> records = feed.peek();
            if (records == null) {
                break;
            }
            while (lane.record < records.size() && shown < max) {
                shown += show(lane, records.get(lane.record), max - shown, into);
            }
            if (lane.record == records.size()) {
                lane.record = 0;
                feed.advance();
            }
        }
        return shown;
    }

    private int show(Lane lane, Record record, int max, EventSink into) {
        byte[] data = record.data().asByteArrayUnsafe();
        if (!Aggregate.is(data)) {
            lane.record++;
            return show(lane, record, data, 0, data.length, 0, record.partitionKey(), into);
        }
        List<Aggregate.Part> parts = lane.parts;
        if (parts == null) {
            parts = Aggregate.parts(data, "The record " + record.sequenceNumber() + " of partition " + lane.partition);
            lane.parts = parts;
            lane.part = 0;
        }
        int shown = 0;
        while (lane.part < parts.size() && shown < max) {
            int index = lane.part++;
            Aggregate.Part part = parts.get(index);
            shown += show(lane, record, data, part.from(), part.to(), index, part.partitionKey(), into);
        }
        if (lane.part == parts.size()) {
            lane.parts = null;
            lane.record++;
        }
        return shown;
    }

    private int show(Lane lane, Record record, byte[] data, int from, int to, int index, String key, EventSink into) {
        Place place = new Place(record.sequenceNumber(), index);
        if (lane.after != null) {
            if (place.compareTo(lane.after) <= 0) {
                return 0;
            }
            lane.after = null;
        }
        view.at(data, from, to, lane.partition, place, key, micros(record.approximateArrivalTimestamp()));
        if (lane.seeking && availableFrom != null) {
            if (view.availableTime() < availableFrom) {
                return 0;
            }
            lane.seeking = false;
        }
        into.take(view);
        return 1;
    }

    /** Goes from shards that ended to their children; whether anything new is to be read. */
    private boolean follow() {
        boolean ended = false;
        for (Lane lane : List.copyOf(active)) {
            // A closed shard that has nothing more has ended, whether or not its feed was told so: kinesis-local does
            // not tell subscribers.
            if (lane.feed != null
                    && (lane.feed.ended() || lane.closedAt != 0 && lane.feed.drained(lane.closedAt, null))) {
                awaited.addAll(lane.feed.children());
                lane.feed.close();
                lane.feed = null;
                lane.done = true;
                active.remove(lane);
                ended = true;
            }
        }
        long age = System.nanoTime() - listed;
        boolean relist = !awaited.isEmpty() && age > RELIST_NANOS || pushed && age > CLOSED_NANOS;
        if (!ended && !relist) {
            return false;
        }
        int before = active.size();
        add(kinesis.shards(physical, "poll", stream));
        return active.size() > before;
    }

    private void add(List<Shard> shards) {
        listed = System.nanoTime();
        for (Shard shard : shards) {
            Lane lane = lanes.computeIfAbsent(shard.shardId(), id -> new Lane(shard, after.get(Partitions.number(id))));
            if (lane.closedAt == 0 && shard.sequenceNumberRange().endingSequenceNumber() != null) {
                lane.closedAt = listed;
            }
            awaited.remove(shard.shardId());
        }
        for (Lane lane : lanes.values()) {
            if (!lane.done && lane.feed == null && parents(lane).stream().allMatch(p -> p.done)) {
                lane.seeking = availableFrom != null && parents(lane).stream().allMatch(p -> p.seeking);
                lane.feed = feeds.apply(new ShardStart(stream, physical, lane.shard.shardId(), lane.after));
                active.add(lane);
            }
        }
    }

    /** The parents that are still retained. */
    private List<Lane> parents(Lane lane) {
        List<Lane> parents = new ArrayList<>(2);
        for (String id : new String[] {lane.shard.parentShardId(), lane.shard.adjacentParentShardId()}) {
            Lane parent = id == null ? null : lanes.get(id);
            if (parent != null) {
                parents.add(parent);
            }
        }
        return parents;
    }

    private static long micros(@Nullable Instant arrival) {
        return arrival == null ? 0 : TimeUnit.SECONDS.toMicros(arrival.getEpochSecond()) + arrival.getNano() / 1_000;
    }

    @Override
    public void close() {
        closed = true;
        for (Lane lane : active) {
            if (lane.feed != null) {
                lane.feed.close();
            }
        }
        active.clear();
    }

    private IsobarException invalid(String message) {
        return kinesis.error(ErrorCode.INVALID_ARGUMENT, message, "poll", stream)
                .build();
    }
}
