package dev.isobar.emulation.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Replicas of one container; each request goes to the next one that is ready. Thread safe; changed by one thread at a time. */
public final class ReplicaSet {
    private final Hosting hosting;
    private final Container container;
    private final Supplier<String> ids;
    private final Duration drain;
    private final CopyOnWriteArrayList<Replica> replicas = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * None yet.
     *
     * @param ids names replicas
     * @param drain how long requests that run may take until their replica is stopped
     */
    public ReplicaSet(Hosting hosting, Container container, Supplier<String> ids, Duration drain) {
        this.hosting = hosting;
        this.container = container;
        this.ids = ids;
        this.drain = drain;
    }

    /** How many there are, ready or not. */
    public int size() {
        return replicas.size();
    }

    /** How many answer. */
    public int ready() {
        return (int) replicas.stream().filter(Replica::ready).count();
    }

    /** Starts or stops replicas until there are so many; if one does not start, there are as many as before. */
    public void scale(int count) throws StartFailure, InterruptedException {
        List<Replica> added = new ArrayList<>();
        List<CompletableFuture<Void>> starts = new ArrayList<>();
        for (int i = replicas.size(); i < count; i++) {
            Replica replica = new Replica(hosting, container, ids.get());
            added.add(replica);
            starts.add(CompletableFuture.runAsync(() -> start(replica), hosting.threads()));
        }
        Optional<String> failure = Optional.empty();
        for (CompletableFuture<Void> start : starts) {
            try {
                start.join();
            } catch (CompletionException e) {
                failure = Optional.of(
                        e.getCause() instanceof NotStarted not ? not.failure.reason() : String.valueOf(e.getCause()));
            }
        }
        if (failure.isPresent()) {
            stop(added, Duration.ZERO);
            throw new StartFailure(failure.get());
        }
        replicas.addAll(added);
        if (replicas.size() > count) {
            List<Replica> surplus = List.copyOf(replicas.subList(count, replicas.size()));
            replicas.removeAll(surplus);
            stop(surplus, drain);
        }
    }

    /** A replica for a request, already begun. */
    public Optional<Replica> begin() {
        List<Replica> now = List.copyOf(replicas);
        int first = turn.getAndIncrement();
        for (int i = 0; i < now.size(); i++) {
            Replica replica = now.get(Math.floorMod(first + i, now.size()));
            if (replica.begin()) {
                return Optional.of(replica);
            }
        }
        return Optional.empty();
    }

    /** Stops all. */
    public void stop(Duration patience) throws InterruptedException {
        stop(List.copyOf(replicas), patience);
        replicas.clear();
    }

    private void stop(List<Replica> some, Duration patience) throws InterruptedException {
        List<CompletableFuture<Void>> stops = new ArrayList<>();
        for (Replica replica : some) {
            stops.add(CompletableFuture.runAsync(
                    () -> {
                        try {
                            replica.stop(patience);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    hosting.threads()));
        }
        stops.forEach(CompletableFuture::join);
    }

    private static void start(Replica replica) {
        try {
            replica.start();
        } catch (StartFailure e) {
            throw new NotStarted(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotStarted(new StartFailure("The emulator is going down"));
        }
    }

    /** Carries a failure out of a future. */
    private static final class NotStarted extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final StartFailure failure;

        NotStarted(StartFailure failure) {
            super(failure);
            this.failure = failure;
        }
    }
}
