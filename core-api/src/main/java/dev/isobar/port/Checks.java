package dev.isobar.port;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.regex.Pattern;

/** What the ports' checks of arguments share: which names there are, and how a refusal says where it was. */
final class Checks {
    static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,119}");
    static final Pattern TABLE_SEGMENT = Pattern.compile("[A-Za-z0-9._-]+");
    static final Pattern PART = Pattern.compile("[A-Za-z0-9._-]{1,200}");
    static final Pattern KEY_SEGMENT = Pattern.compile("[A-Za-z0-9._=@-]+");
    static final Pattern KEY_BEGINNING = Pattern.compile("[A-Za-z0-9._=@/-]*");
    static final int MAX_OBJECT_KEY = 900;
    static final int MAX_OBJECTS = 10_000;

    private Checks() {}

    /** Whether a path is made of such segments, none of which goes elsewhere. */
    static boolean isPath(String path, Pattern segment) {
        for (String each : path.split("/", -1)) {
            if (!segment.matcher(each).matches() || each.equals(".") || each.equals("..")) {
                return false;
            }
        }
        return true;
    }

    static IsobarException.Builder failure(
            ErrorCode code, String message, String adapter, String port, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(adapter)
                .at(port, operation)
                .resource(resource);
    }
}
