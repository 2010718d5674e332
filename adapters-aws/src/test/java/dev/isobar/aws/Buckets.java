package dev.isobar.aws;

import dev.isobar.aws.emulator.PlainClients;
import java.net.URI;
import software.amazon.awssdk.services.s3.S3Client;

/** Buckets, which Isobar does not make. */
final class Buckets {
    private Buckets() {}

    /** Makes the bucket of the {@link AwsPlatform}. */
    static void make(URI endpoint) {
        try (S3Client s3 = PlainClients.at(endpoint, S3Client.builder().forcePathStyle(true))) {
            s3.createBucket(b ->
                    b.bucket(AwsPlatform.BUCKET).createBucketConfiguration(c -> c.locationConstraint("eu-central-1")));
        }
    }
}
