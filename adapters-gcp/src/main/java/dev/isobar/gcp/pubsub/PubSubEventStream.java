package dev.isobar.gcp.pubsub;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import com.google.pubsub.v1.MessageStoragePolicy;
import com.google.pubsub.v1.Topic;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Position;
import dev.isobar.gcp.pubsub.Commits.Row;
import dev.isobar.port.EventStream;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Streams on Pub/Sub, as docs/decisions/pubsub-stream.md says: a stream is a topic that retains what is acknowledged, a partition is an ordering key, a reader is a
 * subscription of its own that was moved to a publish time, a commit is an object in the lake. At least once: an append that failed and is repeated can store an
 * event twice, readers drop it by id; what was stored or delivered twice behind the back of an append is dropped here.
 *
 * <p><b>Ownership.</b> Opening a reader that starts {@link Start.Committed} takes the group for this session. A session that had the group before is fenced: its
 * commits fail with {@code FENCED}, and so do its readers.
 *
 * @since 0.1
 */
public final class PubSubEventStream implements EventStream {
    /** Largest event, envelope included: a request takes 10 MB with everything in it. */
    public static final long MAX_EVENT_BYTES = 8 << 20;

    private static final long KNOWN_NANOS = java.time.Duration.ofSeconds(5).toNanos();
    private static final String INSTANCE = "isobar-instance";
    private static final String PARTITIONS = "isobar-partitions";
    private static final String GENERATION = "isobar-generation";
    private static final String GROUP = "isobar-group";

    private final PubSub pubsub;
    private final Names names;
    private final Commits commits;
    private final Settings settings;
    /** This session, as a writer and in names; 0 is nobody. */
    private final long writer = new SecureRandom().nextLong() | 1;

    private final String session = Long.toHexString(writer);
    private final String owner;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final Map<String, Writer> writers = new ConcurrentHashMap<>();
    private final Set<Row> taken = ConcurrentHashMap.newKeySet();

    /**
     * What can be set.
     *
     * @param prefix of the names in Pub/Sub; a lower-case letter, then those, digits and {@code -}
     * @param location the region in which messages are stored: the order of a key holds within one region. Null to leave it to the organisation's policy
     * @param retention how long a new stream keeps its events, 10 minutes to 31 days
     * @param exactlyOnce whether readers' subscriptions deliver exactly once
     * @param deadLetterTopic the topic, as {@code projects/P/topics/T}, that gets messages which cannot be shown; null for none, then a reader that meets one fails
     * @param waitingMessages most messages that wait in a reader
     * @param waitingBytes most bytes that wait in a reader
     */
    public record Settings(
            String prefix,
            @Nullable String location,
            java.time.Duration retention,
            boolean exactlyOnce,
            @Nullable String deadLetterTopic,
            long waitingMessages,
            long waitingBytes) {
        /** Most messages and bytes that wait in a reader unless it is said otherwise. */
        public static final long WAITING_MESSAGES = 10_000;

        /** See {@link #WAITING_MESSAGES}. */
        public static final long WAITING_BYTES = 64 << 20;

        /** Seven days, at least once, no dead-letter topic. */
        public static Settings ofDefaults(String prefix) {
            return new Settings(
                    prefix, null, java.time.Duration.ofDays(7), false, null, WAITING_MESSAGES, WAITING_BYTES);
        }
    }

    /**
     * Streams of these clients. The clients stay their owner's to close.
     *
     * @param commits where commits are kept; everything in it is this stream's
     */
    public PubSubEventStream(PubSub pubsub, ObjectStore commits, Settings settings) {
        this.pubsub = pubsub;
        this.names = new Names(pubsub.instance(), pubsub.project(), settings.prefix());
        this.commits = new Commits(pubsub.instance(), commits);
        this.settings = settings;
        this.owner = pubsub.instance() + "/" + session;
    }

    /** What was lately found out about a stream. */
    private record Known(String stream, String topic, String generation, int partitions, long at) {}

    @Override
    public void create(String stream, int partitions) {
        String topic = names.topic(stream, "create");
        if (partitions < 1 || partitions > Partitions.MOST) {
            throw pubsub.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "A stream cannot have " + partitions + " partitions, only 1 to " + Partitions.MOST,
                            "create",
                            stream)
                    .build();
        }
        Topic.Builder wanted = Topic.newBuilder()
                .setName(topic)
                .setMessageRetentionDuration(retention())
                .putLabels(INSTANCE, Names.label(pubsub.instance()))
                .putLabels(PARTITIONS, Integer.toString(partitions))
                .putLabels(GENERATION, UUID.randomUUID().toString().substring(0, 8));
        if (settings.location() != null) {
            wanted.setMessageStoragePolicy(
                    MessageStoragePolicy.newBuilder().addAllowedPersistenceRegions(settings.location()));
        }
        known.remove(stream);
        Topic there = pubsub.find("create", stream, c -> c.getTopic(topic));
        if (there == null) {
            try {
                there = pubsub.topics("create", stream, c -> c.createTopic(wanted.build()));
            } catch (IsobarException e) {
                // Somebody else was faster, or the answer to the first attempt was lost.
                if (e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
                there = pubsub.topics("create", stream, c -> c.getTopic(topic));
            }
        }
        Known now = known(stream, there, "create");
        if (now.partitions() != partitions) {
            throw pubsub.error(
                            ErrorCode.CONFLICT,
                            "The stream " + stream + " has " + now.partitions() + " partitions, not " + partitions,
                            "create",
                            stream)
                    .hint("Use the number it has, or delete the stream first.")
                    .build();
        }
    }

    private Duration retention() {
        return Durations.fromMillis(settings.retention().toMillis());
    }

    @Override
    public Optional<StreamInfo> describe(String stream) {
        String path = names.topic(stream, "describe");
        known.remove(stream);
        Topic topic = pubsub.find("describe", stream, c -> c.getTopic(path));
        return topic == null
                ? Optional.empty()
                : Optional.of(
                        new StreamInfo(stream, known(stream, topic, "describe").partitions(), -1, -1));
    }

    @Override
    public List<String> list(String prefix) {
        List<String> found = new ArrayList<>();
        for (Topic topic : topics()) {
            names.stream(topic.getName()).filter(n -> n.startsWith(prefix)).ifPresent(found::add);
        }
        found.sort(null);
        return List.copyOf(found);
    }

    private List<Topic> topics() {
        List<Topic> ours = new ArrayList<>();
        pubsub.topics("list", names.projectPath(), c -> {
            for (Topic topic : c.listTopics(names.projectPath()).iterateAll()) {
                if (names.stream(topic.getName()).isPresent() && topic.containsLabels(PARTITIONS)) {
                    ours.add(topic);
                }
            }
            return ours;
        });
        return ours;
    }

    @Override
    public AppendResult append(AppendRequest request) {
        String stream = request.stream();
        String topic = names.topic(stream, "append");
        List<Event> events = request.events();
        if (request.firstSequence() < 0 || request.producer().isEmpty()) {
            throw pubsub.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "An append needs a producer's name and a sequence from 0; got '" + request.producer()
                                    + "' and " + request.firstSequence(),
                            "append",
                            stream)
                    .build();
        }
        Known now = known(stream, topic, "append");
        if (events.isEmpty()) {
            return new AppendResult(0, 0, Map.of());
        }
        try {
            EventEnvelope.requireAtMost(MAX_EVENT_BYTES, events);
        } catch (IsobarException e) {
            throw e.located(pubsub.instance(), "EventStream", "append", stream);
        }
        Writer stamps =
                writers.computeIfAbsent(stream + "/" + now.generation(), k -> new Writer(writer, now.partitions()));
        try {
            return new Appending(pubsub, stream, topic, stamps, now.partitions()).run(events);
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                known.remove(stream);
            }
            throw e;
        }
    }

    @Override
    public EventReader read(ReadRequest request) {
        String stream = request.stream();
        String topic = names.topic(stream, "read");
        names.checkGroup(request.group(), "read");
        Known now = look(stream, topic, "read");
        Map<Integer, Place> after = new HashMap<>();
        Long from = null;
        boolean committed = request.start() instanceof Start.Committed;
        if (committed) {
            Row row = row(now, request.group());
            commits.take(row, now.partitions(), owner);
            taken.add(row);
            endOthers(now, request.group());
            after.putAll(commits.committed(row));
        } else if (request.start() instanceof Start.After start) {
            start.positions()
                    .forEach((partition, position) -> after.put(partition, place(now, partition, position, "read")));
        } else if (request.start() instanceof Start.AvailableFrom start) {
            from = start.micros();
        }
        return new PubSubReader(pubsub, new Source(now, request.group(), committed), now.partitions(), after, from);
    }

    /** Removes the subscriptions of those who had the group before, also of those that were killed: nobody goes on with them. */
    private void endOthers(Known now, String group) {
        String theirs = names.committedReaders(now.stream(), group);
        for (String name : subscriptions(now.topic(), "read", now.stream())) {
            if (name.startsWith(theirs) && !name.startsWith(theirs + session + ".")) {
                remove(name, "read", now.stream());
            }
        }
    }

    private List<String> subscriptions(String topic, String operation, String stream) {
        List<String> all = new ArrayList<>();
        pubsub.topics(operation, stream, c -> {
            c.listTopicSubscriptions(topic).iterateAll().forEach(all::add);
            return all;
        });
        return all;
    }

    private void remove(String subscription, String operation, String stream) {
        try {
            pubsub.subscriptions(operation, stream, c -> {
                c.deleteSubscription(subscription);
                return true;
            });
        } catch (IsobarException e) {
            // It went by itself, or the answer to the first attempt was lost.
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
        }
    }

    /** How a reader of a stream begins, and begins again. */
    private final class Source implements PubSubReader.Source {
        private final Known now;
        private final String group;
        private final boolean committed;
        private final String reader = UUID.randomUUID().toString();

        Source(Known now, String group, boolean committed) {
            this.now = now;
            this.group = group;
            this.committed = committed;
        }

        @Override
        public String stream() {
            return now.stream();
        }

        @Override
        public String topic() {
            return now.topic();
        }

        @Override
        public String generation() {
            return now.generation();
        }

        @Override
        public String reader() {
            return reader;
        }

        @Override
        public long overlap() {
            // A publish that was given up can still arrive; so far apart two copies of it may lie. The same again for
            // the
            // clocks of Pub/Sub's servers.
            return 2 * pubsub.patience().toNanos() / 1_000;
        }

        @Override
        public Feed open(long fromMicros) {
            String name = names.reader(now.stream(), group, committed, session);
            return Feed.open(
                    pubsub,
                    new Feed.Wanted(
                            now.stream(),
                            now.topic(),
                            name,
                            reader,
                            fromMicros,
                            Map.of(INSTANCE, Names.label(pubsub.instance()), GROUP, Names.label(group))),
                    new Feed.Bounds(
                            settings.waitingMessages(),
                            settings.waitingBytes(),
                            settings.exactlyOnce(),
                            settings.retention()));
        }

        @Override
        public void checkOwner() {
            if (committed && !commits.isOwner(row(now, group), owner)) {
                throw pubsub.error(
                                ErrorCode.FENCED,
                                "The group " + group + " of stream " + now.stream() + " now belongs to another reader",
                                "poll",
                                now.stream())
                        .hint("Another reader went on where this one had committed. Stop this one.")
                        .build();
            }
            if (!look(now.stream(), now.topic(), "poll").generation().equals(now.generation())) {
                throw pubsub.error(
                                ErrorCode.NOT_FOUND,
                                "The stream " + now.stream() + " was deleted and made again",
                                "poll",
                                now.stream())
                        .hint("Open the reader again.")
                        .build();
            }
        }

        @Override
        public DeadLetters deadLetters() {
            return new DeadLetters(pubsub, commits, row(now, group), settings.deadLetterTopic());
        }
    }

    @Override
    public void commit(String stream, String group, int partition, Position upTo) {
        String topic = names.topic(stream, "commit");
        names.checkGroup(group, "commit");
        Known now = known(stream, topic, "commit");
        Place place = place(now, partition, upTo, "commit");
        Row row = row(now, group);
        commits.commit(row, partition, place, taken.contains(row) ? owner : null);
    }

    @Override
    public Map<Integer, Position> committed(String stream, String group) {
        String topic = names.topic(stream, "committed");
        names.checkGroup(group, "committed");
        Map<Integer, Position> found = new TreeMap<>();
        commits.committed(row(look(stream, topic, "committed"), group))
                .forEach((partition, place) -> found.put(partition, place.position()));
        return found;
    }

    @Override
    public long erase(String stream, String key) {
        throw pubsub.error(ErrorCode.UNSUPPORTED, "Pub/Sub cannot remove single messages from a topic", "erase", stream)
                .hint("Messages leave with the topic's retention time; shorten it, or delete the stream.")
                .build();
    }

    @Override
    public void delete(String stream) {
        String topic = names.topic(stream, "delete");
        known.remove(stream);
        writers.keySet().removeIf(k -> k.startsWith(stream + "/"));
        taken.removeIf(row -> row.stream().equals(stream));
        // Subscriptions first: once the topic is gone, nobody can say which were its own.
        if (pubsub.find("delete", stream, c -> c.getTopic(topic)) != null) {
            for (String subscription : new HashSet<>(subscriptions(topic, "delete", stream))) {
                remove(subscription, "delete", stream);
            }
            pubsub.find("delete", stream, c -> {
                c.deleteTopic(topic);
                return true;
            });
        }
        commits.forget(stream);
    }

    /** The streams, as a status lists them. */
    public List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        for (Topic topic : topics()) {
            String stream = names.stream(topic.getName()).orElseThrow();
            all.add(new Resource(
                    "stream",
                    stream,
                    topic.getName(),
                    "ready",
                    null,
                    Map.of(
                            "partitions",
                            topic.getLabelsOrDefault(PARTITIONS, "?"),
                            "readers",
                            Integer.toString(subscriptions(topic.getName(), "list", stream)
                                    .size()),
                            "dead_letters",
                            Long.toString(commits.countAside(
                                    new Row(stream, topic.getLabelsOrDefault(GENERATION, ""), ""))))));
        }
        return List.copyOf(all);
    }

    /** What is known of a stream, a few seconds old at most; {@code NOT_FOUND} if there is none. */
    private Known known(String stream, String topic, String operation) {
        Known last = known.get(stream);
        return last != null && System.nanoTime() - last.at() < KNOWN_NANOS ? last : look(stream, topic, operation);
    }

    private Known look(String stream, String path, String operation) {
        Topic topic = pubsub.find(operation, stream, c -> c.getTopic(path));
        if (topic == null) {
            known.remove(stream);
            throw pubsub.error(ErrorCode.NOT_FOUND, "There is no stream " + stream, operation, stream)
                    .hint("Create it first; `isobar status` lists the streams there are.")
                    .build();
        }
        return known(stream, topic, operation);
    }

    private Known known(String stream, Topic topic, String operation) {
        String partitions = topic.getLabelsOrDefault(PARTITIONS, "");
        String generation = topic.getLabelsOrDefault(GENERATION, "");
        if (!partitions.matches("[1-9][0-9]{0,3}") || !generation.matches("[a-z0-9]{1,40}")) {
            throw pubsub.error(
                            ErrorCode.CONFLICT,
                            "The topic " + topic.getName() + " was not made by Isobar: it has no labels " + PARTITIONS
                                    + " and " + GENERATION,
                            operation,
                            stream)
                    .hint("Use another prefix or name, or delete the topic.")
                    .build();
        }
        Known now = new Known(stream, topic.getName(), generation, Integer.parseInt(partitions), System.nanoTime());
        known.put(stream, now);
        return now;
    }

    private static Row row(Known now, String group) {
        return new Row(now.stream(), now.generation(), group);
    }

    private Place place(Known now, int partition, Position position, String operation) {
        if (partition < 0 || partition >= now.partitions()) {
            throw pubsub.error(
                            ErrorCode.INVALID_ARGUMENT,
                            "The stream " + now.stream() + " has no partition " + partition + ", only 0 to "
                                    + (now.partitions() - 1),
                            operation,
                            now.stream())
                    .build();
        }
        return Place.parse(position.token())
                .filter(place -> place.generation().equals(now.generation()) && place.partition() == partition)
                .orElseThrow(() -> pubsub.error(
                                ErrorCode.INVALID_ARGUMENT,
                                "'" + position.token() + "' is no place in partition " + partition + " of "
                                        + now.stream(),
                                operation,
                                now.stream())
                        .hint("Use a position that a reader of this stream gave.")
                        .build());
    }
}
