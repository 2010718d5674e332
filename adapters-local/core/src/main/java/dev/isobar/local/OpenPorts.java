package dev.isobar.local;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What a session must close, last opened first. Thread safe. */
final class OpenPorts {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Remembers something to close and gives it back. */
    synchronized <T extends AutoCloseable> T keep(T port) {
        opened.push(port);
        return port;
    }

    synchronized void close() {
        Exception first = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                first = later(first, e);
            }
        }
        if (first instanceof RuntimeException e) {
            throw e;
        }
        if (first != null) {
            throw IsobarException.of(ErrorCode.INTERNAL, "Closing the local adapter failed: " + first.getMessage())
                    .cause(first)
                    .build();
        }
    }

    private static Exception later(@Nullable Exception first, Exception next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }
}
