package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Objects;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The lake in S3: ours, and the SDK with its transfer manager. */
final class Lake {
    private static final String ROOT = "isobar/lake/";

    private Lake() {}

    static void files(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                S3AsyncClient client = Clients.s3(other.uri(), true);
                S3TransferManager transfers =
                        S3TransferManager.builder().s3Client(client).build()) {
            Objects.files(other, into, passes, seconds, ours(session.objectStore()), sdk(client, transfers));
        }
    }

    static void objects(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                S3AsyncClient client = Clients.s3(other.uri(), false);
                S3TransferManager transfers =
                        S3TransferManager.builder().s3Client(client).build()) {
            Objects.objects(other, into, passes, seconds, ours(session.objectStore()), sdk(client, transfers));
        }
    }

    private static Objects.Lake ours(ObjectStore store) {
        return new Objects.Lake() {
            @Override
            public void putFile(Path source) {
                store.putFile(Objects.LARGE, source, Precondition.none());
            }

            @Override
            public void getFile(Path target) {
                store.getFile(Objects.LARGE, target);
            }

            @Override
            public void put(String key, byte[] content) {
                store.put(key, content, Precondition.none());
            }

            @Override
            public byte[] get(String key) {
                return store.get(key).orElseThrow().content();
            }
        };
    }

    private static Objects.Lake sdk(S3AsyncClient client, S3TransferManager transfers) {
        return new Objects.Lake() {
            @Override
            public void putFile(Path source) {
                transfers
                        .uploadFile(u -> u.source(source)
                                .putObjectRequest(p -> p.bucket(Clients.BUCKET).key(ROOT + Objects.LARGE)))
                        .completionFuture()
                        .join();
            }

            @Override
            public void getFile(Path target) {
                transfers
                        .downloadFile(d -> d.destination(target)
                                .getObjectRequest(g -> g.bucket(Clients.BUCKET).key(ROOT + Objects.LARGE)))
                        .completionFuture()
                        .join();
            }

            @Override
            public void put(String key, byte[] content) {
                client.putObject(
                                p -> p.bucket(Clients.BUCKET).key(ROOT + key),
                                AsyncRequestBody.fromBytesUnsafe(content))
                        .join();
            }

            @Override
            public byte[] get(String key) {
                return client.getObject(
                                g -> g.bucket(Clients.BUCKET).key(ROOT + key), AsyncResponseTransformer.toBytes())
                        .join()
                        .asByteArrayUnsafe();
            }
        };
    }
}
