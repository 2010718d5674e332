package dev.isobar.local.file;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads frames one after the other, also while somebody appends. A frame that is not whole at the end of the file is a write in progress or the
 * torn tail of a killed writer: it is not returned, and looked at afresh next time. A bad frame with a good one behind it was once whole:
 * {@code CORRUPT}. Not thread safe. I/O goes through {@link RandomAccessFile}, which an interrupt does not close.
 *
 * @since 0.1
 */
public final class FrameReader {
    private static final int READ_AHEAD = 1 << 18;

    private final RandomAccessFile file;
    private final Path path;
    private final long base;
    private byte[] buffer = new byte[0];
    private long bufferAt;
    private int bufferEnd;
    private long next;
    private long offset;
    private int payloadStart;
    private int payloadLength;

    /**
     * A reader that does not own the file.
     *
     * @param base what is added to a place in the file to get its offset in the log
     * @param from offset in the log of the first frame to read
     */
    public FrameReader(RandomAccessFile file, Path path, long base, long from) {
        this.file = file;
        this.path = path;
        this.base = base;
        this.next = from - base;
    }

    /** Moves to the next frame; false if there is no whole one (yet). */
    public boolean next() throws IOException {
        if (step()) {
            return true;
        }
        if (next >= file.length()) {
            return false;
        }
        // Something is there that is no frame. In the middle of the log it is damage; at its end it is a write that has
        // not ended or never will.
        long behind = laterFrame();
        if (behind < 0) {
            forget();
            return false;
        }
        // Had the write been in progress a moment ago, then it is complete now: frames are written in order.
        forget();
        if (step()) {
            return true;
        }
        throw IsobarException.of(
                        ErrorCode.CORRUPT,
                        "The file " + path + " is damaged at byte " + next
                                + ": the frame there does not match its checksum, and a" + " whole one follows at byte "
                                + behind)
                .resource(path + "@" + next)
                .hint("Restore the file from a copy, or delete what it belongs to and make it again.")
                .build();
    }

    /** Goes on behind a frame that whoever reads here has appended and so need not read. */
    public void skipTo(long nextOffset) {
        next = nextOffset - base;
        forget();
    }

    /** Where the current frame begins in the log. */
    public long offset() {
        return offset;
    }

    /** Where the next frame begins in the log: the end of what is known to be whole. */
    public long nextOffset() {
        return base + next;
    }

    /** The buffer that holds the current payload until the next call. */
    public byte[] buffer() {
        return buffer;
    }

    /** Where the payload begins in the buffer. */
    public int payloadStart() {
        return payloadStart;
    }

    /** Length of the payload. */
    public int payloadLength() {
        return payloadLength;
    }

    private boolean step() throws IOException {
        int start = (int) Math.min(Integer.MAX_VALUE, next - bufferAt);
        if (next < bufferAt || start > bufferEnd) {
            forget();
            start = 0;
        }
        int payload = Frames.check(buffer, start, bufferEnd, base + next);
        if (payload < 0) {
            if (!fill(Frames.HEADER + READ_AHEAD)) {
                return false;
            }
            start = 0;
            payload = Frames.check(buffer, 0, bufferEnd, base + next);
            if (payload == Frames.SHORT && bufferEnd >= Frames.HEADER) {
                int length = ByteBuffer.wrap(buffer, 4, 4).getInt();
                if (next + Frames.HEADER + length <= file.length()) {
                    fill(Frames.HEADER + length);
                    payload = Frames.check(buffer, 0, bufferEnd, base + next);
                }
            }
            if (payload < 0) {
                return false;
            }
        }
        offset = base + next;
        payloadStart = start + Frames.HEADER;
        payloadLength = payload;
        next += Frames.HEADER + payload;
        return true;
    }

    /** Fills the buffer from the next frame on; false if nothing is there. */
    private boolean fill(int wanted) throws IOException {
        int room = (int) Math.min(wanted, Math.max(0, file.length() - next));
        if (buffer.length < room) {
            buffer = new byte[room];
        }
        bufferAt = next;
        bufferEnd = 0;
        file.seek(next);
        while (bufferEnd < room) {
            int n = file.read(buffer, bufferEnd, room - bufferEnd);
            if (n < 0) {
                break;
            }
            bufferEnd += n;
        }
        return bufferEnd > 0;
    }

    private void forget() {
        bufferEnd = 0;
        bufferAt = next;
    }

    /** Place in the file of the first whole frame behind the bad one, or −1. */
    private long laterFrame() throws IOException {
        long length = file.length();
        byte[] window = new byte[READ_AHEAD];
        for (long at = next + 1; at + Frames.HEADER <= length; at += READ_AHEAD - 3) {
            int n = readAt(at, window, (int) Math.min(window.length, length - at));
            for (int i = 0; i + 3 < n; i++) {
                if (window[i] == 'I' && window[i + 1] == 'S' && window[i + 2] == 'B' && window[i + 3] == 'F') {
                    if (wholeFrameAt(at + i, length)) {
                        return at + i;
                    }
                }
            }
        }
        return -1;
    }

    private boolean wholeFrameAt(long at, long length) throws IOException {
        byte[] header = new byte[Frames.HEADER];
        if (readAt(at, header, header.length) < header.length) {
            return false;
        }
        int payload = ByteBuffer.wrap(header, 4, 4).getInt();
        if (payload < 0 || payload > Frames.MAX_PAYLOAD || at + Frames.HEADER + payload > length) {
            return false;
        }
        byte[] frame = Arrays.copyOf(header, Frames.HEADER + payload);
        return readAt(at, frame, frame.length) == frame.length && Frames.check(frame, 0, frame.length, base + at) >= 0;
    }

    private int readAt(long at, byte[] into, int count) throws IOException {
        file.seek(at);
        int done = 0;
        while (done < count) {
            int n = file.read(into, done, count - done);
            if (n < 0) {
                break;
            }
            done += n;
        }
        return done;
    }
}
