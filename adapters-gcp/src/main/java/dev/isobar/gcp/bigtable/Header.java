package dev.isobar.gcp.bigtable;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A namespace's header: the one row that decides which cells of the others are to be seen. It is only ever replaced whole, on the condition that it is still
 * the one that was read. Immutable.
 *
 * @param change names the replacement that made it: what the next one is conditional on
 * @param live false after a delete; the row stays, so that no token is given twice
 * @param incarnation part of the row keys of its states: those of a deleted namespace are out of sight at once
 * @param states names the last change of what is to be seen
 * @param stretches how far each stretch of writes is committed, in the order of their first commits; whatever is not in here was never written
 * @param erasing the key whose cells are being deleted, which nobody sees any more and nobody writes until they are; null for none
 * @param erasure names the last erasure that was begun
 * @param doomed deleted incarnations whose rows may still be there
 */
record Header(
        String name,
        UUID change,
        boolean live,
        long incarnation,
        long token,
        String owner,
        UUID states,
        Map<UUID, Long> stretches,
        @Nullable String erasing,
        UUID erasure,
        SortedSet<Long> doomed) {
    private static final int FORMAT = 1;

    Header {
        stretches = Collections.unmodifiableMap(new LinkedHashMap<>(stretches));
        doomed = Collections.unmodifiableSortedSet(new TreeSet<>(doomed));
    }

    /** The header of a namespace that is acquired for the first time. */
    static Header first(String name, long token, String owner) {
        return new Header(
                name,
                UUID.randomUUID(),
                true,
                1,
                token,
                owner,
                UUID.randomUUID(),
                Map.of(),
                null,
                UUID.randomUUID(),
                new TreeSet<>());
    }

    Header acquired(String newOwner) {
        return new Header(
                name,
                UUID.randomUUID(),
                true,
                incarnation,
                token + 1,
                newOwner,
                states,
                stretches,
                erasing,
                erasure,
                doomed);
    }

    /** The same with another name: no commit that was conditional on this one can come any more. */
    Header touched() {
        return with(states, stretches, erasing, erasure, doomed);
    }

    Header committed(Write write) {
        Map<UUID, Long> more = new LinkedHashMap<>(stretches);
        more.put(write.stretch(), write.number());
        return with(UUID.randomUUID(), more, erasing, erasure, doomed);
    }

    /** What was visible through those stretches was written again by that write. */
    Header compacted(Write write, Set<UUID> dropped) {
        Map<UUID, Long> rest = new LinkedHashMap<>(stretches);
        rest.keySet().removeAll(dropped);
        rest.put(write.stretch(), write.number());
        return with(UUID.randomUUID(), rest, erasing, erasure, doomed);
    }

    Header erasing(String key) {
        return with(UUID.randomUUID(), stretches, key, UUID.randomUUID(), doomed);
    }

    Header erased() {
        return with(UUID.randomUUID(), stretches, null, erasure, doomed);
    }

    Header deleted() {
        SortedSet<Long> more = new TreeSet<>(doomed);
        more.add(incarnation);
        return new Header(
                name,
                UUID.randomUUID(),
                false,
                incarnation + 1,
                token,
                owner,
                UUID.randomUUID(),
                Map.of(),
                null,
                erasure,
                more);
    }

    /** The rows of all deleted incarnations are gone. */
    Header clean() {
        return with(states, stretches, erasing, erasure, new TreeSet<>());
    }

    private Header with(
            UUID newStates,
            Map<UUID, Long> newStretches,
            @Nullable String newErasing,
            UUID newErasure,
            SortedSet<Long> newDoomed) {
        return new Header(
                name,
                UUID.randomUUID(),
                live,
                incarnation,
                token,
                owner,
                newStates,
                newStretches,
                newErasing,
                newErasure,
                newDoomed);
    }

    /** Whether what that write left is to be seen. */
    boolean shows(Write write) {
        Long last = stretches.get(write.stretch());
        return last != null && write.number() <= last;
    }

    byte[] encoded() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeUTF(name);
            write(out, change);
            out.writeBoolean(live);
            out.writeLong(incarnation);
            out.writeLong(token);
            out.writeUTF(owner);
            write(out, states);
            out.writeInt(stretches.size());
            for (Map.Entry<UUID, Long> each : stretches.entrySet()) {
                write(out, each.getKey());
                out.writeLong(each.getValue());
            }
            out.writeBoolean(erasing != null);
            if (erasing != null) {
                out.writeUTF(erasing);
            }
            write(out, erasure);
            out.writeInt(doomed.size());
            for (long each : doomed) {
                out.writeLong(each);
            }
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    static Header decoded(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readUnsignedByte();
            if (format != FORMAT) {
                throw corrupt("its format is " + format + ", not " + FORMAT, null);
            }
            String name = in.readUTF();
            UUID change = uuid(in);
            boolean live = in.readBoolean();
            long incarnation = in.readLong();
            long token = in.readLong();
            String owner = in.readUTF();
            UUID states = uuid(in);
            Map<UUID, Long> stretches = new LinkedHashMap<>();
            for (int i = in.readInt(); i > 0; i--) {
                stretches.put(uuid(in), in.readLong());
            }
            String erasing = in.readBoolean() ? in.readUTF() : null;
            UUID erasure = uuid(in);
            SortedSet<Long> doomed = new TreeSet<>();
            for (int i = in.readInt(); i > 0; i--) {
                doomed.add(in.readLong());
            }
            return new Header(
                    name, change, live, incarnation, token, owner, states, stretches, erasing, erasure, doomed);
        } catch (IOException e) {
            throw corrupt(String.valueOf(e.getMessage()), e);
        }
    }

    private static IsobarException corrupt(String why, @Nullable IOException cause) {
        IsobarException.Builder error = IsobarException.of(
                        ErrorCode.CORRUPT, "A namespace's header in Bigtable cannot be read: " + why)
                .hint("A newer Isobar or somebody else has written it. Use that Isobar, or delete the row.");
        return (cause == null ? error : error.cause(cause)).build();
    }

    private static void write(DataOutputStream out, UUID id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID uuid(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }
}
