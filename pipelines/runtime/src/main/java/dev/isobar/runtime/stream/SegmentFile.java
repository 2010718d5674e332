package dev.isobar.runtime.stream;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of blocks: {@code ISBC}, kind 1, length 4, CRC32C 4 of (number of the file, index of the block, kind, length, payload), payload. The last block says that it is the last, so
 * that a file which was cut off is told from one that is damaged.
 */
final class SegmentFile {
    static final byte META = 'M';
    static final byte CHANGES = 'C';
    static final byte STATE = 'S';
    private static final byte END = 'E';
    private static final int MAGIC = 0x49534243;
    private static final int HEADER = 13;
    private static final int MAX_BLOCK = 1 << 30;

    private SegmentFile() {}

    /** Takes a file's blocks. */
    interface Blocks {
        void take(byte kind, byte[] payload);
    }

    /** Writes a file block by block. */
    static final class Writer implements AutoCloseable {
        private final Disk.Output out;
        private final Path path;
        private final long number;
        private int index;
        private long bytes;

        Writer(Disk disk, Path path, long number) {
            this.path = path;
            this.number = number;
            try {
                this.out = disk.create(path);
            } catch (IOException e) {
                throw IsobarException.io("making " + path, e);
            }
        }

        Writer block(byte kind, byte[] payload) {
            ByteBuffer header = ByteBuffer.allocate(HEADER)
                    .putInt(MAGIC)
                    .put(kind)
                    .putInt(payload.length)
                    .putInt(sum(number, index++, kind, payload));
            try {
                out.write(header.array(), HEADER);
                out.write(payload, payload.length);
            } catch (IOException e) {
                throw IsobarException.io("writing " + path, e);
            }
            bytes += HEADER + payload.length;
            return this;
        }

        /** How much was written so far. */
        long bytes() {
            return bytes;
        }

        /** Ends the file and forces it to the disk. */
        long finish() {
            block(END, new byte[0]);
            try {
                out.sync();
                out.close();
            } catch (IOException e) {
                throw IsobarException.io("writing " + path, e);
            }
            return bytes;
        }

        @Override
        public void close() {
            try {
                out.close();
            } catch (IOException e) {
                throw IsobarException.io("closing " + path, e);
            }
        }
    }

    /**
     * Reads a file whole.
     *
     * @return false if it ends before its last block: its writer died
     * @throws IsobarException {@code CORRUPT} if a block does not match its checksum or something follows the last
     */
    static boolean read(Path path, long number, Blocks into) {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 16))) {
            long left = Files.size(path);
            long at = 0;
            for (int index = 0; ; index++) {
                if (left < HEADER) {
                    return false;
                }
                int magic = in.readInt();
                byte kind = in.readByte();
                int length = in.readInt();
                int sum = in.readInt();
                left -= HEADER;
                if (magic != MAGIC || length < 0 || length > MAX_BLOCK) {
                    throw damaged(path, at, "what stands there is no block");
                }
                if (left < length) {
                    return false;
                }
                byte[] payload = new byte[length];
                in.readFully(payload);
                left -= length;
                if (sum != sum(number, index, kind, payload)) {
                    throw damaged(path, at, "the block there does not match its checksum");
                }
                if (kind == END) {
                    if (left > 0) {
                        throw damaged(path, at + HEADER, left + " bytes follow the last block");
                    }
                    return true;
                }
                into.take(kind, payload);
                at += HEADER + length;
            }
        } catch (IOException e) {
            throw IsobarException.io("reading " + path, e);
        }
    }

    private static int sum(long number, int index, byte kind, byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(17)
                .putLong(number)
                .putInt(index)
                .put(kind)
                .putInt(payload.length)
                .flip());
        crc.update(payload, 0, payload.length);
        return (int) crc.getValue();
    }

    static IsobarException damaged(Path path, long at, String what) {
        return IsobarException.of(
                        ErrorCode.CORRUPT,
                        "The checkpoint file " + path + " is damaged at byte " + at + ": " + what + ".")
                .resource(path + "@" + at)
                .hint(
                        "Restore the folder from a copy; or remove the checkpoints, the feature table and the online namespace, and run again: the log has every event.")
                .build();
    }
}
