package dev.isobar.benchmarks.aws;

import io.netty.buffer.ByteBuf;
import java.util.zip.CRC32;

/** Takes an upload's bytes as they come, without the aws-chunked framing if it has one, and keeps their digest only. One thread. */
final class Upload {
    private static final int LONGEST_LINE = 512;

    private final boolean framed;
    private final CRC32 crc = new CRC32();
    private final StringBuilder line = new StringBuilder();
    private long length;
    private int left;
    private boolean trailers;

    Upload(boolean framed) {
        this.framed = framed;
    }

    void add(ByteBuf in) {
        while (in.isReadable()) {
            if (!framed) {
                take(in, in.readableBytes());
            } else if (left > 0) {
                int now = Math.min(left, in.readableBytes());
                take(in, now);
                left -= now;
            } else {
                frame((char) in.readByte());
            }
        }
    }

    private void take(ByteBuf in, int bytes) {
        crc.update(in.nioBuffer(in.readerIndex(), bytes));
        in.skipBytes(bytes);
        length += bytes;
    }

    /** Between chunks: the line end of the last one, then a size in hexadecimal, perhaps with extensions. */
    private void frame(char c) {
        if (trailers) {
            return;
        }
        if (c != '\n') {
            if (c != '\r' && line.length() < LONGEST_LINE) {
                line.append(c);
            }
            return;
        }
        String text = line.toString();
        line.setLength(0);
        if (!text.isEmpty()) {
            int cut = text.indexOf(';');
            left = Integer.parseInt(cut < 0 ? text : text.substring(0, cut), 16);
            trailers = left == 0;
        }
    }

    long length() {
        return length;
    }

    long checksum() {
        return crc.getValue();
    }
}
