package dev.isobar.local.process;

import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Reads the end of a log that may be large. Stateless. */
public final class LogTail {
    private static final long MAX_BYTES = 256 * 1024;

    private LogTail() {}

    /** The last lines of a file, within its last 256 KiB; empty if there is no file. */
    public static List<String> last(Path log, int lines) {
        return last(log, lines, 0);
    }

    /**
     * The last lines behind an offset.
     *
     * @param from bytes to leave out at the beginning
     */
    public static List<String> last(Path log, int lines, long from) {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            long size = channel.size();
            long start = Math.max(Math.min(from, size), size - MAX_BYTES);
            ByteBuffer buffer = ByteBuffer.allocate((int) (size - start));
            while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {
                continue;
            }
            String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
            List<String> all = text.lines().toList();
            return List.copyOf(all.subList(Math.max(0, all.size() - Math.max(0, lines)), all.size()));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("reading " + log, e);
        }
    }
}
