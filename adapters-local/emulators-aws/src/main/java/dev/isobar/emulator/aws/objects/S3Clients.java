package dev.isobar.emulator.aws.objects;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Clients of S3 for services of this machine. Their identity is made up: whoever starts an emulator lends it no credentials. */
public final class S3Clients {
    private S3Clients() {}

    /** A client of the S3 that answers there. */
    public static S3Client of(URI endpoint, String region) {
        return S3Client.builder()
                .endpointOverride(endpoint)
                .forcePathStyle(true)
                .region(Region.of(region))
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("emulator", "emulator")))
                .build();
    }
}
