package dev.isobar.emulator.aws.objects;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bucket and a key or a prefix.
 *
 * @param key may be empty
 */
public record S3Location(String bucket, String key) {
    private static final Pattern LOCATION = Pattern.compile("s3://([^/]+)/?(.*)");

    /**
     * What {@code s3://BUCKET/KEY} names.
     *
     * @throws IOException if it is of another scheme
     */
    public static S3Location of(String uri) throws IOException {
        Matcher parts = LOCATION.matcher(uri);
        if (!parts.matches()) {
            throw new IOException("This emulator reads s3:// only, not " + uri);
        }
        return new S3Location(parts.group(1), parts.group(2));
    }

    /** What has a name below it. */
    public S3Location child(String name) {
        return new S3Location(bucket, key.isEmpty() || key.endsWith("/") ? key + name : key + "/" + name);
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + key;
    }
}
