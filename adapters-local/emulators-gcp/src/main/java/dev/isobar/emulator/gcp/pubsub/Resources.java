package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Snapshot;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * All topics, subscriptions and snapshots, by name in memory and a folder each on disk: {@code topics/UID}, {@code subscriptions/UID}, {@code snapshots/UID}.
 * Thread safe: what is listed here changes under this object's lock, messages and acknowledgements under their own.
 */
final class Resources implements AutoCloseable, SubscriptionState.Service {
    private static final String META = "meta";
    private static final Duration WEEK = Durations.fromDays(7);
    private static final Duration EXPIRES_BY_DEFAULT = Durations.fromDays(31);

    private final Path folder;
    private final Ticker ticker;
    /** Concurrent, because a subscription looks for its dead-letter topic under its own lock. */
    private final Map<String, TopicState> topics = new ConcurrentSkipListMap<>();

    private final Map<String, TopicState> everyTopic = new TreeMap<>();
    private final Map<String, SubscriptionState> subscriptions = new TreeMap<>();
    private final Map<String, SnapshotState> snapshots = new TreeMap<>();

    private volatile int deliveries = 1;

    private Resources(Path folder, Ticker ticker) {
        this.folder = folder;
        this.ticker = ticker;
    }

    /** Opens a folder, with all that an earlier process left. */
    static Resources open(Path folder, Ticker ticker) throws IOException {
        Resources all = new Resources(folder, ticker);
        for (String kind : List.of("topics", "subscriptions", "snapshots")) {
            Files.createDirectories(folder.resolve(kind));
            try (Stream<Path> found = Files.list(folder.resolve(kind))) {
                for (Path each : (Iterable<Path>) found.sorted()::iterator) {
                    all.load(kind, each);
                }
            }
        }
        return all;
    }

    private void load(String kind, Path at) throws IOException {
        Path file = at.resolve(META);
        if (!Files.exists(file)) {
            // Its making or its removal did not come to an end.
            remove(at);
            return;
        }
        String uid = Objects.requireNonNull(at.getFileName()).toString();
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            boolean flag = in.readBoolean();
            String topicUid = in.readUTF();
            int start = in.readInt();
            int size = in.readInt();
            byte[] message = in.readNBytes(in.readInt());
            byte[] bits = in.readNBytes(in.readInt());
            if (kind.equals("topics")) {
                Topic topic = Topic.parseFrom(message);
                TopicState state = new TopicState(uid, topic, flag, log(at, topicUid), ticker);
                everyTopic.put(uid, state);
                if (!flag) {
                    topics.put(topic.getName(), state);
                }
                return;
            }
            TopicState topic = everyTopic.get(topicUid);
            if (topic == null) {
                remove(at);
            } else if (kind.equals("subscriptions")) {
                Subscription subscription = Subscription.parseFrom(message);
                subscriptions.put(subscription.getName(), subscription(at, uid, subscription, flag, topic, start));
            } else {
                Snapshot snapshot = Snapshot.parseFrom(message);
                snapshots.put(
                        snapshot.getName(), new SnapshotState(uid, snapshot, topic, start, size, BitSet.valueOf(bits)));
            }
        }
    }

    private static MessageLog log(Path at, String firstId) throws IOException {
        return MessageLog.open(at.resolve("messages"), Long.parseLong(firstId));
    }

    private SubscriptionState subscription(
            Path at, String uid, Subscription subscription, boolean detached, TopicState topic, int start)
            throws IOException {
        AckJournal journal = AckJournal.open(at.resolve("acks"), start);
        return new SubscriptionState(uid, subscription, detached, topic, journal, ticker, this);
    }

    /** How often every message is delivered at least from now on. */
    void deliveries(int times) {
        deliveries = times;
    }

    @Override
    public int deliveries() {
        return deliveries;
    }

    @Override
    public boolean forward(String topicName, PubsubMessage message) {
        TopicState target = topics.get(topicName);
        if (target == null) {
            return false;
        }
        target.publish(List.of(message));
        // Not pumped here: this runs under the lock of another subscription. The next tick does it.
        return true;
    }

    synchronized Topic create(Topic topic) {
        String id = Rules.id(topic.getName(), "topics");
        if (topics.containsKey(topic.getName())) {
            throw Refused.exists(id);
        }
        check(topic);
        Topic kept = topic.toBuilder().setState(Topic.State.ACTIVE).build();
        String uid = uid();
        String firstId = Long.toString(ticker.micros());
        try {
            Path at = Files.createDirectories(folder.resolve("topics").resolve(uid));
            TopicState state = new TopicState(uid, kept, false, log(at, firstId), ticker);
            write(at, false, firstId, 0, 0, kept, new BitSet());
            topics.put(topic.getName(), state);
            everyTopic.put(uid, state);
            return kept;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(Topic topic) {
        Rules.labels(topic.getLabelsMap());
        if (topic.hasMessageRetentionDuration()) {
            Rules.within(
                    topic.getMessageRetentionDuration(),
                    10 * Rules.MINUTE,
                    31 * Rules.DAY,
                    "message_retention_duration");
        }
        if (topic.hasSchemaSettings()
                || topic.hasIngestionDataSourceSettings()
                || topic.getMessageTransformsCount() > 0) {
            throw Refused.notHere("A topic with a schema, an ingestion source or transforms");
        }
    }

    synchronized Topic update(Topic changed, List<String> mask) {
        TopicState state = topic(changed.getName());
        Topic.Builder next = state.topic().toBuilder();
        if (mask.isEmpty()) {
            throw Refused.invalid("The update_mask in the UpdateTopicRequest must be set, and must contain a non-empty"
                    + " paths list.");
        }
        for (String path : mask) {
            switch (path) {
                case "labels" -> next.clearLabels().putAllLabels(changed.getLabelsMap());
                case "message_retention_duration" -> {
                    next.clearMessageRetentionDuration();
                    if (changed.hasMessageRetentionDuration()) {
                        next.setMessageRetentionDuration(changed.getMessageRetentionDuration());
                    }
                }
                case "message_storage_policy" -> next.setMessageStoragePolicy(changed.getMessageStoragePolicy());
                default ->
                    throw Refused.invalid("Invalid update_mask provided in the UpdateTopicRequest: the '" + path
                            + "' field in the Topic is not mutable.");
            }
        }
        Topic result = next.build();
        check(result);
        state.topic(result);
        save(state);
        return result;
    }

    private void save(TopicState state) {
        Path at = folder.resolve("topics").resolve(state.uid());
        try (DataInputStream in = new DataInputStream(Files.newInputStream(at.resolve(META)))) {
            in.readBoolean();
            String firstId = in.readUTF();
            write(at, state.isDeleted(), firstId, 0, 0, state.topic(), new BitSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The topic of that name; {@code NOT_FOUND} if there is none. */
    synchronized TopicState topic(String name) {
        String id = Rules.id(name, "topics");
        TopicState state = topics.get(name);
        if (state == null) {
            throw Refused.notFound(id);
        }
        return state;
    }

    synchronized List<Topic> topicsOf(String project) {
        String start = Rules.project(project) + "/";
        return topics.values().stream()
                .map(TopicState::topic)
                .filter(t -> t.getName().startsWith(start))
                .toList();
    }

    synchronized List<SubscriptionState> subscriptionsOf(TopicState topic) {
        return subscriptions.values().stream()
                .filter(s -> s.topic() == topic && !s.isDetached())
                .toList();
    }

    synchronized List<SnapshotState> snapshotsOf(TopicState topic) {
        return snapshots.values().stream().filter(s -> s.topic() == topic).toList();
    }

    synchronized void deleteTopic(String name) {
        TopicState state = topic(name);
        state.delete();
        save(state);
        topics.remove(name);
        sweep(state);
    }

    /** Removes a deleted topic's messages when nobody can ask for them any more. */
    private void sweep(TopicState topic) {
        boolean used = subscriptions.values().stream().anyMatch(s -> s.topic() == topic)
                || snapshots.values().stream().anyMatch(s -> s.topic() == topic);
        if (topic.isDeleted() && !used) {
            topic.log().close();
            everyTopic.remove(topic.uid());
            remove(folder.resolve("topics").resolve(topic.uid()));
        }
    }

    synchronized SubscriptionState create(Subscription asked) {
        String id = Rules.id(asked.getName(), "subscriptions");
        TopicState topic = topic(asked.getTopic());
        if (subscriptions.containsKey(asked.getName())) {
            throw Refused.exists(id);
        }
        if (asked.hasPushConfig() && !asked.getPushConfig().getPushEndpoint().isEmpty()
                || asked.hasBigqueryConfig()
                || asked.hasCloudStorageConfig()
                || asked.getMessageTransformsCount() > 0) {
            throw Refused.notHere("A subscription that pushes, exports or transforms");
        }
        Subscription.Builder kept =
                asked.toBuilder().setAckDeadlineSeconds(Rules.ackDeadline(asked.getAckDeadlineSeconds()));
        if (!asked.hasMessageRetentionDuration()) {
            kept.setMessageRetentionDuration(WEEK);
        }
        if (!asked.hasExpirationPolicy()) {
            kept.setExpirationPolicy(ExpirationPolicy.newBuilder().setTtl(EXPIRES_BY_DEFAULT));
        }
        Subscription subscription = kept.build();
        check(subscription);
        String uid = uid();
        try {
            Path at = Files.createDirectories(folder.resolve("subscriptions").resolve(uid));
            int start = topic.log().size();
            SubscriptionState state = subscription(at, uid, subscription, false, topic, start);
            write(at, false, topic.uid(), start, 0, subscription, new BitSet());
            subscriptions.put(subscription.getName(), state);
            return state;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(Subscription s) {
        Rules.labels(s.getLabelsMap());
        Filter.parse(s.getFilter());
        Rules.within(s.getMessageRetentionDuration(), 10 * Rules.MINUTE, 31 * Rules.DAY, "message_retention_duration");
        if (s.getExpirationPolicy().hasTtl()) {
            Rules.within(s.getExpirationPolicy().getTtl(), Rules.DAY, 365_000 * Rules.DAY, "expiration_policy.ttl");
            if (Durations.compare(s.getExpirationPolicy().getTtl(), s.getMessageRetentionDuration()) < 0) {
                throw Refused.invalid(
                        "The expiration_policy.ttl must not be shorter than the message_retention_duration.");
            }
        }
        if (s.hasDeadLetterPolicy()) {
            Rules.id(s.getDeadLetterPolicy().getDeadLetterTopic(), "topics");
            int most = s.getDeadLetterPolicy().getMaxDeliveryAttempts();
            if (most < 5 || most > 100) {
                throw Refused.invalid(
                        "Invalid max_delivery_attempts given: " + most + ". The value must be between 5 and 100.");
            }
        }
        if (s.hasRetryPolicy()) {
            Rules.within(s.getRetryPolicy().getMinimumBackoff(), 0, 600, "retry_policy.minimum_backoff");
            Rules.within(s.getRetryPolicy().getMaximumBackoff(), 0, 600, "retry_policy.maximum_backoff");
        }
    }

    synchronized SubscriptionState update(Subscription changed, List<String> mask) {
        SubscriptionState state = subscription(changed.getName());
        if (mask.isEmpty()) {
            throw Refused.invalid("The update_mask in the UpdateSubscriptionRequest must be set, and must contain a"
                    + " non-empty paths list.");
        }
        Subscription.Builder next = state.subscription().toBuilder();
        for (String path : mask) {
            switch (path) {
                case "labels" -> next.clearLabels().putAllLabels(changed.getLabelsMap());
                case "ack_deadline_seconds" ->
                    next.setAckDeadlineSeconds(Rules.ackDeadline(changed.getAckDeadlineSeconds()));
                case "retain_acked_messages" -> next.setRetainAckedMessages(changed.getRetainAckedMessages());
                case "message_retention_duration" ->
                    next.setMessageRetentionDuration(
                            changed.hasMessageRetentionDuration() ? changed.getMessageRetentionDuration() : WEEK);
                case "expiration_policy" -> next.setExpirationPolicy(changed.getExpirationPolicy());
                case "dead_letter_policy" -> {
                    next.clearDeadLetterPolicy();
                    if (changed.hasDeadLetterPolicy()) {
                        next.setDeadLetterPolicy(changed.getDeadLetterPolicy());
                    }
                }
                case "retry_policy" -> {
                    next.clearRetryPolicy();
                    if (changed.hasRetryPolicy()) {
                        next.setRetryPolicy(changed.getRetryPolicy());
                    }
                }
                case "enable_exactly_once_delivery" ->
                    next.setEnableExactlyOnceDelivery(changed.getEnableExactlyOnceDelivery());
                default ->
                    throw Refused.invalid("Invalid update_mask provided in the UpdateSubscriptionRequest: the '" + path
                            + "' field in the Subscription is not mutable.");
            }
        }
        Subscription result = next.build();
        check(result);
        state.subscription(result);
        save(state);
        return state;
    }

    private void save(SubscriptionState state) {
        Path at = folder.resolve("subscriptions").resolve(state.uid());
        try {
            write(at, state.isDetached(), state.topic().uid(), 0, 0, state.subscription(), new BitSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The subscription of that name; {@code NOT_FOUND} if there is none. */
    synchronized SubscriptionState subscription(String name) {
        String id = Rules.id(name, "subscriptions");
        SubscriptionState state = subscriptions.get(name);
        if (state == null) {
            throw Refused.notFound(id);
        }
        return state;
    }

    synchronized List<Subscription> subscriptionsIn(String project) {
        String start = Rules.project(project) + "/";
        return subscriptions.values().stream()
                .map(SubscriptionState::shown)
                .filter(s -> s.getName().startsWith(start))
                .toList();
    }

    synchronized Collection<SubscriptionState> all() {
        return List.copyOf(subscriptions.values());
    }

    synchronized void detach(String name) {
        SubscriptionState state = subscription(name);
        state.detach();
        save(state);
    }

    synchronized SubscriptionState deleteSubscription(String name) {
        SubscriptionState state = subscription(name);
        subscriptions.remove(name);
        state.close();
        remove(folder.resolve("subscriptions").resolve(state.uid()));
        sweep(state.topic());
        return state;
    }

    synchronized SnapshotState snapshot(String name) {
        String id = Rules.id(name, "snapshots");
        SnapshotState state = snapshots.get(name);
        if (state == null) {
            throw Refused.notFound(id);
        }
        return state;
    }

    synchronized List<Snapshot> snapshotsIn(String project) {
        String start = Rules.project(project) + "/";
        return snapshots.values().stream()
                .map(SnapshotState::shown)
                .filter(s -> s.getName().startsWith(start))
                .toList();
    }

    /** A snapshot lives for seven days less the age of the oldest message in the backlog, and at least an hour; google.pubsub.v1.CreateSnapshotRequest. */
    synchronized SnapshotState createSnapshot(String name, String subscriptionName, Map<String, String> labels) {
        String id = Rules.id(name, "snapshots");
        SubscriptionState of = subscription(subscriptionName);
        if (snapshots.containsKey(name)) {
            throw Refused.exists(id);
        }
        Rules.labels(labels);
        long expires = of.oldestUnacked() + Durations.toMicros(WEEK);
        if (expires < ticker.micros() + Durations.toMicros(Durations.fromHours(1))) {
            throw Refused.precondition(
                    "The subscription's backlog is too old: the snapshot would expire within an hour.");
        }
        SnapshotState state = of.snapshot(
                uid(),
                Snapshot.newBuilder()
                        .setName(name)
                        .setTopic(of.topic().topic().getName())
                        .setExpireTime(Timestamps.fromMicros(expires))
                        .putAllLabels(labels)
                        .build());
        snapshots.put(name, state);
        save(state);
        return state;
    }

    synchronized SnapshotState update(Snapshot changed, List<String> mask) {
        SnapshotState state = snapshot(changed.getName());
        if (!mask.equals(List.of("labels"))) {
            throw Refused.invalid("Only the labels of a snapshot can be updated.");
        }
        Rules.labels(changed.getLabelsMap());
        state.snapshot(state.snapshot().toBuilder()
                .clearLabels()
                .putAllLabels(changed.getLabelsMap())
                .build());
        save(state);
        return state;
    }

    private void save(SnapshotState state) {
        try {
            Path at = Files.createDirectories(folder.resolve("snapshots").resolve(state.uid()));
            write(at, false, state.topic().uid(), state.start(), state.size(), state.snapshot(), state.acked());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void deleteSnapshot(String name) {
        SnapshotState state = snapshot(name);
        snapshots.remove(name);
        remove(folder.resolve("snapshots").resolve(state.uid()));
        sweep(state.topic());
    }

    /** Removes subscriptions that nobody used for as long as their policy says, and snapshots past their time. */
    List<SubscriptionState> expire() {
        List<String> late;
        List<String> old;
        long now = ticker.micros();
        synchronized (this) {
            late = subscriptions.values().stream()
                    .filter(s -> s.subscription().getExpirationPolicy().hasTtl()
                            && s.lastUsed()
                                    < now
                                            - Durations.toMicros(s.subscription()
                                                    .getExpirationPolicy()
                                                    .getTtl()))
                    .map(s -> s.subscription().getName())
                    .toList();
            old = snapshots.values().stream()
                    .filter(s -> Timestamps.toMicros(s.snapshot().getExpireTime()) < now)
                    .map(s -> s.snapshot().getName())
                    .toList();
        }
        old.forEach(this::deleteSnapshot);
        return late.stream()
                .map((Function<String, SubscriptionState>) this::deleteSubscription)
                .toList();
    }

    private static void write(Path at, boolean flag, String uid, int start, int size, Message message, BitSet acked)
            throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            byte[] body = message.toByteArray();
            byte[] bits = acked.toByteArray();
            out.writeBoolean(flag);
            out.writeUTF(uid);
            out.writeInt(start);
            out.writeInt(size);
            out.writeInt(body.length);
            out.write(body);
            out.writeInt(bits.length);
            out.write(bits);
        }
        AckJournal.replace(at.resolve(META), bytes.toByteArray());
    }

    /** The meta file goes first: a folder without one is rubbish. */
    private static void remove(Path at) {
        try {
            Files.deleteIfExists(at.resolve(META));
            try (Stream<Path> all = Files.walk(at)) {
                for (Path each : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
                    Files.deleteIfExists(each);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String uid() {
        return UUID.randomUUID().toString();
    }

    @Override
    public synchronized void close() {
        subscriptions.values().forEach(SubscriptionState::close);
        everyTopic.values().forEach(t -> t.log().close());
    }
}
