package dev.isobar.runtime.stream;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeatureKernel;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints in a folder: {@code base-N} is the whole state as of checkpoint N or partly later, {@code changes-N} what came between N − 1 and N. The state of checkpoint N is the newest base redone, then
 * every change behind it, in order. One process at a time; not thread safe.
 *
 * <p>A checkpoint is made in two steps, so that what it produced elsewhere can be committed in between: {@link #prepare} puts it on the disk under the name {@code prepared-N}, {@link #commit} renames it. A death
 * between the two leaves a boundary: the interval is done again up to exactly the same positions, so that what may have been committed under its number is committed again with the same content.
 *
 * <p>A new base is made a piece with each checkpoint, when the changes outgrow the old one; meanwhile the old one counts. A file that was cut off is not counted: the changes of the last checkpoint are
 * dropped and done again. Damage anywhere else is {@code CORRUPT}.
 */
final class CheckpointStore implements AutoCloseable {
    private static final String CHANGES = "changes-";
    private static final String BASE = "base-";
    private static final String PREPARED = "prepared-";
    private static final String UNFINISHED = "~base-";

    /** Checkpoints over which a large base is made, and bytes below which one is made at once: a pause of milliseconds. */
    private static final int PIECES = 4;

    private static final long AT_ONCE = 32L << 20;

    /** Keys of a block of a base: what is held in memory at once. */
    private static final int KEYS_PER_BLOCK = 2_048;

    private final Path folder;
    private final Disk disk;
    private final String fingerprint;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final TreeMap<Long, Path> changes;
    private final TreeMap<Long, Path> bases;
    private long changedBytes;
    private long baseBytes;
    private SegmentFile.@Nullable Writer making;
    private long makingNumber;
    private int madeTo;

    /**
     * What was there.
     *
     * @param last the last checkpoint that counts
     * @param boundary a checkpoint that was prepared behind it and not committed, or null
     * @param notOnline keys that changed since the online store was written
     */
    record Recovered(@Nullable Checkpoint last, @Nullable Checkpoint boundary, Set<String> notOnline) {}

    CheckpointStore(Path folder, String fingerprint, Disk disk) {
        this.folder = folder;
        this.disk = disk;
        this.fingerprint = fingerprint;
        FileChannel channel = null;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(
                    folder.resolve("lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock taken = tryLock(channel);
            if (taken == null) {
                channel.close();
                throw IsobarException.of(ErrorCode.IN_USE, "Another job works with the checkpoints in " + folder)
                        .resource(folder.toString())
                        .hint("Wait for it to end, or give this job a folder of its own.")
                        .build();
            }
            this.lockFile = channel;
            this.lock = taken;
            this.changes = numbered(CHANGES);
            this.bases = numbered(BASE);
        } catch (IOException e) {
            throw IsobarException.io("opening the checkpoints in " + folder, e);
        }
    }

    /** Of what its checkpoints are. */
    String fingerprint() {
        return fingerprint;
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private TreeMap<Long, Path> numbered(String prefix) throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, prefix + "*")) {
            for (Path file : files) {
                found.put(Long.parseLong(String.valueOf(file.getFileName()).substring(prefix.length())), file);
            }
        }
        return found;
    }

    private Path file(String prefix, long number) {
        return folder.resolve(prefix + "%012d".formatted(number));
    }

    /** A file's checkpoint and what it holds for the kernel. */
    private record Loaded(Checkpoint checkpoint, List<byte[]> changes) {}

    /** Brings an empty kernel to the last checkpoint and removes what does not count. */
    Recovered recover(FeatureKernel kernel) {
        try {
            TreeMap<Long, Path> prepared = numbered(PREPARED);
            Loaded last = last();
            if (last == null) {
                if (!bases.isEmpty()) {
                    throw missing(bases.lastKey());
                }
                return new Recovered(null, boundary(prepared, 0), new LinkedHashSet<>());
            }
            long number = changes.lastKey();
            long base = bases.isEmpty() ? 0 : bases.lastKey();
            long online = last.checkpoint().onlineThrough();
            for (long n = Math.min(base, online) + 1; n < number; n++) {
                if (!changes.containsKey(n) && (n > base || n > online)) {
                    throw missing(n);
                }
            }
            kernel.restorePartition(last.checkpoint().partitionState());
            if (base > 0) {
                redoBase(kernel, base);
            }
            Set<String> notOnline = new LinkedHashSet<>();
            for (Map.Entry<Long, Path> e : changes.entrySet()) {
                long n = e.getKey();
                if (n <= base && n <= online) {
                    continue;
                }
                Loaded loaded = n == number ? last : load(e.getValue(), n);
                if (n > base) {
                    loaded.changes().forEach(kernel::redo);
                    changedBytes += Files.size(e.getValue());
                }
                if (n > online) {
                    notOnline.addAll(loaded.checkpoint().changedKeys());
                }
            }
            kernel.discardDirtyKeys();
            Checkpoint boundary = boundary(prepared, number);
            for (Path unfinished : numbered(UNFINISHED).values()) {
                Files.deleteIfExists(unfinished);
            }
            removeOld(last.checkpoint());
            return new Recovered(last.checkpoint(), boundary, notOnline);
        } catch (IOException e) {
            throw IsobarException.io("recovering from " + folder, e);
        }
    }

    private void redoBase(FeatureKernel kernel, long number) throws IOException {
        Path path = bases.lastEntry().getValue();
        boolean whole = SegmentFile.read(path, number, (kind, payload) -> {
            if (kind == SegmentFile.META) {
                checkPlan(path, payload);
            } else {
                kernel.redo(payload);
            }
        });
        if (!whole) {
            // It had its name only when it was whole and on the disk, and what it replaced is gone.
            throw SegmentFile.damaged(path, Files.size(path), "it ends early");
        }
        baseBytes = Files.size(path);
    }

    /** The last changes; they do not count if they were cut off: nothing refers to them, and the log has the events. */
    private @Nullable Loaded last() throws IOException {
        if (changes.isEmpty()) {
            return null;
        }
        Map.Entry<Long, Path> newest = changes.lastEntry();
        long number = newest.getKey();
        Path path = newest.getValue();
        Loaded last = loadIfWhole(path, number);
        if (last != null) {
            return last;
        }
        long needed = bases.isEmpty() ? 0 : bases.lastKey();
        if (number <= needed || number > 1 && !changes.containsKey(number - 1)) {
            throw SegmentFile.damaged(path, Files.size(path), "it ends early");
        }
        Files.delete(path);
        changes.remove(number);
        if (changes.isEmpty()) {
            return null;
        }
        Map.Entry<Long, Path> before = changes.lastEntry();
        return load(before.getValue(), before.getKey());
    }

    private Loaded load(Path path, long number) throws IOException {
        Loaded loaded = loadIfWhole(path, number);
        if (loaded == null) {
            throw SegmentFile.damaged(path, Files.size(path), "it ends early");
        }
        return loaded;
    }

    private @Nullable Loaded loadIfWhole(Path path, long number) throws IOException {
        List<byte[]> meta = new ArrayList<>();
        List<byte[]> noted = new ArrayList<>();
        boolean whole = SegmentFile.read(
                path, number, (kind, payload) -> (kind == SegmentFile.META ? meta : noted).add(payload));
        if (!whole) {
            return null;
        }
        if (meta.size() != 1) {
            throw SegmentFile.damaged(path, Files.size(path), "it says nothing");
        }
        checkPlan(path, meta.get(0));
        return new Loaded(Checkpoint.decode(meta.get(0)), noted);
    }

    private void checkPlan(Path path, byte[] meta) {
        String had;
        try {
            had = Checkpoint.fingerprint(meta);
        } catch (IOException e) {
            throw SegmentFile.damaged(path, 0, "it is of " + e.getMessage());
        }
        if (!had.equals(fingerprint)) {
            throw IsobarException.of(
                            ErrorCode.CONFLICT,
                            "The checkpoints in " + folder + " are of another plan (" + had + "; this one is "
                                    + fingerprint + ").")
                    .resource(path.toString())
                    .hint(
                            "Give the changed pipeline a folder, a table and a namespace of its own; it starts from the log. Nothing was changed.")
                    .build();
        }
    }

    /** What was prepared right behind the last checkpoint, if it is whole. */
    private @Nullable Checkpoint boundary(TreeMap<Long, Path> prepared, long last) throws IOException {
        Checkpoint boundary = null;
        for (Map.Entry<Long, Path> e : prepared.entrySet()) {
            if (e.getKey() == last + 1) {
                List<byte[]> meta = new ArrayList<>();
                boolean whole = SegmentFile.read(e.getValue(), e.getKey(), (kind, payload) -> {
                    if (kind == SegmentFile.META) {
                        meta.add(payload);
                    }
                });
                // Cut off means never finished, and nothing is committed under the number of what was never finished.
                if (whole && meta.size() == 1) {
                    checkPlan(e.getValue(), meta.get(0));
                    boundary = Checkpoint.decode(meta.get(0));
                    continue;
                }
            }
            Files.delete(e.getValue());
        }
        return boundary;
    }

    private IsobarException missing(long number) {
        return IsobarException.of(
                        ErrorCode.CORRUPT,
                        "The checkpoints in " + folder + " are not complete: " + CHANGES + "%012d".formatted(number)
                                + " is missing.")
                .resource(folder.toString())
                .hint(
                        "Restore the folder from a copy; or remove the checkpoints, the feature table and the online namespace, and run again: the log has every event.")
                .build();
    }

    /** Puts a checkpoint on the disk. It does not count yet. */
    void prepare(Checkpoint checkpoint, byte[] noted) {
        Path path = file(PREPARED, checkpoint.number());
        try (SegmentFile.Writer out = new SegmentFile.Writer(disk, path, checkpoint.number())) {
            changedBytes += out.block(SegmentFile.META, checkpoint.encode())
                    .block(SegmentFile.CHANGES, noted)
                    .finish();
            Disk.syncDirectory(folder);
        } catch (IOException e) {
            throw IsobarException.io("writing " + path, e);
        }
    }

    /** From here on the prepared checkpoint counts. */
    void commit(Checkpoint checkpoint) {
        Path path = file(CHANGES, checkpoint.number());
        try {
            disk.rename(file(PREPARED, checkpoint.number()), path);
            changes.put(checkpoint.number(), path);
            removeOld(checkpoint);
        } catch (IOException e) {
            throw IsobarException.io("committing " + path, e);
        }
    }

    /** Goes on with a new base if one is due. To be called when the kernel is where the committed checkpoint is. */
    void makeBase(FeatureKernel kernel, Checkpoint at) {
        if (making == null) {
            // What is redone after a death is at most a base, as much again, and what comes while the next is made.
            if (changedBytes < Math.max(disk.smallestBase(), baseBytes)) {
                return;
            }
            makingNumber = at.number();
            madeTo = 0;
            making = new SegmentFile.Writer(disk, file(UNFINISHED, makingNumber), makingNumber)
                    .block(SegmentFile.META, at.encode());
            changedBytes = 0;
        }
        SegmentFile.Writer out = making;
        int end = kernel.keyNumbers();
        int until = Math.min(end, madeTo + Math.max(KEYS_PER_BLOCK, end / PIECES + 1));
        long from = out.bytes();
        while (madeTo < until || madeTo < end && out.bytes() - from < AT_ONCE) {
            int to = Math.min(end, madeTo + KEYS_PER_BLOCK);
            out.block(SegmentFile.STATE, kernel.state(madeTo, to));
            madeTo = to;
        }
        if (madeTo < kernel.keyNumbers()) {
            return;
        }
        making = null;
        try {
            baseBytes = out.finish();
            Path path = file(BASE, makingNumber);
            disk.rename(file(UNFINISHED, makingNumber), path);
            Disk.syncDirectory(folder);
            bases.put(makingNumber, path);
            removeOld(at);
        } catch (IOException e) {
            throw IsobarException.io("writing base " + makingNumber + " in " + folder, e);
        }
    }

    /** What neither the state nor the online store needs any more. */
    private void removeOld(Checkpoint last) throws IOException {
        if (bases.isEmpty()) {
            return;
        }
        for (long old : List.copyOf(bases.headMap(bases.lastKey()).keySet())) {
            Files.deleteIfExists(bases.get(old));
            bases.remove(old);
        }
        long through = Math.min(Math.min(bases.lastKey(), last.onlineThrough()), last.number() - 1);
        for (long old : List.copyOf(changes.headMap(through, true).keySet())) {
            Files.deleteIfExists(changes.get(old));
            changes.remove(old);
        }
    }

    @Override
    public void close() {
        try {
            if (making != null) {
                making.close();
            }
            lock.release();
            lockFile.close();
        } catch (IOException e) {
            throw IsobarException.io("closing the checkpoints in " + folder, e);
        }
    }
}
