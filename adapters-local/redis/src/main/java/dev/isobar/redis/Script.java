package dev.isobar.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A script of this package: sent once, called by its digest from then on. Thread safe. */
final class Script {
    private final byte[] text;

    Script(String name) {
        try (InputStream in = Script.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("No script " + name);
            }
            this.text = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    <T> T call(RedisCommands<byte[], byte[]> redis, ScriptOutputType output, byte[][] keys, byte[]... arguments) {
        String digest = redis.digest(text);
        try {
            return redis.evalsha(digest, output, keys, arguments);
        } catch (RedisNoScriptException e) {
            return redis.eval(text, output, keys, arguments);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(long number) {
        return bytes(Long.toString(number));
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
