package dev.isobar.runtime.stream;

import dev.isobar.event.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint says beside the changes of the keys.
 *
 * @param number from 1
 * @param fingerprint of the plan's state and of the table's columns
 * @param positions up to where events are in, by stream and partition
 * @param onlineThrough the checkpoint whose changes are all in the online store
 * @param changedKeys keys that changed since the checkpoint before
 */
record Checkpoint(
        long number,
        String fingerprint,
        Map<String, Map<Integer, Position>> positions,
        byte[] partitionState,
        StreamCounts counts,
        long onlineThrough,
        List<String> changedKeys) {
    private static final int FORMAT = 1;

    byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4_096);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(FORMAT);
            text(out, fingerprint);
            out.writeLong(number);
            out.writeLong(onlineThrough);
            out.writeInt(positions.size());
            for (Map.Entry<String, Map<Integer, Position>> stream : new TreeMap<>(positions).entrySet()) {
                text(out, stream.getKey());
                out.writeInt(stream.getValue().size());
                for (Map.Entry<Integer, Position> p : new TreeMap<>(stream.getValue()).entrySet()) {
                    out.writeInt(p.getKey());
                    text(out, p.getValue().token());
                }
            }
            out.writeInt(partitionState.length);
            out.write(partitionState);
            for (long count : new long[] {
                counts.events(),
                counts.admitted(),
                counts.duplicates(),
                counts.late(),
                counts.deadLetters(),
                counts.behind(),
                counts.withoutKey(),
                counts.vectors()
            }) {
                out.writeLong(count);
            }
            out.writeInt(changedKeys.size());
            for (String key : changedKeys) {
                text(out, key);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return bytes.toByteArray();
    }

    /** The fingerprint alone: all that may be read of a checkpoint of another plan. */
    static String fingerprint(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readInt();
            if (format != FORMAT) {
                throw new IOException("format " + format + ", this job reads " + FORMAT);
            }
            return text(in);
        }
    }

    static Checkpoint decode(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            in.readInt();
            String fingerprint = text(in);
            long number = in.readLong();
            long online = in.readLong();
            Map<String, Map<Integer, Position>> positions = new HashMap<>();
            for (int streams = in.readInt(); streams > 0; streams--) {
                Map<Integer, Position> of = new HashMap<>();
                positions.put(text(in), of);
                for (int n = in.readInt(); n > 0; n--) {
                    of.put(in.readInt(), new Position(text(in)));
                }
            }
            byte[] partition = in.readNBytes(in.readInt());
            StreamCounts counts = new StreamCounts(
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong());
            int n = in.readInt();
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                keys.add(text(in));
            }
            return new Checkpoint(number, fingerprint, positions, partition, counts, online, keys);
        }
    }

    // Not writeUTF: a key may be longer than it takes.
    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
}
