package dev.isobar.aws.kinesis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What streams and groups are called. A stream {@code flights.departures} of the prefix {@code isobar} is {@code isobar_flights.departures} in Kinesis:
 * neither a prefix nor a stream's name can hold the underscore, so two prefixes never share a name. Immutable.
 */
final class StreamNames {
    private static final Pattern STREAM = Pattern.compile("[a-z0-9][a-z0-9.-]{0,119}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,119}");
    private static final int LONGEST = 128;

    private final String instance;
    private final String start;

    StreamNames(String instance, String prefix) {
        this.instance = instance;
        this.start = prefix + "_";
    }

    /** What Kinesis calls a stream. */
    String physical(String stream, String operation) {
        if (!STREAM.matcher(stream).matches()) {
            throw error("'" + stream + "' cannot be a stream's name", operation, stream)
                    .hint(
                            "Lower-case letters, digits, '.' and '-', at most 120 characters, beginning with a letter or digit.")
                    .build();
        }
        if (start.length() + stream.length() > LONGEST) {
            throw error(
                            "'" + start + stream + "' is longer than Kinesis allows a name to be (" + LONGEST + ")",
                            operation,
                            stream)
                    .hint("Use a shorter prefix or a shorter name.")
                    .build();
        }
        return start + stream;
    }

    /** The stream that Kinesis calls so; empty if it is none of ours. */
    Optional<String> stream(String physical) {
        String stream = physical.startsWith(start) ? physical.substring(start.length()) : "";
        return STREAM.matcher(stream).matches() ? Optional.of(stream) : Optional.empty();
    }

    void checkGroup(String group, String operation) {
        if (!GROUP.matcher(group).matches()) {
            throw error("'" + group + "' cannot be a group's name", operation, group)
                    .hint("Letters, digits, '.', '_' and '-', at most 120 characters.")
                    .build();
        }
    }

    private IsobarException.Builder error(String message, String operation, String resource) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .adapter(instance)
                .at("EventStream", operation)
                .resource(resource);
    }
}
