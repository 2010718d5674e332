package dev.isobar.features.twin;

import dev.isobar.event.Event;
import dev.isobar.event.Row;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.KeyState;
import dev.isobar.features.PartitionState;
import dev.isobar.features.Retention;
import dev.isobar.features.state.MemorySpill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The process that owns one partition of the keys: a kernel, the log it reads, the checkpoints it wrote. It may die and be started again, and it may have next
 * to no memory for events.
 */
final class Worker {
    private final FeaturePlan plan;
    private final Retention retention;
    private final Set<Fault> faults;
    private final boolean onDisk;
    private final List<MemorySpill> disks = new ArrayList<>();
    private FeatureKernel kernel;

    private final List<History.Step> log = new ArrayList<>();
    private final Set<String> keys = new TreeSet<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();

    /** What a checkpoint holds. The states of keys that did not change are those of the one before. */
    private record Checkpoint(Map<String, byte[]> states, byte[] partition, int position) {}

    Worker(FeaturePlan plan, Retention retention, Set<Fault> faults, boolean onDisk) {
        this.plan = plan;
        this.retention = retention;
        this.faults = faults;
        this.onDisk = onDisk;
        this.kernel = empty();
        checkpoints.add(new Checkpoint(Map.of(), kernel.partitionState(), 0));
    }

    private FeatureKernel empty() {
        if (!onDisk) {
            return new FeatureKernel(plan, retention);
        }
        MemorySpill disk = new MemorySpill();
        disks.add(disk);
        return new FeatureKernel(plan, retention, disk, 0);
    }

    FeatureKernel kernel() {
        return kernel;
    }

    /** How often events were read back that there was no room for. */
    long readBack() {
        return disks.stream().mapToLong(MemorySpill::reads).sum();
    }

    Admission accept(History.Arrive a) {
        log.add(a);
        keys.add(a.event().key());
        return deliver(a);
    }

    void advance(History.Frontier f) {
        log.add(f);
        kernel.advance(plan.stream(f.stream()), f.micros());
    }

    private Admission deliver(History.Arrive a) {
        RawEvent e = a.event();
        int stream = plan.stream(e.stream());
        if (a.decoded()) {
            Row row = Histories.toRow(plan.streamSchema(stream), e.values());
            kernel.expect(stream, row);
            if (log.size() % 8 == 0) {
                kernel.fetch();
            }
            Admission admission = kernel.accept(stream, e.id(), e.key(), e.eventTime(), e.availableTime(), row);
            row.clear(); // it must not be kept
            return admission;
        }
        return kernel.accept(
                stream, Event.insert(e.id(), e.key(), e.eventTime(), e.availableTime(), "v1", e.payload()));
    }

    void checkpoint() {
        Map<String, byte[]> states = new HashMap<>(last().states());
        List<String> dirty = kernel.drainDirtyKeys();
        if (faults.contains(Fault.CHECKPOINT_MISSES_A_KEY) && dirty.size() > 1) {
            dirty = dirty.subList(1, dirty.size());
        }
        for (String key : dirty) {
            states.put(key, kernel.snapshot(key));
        }
        checkpoints.add(new Checkpoint(states, kernel.partitionState(), log.size()));
    }

    void crash(int torn) {
        int whole = Math.max(0, checkpoints.size() - 1 - torn);
        checkpoints.subList(whole + 1, checkpoints.size()).clear();
        kernel = revived(last());
        int from = last().position() + (faults.contains(Fault.REDELIVERY_SKIPS_ONE) ? 1 : 0);
        for (int i = from; i < log.size(); i++) {
            if (log.get(i) instanceof History.Arrive a) {
                deliver(a);
            } else if (log.get(i) instanceof History.Frontier f) {
                kernel.advance(plan.stream(f.stream()), f.micros());
            }
        }
    }

    /** Returns a key whose state changed by being written and read, or null. */
    @Nullable
    String move() {
        Map<String, byte[]> all = new HashMap<>();
        for (String key : keys) {
            all.put(key, kernel.snapshot(key));
        }
        Checkpoint moved = new Checkpoint(all, kernel.partitionState(), log.size());
        kernel = revived(moved);
        checkpoints.add(moved);
        for (Map.Entry<String, byte[]> e : all.entrySet()) {
            if (!Arrays.equals(e.getValue(), kernel.snapshot(e.getKey()))) {
                return e.getKey();
            }
        }
        return null;
    }

    private FeatureKernel revived(Checkpoint from) {
        FeatureKernel fresh = empty();
        fresh.restorePartition(from.partition());
        from.states().forEach(fresh::restore);
        return fresh;
    }

    private Checkpoint last() {
        return checkpoints.get(checkpoints.size() - 1);
    }

    /** A key's state as it was last written; null if it never was. */
    @Nullable
    KeyState written(@Nullable String key) {
        byte[] bytes = key == null ? null : last().states().get(key);
        return bytes == null ? null : KeyState.decode(plan, bytes);
    }

    /** The partition's state as it was last written. */
    PartitionState written() {
        return PartitionState.decode(plan, last().partition());
    }
}
