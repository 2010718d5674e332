package dev.isobar.emulator.aws.sagemaker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The instances of a production variant; each invocation goes to the next one that is ready. Thread safe. */
final class Variant {
    private final Containers containers;
    private final String endpoint;
    private final VariantPlan plan;
    private final CopyOnWriteArrayList<Instance> instances = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private volatile double weight;

    Variant(Containers containers, String endpoint, VariantPlan plan) {
        this.containers = containers;
        this.endpoint = endpoint;
        this.plan = plan;
        this.weight = plan.weight();
    }

    VariantPlan plan() {
        return plan.with(instances.size(), weight);
    }

    double weight() {
        return weight;
    }

    void weigh(double newWeight) {
        weight = newWeight;
    }

    int ready() {
        return (int) instances.stream().filter(Instance::ready).count();
    }

    /** Starts or stops instances until there are so many; if one does not start, there are as many as before. */
    void scale(int count) throws StartFailure, InterruptedException {
        List<Instance> added = new ArrayList<>();
        List<CompletableFuture<Void>> starts = new ArrayList<>();
        for (int i = instances.size(); i < count; i++) {
            Instance instance = new Instance(containers, endpoint, plan);
            added.add(instance);
            starts.add(CompletableFuture.runAsync(() -> start(instance), containers.threads()));
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
        instances.addAll(added);
        if (instances.size() > count) {
            List<Instance> surplus = List.copyOf(instances.subList(count, instances.size()));
            instances.removeAll(surplus);
            stop(surplus, Fleet.DRAIN);
        }
    }

    /** An instance for an invocation, already begun. */
    Optional<Instance> begin() {
        List<Instance> now = List.copyOf(instances);
        int first = turn.getAndIncrement();
        for (int i = 0; i < now.size(); i++) {
            Instance instance = now.get(Math.floorMod(first + i, now.size()));
            if (instance.begin()) {
                return Optional.of(instance);
            }
        }
        return Optional.empty();
    }

    void stop(Duration drain) throws InterruptedException {
        stop(List.copyOf(instances), drain);
        instances.clear();
    }

    private void stop(List<Instance> some, Duration drain) throws InterruptedException {
        List<CompletableFuture<Void>> stops = new ArrayList<>();
        for (Instance instance : some) {
            stops.add(CompletableFuture.runAsync(
                    () -> {
                        try {
                            instance.stop(drain);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    containers.threads()));
        }
        stops.forEach(CompletableFuture::join);
    }

    private static void start(Instance instance) {
        try {
            instance.start();
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
