package dev.isobar.aws;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Buckets, which Isobar does not make. */
final class Buckets {
    private Buckets() {}

    /** Makes the bucket of the {@link AwsPlatform}. */
    static void make(URI endpoint) {
        try (S3Client s3 = S3Client.builder()
                .endpointOverride(endpoint)
                .forcePathStyle(true)
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build()) {
            s3.createBucket(b -> b.bucket(AwsPlatform.BUCKET)
                    .createBucketConfiguration(c -> c.locationConstraint("eu-central-1")));
        }
    }
}
