package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulation.state.Folders;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The account's streams, in memory and on disk, and what happens to them later. Thread safe. */
final class Streams {
    static final Rule NAME = Rule.pattern(1, 128, "[a-zA-Z0-9_.-]+");
    static final Rule ARN = Rule.pattern(1, 2048, "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+");

    private static final Logger LOG = LoggerFactory.getLogger(Streams.class);
    private static final Pattern ARN_PARTS = Pattern.compile("arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/([^/]+).*");
    private static final Duration SWEEP = Duration.ofSeconds(60);
    /** How long a stream or a consumer takes to change its state: long enough to be seen, short enough for nobody to wait. */
    private static final Duration TRANSITION = Duration.ofMillis(30);

    private static final String GONE = "GONE";

    private final KinesisSettings settings;
    private final ScheduledExecutorService scheduler;
    private final Documents documents;
    private final Path data;
    private final Map<String, KinesisStream> byName = new ConcurrentSkipListMap<>();

    /** An action on a stream that may fail with the disk. */
    @FunctionalInterface
    interface Action<T extends @Nullable Object> {
        T on(KinesisStream stream) throws IOException;
    }

    private Streams(KinesisSettings settings, ScheduledExecutorService scheduler, Documents documents, Path data) {
        this.settings = settings;
        this.scheduler = scheduler;
        this.documents = documents;
        this.data = data;
    }

    /** Reads what an earlier process left, and finishes what it had begun. */
    static Streams open(KinesisSettings settings, ScheduledExecutorService scheduler) throws IOException {
        Path data = Files.createDirectories(settings.home().resolve("records"));
        Streams streams =
                new Streams(settings, scheduler, Documents.open(settings.home().resolve("streams")), data);
        Set<String> folders = new HashSet<>();
        for (ObjectNode saved : streams.documents.all()) {
            KinesisStream stream = KinesisStream.of(saved, data);
            streams.byName.put(stream.name(), stream);
            folders.add(String.valueOf(stream.folder().getFileName()));
            streams.goOn(stream);
        }
        try (Stream<Path> left = Files.list(data)) {
            for (Path folder : left.toList()) {
                if (!folders.contains(String.valueOf(folder.getFileName()))) {
                    Folders.delete(folder);
                }
            }
        }
        scheduler.scheduleWithFixedDelay(streams::sweep, 0, SWEEP.toMillis(), TimeUnit.MILLISECONDS);
        return streams;
    }

    private void goOn(KinesisStream stream) {
        switch (stream.status()) {
            case KinesisStream.CREATING, KinesisStream.UPDATING -> activate(stream);
            case KinesisStream.DELETING -> later(() -> remove(stream));
            default -> {}
        }
        for (StreamConsumer consumer : stream.consumers().values()) {
            settle(stream, consumer);
        }
    }

    KinesisSettings settings() {
        return settings;
    }

    ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /** All of them, by name. */
    Iterable<KinesisStream> all() {
        return byName.values();
    }

    String arn(String name) {
        return "arn:aws:kinesis:" + settings.region() + ":" + settings.account() + ":stream/" + name;
    }

    /** The stream that a request names by {@code StreamName} or {@code StreamARN}; checks the request's members too. */
    KinesisStream named(Members in) {
        return find(name(in));
    }

    /** The name in a request; checks the request's members too. */
    String name(Members in) {
        String name = in.optionalText("StreamName", NAME);
        String arn = in.optionalText("StreamARN", ARN);
        in.check();
        if (arn != null) {
            String inArn = ofArn(arn);
            if (name != null && !name.equals(inArn)) {
                throw invalid("StreamName " + name + " does not match the StreamARN " + arn + ".");
            }
            return inArn;
        }
        if (name == null) {
            throw invalid("Missing StreamName or StreamARN: one of them must be provided.");
        }
        return name;
    }

    /** The stream's name in the ARN of a stream or of a consumer. */
    String ofArn(String arn) {
        Matcher parts = ARN_PARTS.matcher(arn);
        if (!parts.matches()) {
            throw invalid("Invalid ARN: " + arn);
        }
        if (!parts.group(1).equals(settings.region()) || !parts.group(2).equals(settings.account())) {
            throw notFound("Stream " + arn + " not found.");
        }
        return parts.group(3);
    }

    KinesisStream find(String name) {
        KinesisStream stream = byName.get(name);
        if (stream == null) {
            throw missing(name);
        }
        return stream;
    }

    /** Does something that changes no description. */
    <T extends @Nullable Object> T read(KinesisStream stream, Action<T> action) {
        return locked(stream, stream.lock().readLock(), action);
    }

    /** The same with a stream that has records. */
    <T extends @Nullable Object> T records(KinesisStream stream, Action<T> action) {
        return read(stream, s -> {
            if (s.status().equals(KinesisStream.CREATING) || s.status().equals(KinesisStream.DELETING)) {
                throw missing(s.name());
            }
            return action.on(s);
        });
    }

    /** Changes a stream's description and saves it. */
    <T extends @Nullable Object> T change(KinesisStream stream, Action<T> action) {
        return locked(stream, stream.lock().writeLock(), s -> {
            T result = action.on(s);
            documents.put(s.name(), s.save());
            return result;
        });
    }

    /** The same with a stream that must be at rest. */
    <T extends @Nullable Object> T changeActive(KinesisStream stream, Action<T> action) {
        return change(stream, s -> {
            if (!s.status().equals(KinesisStream.ACTIVE)) {
                throw inUse("Stream " + s.name() + " under account " + settings.account()
                        + " not ACTIVE, instead in state " + s.status());
            }
            return action.on(s);
        });
    }

    private <T extends @Nullable Object> T locked(KinesisStream stream, Lock lock, Action<T> action) {
        lock.lock();
        try {
            if (stream.status().equals(GONE)) {
                throw missing(stream.name());
            }
            return action.on(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    /** Adds a stream, which becomes active later. */
    synchronized KinesisStream create(
            String name, String mode, int shards, int maxRecordKib, Map<String, String> tags) {
        if (byName.containsKey(name)) {
            throw inUse("Stream " + name + " under account " + settings.account() + " already exists.");
        }
        room(shards);
        long now = System.currentTimeMillis();
        Path folder = data.resolve(name + "-" + now + "-" + Long.toHexString(System.nanoTime()));
        KinesisStream stream = new KinesisStream(name, arn(name), now, folder, mode, maxRecordKib);
        stream.tags().putAll(tags);
        change(stream, s -> {
            for (HashRange range : HashRange.uniform(shards)) {
                s.add(range, now);
            }
            return s;
        });
        byName.put(name, stream);
        activate(stream);
        return stream;
    }

    /** Fails if the account may not have so many open shards more. */
    void room(int more) {
        int open = 0;
        for (KinesisStream stream : all()) {
            open += stream.openCount();
        }
        if (open + more > settings.shardLimit()) {
            throw new ServiceError(
                    400,
                    "LimitExceededException",
                    "This request would exceed the shard limit for the account " + settings.account() + " in "
                            + settings.region() + ". Current shard count for the account: " + open + ". Limit: "
                            + settings.shardLimit()
                            + ". Number of additional shards that would have resulted from this request: " + more
                            + ". Refer to the AWS Service Limits page"
                            + " (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits"
                            + " and how to request higher limits.");
        }
    }

    /** Makes a stream active when the time of a transition has passed. */
    void activate(KinesisStream stream) {
        later(() -> unlessGone(stream, s -> {
            if (!s.status().equals(KinesisStream.DELETING)) {
                s.status(KinesisStream.ACTIVE);
            }
        }));
    }

    /** Begins to delete a stream. */
    void delete(KinesisStream stream) {
        change(stream, s -> {
            s.status(KinesisStream.DELETING);
            return s;
        });
        stream.changed();
        later(() -> remove(stream));
    }

    private void remove(KinesisStream stream) {
        stream.lock().writeLock().lock();
        try {
            if (byName.remove(stream.name(), stream)) {
                stream.status(GONE);
                documents.delete(stream.name());
                stream.close();
                Folders.delete(stream.folder());
            }
        } catch (IOException e) {
            LOG.error("the records of stream {} are not deleted; the next start does it", stream.name(), e);
        } finally {
            stream.lock().writeLock().unlock();
        }
    }

    /** Makes a new consumer active, or a leaving one gone, when the time of a transition has passed. */
    void settle(KinesisStream stream, StreamConsumer consumer) {
        if (consumer.status().equals(StreamConsumer.ACTIVE)) {
            return;
        }
        later(() -> unlessGone(stream, s -> {
            if (!consumer.equals(s.consumers().get(consumer.name()))) {
                return;
            }
            if (consumer.status().equals(StreamConsumer.CREATING)) {
                s.consumers().put(consumer.name(), consumer.in(StreamConsumer.ACTIVE));
            } else {
                s.consumers().remove(consumer.name());
            }
        }));
    }

    private void unlessGone(KinesisStream stream, Consumer<KinesisStream> change) {
        if (byName.get(stream.name()) == stream) {
            change(stream, s -> {
                change.accept(s);
                return s;
            });
        }
    }

    private void later(Runnable task) {
        scheduler.schedule(logged(task), TRANSITION.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Runnable logged(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (ServiceError e) {
                LOG.debug("a stream was deleted before it changed", e);
            } catch (RuntimeException e) {
                LOG.error("a stream's state could not change", e);
            }
        };
    }

    private void sweep() {
        for (KinesisStream stream : all()) {
            logged(() -> sweep(stream)).run();
        }
    }

    private void sweep(KinesisStream stream) {
        stream.lock().writeLock().lock();
        try {
            if (!stream.status().equals(GONE) && stream.trim(System.currentTimeMillis())) {
                documents.put(stream.name(), stream.save());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            stream.lock().writeLock().unlock();
        }
    }

    /** Closes every file. */
    void close() throws IOException {
        for (KinesisStream stream : all()) {
            stream.lock().writeLock().lock();
            try {
                stream.close();
            } finally {
                stream.lock().writeLock().unlock();
            }
        }
    }

    ServiceError missing(String stream) {
        return notFound("Stream " + stream + " under account " + settings.account() + " not found.");
    }

    static ServiceError notFound(String message) {
        return new ServiceError(400, "ResourceNotFoundException", message);
    }

    static ServiceError inUse(String message) {
        return new ServiceError(400, "ResourceInUseException", message);
    }

    static ServiceError invalid(String message) {
        return new ServiceError(400, "InvalidArgumentException", message);
    }
}
