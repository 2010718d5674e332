package dev.isobar.local.online;

import static java.util.Objects.requireNonNull;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.Bytes;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.FrameReader;
import dev.isobar.local.file.Frames;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One namespace as this process knows it: which file is current, how far it has been read, where each key's state lies in it, and the states used
 * last. Everything is guarded by this object's monitor; writers hold the namespace's file lock around it.
 *
 * <p>A file ends for good with a {@code SEAL} frame. It is written when a newer generation is already in place (or the namespace removed), so that a
 * reader that tails the old file learns of it from the file itself, at no cost while nothing happens.
 */
final class Namespace {
    private static final int TOKEN = 1;
    private static final int PUT = 2;
    private static final int ERASE = 3;
    private static final int SEAL = 4;

    /** A file is rewritten when it has this size and three quarters of it are old. */
    private static final long COMPACT_AT = 32L << 20;

    /** States kept in memory, in bytes. */
    private static final long CACHE_BYTES = 64L << 20;

    private final String name;
    private final String instance;
    private final Path directory;
    private final Path lock;
    private final HashMap<String, Entry> index = new HashMap<>();
    // Made when somebody asks for keys in order: a writer looks keys up a million times before that happens.
    private String @Nullable [] sorted;
    private final LinkedHashMap<String, byte[]> cache = new LinkedHashMap<>(16, 0.75f, true);
    private long cached;
    private @Nullable RandomAccessFile file;
    private @Nullable FrameReader frames;
    private @Nullable Path path;
    private long generation;
    private long end;
    private boolean sealed;
    private long token;
    private String owner = "";
    private long live;

    Namespace(LocalHome home, String name) {
        this.name = name;
        this.instance = home.instance();
        this.directory = home.online().resolve(name);
        this.lock = home.online().resolve("~locks").resolve(name);
    }

    /** Where a state lies in the current file. */
    private record Entry(long version, long at, int bytes) {}

    long acquire(String newOwner) {
        return FileMutex.withLockFile(lock, memory -> {
            synchronized (this) {
                refreshForWriting();
                // The lock's file outlives the namespace: a token is never given twice, even when it is removed and
                // made again.
                long next = Math.max(token, lastToken(memory)) + 1;
                memory.write(ByteBuffer.allocate(8).putLong(next).flip(), 0);
                memory.force(true);
                if (file == null) {
                    rewrite(next, newOwner, 1);
                } else {
                    append(tokenFrame(next, newOwner));
                }
                refresh();
                return next;
            }
        });
    }

    List<@Nullable KeyState> getAll(List<String> keys) {
        synchronized (this) {
            try {
                refresh();
                List<@Nullable KeyState> found = new ArrayList<>(keys.size());
                for (String key : keys) {
                    Entry entry = index.get(key);
                    found.add(entry == null ? null : new KeyState(key, entry.version(), bytes(key, entry)));
                }
                return found;
            } catch (IOException e) {
                throw IsobarException.io("reading online namespace " + name, e);
            }
        }
    }

    List<String> keys(@Nullable String after, int limit) {
        synchronized (this) {
            try {
                refresh();
                String[] all = sortedKeys();
                int from = 0;
                if (after != null) {
                    int found = Arrays.binarySearch(all, after, Namespace::compareUtf8);
                    from = found < 0 ? -found - 1 : found + 1;
                }
                return List.of(Arrays.copyOfRange(all, from, (int) Math.min(all.length, (long) from + limit)));
            } catch (IOException e) {
                throw IsobarException.io("reading online namespace " + name, e);
            }
        }
    }

    private String[] sortedKeys() {
        String[] keys = sorted;
        if (keys == null) {
            keys = index.keySet().toArray(new String[0]);
            Arrays.sort(keys, Namespace::compareUtf8);
            sorted = keys;
        }
        return keys;
    }

    List<Long> putAll(long writer, List<StatePut> puts) {
        return FileMutex.withLock(lock, () -> {
            synchronized (this) {
                refreshForWriting();
                checkToken(writer);
                List<Long> versions = new ArrayList<>(puts.size());
                int room = 64;
                for (StatePut put : puts) {
                    Entry entry = index.get(put.key());
                    long current = entry == null ? 0 : entry.version();
                    if (current != put.expectedVersion()) {
                        throw error(
                                        ErrorCode.CONFLICT,
                                        "The state of " + put.key() + " in " + name + " is at version " + current
                                                + ", not " + put.expectedVersion(),
                                        "putAll")
                                .hint("Read it again and decide again. Nothing of this request was written.")
                                .build();
                    }
                    versions.add(current + 1);
                    room += put.key().length() * 3 + put.bytes().length + 16;
                }
                if (puts.isEmpty()) {
                    return List.of();
                }
                Bytes frame = new Bytes(room).skip(Frames.HEADER).put(PUT).putInt(puts.size());
                long[] places = new long[puts.size()];
                for (int i = 0; i < places.length; i++) {
                    frame.putText(puts.get(i).key()).putLong(versions.get(i));
                    places[i] = end + frame.length() + 4;
                    frame.putBytes(puts.get(i).bytes());
                }
                append(frame);
                // What we wrote we need not read.
                for (int i = 0; i < places.length; i++) {
                    StatePut put = puts.get(i);
                    index(put.key(), new Entry(versions.get(i), places[i], put.bytes().length));
                    if (cache.containsKey(put.key())) {
                        remember(put.key(), put.bytes().clone());
                    }
                }
                end += frame.length();
                requireNonNull(frames).skipTo(end);
                if (end > COMPACT_AT && end > 4 * live) {
                    rewrite(token, owner, generation + 1);
                    refresh();
                }
                return List.copyOf(versions);
            }
        });
    }

    boolean erase(String key) {
        return FileMutex.withLock(lock, () -> {
            synchronized (this) {
                refreshForWriting();
                if (!index.containsKey(key)) {
                    return false;
                }
                // First the fact, then the bytes: a crash in between leaves an erased key, and the next erasure or
                // compaction rewrites.
                append(new Bytes(64).skip(Frames.HEADER).put(ERASE).putText(key));
                refresh();
                rewrite(token, owner, generation + 1);
                refresh();
                return true;
            }
        });
    }

    void delete() {
        FileMutex.withLock(lock, () -> {
            synchronized (this) {
                refreshForWriting();
                if (file != null) {
                    RandomAccessFile old = file;
                    Path away = AtomicFiles.temporaryBeside(directory);
                    Files.move(directory, away, StandardCopyOption.ATOMIC_MOVE);
                    AtomicFiles.syncDirectory(parent());
                    writeFrame(old, end, new Bytes(32).skip(Frames.HEADER).put(SEAL));
                    AtomicFiles.deleteTree(away);
                    forget();
                } else {
                    AtomicFiles.deleteTree(directory);
                }
                return 0;
            }
        });
    }

    synchronized void close() {
        try {
            forget();
        } catch (IOException e) {
            throw IsobarException.io("closing online namespace " + name, e);
        }
    }

    /** Generation → file, ascending. */
    static NavigableMap<Long, Path> generations(Path directory) throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "state-*.log")) {
            for (Path each : files) {
                String fileName = String.valueOf(each.getFileName());
                found.put(Long.parseLong(fileName.substring(6, fileName.length() - 4)), each);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return found;
        }
        return found;
    }

    private void checkToken(long writer) {
        if (file == null) {
            throw error(ErrorCode.NOT_FOUND, "There is no online namespace " + name, "putAll")
                    .hint("Acquire it first.")
                    .build();
        }
        if (writer != token) {
            throw error(
                            ErrorCode.FENCED,
                            "The writer with token " + writer + " has been replaced in " + name + " by " + owner
                                    + " with token " + token,
                            "putAll")
                    .hint("This writer must stop. Nothing of this request was written.")
                    .build();
        }
    }

    private static long lastToken(FileChannel memory) throws IOException {
        ByteBuffer word = ByteBuffer.allocate(8);
        return memory.read(word, 0) == 8 ? word.flip().getLong() : 0;
    }

    /** Brings memory up to the current file. Takes no lock; one length when nothing changed. */
    private void refresh() throws IOException {
        while (true) {
            if (file == null || sealed) {
                if (!openCurrent()) {
                    return;
                }
            }
            RandomAccessFile current = requireNonNull(file);
            FrameReader reader = requireNonNull(frames);
            if (current.length() == end) {
                return;
            }
            while (!sealed && reader.next()) {
                apply(reader);
                end = reader.nextOffset();
            }
            if (!sealed) {
                return;
            }
        }
    }

    /** Under the lock: also finishes what a killed writer began. */
    private void refreshForWriting() throws IOException {
        refresh();
        if (file == null) {
            return;
        }
        if (file.length() > end) {
            file.setLength(end);
            file.getFD().sync();
        }
        // A newer generation in place and the old one neither sealed nor removed: its writer died between the two.
        NavigableMap<Long, Path> present = generations(directory);
        if (present.size() > 1 || (!present.isEmpty() && present.lastKey() != generation)) {
            for (Map.Entry<Long, Path> old : present.headMap(present.lastKey()).entrySet()) {
                sealAndRemove(old.getValue());
            }
            forget();
            refresh();
            refreshForWriting();
            return;
        }
        AtomicFiles.sweep(directory);
    }

    private void sealAndRemove(Path old) throws IOException {
        try (RandomAccessFile target = new RandomAccessFile(old.toFile(), "rw")) {
            FrameReader reader = new FrameReader(target, old, 0, 0);
            while (reader.next()) {
                if (reader.buffer()[reader.payloadStart()] == SEAL) {
                    break;
                }
            }
            target.setLength(reader.nextOffset());
            writeFrame(
                    target,
                    reader.nextOffset(),
                    new Bytes(32).skip(Frames.HEADER).put(SEAL));
        }
        Files.deleteIfExists(old);
    }

    /** Opens the newest generation, if there is any; what was known of an older file is forgotten. */
    private boolean openCurrent() throws IOException {
        while (true) {
            NavigableMap<Long, Path> present = generations(directory);
            if (present.isEmpty()) {
                forget();
                return false;
            }
            Path newest = present.lastEntry().getValue();
            RandomAccessFile opened;
            try {
                opened = new RandomAccessFile(newest.toFile(), "rw");
            } catch (java.io.FileNotFoundException e) {
                if (Files.exists(newest)) {
                    throw e;
                }
                // Replaced between listing and opening.
                continue;
            }
            forget();
            file = opened;
            path = newest;
            generation = present.lastKey();
            frames = new FrameReader(opened, newest, 0, 0);
            return true;
        }
    }

    private void apply(FrameReader reader) {
        ByteBuffer in = ByteBuffer.wrap(reader.buffer(), reader.payloadStart(), reader.payloadLength());
        long shift = reader.offset() + Frames.HEADER - reader.payloadStart();
        switch (in.get()) {
            case TOKEN -> {
                token = in.getLong();
                owner = Bytes.text(in);
            }
            case PUT -> {
                int count = in.getInt();
                for (int i = 0; i < count; i++) {
                    String key = Bytes.text(in);
                    long version = in.getLong();
                    int length = in.getInt();
                    index(key, new Entry(version, shift + in.position(), length));
                    remember(key, Arrays.copyOfRange(in.array(), in.position(), in.position() + length));
                    in.position(in.position() + length);
                }
            }
            case ERASE -> {
                String key = Bytes.text(in);
                Entry before = index.remove(key);
                sorted = null;
                live -= before == null ? 0 : before.bytes() + key.length();
                byte[] bytes = cache.remove(key);
                cached -= bytes == null ? 0 : bytes.length;
            }
            case SEAL -> sealed = true;
            default ->
                throw IsobarException.of(
                                ErrorCode.CORRUPT,
                                "The file " + path + " holds a frame of an unknown kind at byte " + reader.offset())
                        .adapter(instance)
                        .hint("It was written by a newer Isobar; use that one.")
                        .build();
        }
    }

    private void index(String key, Entry entry) {
        Entry before = index.put(key, entry);
        if (before == null) {
            sorted = null;
            live += key.length();
        }
        live += entry.bytes() - (before == null ? 0 : before.bytes());
    }

    private byte[] bytes(String key, Entry entry) throws IOException {
        byte[] known = cache.get(key);
        if (known != null) {
            return known;
        }
        RandomAccessFile current = requireNonNull(file);
        byte[] bytes = new byte[entry.bytes()];
        current.seek(entry.at());
        current.readFully(bytes);
        remember(key, bytes);
        return bytes;
    }

    private void remember(String key, byte[] bytes) {
        byte[] before = cache.put(key, bytes);
        cached += bytes.length - (before == null ? 0 : before.length);
        var eldest = cache.entrySet().iterator();
        while (cached > CACHE_BYTES && cache.size() > 1) {
            cached -= eldest.next().getValue().length;
            eldest.remove();
        }
    }

    private void append(Bytes frame) throws IOException {
        RandomAccessFile current = requireNonNull(file);
        try {
            writeFrame(current, end, frame);
        } catch (IOException e) {
            // Half a frame may be there (a full disk): take it back.
            try {
                current.setLength(end);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static void writeFrame(RandomAccessFile target, long at, Bytes frame) throws IOException {
        Frames.seal(frame.array(), 0, frame.length() - Frames.HEADER, at);
        target.seek(at);
        target.write(frame.array(), 0, frame.length());
        target.getFD().sync();
    }

    private static Bytes tokenFrame(long token, String owner) {
        return new Bytes(64).skip(Frames.HEADER).put(TOKEN).putLong(token).putText(owner);
    }

    /** Writes a new generation with the live states only, puts it in place, then ends the old one. */
    private void rewrite(long newToken, String newOwner, long next) throws IOException {
        AtomicFiles.makeDirectories(directory);
        Path target = directory.resolve("state-%010d.log".formatted(next));
        Path old = path;
        AtomicFiles.replace(target, out -> {
            long at = 0;
            Bytes frame = tokenFrame(newToken, newOwner);
            Frames.seal(frame.array(), 0, frame.length() - Frames.HEADER, at);
            out.write(frame.array(), 0, frame.length());
            at += frame.length();
            for (String key : sortedKeys()) {
                Entry entry = requireNonNull(index.get(key));
                byte[] bytes = bytes(key, entry);
                frame = new Bytes(bytes.length + 512)
                        .skip(Frames.HEADER)
                        .put(PUT)
                        .putInt(1);
                frame.putText(key).putLong(entry.version()).putBytes(bytes);
                Frames.seal(frame.array(), 0, frame.length() - Frames.HEADER, at);
                out.write(frame.array(), 0, frame.length());
                at += frame.length();
            }
        });
        if (old == null) {
            AtomicFiles.syncDirectory(parent());
        } else {
            sealAndRemove(old);
            AtomicFiles.syncDirectory(directory);
        }
    }

    private Path parent() {
        return requireNonNull(directory.getParent());
    }

    private void forget() throws IOException {
        if (file != null) {
            file.close();
        }
        file = null;
        frames = null;
        path = null;
        generation = 0;
        end = 0;
        sealed = false;
        token = 0;
        owner = "";
        live = 0;
        index.clear();
        sorted = null;
        cache.clear();
        cached = 0;
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at("OnlineStore", operation)
                .resource(name);
    }

    static int compareUtf8(String a, String b) {
        // UTF-16 and UTF-8 order agree except for surrogates; comparing by code point is comparing by UTF-8 bytes.
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean sx = Character.isSurrogate(x);
                boolean sy = Character.isSurrogate(y);
                return sx == sy ? Character.compare(x, y) : sx ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
