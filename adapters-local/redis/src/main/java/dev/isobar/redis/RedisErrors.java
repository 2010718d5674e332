package dev.isobar.redis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The one table from Redis' errors to Isobar's codes. */
final class RedisErrors {
    private RedisErrors() {}

    static IsobarException translate(RedisException e, String instance, String operation, String resource) {
        ErrorCode code = code(e);
        return IsobarException.of(code, "Redis: " + e.getMessage())
                .adapter(instance)
                .at("OnlineStore", operation)
                .resource(resource)
                .hint(hint(code))
                .cause(e)
                .build();
    }

    private static ErrorCode code(RedisException e) {
        if (e instanceof RedisCommandTimeoutException) {
            return ErrorCode.TIMEOUT;
        }
        if (e instanceof RedisCommandInterruptedException) {
            return ErrorCode.CANCELLED;
        }
        // a refused password arrives as the cause of a connection that was not made
        RedisCommandExecutionException said = said(e);
        if (said == null) {
            return ErrorCode.UNAVAILABLE;
        }
        String word = String.valueOf(said.getMessage()).split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
        return switch (word) {
            case "NOAUTH", "WRONGPASS" -> ErrorCode.UNAUTHENTICATED;
            case "NOPERM" -> ErrorCode.PERMISSION_DENIED;
            case "OOM" -> ErrorCode.RESOURCE_EXHAUSTED;
            case "LOADING", "BUSY", "MASTERDOWN", "READONLY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF" ->
                ErrorCode.UNAVAILABLE;
            default -> ErrorCode.INVALID_ARGUMENT;
        };
    }

    private static @Nullable RedisCommandExecutionException said(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof RedisCommandExecutionException said) {
                return said;
            }
        }
        return null;
    }

    private static String hint(ErrorCode code) {
        return switch (code) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> "Check user and password in the address of Redis.";
            case RESOURCE_EXHAUSTED -> "Redis has reached its maxmemory. Give it more; it must not evict.";
            case TIMEOUT -> "The effect may have happened. Asking the same again is safe.";
            case UNAVAILABLE -> "Check that the address of Redis is right and can be reached.";
            default -> "Redis' own message says what it did not accept.";
        };
    }
}
